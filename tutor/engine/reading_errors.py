"""Why a text that somebody typed cannot be read: a code, a place, and what the sentence about it is told."""

from __future__ import annotations

from collections.abc import Mapping

ERROR_FIELDS: Mapping[str, tuple[str, ...]] = {
    "arguments": ("function", "expected", "found"),
    "bad_character": ("character", "code_point"),
    "bad_matrix": (),
    "bad_number": ("text",),
    "bad_option": ("name",),
    "bad_target": ("name",),
    "case": ("name", "suggestion"),
    "chained_comparison": (),
    "comma": (),
    "comma_ambiguous": ("text", "thousands", "decimal"),
    "control": ("code_point",),
    "div_zero": (),
    "duplicate_target": ("name",),
    "empty": (),
    "empty_cell": (),
    "incomplete": (),
    "missing_target": (),
    "needs_brackets": ("function",),
    "not_decimal": ("text",),
    "not_finite": (),
    "number_too_long": ("limit",),
    "odd_number_sign": ("character",),
    "ragged": (),
    "product_apart": ("formula", "shapes", "columns", "rows"),
    "shape": (),
    "shapes_apart": ("formula", "shapes"),
    "too_big": ("limit",),
    "too_big_matrix": ("rows", "columns"),
    "too_complex": (),
    "too_long": ("limit",),
    "too_many_signs": (),
    "too_small": (),
    "trailing_text": ("number", "rest"),
    "two_numbers": (),
    "unbalanced": (),
    "undefined": (),
    "unknown_function": ("name", "suggestion"),
    "unknown_name": ("name", "names"),
}
"""Every reason for which a text is refused, and what its message is told besides the column."""


class ReadingError(ValueError):
    """A text that cannot be read: `code` is a key of ERROR_FIELDS, `column` counts from 1 in that text."""

    def __init__(self, code: str, column: int, **data: str | int) -> None:
        super().__init__(code, column)
        self.code = code
        self.column = column
        self.data: Mapping[str, str | int] = {
            name: printable(value) if isinstance(value, str) else value for name, value in data.items()
        }

    @property
    def fields(self) -> dict[str, str | int]:
        """What the message of this code is filled in with."""
        return {"column": self.column, **self.data}


def printable(text: str) -> str:
    """Return the text with a sign in place of what would not show on a screen."""
    return "".join(character if character.isprintable() else "�" for character in text)


def code_point(character: str) -> str:
    """Return the number of a character as Unicode writes it: U+0041."""
    return f"U+{ord(character):04X}"
