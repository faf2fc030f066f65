"""A lesson to begin with: a small one that is proved as it stands, to be changed step by step."""

from __future__ import annotations

from pathlib import Path

from tutor.course.files import FOLDER_NAME, TOML
from tutor.course.prose import LANGUAGES

TEMPLATE = Path(__file__).parent / "template"
MOST = 99
"""The highest number of a lesson."""


class LessonExistsError(Exception):
    """There is a lesson of this name already."""


class LessonNameError(Exception):
    """A name that no lesson can have, or no number left for it."""


def new_lesson(course: Path, name: str) -> Path:
    """Lay a lesson out in a folder of lessons and return its own folder.

    `name` is its slug, with or without a number before it; without one it comes after all others. Raises
    LessonNameError and LessonExistsError, and OSError where nothing can be written.
    """
    present = course.iterdir() if course.is_dir() else ()
    taken = [match for path in present if (match := FOLDER_NAME.fullmatch(path.name))]
    folder = name
    if not FOLDER_NAME.fullmatch(name):
        folder = f"{max((int(match.group(1)) for match in taken), default=0) + 1:02d}-{name}"
    match = FOLDER_NAME.fullmatch(folder)
    if match is None:
        raise LessonNameError(name)
    number, slug = match.groups()
    if any(number == other.group(1) or slug == other.group(2) for other in taken):
        raise LessonExistsError(name)
    path = course / folder
    path.mkdir(parents=True)
    title = slug.replace("-", " ").capitalize()
    for file in (TOML, *(f"{language}.md" for language in LANGUAGES)):
        text = (TEMPLATE / file).read_text("utf-8")
        (path / file).write_text(text.replace("{title}", title, 1), "utf-8", newline="\n")
    return path
