"""Reading the files of a lesson that a stranger wrote: limits first, then text, then tables.

Nothing here needs numpy or pydantic, so that a list of lessons costs next to nothing.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tutor.course.faults import Fault, FaultCode, LessonError

FOLDER_NAME = re.compile(r"(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)", re.ASCII)
"""Number and slug of a lesson."""

TOML = "lesson.toml"

MAX_BYTES = 256 * 1024
MAX_LINE = 4096
MAX_DOTS = 8
MAX_NESTING = 12

# Every part of a key starts where no part is under way, so that the search is linear.
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*\.[ \t]*{_PART}){{{MAX_DOTS + 1}}}")
_TOML_PLACE = re.compile(r"at line (\d+)")
# Terminal control sequences start with a control character; the others turn the reading direction around.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def read_text(path: Path, name: str) -> str:
    """Return a file's text in NFC with `\\n` line ends.

    `name` is the path from the course folder. Raises LessonError for a file that cannot be read, is a link
    to a place outside that folder, is too large, is no UTF-8 or holds control characters.
    """
    try:
        # A pipe or a device could keep the reader waiting for ever.
        if not path.is_file():
            code = FaultCode.UNREADABLE_FILE if path.exists() else FaultCode.MISSING_FILE
            raise LessonError([Fault(name, 1, code)])
        if _leads_outside(path, name):
            raise LessonError([Fault(name, 1, FaultCode.LINK_OUTSIDE)])
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LessonError([Fault(name, 1, FaultCode.UNREADABLE_FILE)]) from error
    if len(data) > MAX_BYTES:
        raise LessonError([Fault(name, 1, FaultCode.TOO_LARGE, {"limit": MAX_BYTES // 1024})])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LessonError([Fault(name, line, FaultCode.NOT_UTF8)]) from error
    text = text.replace("\r\n", "\n")
    for number, line_text in enumerate(text.split("\n"), start=1):
        if len(line_text) > MAX_LINE:
            raise LessonError([Fault(name, number, FaultCode.LONG_LINE, {"limit": MAX_LINE})])
    if unsafe := _UNSAFE.search(text):
        line = text.count("\n", 0, unsafe.start()) + 1
        shown = {"code_point": f"U+{ord(unsafe.group()):04X}"}
        raise LessonError([Fault(name, line, FaultCode.CONTROL_CHARACTER, shown)])
    return unicodedata.normalize("NFC", text)


def _leads_outside(path: Path, name: str) -> bool:
    depth = name.strip("/").count("/")
    if not any(part.is_symlink() for part in (path, *path.parents)[: depth + 1]):
        return False
    course = path.parents[depth]
    return not path.resolve().is_relative_to(course.resolve())


def read_table(text: str, name: str) -> dict[str, Any]:
    """Return the table of a TOML text; LessonError where it is no TOML or is built to exhaust the reader."""
    # tomllib needs memory in the square of the parts of a key.
    if long_key := _LONG_KEY.search(text):
        line = text.count("\n", 0, long_key.start()) + 1
        raise LessonError([Fault(name, line, FaultCode.LONG_KEY, {"limit": MAX_DOTS})])
    _refuse_deep_nesting(text, name)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = int(place.group(1)) if place else text.count("\n") + 1
        reason = str(error).partition(" (at ")[0]
        raise LessonError([Fault(name, line, FaultCode.TOML_SYNTAX, {"reason": reason})]) from error
    except (ValueError, RecursionError) as error:
        raise LessonError([Fault(name, 1, FaultCode.DEEP_NESTING, {"limit": MAX_NESTING})]) from error


def array_of_tables(table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the tables in an array of a file that has not been checked; what is no table is left out."""
    found = table.get(key)
    return [raw for raw in found if isinstance(raw, dict)] if isinstance(found, list) else []


def _refuse_deep_nesting(text: str, name: str) -> None:
    depth = 0
    for match in re.finditer(r"[\[\]{}]", text):
        depth = depth + 1 if match.group() in "[{" else max(0, depth - 1)
        if depth > MAX_NESTING:
            line = text.count("\n", 0, match.start()) + 1
            raise LessonError([Fault(name, line, FaultCode.DEEP_NESTING, {"limit": MAX_NESTING})])
