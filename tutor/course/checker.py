"""Proves a course: finds every fault of every lesson at once, each with its file and line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from tutor.course.course_lists import check_lists
from tutor.course.coverage import check_coverage
from tutor.course.fading import check_fading
from tutor.course.faults import Fault, FaultCode, LessonError, in_order, nearest
from tutor.course.files import FOLDER_NAME, TOML
from tutor.course.glossary import read_glossary
from tutor.course.labs import LABS, lab_slugs, read_lab
from tutor.course.loader import is_lesson
from tutor.course.model import LabVisit, Lesson
from tutor.course.prose_proofs import StepWording, check_lesson_prose
from tutor.course.readability import check_readability
from tutor.course.reader import LessonFiles, assemble, read_lesson
from tutor.course.step_proofs import StepProof


def check_course(folder: Path) -> tuple[Fault, ...]:
    """Return every fault of the course in a folder, by file and line; none means that it is proved."""
    try:
        lessons = sorted(
            path
            for path in folder.iterdir()
            if path.is_dir() and path.name != LABS and not path.name.startswith(".")
        )
    except OSError:
        lessons = []
    if is_lesson(folder):
        return (Fault(folder.name or ".", 1, FaultCode.ONE_LESSON),)
    if not lessons:
        return (Fault(folder.name or ".", 1, FaultCode.NO_LESSONS),)
    every_file = [prove(path) for path in lessons]
    _check_between_lessons(every_file)
    slugs = lab_slugs(folder)
    labs = [read_lab(folder / LABS / slug)[0] for slug in slugs]
    _check_lab_visits(every_file, slugs)
    whole = [*check_lists(folder), *check_coverage(folder, every_file)]
    with suppress(LessonError):  # a glossary that cannot be read is among the faults already
        glossary = read_glossary(folder)
        for files in (*every_file, *labs):
            check_readability(files, glossary)
    return in_order([*whole, *(fault for files in (*every_file, *labs) for fault in files.faults)])


def proved_lesson(folder: Path) -> Lesson:
    """Return the lesson in a folder; LessonError with every fault where it cannot be proved."""
    return assemble(prove(folder))


def prove(folder: Path) -> LessonFiles:
    """Read a lesson and check all of it that does not depend on other lessons."""
    files = read_lesson(folder)
    # Numbers out of range are faults that are reported, not warnings in the middle of a screen.
    with np.errstate(all="ignore"):
        for index, step in files.steps.items():
            proof = StepProof(files, index, step)
            proof.prove()
            StepWording(files, proof).check()
    check_fading(files)
    check_lesson_prose(files)
    return files


def _check_between_lessons(lessons: Sequence[LessonFiles]) -> None:
    named = [(files, match) for files in lessons if (match := FOLDER_NAME.fullmatch(files.folder))]
    numbers = {match.group(2): match.group(1) for _, match in named}
    _check_repeats(((files, match.group(1)) for files, match in named), FaultCode.DUPLICATE_NUMBER)
    _check_repeats(((files, match.group(2)) for files, match in named), FaultCode.DUPLICATE_SLUG)
    for files, match in named:
        for position, slug in enumerate(files.header.needs if files.header else ()):
            if slug not in numbers:
                code = FaultCode.UNKNOWN_LESSON
            elif numbers[slug] >= match.group(1):
                code = FaultCode.LATER_LESSON
            else:
                continue
            near = nearest(slug, numbers) if code is FaultCode.UNKNOWN_LESSON else {}
            files.fault(("needs", position), code, name=slug, **near)


def _check_lab_visits(lessons: Sequence[LessonFiles], labs: Sequence[str]) -> None:
    for files in lessons:
        for index, step in files.steps.items():
            if isinstance(step, LabVisit) and step.lab not in labs:
                path = ("steps", index, "lab")
                files.fault(path, FaultCode.UNKNOWN_LAB, name=step.lab, **nearest(step.lab, labs))


def _check_repeats(named: Iterable[tuple[LessonFiles, str]], code: FaultCode) -> None:
    seen: dict[str, str] = {}
    for files, name in named:
        if name in seen:
            fault = Fault(f"{files.folder}/{TOML}", 1, code, {"name": name, "other": seen[name]})
            files.faults.append(fault)
        seen.setdefault(name, files.folder)
