"""A wrong answer of the notebook in words: what was given, what was typed, what it looks like."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tutor.course.skills import skill_of
from tutor.student.notebook import Mistake
from tutor.text import Text
from tutor.tutoring.exercise import ARRANGED, CHOSEN, MARKED

_WITHOUT_WORDS = (ARRANGED, CHOSEN, MARKED)


def skill_name(skill: str, text: Text) -> str:
    """Return the name of a skill or of what it is a part of, empty where it is unknown."""
    found = skill_of(skill)
    return text(f"skills.{found}") if found else ""


def when(at: datetime | None) -> str:
    """Return a time as it is where the learner is, to the minute."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}" if at is not None else ""


def number_words(value: Any) -> str:
    """Return a stored number, vector or matrix as it is typed."""
    if isinstance(value, list):
        return f"[{', '.join(number_words(entry) for entry in value)}]"
    return f"{value:g}" if isinstance(value, int | float) else "?"


def given(mistake: Mistake) -> str:
    """Return the inputs of the graph."""
    return ", ".join(f"{name} = {number_words(value)}" for name, value in mistake.inputs.items())


def upstream(mistake: Mistake) -> str:
    """Return the gradient that arrived at the output."""
    return number_words(1 if mistake.upstream is None else mistake.upstream)


def typed(mistake: Mistake, text: Text) -> str:
    """Return what was typed, by blank; what was chosen or arranged goes by its kind, not by ids."""
    return ", ".join(
        text(f"notebook.answered.{blank}") if blank in _WITHOUT_WORDS else f"{blank} = {entry or '–'}"
        for blank, entry in mistake.entries.items()
    )


def looks_like(misconception: str, text: Text) -> str:
    """Return what a misconception looks like, its id where the catalogue no longer has it."""
    name = f"misconceptions.{misconception}.looks_like"
    return text(name) if name in text else misconception


def principle(misconception: str, text: Text) -> str:
    """Return the principle beside it, empty where the catalogue no longer has it."""
    name = f"misconceptions.{misconception}.principle"
    return text(name) if name in text else ""


def explained(mistake: Mistake, text: Text) -> list[str]:
    """Return what the wrong entries look like, each misconception once; empty where none explains them."""
    return [looks_like(id_, text) for id_ in dict.fromkeys(mistake.diagnosis.values())]
