"""The one formula language: lessons, learners and commands write it, and it is never executed as code."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tutor.engine.characters import Source, plain
from tutor.engine.checked_values import checked_value
from tutor.engine.dialect import Dialect, Limits
from tutor.engine.expressions import FUNCTIONS, Expression, Value
from tutor.engine.parser import Parser
from tutor.engine.reading_errors import ReadingError
from tutor.engine.vocabulary import Vocabulary, name_length

__all__ = [
    "FORMULA",
    "Dialect",
    "Limits",
    "ReadingError",
    "Statement",
    "checked_value",
    "read_expression",
    "read_matrix",
    "read_statements",
    "read_value",
]

FORMULA = Dialect()
"""What lessons and commands may write."""

_GIVEN = Dialect(limits=Limits(length=100_000, tokens=20_000), closed=True, rows=True)


@dataclass(frozen=True, slots=True)
class Statement:
    """A name and the expression that computes it."""

    target: str
    expression: Expression


def read_expression(
    text: str | Source, names: Collection[str] = (), *, dialect: Dialect = FORMULA
) -> Expression:
    """Read one expression.

    Where `names` are given, others are refused and `2xy` is a product of known ones; without them any
    name is free. Raises ReadingError and nothing else.
    """
    source = _within(text, dialect.limits.length)
    return _parse(source, Vocabulary(names, closed=dialect.closed or bool(names)), dialect)


def read_statements(
    text: str, names: Collection[str] = (), *, dialect: Dialect = FORMULA
) -> tuple[Statement, ...]:
    """Read statements `target = expression`, separated by `;` or new lines, in the order written.

    Every target is a known name in every statement, before its own line too. A single expression without
    a target is called `out`. Raises ReadingError and nothing else.
    """
    limits = dialect.limits
    pieces = _statements(_within(text, limits.length * limits.statements))
    if len(pieces) > limits.statements:
        raise ReadingError("too_complex", pieces[limits.statements].columns[0])
    split = [_target(piece, alone=len(pieces) == 1) for piece in pieces]
    targets: list[str] = []
    for target, column, _ in split:
        if target in targets:
            raise ReadingError("duplicate_target", column, name=target)
        targets.append(target)
    known = [*names, *(target for target, _, body in split if body is not pieces[0])]
    vocabulary = Vocabulary(known, closed=dialect.closed or bool(names))
    return tuple(
        Statement(target, _parse(_within(body, limits.length), vocabulary, dialect))
        for target, _, body in split
    )


def read_value(text: str) -> Value:
    """Read a given value: `-2`, `1/3`, `[1, 2]` (shape (2,)), `[[1,2],[3,4]]` or `1 2; 3 4`.

    The result is finite. Raises ReadingError and nothing else.
    """
    source = _within(text, _GIVEN.limits.length)
    parser = Parser(source, Vocabulary((), closed=True), _GIVEN)
    if source.text.startswith("[") or parser.has_cells():
        value = parser.read_matrix()
        return value[0] if value.shape[0] == 1 and not parser.has_rows() else value
    return checked_value(parser.read(), column=source.columns[0])


def read_matrix(source: Source, dialect: Dialect) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Read a matrix of numbers, with brackets or without; always of two axes. Raises ReadingError."""
    return Parser(source, Vocabulary((), closed=True), dialect).read_matrix()


def _within(text: str | Source, length: int) -> Source:
    """Return the text in plain characters without the space around it, if it is not too long or empty."""
    if len(text if isinstance(text, str) else text.text) > length:
        raise ReadingError("too_long", length + 1, limit=length)
    source = plain(text) if isinstance(text, str) else text
    stripped = source.part(0, len(source.text))
    if not stripped.text:
        raise ReadingError("empty", 1)
    return stripped


def _statements(source: Source) -> list[Source]:
    """Cut at semicolons and new lines outside brackets; empty pieces are dropped."""
    cuts, depth = [-1], 0
    for index, character in enumerate(source.text):
        depth += (character in "([") - (character in ")]")
        if character in ";\n" and depth <= 0:
            cuts.append(index)
    cuts.append(len(source.text))
    pieces = [source.part(start + 1, end) for start, end in pairwise(cuts)]
    pieces = [piece for piece in pieces if piece.text]
    if not pieces:
        raise ReadingError("empty", source.columns[0])
    return pieces


_ASSIGNMENT = re.compile(r"([^=<>≤≥(\[]*)=(?!=)")


def _target(piece: Source, *, alone: bool) -> tuple[str, int, Source]:
    """Return the target of a statement, its column, and what follows the equals sign."""
    match = _ASSIGNMENT.match(piece.text)
    if match is None:
        if not alone:
            raise ReadingError("missing_target", piece.columns[0])
        return "out", piece.columns[0], piece
    target, column = match.group(1).strip(), piece.columns[0]
    reserved = target.casefold() in (*FUNCTIONS, "ln", "σ", "pi", "π")
    if reserved or not target or name_length(target, 0) != len(target):
        raise ReadingError("bad_target", column, name=target[:24])
    body = piece.part(match.end(), len(piece.text))
    if not body.text:
        raise ReadingError("incomplete", piece.columns[-1])
    return target, column, body


def _parse(source: Source, vocabulary: Vocabulary, dialect: Dialect) -> Expression:
    return Parser(source, vocabulary, dialect).read()
