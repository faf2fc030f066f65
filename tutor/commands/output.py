"""What the commands share: faults of the input, exit codes, and what JSON and a terminal can hold."""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from typing import Any

DONE, AT_FAULT, USAGE, INTERRUPTED = 0, 1, 2, 130


class InputError(Exception):
    """What the user gave is at fault; the message, in their language, says where."""


def as_json(value: Any) -> Any:
    """Return numbers and arrays as JSON can hold them: nested lists, and null for NaN and infinity."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [as_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value + 0.0 if isinstance(value, float) else value


def fitted(line: str, lead: str = "") -> list[str]:
    """Return a line in rows as wide as the terminal, broken between words; `lead` stands before the first."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    console, indent = Console(), cell_len(lead)
    rows = [row.plain.rstrip() for row in Text(line).wrap(console, max(20, console.width - indent))]
    return [(" " * indent if number else lead) + row for number, row in enumerate(rows or [""])]


def writes_unicode() -> bool:
    """Return whether standard output can hold the signs of a drawing."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    with suppress(LookupError, UnicodeEncodeError):
        "─▶╭".encode(encoding)
        return True
    return False
