"""What may be written where a formula is typed: a dialect of the one language, and limits of its size."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from tutor.engine.reading_errors import ReadingError


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a text is read before it is refused."""

    length: int = 400
    """Characters of a statement or an answer."""
    statements: int = 64
    tokens: int = 120
    depth: int = 24
    """Brackets, calls, signs and powers inside one another."""
    digits: int = 40
    """Digits of one number, those of its exponent included."""
    rows: int = 64
    columns: int = 64
    magnitude: float = inf
    """The largest absolute value of an answer or of an entry of a matrix."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is allowed where a text is typed; the language itself is the same everywhere."""

    limits: Limits = Limits()
    closed: bool = False
    """Refuse names that are not known, even when none is."""
    joined: bool = True
    """Read a word that is made of known names as their product: `xy` where x and y are known."""
    euler: bool = False
    """Read `e` as 2.718…, unless it is a known name."""
    decimal_comma: bool = False
    """Read `0,25` as a number wherever the comma cannot separate arguments."""
    groups: bool = False
    """Read `1 234.5` as one number, and refuse words after a number as such."""
    comparisons: bool = True
    matrices: bool = True
    rows: bool = False
    """Read `1 2; 3 4` without brackets as a matrix."""


def too_big(column: int, limits: Limits) -> ReadingError:
    """Return the error for a number beyond the limit."""
    limit = limits.magnitude if limits.magnitude < inf else 1.7976931348623157e308
    return ReadingError("too_big", column, limit=f"{limit:.0e}".replace("+", ""))
