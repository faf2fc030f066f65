"""Odd spellings of plain characters: what a keyboard, an input method or a PDF puts in place of them.

Read one character at a time. Normalising a whole string to NFKC would turn `10²` into 102.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tutor.engine.reading_errors import ReadingError, code_point


@dataclass(frozen=True, slots=True)
class Source:
    """A text in plain characters; `columns[i]` is where character i was typed, one more for the end."""

    text: str
    columns: tuple[int, ...]

    def part(self, start: int, end: int) -> Source:
        """Return a stretch of the text without the white space around it."""
        text = self.text[start:end]
        start += len(text) - len(text.lstrip())
        end = start + len(text.strip())
        return Source(self.text[start:end], self.columns[start : end + 1])


def plain(text: str) -> Source:
    """Spell a text in plain characters. Raises ReadingError (control) for what must not reach a screen."""
    characters: list[str] = []
    columns: list[int] = []
    in_name = False
    for column, cluster in _clusters(text):
        for typed in cluster:
            character = _plain_character(typed, column)
            if in_name and typed in _SUBSCRIPTS:
                character = _SUBSCRIPTS[typed]
            if character:
                characters.append(character)
                columns.append(column)
                in_name = is_name_start(character) or (in_name and is_name_part(character))
    return Source("".join(characters), (*columns, len(text) + 1))


def is_name_start(character: str) -> bool:
    """Tell whether a name can start with this character."""
    return character.isalpha() or character in "_∂∇°"


def is_name_part(character: str) -> bool:
    """Tell whether a name can go on with this character."""
    return is_name_start(character) or character in "0123456789" or unicodedata.category(character)[0] == "M"


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield each character composed (NFC) with the marks that follow it, and its column."""
    if text.isascii():
        yield from enumerate(text, start=1)
        return
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or not _continues(text[end]):
            yield start + 1, unicodedata.normalize("NFC", text[start:end])
            start = end


def _continues(character: str) -> bool:
    # Vowels and finals of Hangul are no combining marks, yet some systems take syllables apart.
    return unicodedata.combining(character) != 0 or "\u1160" <= character <= "\u11ff"


_SPACES = "\t\r\f\v "
_SAME = {
    **dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\u2014\u2015\ufe58\ufe63\uff0d\u02d7\u2796", "-"),
    **dict.fromkeys("\ufe62\uff0b\u2795", "+"),
    **dict.fromkeys("·×⋅∙∗•・ㆍ✕✖⨯⊙﹡＊", "*"),
    **dict.fromkeys("÷∕⁄／➗", "/"),
    **dict.fromkeys("ˆ＾", "^"),
    **dict.fromkeys("％﹪٪", "%"),
    **dict.fromkeys("⩽", "≤"),
    **dict.fromkeys("⩾", "≥"),
    "٫": ".",
    "，": ",",
    "；": ";",
}
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))


def _plain_character(character: str, column: int) -> str:
    """Return the plain spelling of one character, empty for one that is invisible and harmless."""
    if "!" <= character <= "~" or character == "\n":
        return character
    if character in _SPACES:
        return " "
    if character in _SAME:
        return _SAME[character]
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Co"):
        raise ReadingError("control", column, code_point=code_point(character))
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if category[0] == "Z":
        return " " if category == "Zs" else "\n"
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return _plain_letter(character)


def _plain_letter(character: str) -> str:
    """Return the letter or sign behind its full-width, italic, bold or script form."""
    styled = "\uff01" <= character <= "\uff5e" or "\U0001d400" <= character <= "\U0001d7ff"
    if styled or "\u2100" <= character <= "\u214f" or character in "µϵϑϕϖϱϰ":
        compatible = unicodedata.normalize("NFKC", character)
        if len(compatible) == 1 and (styled or compatible.isalpha()):
            return _SAME.get(compatible, compatible)
    return character
