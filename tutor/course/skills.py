"""The skills of the course, as data: what can be mastered, in the order of the lessons.

They are read from `skills.toml` beside this file. Lessons and item templates name a skill or a part of one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Skill:
    """One thing to master, named by its id in events, lessons and the catalogues of sentences."""

    id: str
    lesson: int
    """The number of the lesson that teaches it."""
    typed: bool
    """Whether its answers are typed, on items that can be generated; else they are chosen."""
    parts: tuple[str, ...] = ()
    """Finer ids that count as this skill."""
    alike: tuple[str, ...] = ()
    """Skills that are easily taken for it."""


@cache
def skills() -> Mapping[str, Skill]:
    """Return every skill by its id, in the order of the lessons."""
    table = tomllib.loads(Path(__file__).with_name("skills.toml").read_text(encoding="utf-8"))
    found = (
        Skill(
            id=entry["id"],
            lesson=entry["lesson"],
            typed=entry["answer"] == "typed",
            parts=tuple(entry.get("parts", ())),
            alike=tuple(entry.get("alike", ())),
        )
        for entry in table["skill"]
    )
    return MappingProxyType({skill.id: skill for skill in found})


@cache
def _owners() -> Mapping[str, str]:
    return {name: skill.id for skill in skills().values() for name in (skill.id, *skill.parts)}


def skill_names() -> Collection[str]:
    """Return every name that stands for a skill, itself or as a part of it."""
    return _owners().keys()


def skill_of(name: str) -> str | None:
    """Return the id of the skill that this name stands for, itself or as a part of it; None where unknown."""
    return _owners().get(name)
