"""What the two lists beside the lessons may say: the coverage list and the glossary, checked for form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from tutor.course import coverage, glossary
from tutor.course.faults import Fault
from tutor.course.model import StrictTable
from tutor.course.reader import LessonFiles, model_keys, note_invalid, read_toml

Words = Annotated[str, Field(min_length=1)]


class RowTable(StrictTable):
    """One thing to treat."""

    id: Words
    en: Words | None = None
    ko: Words | None = None
    reason: Words | None = None


class CoverageTable(StrictTable):
    """All of coverage.toml."""

    complete: bool = False
    rows: tuple[RowTable, ...] = ()


class TermTable(StrictTable):
    """One term and its other forms."""

    en: Words
    ko: Words
    also: tuple[Words, ...] = ()
    avoid: tuple[Words, ...] = ()
    avoid_en: tuple[Words, ...] = ()


class StyleTable(StrictTable):
    """How hard sentences may be."""

    english_grade: float | None = None
    korean_characters: float | None = None


class GlossaryTable(StrictTable):
    """All of glossary.toml."""

    style: StyleTable = StyleTable()
    terms: tuple[TermTable, ...] = ()


_LISTS: Mapping[str, type[StrictTable]] = {coverage.FILE: CoverageTable, glossary.FILE: GlossaryTable}
_ENTRIES: Mapping[str, type[StrictTable]] = {"rows": RowTable, "terms": TermTable, "style": StyleTable}


def check_lists(course: Path) -> list[Fault]:
    """Return every fault of form of the lists that a course has."""
    found: list[Fault] = []
    for name, model in _LISTS.items():
        files = LessonFiles("", table_name=name)
        if (course / name).is_file() and read_toml(course, files):
            try:
                model.model_validate(files.table)
            except ValidationError as error:
                for details in error.errors(include_url=False, include_context=True):
                    inner = len(details["loc"]) > 1
                    of = _ENTRIES.get(str(details["loc"][0]), model) if inner else model
                    note_invalid(files, (), details, model_keys(of))
        found += files.faults
    return found
