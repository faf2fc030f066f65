"""Which misconceptions keep appearing: worked out from the events, and fading with the days.

Wrong rules come and go (VanLehn 1990 found the bugs of the same children unstable from day to day), so a
rule that was followed once on one item is a guess, and one that was followed last week is nearly that again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from tutor.student.events import Event, EventKind

HALF_LIFE = timedelta(days=2)
"""How long it takes until a sighting weighs half as much."""

HABIT = 0.5
"""The weight of the sightings on other items from which a rule is called a habit."""


class ItemId(NamedTuple):
    """One item, by the stable ids of its lesson and step."""

    lesson: str
    step: str


class Habits:
    """The misconceptions that explained answers of a learner, each with the items on which it did."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[ItemId, datetime]] = {}

    @classmethod
    def from_events(cls, events: Iterable[Event]) -> Self:
        """Return what these events show."""
        habits = cls()
        for event in events:
            if event.at is not None:
                habits.add(event, event.at)
        return habits

    def add(self, event: Event, at: datetime) -> None:
        """Count in what happened at a time: an answer that one misconception alone explained."""
        if event.kind is not EventKind.ATTEMPT:
            return
        for id_ in _named(event):
            self._seen.setdefault(id_, {})[ItemId(event.lesson, event.step)] = at

    def weight(self, misconception: str, now: datetime, besides: ItemId | None = None) -> float:
        """Return how much speaks for a misconception: 1 for each item just now, half as much 2 days later."""
        others = (at for item, at in self._seen.get(misconception, {}).items() if item != besides)
        ages = (max(timedelta(), now - at) / HALF_LIFE for at in others)
        return math.fsum(math.pow(0.5, age) for age in ages)

    def is_habit(self, misconception: str, now: datetime, besides: ItemId | None = None) -> bool:
        """Return whether a misconception was seen often and lately enough on other items."""
        return self.weight(misconception, now, besides) >= HABIT


def _named(event: Event) -> set[str]:
    """Return the misconceptions that were spoken of."""
    found = event.data.get("diagnosis")
    return {id_ for id_ in found.values() if isinstance(id_, str)} if isinstance(found, dict) else set()
