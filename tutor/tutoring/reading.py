"""What a learner types into a blank, read as they mean it or refused with the place and the reason.

A refusal is no answer: whoever calls counts no attempt and leaves the text in its field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from tutor.engine.characters import Source, plain
from tutor.engine.expressions import Array, Expression, Value, names, to_text
from tutor.engine.formulas import (
    Dialect,
    Limits,
    checked_value,
    read_expression,
    read_matrix,
)
from tutor.engine.reading_errors import ERROR_FIELDS as FORMULA_ERRORS
from tutor.engine.reading_errors import ReadingError

__all__ = ["ERROR_FIELDS", "Field", "Reading", "ReadingError", "read_answer"]


ERROR_FIELDS: Mapping[str, tuple[str, ...]] = {
    **FORMULA_ERRORS,
    "not_a_shape": (),
    "not_a_sign": (),
    "number_for_formula": ("names",),
}
"""Every reason to refuse an answer, and what its sentence is filled in with beside the column."""


SHAPES_APART = frozenset({"shape", "shapes_apart", "product_apart"})
"""Reasons to refuse a formula that can be read, but whose values do not go together."""


class Field(Enum):
    """What a blank asks for."""

    NUMBER = "number"
    EXPRESSION = "expression"
    MATRIX = "matrix"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; `shown` repeats it in plain form where the typed text could mean something else."""

    value: Value | Expression
    """A float, a matrix of two axes, or an expression, as the blank asks."""
    shown: str | None = None


_LIMITS = Limits(length=200, statements=1, rows=8, columns=8, magnitude=1e12)
_NUMBER = Dialect(
    _LIMITS, closed=True, euler=True, decimal_comma=True, groups=True, comparisons=False, matrices=False
)
_EXPRESSION = Dialect(_LIMITS, closed=True, euler=True, decimal_comma=True)
# A full matrix has more commas and brackets than an expression may have parts; its length bounds it.
_MATRIX = Dialect(replace(_LIMITS, tokens=200), closed=True, euler=True, comparisons=False, rows=True)

_NAME = r"[^\W\d][\w'∂∇]*"
_ASKED = re.compile(rf"\s*(?:[∂∇]?{_NAME}(?:\s*/\s*[∂∇]?{_NAME})?(?:\([^()=]*\))?)?\s*=(?!=)")
_PASTED = re.compile(r"(?:(?:np|numpy)\.)?array\((.*)\)|(?:torch\.)?tensor\((.*)\)", re.DOTALL)
_PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def read_answer(
    text: str,
    field: Field,
    names: Collection[str] = (),
    bindings: Mapping[str, Value] | None = None,
) -> Reading:
    """Read an answer.

    `names` may be used in it, or those of `bindings` if left out. `bindings` gives their values: a number
    is then computed from them, and an expression has to be finite there; matrix operators are allowed
    where one of them is an array. Raises ReadingError and nothing else.
    """
    if len(text) > _LIMITS.length:
        raise ReadingError("too_long", _LIMITS.length + 1, limit=_LIMITS.length)
    bindings = bindings or {}
    usable = names or tuple(bindings)
    source = _without_question(plain(text))
    if field is Field.MATRIX:
        return _read_matrix(source, text)
    if field is Field.NUMBER:
        return _read_number(source, text, usable, bindings)
    return _read_expression(source, text, usable, bindings)


def _without_question(source: Source) -> Source:
    """Drop a repeated question, as in `dL/dw = 0.25`."""
    stripped = source.part(0, len(source.text))
    if not stripped.text:
        raise ReadingError("empty", 1)
    match = _ASKED.match(stripped.text)
    answer = stripped.part(match.end(), len(stripped.text)) if match else stripped
    if not answer.text:
        raise ReadingError("incomplete", answer.columns[0])
    return answer


def _read_number(
    source: Source, text: str, usable: Collection[str], bindings: Mapping[str, Value]
) -> Reading:
    expression = read_expression(source, usable, dialect=_NUMBER)
    missing = [name for name in names(expression) if name not in bindings]
    if missing:
        raise ReadingError("unknown_name", source.columns[0], name=missing[0], names=", ".join(bindings))
    value = checked_value(expression, bindings, column=source.columns[0], limits=_LIMITS)
    if not isinstance(value, float):
        raise ReadingError("shape", source.columns[0])
    obvious = _PLAIN_NUMBER.fullmatch(text.strip())
    return Reading(value, None if obvious else f"{value:.10g}")


def _read_expression(
    source: Source, text: str, usable: Collection[str], bindings: Mapping[str, Value]
) -> Reading:
    matrices = any(np.ndim(value) > 0 for value in bindings.values())
    expression = read_expression(source, usable, dialect=replace(_EXPRESSION, matrices=matrices))
    if all(name in bindings for name in names(expression)):
        checked_value(expression, bindings, column=source.columns[0], limits=_LIMITS)
    return Reading(expression, _unless_typed(to_text(expression), text))


def _read_matrix(source: Source, text: str) -> Reading:
    pasted = _PASTED.fullmatch(source.text)
    if pasted:
        source = source.part(*pasted.span(1 if pasted.group(1) is not None else 2))
    opened, closed = source.text.startswith("["), source.text.endswith("]")
    if opened and not closed:
        raise ReadingError("unbalanced", source.columns[-1])
    if not opened and ";" not in source.text:
        source = Source(source.text.replace("\n", ";"), source.columns)
    if not source.text:
        raise ReadingError("empty_cell", source.columns[0])
    value = read_matrix(source, _MATRIX)
    return Reading(value, _unless_typed(to_text(Array(value)), text))


def _unless_typed(canonical: str, text: str) -> str | None:
    """Return the canonical text unless it was typed, white space aside."""
    return None if "".join(canonical.split()) == "".join(text.split()) else canonical
