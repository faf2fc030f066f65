"""What a learner wants to practise."""

from __future__ import annotations

from dataclasses import dataclass

SET = 6
"""Items in a set."""

MOST = 60
"""Items in the longest set that can be asked for."""


@dataclass(frozen=True, slots=True)
class PracticeWish:
    """A set of `count` items about a skill; None leaves the skill to the tutor."""

    skill: str | None = None
    count: int = SET
