"""Particles behind the numbers of a lesson fit how the number is read aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ui_harness import lesson_folders

from tutor.course.loader import load_lesson
from tutor.course.mathematics import fill, graph_of
from tutor.course.model import Step

CLOSED = "013678"
"""Digits whose Korean names end in a consonant."""
AFTER_CONSONANT = ("은", "이", "을", "과", "이에요")
_PARTICLE = re.compile(r"(\d)(이에요|예요|은|는|이|가|을|를|과|와)(?![가-힣])")


def misfits(text: str) -> Iterator[str]:
    """Yield each number whose particle belongs to another last sound."""
    for match in _PARTICLE.finditer(text):
        if (match.group(1) in CLOSED) != (match.group(2) in AFTER_CONSONANT):
            yield text[max(0, match.start() - 12) : match.end()]


def prose(step: Step) -> Iterator[str]:
    graph = graph_of(step) if getattr(step, "statements", ()) else None
    korean = step.prose["ko"]
    for text in (korean.text, *korean.parts.values()):
        yield fill(text, graph)


@pytest.mark.parametrize("folder", list(lesson_folders()), ids=lambda folder: folder.name)
def test_particles_fit_the_numbers(folder: Path) -> None:
    steps = load_lesson(folder).steps
    assert [misfit for step in steps for text in prose(step) for misfit in misfits(text)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [("-3를", ["-3를"]), ("0.25은", ["0.25은"]), ("6이에요. 2예요", []), ("x = 8과 9와", []), ("3이나", [])],
)
def test_a_misfit_is_found(text: str, found: list[str]) -> None:
    assert list(misfits(text)) == found
