"""The coverage list of a course: what its lessons have to treat, and which step says that it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.course.faults import Fault, FaultCode, LessonError, nearest
from tutor.course.files import array_of_tables, read_table, read_text
from tutor.course.toml_lines import TomlLines

if TYPE_CHECKING:
    from tutor.course.reader import LessonFiles

FILE = "coverage.toml"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to treat; a row with a `reason` needs no step. `line` is where it stands in the file."""

    id: str
    line: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The rows of a course; only a complete course has to cover all of them."""

    rows: tuple[Row, ...]
    complete: bool


def read_coverage(course: Path) -> Coverage | None:
    """Return the coverage list of a course; None where it has none, LessonError where it cannot be read."""
    path = course / FILE
    if not path.is_file():
        return None
    text = read_text(path, FILE)
    table, lines = read_table(text, FILE), TomlLines(text)
    rows = tuple(
        Row(str(raw.get("id", "")), lines.line("rows", position, "id"), raw.get("reason"))
        for position, raw in enumerate(array_of_tables(table, "rows"))
    )
    return Coverage(rows, table.get("complete") is True)


def check_coverage(course: Path, lessons: Sequence[LessonFiles]) -> list[Fault]:
    """Note every unknown row at the step that names it, and return the rows that no step covers.

    A list that cannot be read covers nothing and asks for nothing.
    """
    try:
        coverage = read_coverage(course)
    except LessonError:
        return []
    if coverage is None:
        return []
    known = [row.id for row in coverage.rows]
    covered: set[str] = set()
    for files in lessons:
        for index, step in files.steps.items():
            covered.update(step.covers)
            for position, name in enumerate(step.covers):
                if name not in known:
                    path = ("steps", index, "covers", position)
                    files.fault(path, FaultCode.UNKNOWN_ROW, name=name, **nearest(name, known, 0.5))
    if not coverage.complete:
        return []
    return [
        Fault(FILE, row.line, FaultCode.UNCOVERED_ROW, {"name": row.id})
        for row in coverage.rows
        if row.id not in covered and row.reason is None
    ]
