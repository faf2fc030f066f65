"""The terms of a course: a file beside its lessons, read by the checker and by the glossary screen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutor.course.faults import LessonError
from tutor.course.files import array_of_tables, read_table, read_text

FILE = "glossary.toml"


@dataclass(frozen=True, slots=True)
class Term:
    """A term in both languages; `also` are other forms in use, `avoid` those that the course does not use."""

    en: str
    ko: str
    also: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    avoid_en: tuple[str, ...] = ()

    def avoided(self, language: str) -> tuple[str, ...]:
        """Return the forms that the prose of a language does not use."""
        return self.avoid if language == "ko" else self.avoid_en

    def name(self, language: str) -> str:
        """Return the term in a language."""
        return self.ko if language == "ko" else self.en


@dataclass(frozen=True, slots=True)
class Glossary:
    """The terms of a course, and how hard its sentences may be; None where there is no limit."""

    terms: tuple[Term, ...] = ()
    english_grade: float | None = None
    korean_characters: float | None = None


def read_glossary(course: Path) -> Glossary:
    """Return the glossary of a course, empty where it has none; LessonError where it cannot be read."""
    path = course / FILE
    if not path.is_file():
        return Glossary()
    table = read_table(read_text(path, FILE), FILE)
    style = table.get("style")
    limits = style if isinstance(style, dict) else {}
    return Glossary(
        tuple(_term(raw) for raw in array_of_tables(table, "terms")),
        _number(limits.get("english_grade")),
        _number(limits.get("korean_characters")),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def terms_of(course: Path) -> tuple[Term, ...]:
    """Return the terms of a course for a screen; none where they cannot be read."""
    try:
        return read_glossary(course).terms
    except LessonError:
        return ()


def _term(raw: dict[str, Any]) -> Term:
    def several(key: str) -> tuple[str, ...]:
        found = raw.get(key)
        return (
            tuple(form for form in found if isinstance(form, str) and form) if isinstance(found, list) else ()
        )

    return Term(
        str(raw.get("en", "")), str(raw.get("ko", "")), several("also"), several("avoid"), several("avoid_en")
    )
