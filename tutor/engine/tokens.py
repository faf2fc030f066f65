"""The words of a formula: numbers, names, signs, each with its place in the typed text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from math import e, isinf, pi

from tutor.engine.characters import Source
from tutor.engine.dialect import Dialect, too_big
from tutor.engine.expressions import FUNCTIONS
from tutor.engine.reading_errors import ReadingError, code_point
from tutor.engine.vocabulary import Vocabulary, name_length


class TokenKind(Enum):
    """The kinds of word."""

    NUMBER = auto()
    NAME = auto()
    FUNCTION = auto()
    OPTION = auto()
    """The name before the equals sign in `sum(x, axis=0)`."""
    SUPERSCRIPT = auto()
    TRANSPOSE = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `text` is its plain spelling, `value` the number it stands for."""

    kind: TokenKind
    text: str
    column: int
    value: float = 0.0
    spaced: bool = False
    """Whether white space stands before it."""


_SYNONYMS = {"σ": "sigmoid", "ln": "log"}
_DIGITS = r"[0-9](?:_?[0-9])*"
_EXPONENT = rf"(?:[eE][+-]?{_DIGITS})?"
_NUMBER = re.compile(rf"(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS}){_EXPONENT}")
_COMMA_NUMBER = re.compile(rf"([0-9]+)((?:,[0-9]+)+)(\.[0-9]+)?({_EXPONENT})")
_SPACE_NUMBER = re.compile(rf"[1-9][0-9]{{0,2}}(?: [0-9]{{3}})+(?:\.[0-9]+)?{_EXPONENT}(?! ?[0-9])")
_SWISS_NUMBER = re.compile(rf"[1-9][0-9]{{0,2}}(?:’[0-9]{{3}})+(?:\.[0-9]+)?{_EXPONENT}")
_NOT_DECIMAL = re.compile(r"0(?:[xX][0-9a-fA-F]|[bB][01]|[oO][0-7])[0-9a-fA-F]*")
_THOUSANDS_HEAD = re.compile(r"[1-9][0-9]{0,2}")
_SUPERSCRIPT = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_PLAIN_SUPERSCRIPT = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_TRANSPOSE = re.compile(r"\.T(?![0-9A-Za-z_])|ᵀ")
_SIGNS = re.compile(r"\*\*|>=|<=|[-+*/@^()\[\],;%<>≥≤√]")
_SAME_SIGN = {"**": "^", "≥": ">=", "≤": "<="}
_OPTION = re.compile(r" *=(?!=)")
_SHOWN = 24


class Tokenizer:
    """Cuts a text into words, left to right, and refuses what is none."""

    def __init__(self, source: Source, vocabulary: Vocabulary, dialect: Dialect) -> None:
        self.text, self.columns = source.text, source.columns
        self.vocabulary, self.dialect = vocabulary, dialect
        self.position = 0
        self.brackets: list[str] = []
        """The open brackets; a call's bracket as its function's f."""
        self.tokens: list[Token] = []
        self.spaced = False

    def read(self) -> list[Token]:
        """Return the words and an END. Raises ReadingError."""
        while self._skip_space():
            self._read_one()
        end = Token(TokenKind.END, "", self.columns[self.position], spaced=self.spaced)
        return [*self.tokens, end]

    def error(self, code: str, offset: int = 0, **data: str | int) -> ReadingError:
        """Return an error at the current place."""
        return ReadingError(code, self.columns[min(self.position + offset, len(self.text))], **data)

    def _skip_space(self) -> bool:
        start = self.position
        while self.position < len(self.text) and self.text[self.position] in " \n":
            self.position += 1
        self.spaced = self.position > start
        return self.position < len(self.text)

    def _add(self, kind: TokenKind, text: str, length: int, value: float = 0.0) -> None:
        if len(self.tokens) >= self.dialect.limits.tokens:
            raise self.error("too_complex")
        self.tokens.append(Token(kind, text, self.columns[self.position], value, self.spaced))
        self.position += length
        self.spaced = False

    def _read_one(self) -> None:
        text, start = self.text, self.position
        character = text[start]
        if compound := self.vocabulary.compound(text, start):
            self._add(TokenKind.NAME, compound[0], compound[1] - start)
        elif character in "0123456789" or _NUMBER.match(text, start):
            self._read_number()
        elif self.tokens and (transposed := _TRANSPOSE.match(text, start)):
            if not self.dialect.matrices:
                raise self._bad_character()
            self._add(TokenKind.TRANSPOSE, "T", len(transposed.group()))
        elif length := name_length(text, start):
            self._read_word(text[start : start + length])
        elif superscript := _SUPERSCRIPT.match(text, start):
            digits = superscript.group().translate(_PLAIN_SUPERSCRIPT)
            self._add(TokenKind.SUPERSCRIPT, digits, len(digits), self._number(digits))
        elif unicodedata.category(character) in ("No", "Nl"):
            self._read_number_sign(character)
        else:
            self._read_sign()

    def _read_number_sign(self, character: str) -> None:
        numerator, _, denominator = unicodedata.normalize("NFKC", character).partition("⁄")
        if not (numerator.isdecimal() and denominator.isdecimal()):
            raise self.error("odd_number_sign", character=character)
        self._add(TokenKind.NUMBER, character, 1, unicodedata.numeric(character))

    def _read_sign(self) -> None:
        match = _SIGNS.match(self.text, self.position)
        sign = match.group() if match else ""
        if self.text[self.position] == "∞":
            raise self.error("not_finite")
        if sign == "," and not self.brackets and not self.dialect.rows:
            raise self.error("comma")
        if not sign or self._is_foreign(sign):
            raise self._bad_character()
        if sign in ("(", "["):
            called = bool(self.tokens) and self.tokens[-1].kind is TokenKind.FUNCTION and sign == "("
            self.brackets.append("f" if called else sign)
        elif sign in (")", "]") and self.brackets:
            self.brackets.pop()
        self._add(TokenKind.SIGN, _SAME_SIGN.get(sign, sign), len(sign))

    def _is_foreign(self, sign: str) -> bool:
        if sign[0] in "<>≤≥":
            return not self.dialect.comparisons
        if sign == ";":
            return "[" not in self.brackets and not self.dialect.rows
        return sign in ("@", "[", "]") and not self.dialect.matrices

    def _bad_character(self) -> ReadingError:
        character = self.text[self.position]
        return self.error("bad_character", character=character, code_point=code_point(character))

    # Numbers

    def _read_number(self) -> None:
        if (odd := _NOT_DECIMAL.match(self.text, self.position)) and not self._names_follow(1):
            raise self.error("not_decimal", text=odd.group())
        for pattern, spelled in ((_SPACE_NUMBER, " "), (_SWISS_NUMBER, "’")):
            if self.dialect.groups and (grouped := pattern.match(self.text, self.position)):
                self._add_number(grouped.group().replace(spelled, ""), len(grouped.group()))
                return
        match = _NUMBER.match(self.text, self.position)
        assert match is not None
        if self.text[match.end() : match.end() + 1] == "," and self._comma_is_decimal():
            self._read_comma_number()
        else:
            self._add_number(match.group(), len(match.group()))

    def _names_follow(self, offset: int) -> bool:
        """Tell whether the word after this place is made of known names, as in `0x` where x is known."""
        start = self.position + offset
        word = self.text[start : start + name_length(self.text, start)]
        return self.vocabulary.split(word) is not None

    def _comma_is_decimal(self) -> bool:
        return self.dialect.decimal_comma and not self.brackets

    def _read_comma_number(self) -> None:
        match = _COMMA_NUMBER.match(self.text, self.position)
        if match is None or self.text[match.end() : match.end() + 1] in (",", "."):
            raise self.error("comma")
        head, tail, fraction, exponent = match.groups(default="")
        groups = tail[1:].split(",")
        thousands = _THOUSANDS_HEAD.fullmatch(head) and all(len(group) == 3 for group in groups)
        if len(groups) == 1 and not fraction:
            if thousands:
                number, tail = head + groups[0], f"{head}.{groups[0]}"
                raise self.error(
                    "comma_ambiguous", text=f"{head},{groups[0]}", thousands=number, decimal=tail
                )
            self._add_number(f"{head}.{groups[0]}{exponent}", len(match.group()))
        elif thousands:
            self._add_number(head + "".join(groups) + fraction + exponent, len(match.group()))
        else:
            raise self.error("comma")

    def _add_number(self, text: str, length: int) -> None:
        value = self._number(text)
        rest = self.text[self.position + length : self.position + length + 2]
        dangling = re.match(r"[eE](?![^\W\d])", rest) and self.vocabulary.known(rest[0]) is None
        if rest[:1] == "_" or (rest[:1] == "." and not rest[1:].startswith("T")) or dangling:
            raise self.error("bad_number", text=self.text[self.position : self.position + length + 1])
        self._add(TokenKind.NUMBER, text, length, value)

    def _number(self, text: str) -> float:
        digits = sum(character.isdigit() for character in text)
        if digits > self.dialect.limits.digits:
            raise self.error("number_too_long", limit=self.dialect.limits.digits)
        value = float(text)
        if isinf(value):
            raise too_big(self.columns[self.position], self.dialect.limits)
        if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):
            raise self.error("too_small")
        return value

    # Words

    def _read_word(self, word: str) -> None:
        rest = self.text[self.position + len(word) :].lstrip(" ")
        function = _SYNONYMS.get(word.casefold(), word.casefold())
        name = self.vocabulary.known(word)
        if name is not None and not (function in FUNCTIONS and rest.startswith("(")):
            self._add(TokenKind.NAME, name, len(word))
        elif "f" in self.brackets[-1:] and _OPTION.match(rest):
            length = self.text.index("=", self.position) + 1 - self.position
            self._add(TokenKind.OPTION, word, length)
        elif function in FUNCTIONS:
            self._add(TokenKind.FUNCTION, function, len(word))
        elif (constant := self._constant(word)) is not None:
            self._add(TokenKind.NUMBER, word, len(word), constant)
        elif self._joins and (pieces := self.vocabulary.split(word)) is not None:
            for piece, _ in pieces:
                self._read_word(piece)
        elif self.vocabulary.closed or rest.startswith("(") or word.casefold() in _NOT_FINITE:
            raise self._unknown(word)
        else:
            self._add(TokenKind.NAME, word, len(word))

    @property
    def _joins(self) -> bool:
        return self.vocabulary.closed and self.dialect.joined

    def _constant(self, word: str) -> float | None:
        if word.casefold() in ("pi", "π"):
            return pi
        return e if word == "e" and self.dialect.euler else None

    def _unknown(self, word: str) -> ReadingError:
        if word.casefold() in _NOT_FINITE:
            return self.error("not_finite")
        if self.dialect.groups and self._only_a_number_so_far():
            number = next(token.text for token in self.tokens if token.kind is TokenKind.NUMBER)
            return self.error("trailing_text", number=number, rest=self.text[self.position :][:_SHOWN])
        if (name := self.vocabulary.other_case(word)) is not None:
            return self.error("case", name=word, suggestion=name)
        from difflib import get_close_matches  # only a slip needs it

        rest = self.text[self.position + len(word) :].lstrip(" ")
        if rest.startswith("(") and (like := get_close_matches(word.casefold(), FUNCTIONS, n=1)):
            return self.error("unknown_function", name=_described(word), suggestion=like[0])
        usable = (*self.vocabulary.names, "pi", *(["e"] if self.dialect.euler else []))
        return self.error("unknown_name", name=_described(word), names=", ".join(usable))

    def _only_a_number_so_far(self) -> bool:
        numbers = [token for token in self.tokens if token.kind is TokenKind.NUMBER]
        others = (token for token in self.tokens if token.kind is not TokenKind.NUMBER)
        return len(numbers) == 1 and all(token.text in ("+", "-", "%") for token in others)


_NOT_FINITE = ("nan", "inf", "infinity")


def _described(word: str) -> str:
    """Return a name with the code point of a letter that looks like another one."""
    odd = next((letter for letter in word if not _is_familiar(letter)), None)
    return word[:_SHOWN] + (f" ({code_point(odd)})" if odd else "")


def _is_familiar(letter: str) -> bool:
    return letter < "\u0250" or "가" <= letter <= "힣" or "ㄱ" <= letter <= "ㅣ" or letter in "∂∇°"
