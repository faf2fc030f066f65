"""How able the learner is at each skill and how hard each kind of item is: Elo ratings, in logits.

Pelánek, Applications of the Elo rating system in adaptive educational systems, 2016.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tutor.student.opportunities import Opportunity

Difficulty = Callable[[str], float]
"""Returns what the form of a kind of item makes expect, in logits."""

_SLOWING = 0.05


@dataclass(frozen=True, slots=True)
class Rating:
    """An Elo rating: `value` in logits, `count` results that it rests on."""

    value: float = 0.0
    count: int = 0

    def moved(self, surprise: float) -> Rating:
        """Return the rating after a result that differs from the expected one by `surprise`, -1 to 1."""
        return Rating(self.value + surprise / (1 + _SLOWING * self.count), self.count + 1)


class Ratings:
    """The ratings after some opportunities."""

    def __init__(self, opportunities: Iterable[Opportunity], expected: Difficulty) -> None:
        self._expected = expected
        self._abilities: dict[str, Rating] = {}
        self._corrections: dict[str, Rating] = {}
        for opportunity in opportunities:
            self._add(opportunity)

    def _add(self, opportunity: Opportunity) -> None:
        kind = kind_of_item(opportunity.step)
        surprise = opportunity.alone - self.success_rate(opportunity.skill, kind)
        self._abilities[opportunity.skill] = self._abilities.get(opportunity.skill, Rating()).moved(surprise)
        self._corrections[kind] = self._corrections.get(kind, Rating()).moved(-surprise)

    def success_rate(self, skill: str, kind: str) -> float:
        """Return the probability, 0 to 1, that an item of a kind is right at the first try."""
        difficulty = self._expected(kind) + self._corrections.get(kind, Rating()).value
        ability = self._abilities.get(skill, Rating()).value
        return 1 / (1 + math.exp(min(700.0, difficulty - ability)))


def kind_of_item(step: str) -> str:
    """Return the part of a generated item's id that its numbers leave alone: `mul-1234` is of `mul`."""
    kind, _, draw = step.rpartition("-")
    return kind if draw.isdigit() else step
