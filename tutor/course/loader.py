"""Where the lessons are, what they are called, and one lesson at a time, proved.

Listing the lessons imports neither numpy nor pydantic: the course map opens before those are needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tutor.course.faults import LessonError
from tutor.course.files import FOLDER_NAME, TOML, read_table, read_text

if TYPE_CHECKING:
    from tutor.course.model import Lesson
    from tutor.course.prose import Document

__all__ = [
    "LessonError",
    "Outline",
    "StepOutline",
    "course_folder",
    "holds_lessons",
    "is_lesson",
    "load_lesson",
    "outlines",
]


@dataclass(frozen=True, slots=True)
class StepOutline:
    """A step as the course map knows it."""

    id: str
    kind: str
    lab: str = ""
    """The lab that it leads to, if to any."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A lesson as the course map knows it: nothing here has been proved.

    A lesson whose files cannot be read is listed too, with `damaged` set and whatever could be read of it.
    """

    folder: Path
    slug: str
    number: int
    title: Mapping[str, str]
    intro: Mapping[str, str]
    minutes: int
    needs: tuple[str, ...]
    steps: tuple[StepOutline, ...]
    damaged: bool = False


def course_folder() -> Path:
    """Return the folder of the lessons that come with the program: inside the package, or beside it."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "lessons"
    return inside if inside.is_dir() else package.parent / "lessons"


def is_lesson(folder: Path) -> bool:
    """Return whether a folder is a lesson itself, and not one of lessons."""
    return (folder / TOML).is_file()


def holds_lessons(folder: Path) -> bool:
    """Return whether there is a lesson in a folder, whole or not; never raises."""
    return bool(_lessons_in(folder))


def outlines(folder: Path) -> tuple[Outline, ...]:
    """Return what the course map shows of every lesson in a folder, by number; never raises."""
    listed = [_outline(path, int(match.group(1)), match.group(2)) for path, match in _lessons_in(folder)]
    return tuple(sorted(listed, key=lambda outline: (outline.number, outline.slug)))


def _lessons_in(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    try:
        return [(path, match) for path in folder.iterdir() if (match := FOLDER_NAME.fullmatch(path.name))]
    except OSError:
        return []


def load_lesson(folder: Path) -> Lesson:
    """Return the lesson in a folder, proved; LessonError with all its faults where that fails."""
    # Importing the checker brings in numpy and pydantic.
    from tutor.course.checker import proved_lesson

    return proved_lesson(folder)


def _outline(folder: Path, number: int, slug: str) -> Outline:
    from tutor.course.prose import LANGUAGES, read_document

    damaged = False
    table: dict[str, Any] = {}
    documents: dict[str, Document] = {}
    try:
        name = f"{folder.name}/{TOML}"
        table = read_table(read_text(folder / TOML, name), name)
    except LessonError:
        damaged = True
    for language in LANGUAGES:
        name = f"{folder.name}/{language}.md"
        try:
            head, _, _ = read_text(folder / f"{language}.md", name).partition("\n## ")
            documents[language], _ = read_document(head, name)
        except LessonError:
            damaged = True
    steps, needs, minutes = (table.get(key) for key in ("steps", "needs", "minutes"))
    return Outline(
        folder=folder,
        slug=slug,
        number=number,
        title={language: _title(documents, language) or slug for language in LANGUAGES},
        intro={language: _intro(documents, language) for language in LANGUAGES},
        minutes=minutes if isinstance(minutes, int) else 0,
        needs=tuple(need for need in needs if isinstance(need, str)) if isinstance(needs, list) else (),
        steps=tuple(_steps(steps)) if isinstance(steps, list) else (),
        damaged=damaged,
    )


def _title(documents: Mapping[str, Document], language: str) -> str:
    return documents[language].title.name if language in documents else ""


def _intro(documents: Mapping[str, Document], language: str) -> str:
    return documents[language].title.text if language in documents else ""


def _steps(steps: list[Any]) -> list[StepOutline]:
    return [
        StepOutline(step["id"], step["kind"], lab if isinstance(lab := step.get("lab"), str) else "")
        for step in steps
        if isinstance(step, dict) and isinstance(step.get("id"), str) and isinstance(step.get("kind"), str)
    ]
