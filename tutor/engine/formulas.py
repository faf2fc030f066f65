"""The one formula language: lessons, learners and commands write it, and it is never executed as code.

A Pratt parser. From loose to tight: comparisons, `+ -`, `* / @` and products without a sign, the minus
before a value, `^` (from the right), `.T`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np

from tutor.engine.characters import ReadingError, Source, plain
from tutor.engine.expressions import (
    COMPARING,
    FUNCTIONS,
    NEGATING,
    OPERATORS,
    OPTIONS,
    RAISING,
    TRANSPOSING,
    Array,
    Call,
    Expression,
    Name,
    Number,
    Value,
    apply,
    names,
)
from tutor.engine.tokens import (
    Dialect,
    Limits,
    Token,
    Tokenizer,
    TokenKind,
    Vocabulary,
    name_length,
    too_big,
)

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
    parser = _Parser(source, Vocabulary((), closed=True), _GIVEN)
    if source.text.startswith("[") or parser.has_cells():
        value = parser.read_matrix()
        return value[0] if value.shape[0] == 1 and not parser.has_rows() else value
    return checked_value(parser.read(), column=source.columns[0])


def read_matrix(source: Source, dialect: Dialect) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Read a matrix of numbers, with brackets or without; always of two axes. Raises ReadingError."""
    return _Parser(source, Vocabulary((), closed=True), dialect).read_matrix()


def checked_value(
    expression: Expression,
    bindings: Mapping[str, Value] = {},
    *,
    column: int = 1,
    limits: Limits = FORMULA.limits,
) -> Value:
    """Compute an expression, every step of which has to be finite; float64.

    Raises ReadingError: div_zero, undefined (no real value), too_big, shape.
    """
    if isinstance(expression, Number):
        value: Value = expression.value
    elif isinstance(expression, Array):
        value = expression.value
    elif isinstance(expression, Name):
        value = bindings[expression.name]
    else:
        arguments = [checked_value(argument, bindings, column=column) for argument in expression.arguments]
        value = _checked_step(expression, arguments, column, limits)
    if np.size(value) and np.max(np.abs(value)) > limits.magnitude:
        raise too_big(column, limits)
    return value + 0.0  # -0 becomes 0


def _checked_step(call: Call, arguments: list[Value], column: int, limits: Limits) -> Value:
    try:
        value = apply(call, arguments)
    except (ValueError, IndexError) as error:
        raise ReadingError("shape", column) from error
    if isfinite(value) if isinstance(value, float) else np.isfinite(value).all():
        return value
    divides = call.kind == "div" and np.any(np.equal(arguments[1], 0))
    inverts = call.kind == "power" and np.any(np.equal(arguments[0], 0) & np.less(arguments[1], 0))
    if divides or inverts:
        raise ReadingError("div_zero", column)
    if np.isnan(value).any() or call.kind == "log":
        raise ReadingError("undefined", column)
    raise too_big(column, limits)


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
    return _Parser(source, vocabulary, dialect).read()


_INFIX = {sign: (kind, binding) for kind, (sign, binding) in OPERATORS.items()}
_MULTIPLYING = OPERATORS["mul"][1]
_WORDS = (TokenKind.NAME, TokenKind.FUNCTION)


class _Parser:
    """Builds the tree from the tokens of one text."""

    def __init__(self, source: Source, vocabulary: Vocabulary, dialect: Dialect) -> None:
        self.vocabulary, self.dialect, self.limits = vocabulary, dialect, dialect.limits
        self.tokens = Tokenizer(source, vocabulary, dialect).read()
        self.position = 0
        self.depth = 0
        self.in_cell = False
        """Whether white space ends the value, as it does between the entries of a matrix."""

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def _next(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def _is(self, *signs: str) -> bool:
        return self.token.kind is TokenKind.SIGN and self.token.text in signs

    def _error(self, code: str, token: Token | None = None, **data: str | int) -> ReadingError:
        return ReadingError(code, (token or self.token).column, **data)

    def read(self) -> Expression:
        """Return the expression that the whole text is."""
        expression = self._expression(0)
        if self.token.kind is not TokenKind.END:
            raise self._leftover()
        return expression

    def _leftover(self) -> ReadingError:
        if self._is(")", "]"):
            return self._error("unbalanced")
        if self._is(","):
            return self._error("comma")
        if self.token.kind is TokenKind.SIGN:
            return self._error("bad_character", character=self.token.text[0], code_point=_code(self.token))
        return self._error("two_numbers")

    # Operators

    def _expression(self, minimum: int) -> Expression:
        left = self._operand()
        compared = False
        while not self._ends_cell():
            token = self.token
            if token.kind is TokenKind.TRANSPOSE and minimum <= TRANSPOSING:
                self._next()
                left = Call("transpose", (left,))
            elif token.kind is TokenKind.SUPERSCRIPT and minimum <= RAISING:
                left = Call("power", (left, Number(self._next().value)))
            elif token.kind is TokenKind.SIGN and token.text in _INFIX:
                kind, binding = _INFIX[token.text]
                if binding < minimum:
                    break
                if binding == COMPARING and compared:
                    raise self._error("chained_comparison")
                compared = binding == COMPARING
                left = self._infix(kind, binding, left)
            elif self._continues_product() and minimum <= _MULTIPLYING:
                left = Call("mul", (left, self._expression(_MULTIPLYING + 1)))
            else:
                break
        return left

    def _infix(self, kind: str, binding: int, left: Expression) -> Expression:
        self._next()
        if kind != "power":
            return Call(kind, (left, self._expression(binding + 1)))
        self._enter()
        right = self._expression(RAISING)
        self.depth -= 1
        return Call(kind, (left, right))

    def _continues_product(self) -> bool:
        """Tell whether a product goes on without a sign, as in `2x` or `y(1-y)`."""
        if self.token.kind is TokenKind.NUMBER:
            return self.token.text[0].isalpha()
        if self.token.kind is TokenKind.NAME and not self.vocabulary.closed:
            return self.tokens[self.position - 1].kind is not TokenKind.NAME
        return self.token.kind in _WORDS or self._is("(", "√")

    def _ends_cell(self) -> bool:
        if not (self.in_cell and self.token.spaced):
            return False
        if self._is("+", "-"):
            return not self.tokens[self.position + 1].spaced
        return self.token.kind in (*_WORDS, TokenKind.NUMBER) or self._is("(", "[", "√")

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > self.limits.depth:
            raise self._error("too_complex")

    # Operands

    def _operand(self) -> Expression:
        token = self.token
        if token.kind is TokenKind.NUMBER:
            return self._number()
        if token.kind is TokenKind.NAME:
            return Name(self._next().text)
        if token.kind is TokenKind.FUNCTION:
            return self._call()
        if self._is("+", "-"):
            return self._signed()
        if self._is("("):
            return self._bracketed()
        if self._is("√"):
            return self._root()
        if self._is("["):
            return self._array()
        if self._is(")") and (self.position == 0 or self.tokens[self.position - 1].text == "("):
            raise self._error("unbalanced")
        raise self._error("incomplete")

    def _array(self) -> Expression:
        self._enter()
        in_cell = self.in_cell
        value = self._matrix_literal()
        self.in_cell = in_cell
        self.depth -= 1
        return Array(value)

    def _number(self) -> Expression:
        value = self._next().value
        if self._is("%"):
            self._next()
            value /= 100
        return Number(value)

    def _signed(self) -> Expression:
        sign = self._next()
        run = self.tokens[max(self.position - 4, 0) : self.position]
        if len(run) == 4 and all(token.text in ("+", "-") for token in run):
            raise self._error("too_many_signs", run[0])
        if sign.text == "-" and self.token.kind is TokenKind.NUMBER and not self._is_bound_by_number():
            number = self._number()
            assert isinstance(number, Number)
            return Number(0.0 - number.value)
        self._enter()
        operand = self._expression(NEGATING)
        self.depth -= 1
        return Call("neg", (operand,)) if sign.text == "-" else operand

    def _is_bound_by_number(self) -> bool:
        """Tell whether the number here belongs to a power or transpose before it belongs to its minus."""
        following = self.tokens[self.position + 1]
        if following.text == "%" and following.kind is TokenKind.SIGN:
            following = self.tokens[self.position + 2]
        return following.text == "^" or following.kind in (TokenKind.SUPERSCRIPT, TokenKind.TRANSPOSE)

    def _bracketed(self) -> Expression:
        self._enter()
        self._next()
        in_cell, self.in_cell = self.in_cell, False
        expression = self._expression(0)
        self._close(")")
        self.in_cell = in_cell
        self.depth -= 1
        return expression

    def _close(self, bracket: str) -> None:
        if self._is(","):
            raise self._error("comma")
        if self.token.kind in (TokenKind.NUMBER, *_WORDS):
            raise self._error("two_numbers")
        if not self._is(bracket):
            raise self._error("unbalanced")
        self._next()

    def _root(self) -> Expression:
        root = self._next()
        if self.token.kind is not TokenKind.NUMBER and not self._is("(") and self.token.kind not in _WORDS:
            raise self._error("needs_brackets", root, function="√")
        self._enter()
        operand = self._operand()
        self.depth -= 1
        return Call("sqrt", (operand,))

    def _call(self) -> Expression:
        function = self._next()
        if function.text == "sqrt" and self.token.kind is TokenKind.NUMBER:
            return Call("sqrt", (self._number(),))
        if not self._is("("):
            raise self._error("needs_brackets", function, function=function.text)
        self._enter()
        self._next()
        in_cell, self.in_cell = self.in_cell, False
        arguments: list[Expression] = []
        options: dict[str, float] = {}
        while True:
            if self.token.kind is TokenKind.OPTION:
                self._option(function, options)
            else:
                arguments.append(self._expression(0))
            if not self._is(","):
                break
            self._next()
        self._close(")")
        self.in_cell = in_cell
        self.depth -= 1
        expected = FUNCTIONS[function.text]
        if len(arguments) != expected:
            found = len(arguments)
            raise self._error("arguments", function, function=function.text, expected=expected, found=found)
        return Call(function.text, tuple(arguments), tuple(options.items()))

    def _option(self, function: Token, options: dict[str, float]) -> None:
        option = self._next()
        value = self._expression(0)
        known = option.text in OPTIONS.get(function.text, ()) and option.text not in options
        if not (known and isinstance(value, Number) and value.value in (-2, -1, 0, 1)):
            raise self._error("bad_option", option, name=option.text[:24])
        options[option.text] = value.value

    # Matrices

    def has_cells(self) -> bool:
        """Tell whether the text, outside brackets, has several entries."""
        start = self.position
        self.in_cell = True
        self._expression(0)
        several = self._ends_cell() or self._is(",", ";")
        self.position, self.in_cell = start, False
        return several

    def has_rows(self) -> bool:
        """Tell whether rows are marked in the text, so that it is a matrix and not a vector."""
        nested = [token.text for token in self.tokens[:2]] == ["[", "["]
        return nested or any(token.text == ";" for token in self.tokens)

    def read_matrix(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Return the matrix that the whole text is; a vector is one row."""
        rows = np.atleast_2d(self._matrix_literal()) if self._is("[") else self._table(self._rows())
        if self.token.kind is not TokenKind.END:
            raise self._error("bad_matrix") if self._is("[", ",", ";") else self._leftover()
        return rows.reshape(rows.shape[0], rows.shape[1])

    def _matrix_literal(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        start = self._next()
        if not self._is("["):
            marked = self.position
            rows = self._rows()
            self._close_matrix()
            is_matrix = any(token.text == ";" for token in self.tokens[marked : self.position])
            return self._table(rows, start) if is_matrix else self._table(rows, start)[0]
        rows = []
        while True:
            if not self._is("["):
                raise self._error("empty_cell" if self._is("]", ",", ";") else "bad_matrix")
            self._next()
            if self._is("["):
                raise self._error("bad_matrix")
            rows += self._rows()
            self._close_matrix()
            if self._is(",", ";"):
                self._next()
            elif not self._is("["):
                break
        self._close_matrix()
        return self._table(rows, start)

    def _close_matrix(self) -> None:
        if self._is("["):
            raise self._error("bad_matrix")
        if not self._is("]"):
            raise self._error("unbalanced")
        self._next()

    def _rows(self) -> list[list[float]]:
        rows = [self._row()]
        while self._is(";"):
            self._next()
            rows.append(self._row())
        return rows

    def _row(self) -> list[float]:
        row = [self._cell()]
        while self._is(",") or self._ends_row_cell():
            if self._is(","):
                self._next()
            row.append(self._cell())
        return row

    def _ends_row_cell(self) -> bool:
        self.in_cell = True
        ends = self._ends_cell() and not self._is("[")
        self.in_cell = False
        return ends

    def _cell(self) -> float:
        if self._is(",", ";", "]") or self.token.kind is TokenKind.END:
            raise self._error("empty_cell" if self.token.kind is not TokenKind.END else "unbalanced")
        start = self.token
        if self._is("["):
            raise self._error("bad_matrix")
        self.in_cell = True
        cell = self._expression(0)
        self.in_cell = False
        if names(cell):
            raise self._error("bad_matrix", start)
        value = checked_value(cell, column=start.column, limits=self.limits)
        if not isinstance(value, float):
            raise self._error("bad_matrix", start)
        return value

    def _table(
        self, rows: list[list[float]], start: Token | None = None
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        start = start or self.tokens[0]
        if len({len(row) for row in rows}) > 1:
            raise self._error("ragged", start)
        if len(rows) > self.limits.rows or len(rows[0]) > self.limits.columns:
            limits = {"rows": self.limits.rows, "columns": self.limits.columns}
            raise self._error("too_big_matrix", start, **limits)
        return np.array(rows)


def _code(token: Token) -> str:
    return f"U+{ord(token.text[0]):04X}"
