"""From the words of a formula to its tree, or to a matrix: a Pratt parser.

From loose to tight: comparisons, `+ -`, `* / @` and products without a sign, the minus before a value,
`^` (from the right), `.T`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tutor.engine.characters import Source
from tutor.engine.checked_values import checked_value
from tutor.engine.dialect import Dialect
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
    names,
)
from tutor.engine.reading_errors import ReadingError, code_point
from tutor.engine.tokens import Token, Tokenizer, TokenKind
from tutor.engine.vocabulary import Vocabulary

_INFIX = {sign: (kind, binding) for kind, (sign, binding) in OPERATORS.items()}
_MULTIPLYING = OPERATORS["mul"][1]
_WORDS = (TokenKind.NAME, TokenKind.FUNCTION)


class Parser:
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
        """The word to be read next."""
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
            sign = self.token.text[0]
            return self._error("bad_character", character=sign, code_point=code_point(sign))
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
        with self._deeper():
            return Call(kind, (left, self._expression(RAISING)))

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

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Count what is read meanwhile as one level deeper; ReadingError below the last one allowed."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise self._error("too_complex")
        yield
        self.depth -= 1

    @contextmanager
    def _outside_cells(self) -> Iterator[None]:
        """Let white space end no value meanwhile; afterwards it does as before."""
        before, self.in_cell = self.in_cell, False
        yield
        self.in_cell = before

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
        with self._deeper(), self._outside_cells():
            return Array(self._matrix_literal())

    def _number(self) -> Number:
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
            return Number(0.0 - self._number().value)
        with self._deeper():
            operand = self._expression(NEGATING)
        return Call("neg", (operand,)) if sign.text == "-" else operand

    def _is_bound_by_number(self) -> bool:
        """Tell whether the number here belongs to a power or transpose before it belongs to its minus."""
        following = self.tokens[self.position + 1]
        if following.text == "%" and following.kind is TokenKind.SIGN:
            following = self.tokens[self.position + 2]
        return following.text == "^" or following.kind in (TokenKind.SUPERSCRIPT, TokenKind.TRANSPOSE)

    def _bracketed(self) -> Expression:
        with self._deeper(), self._outside_cells():
            self._next()
            expression = self._expression(0)
            self._close(")")
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
        with self._deeper():
            return Call("sqrt", (self._operand(),))

    def _call(self) -> Expression:
        function = self._next()
        if function.text == "sqrt" and self.token.kind is TokenKind.NUMBER:
            return Call("sqrt", (self._number(),))
        if not self._is("("):
            raise self._error("needs_brackets", function, function=function.text)
        with self._deeper(), self._outside_cells():
            arguments, options = self._arguments(function)
        expected = FUNCTIONS[function.text]
        if len(arguments) != expected:
            found = len(arguments)
            raise self._error("arguments", function, function=function.text, expected=expected, found=found)
        return Call(function.text, tuple(arguments), tuple(options.items()))

    def _arguments(self, function: Token) -> tuple[list[Expression], dict[str, float]]:
        """Read what stands in the brackets of a call, and the brackets themselves."""
        arguments: list[Expression] = []
        options: dict[str, float] = {}
        self._next()
        while True:
            if self.token.kind is TokenKind.OPTION:
                self._option(function, options)
            else:
                arguments.append(self._expression(0))
            if not self._is(","):
                break
            self._next()
        self._close(")")
        return arguments, options

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
