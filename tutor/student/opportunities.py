"""Opportunities: the first answer to each item, which is all that mastery and review are judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tutor.student.events import Event, EventKind

SkillOf = Callable[[str], str | None]
"""Returns the id of the skill that a name stands for, None where it is unknown."""

DRILL = "drill:"
"""What timed work is recorded under instead of a lesson; it counts for nothing but its own record."""

_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opportunity:
    """The first answer to an item of a skill."""

    skill: str
    lesson: str
    step: str
    right: bool
    typed: bool = True
    hints: int = 0
    """Hints taken before the answer."""
    shown: bool = False
    """Whether the worked step was open before the answer."""
    milliseconds: int = 0
    at: datetime = _START
    interleaved: bool = False
    """Whether the item before it was of another skill, so that the skill to use had to be chosen."""
    asks: str = ""
    """The misconception for which the item was chosen."""
    misconceptions: frozenset[str] = frozenset()
    """Those that explain an entry."""

    @property
    def alone(self) -> bool:
        """Whether the answer was right at the first try and without help."""
        return self.right and not self.hints and not self.shown


class OpportunityFinder:
    """Finds the opportunities in a log, event by event."""

    def __init__(self, skill_of: SkillOf) -> None:
        self._skill_of = skill_of
        self._answered: set[tuple[str, str]] = set()
        self._helped: dict[tuple[str, str], tuple[int, bool]] = {}
        self._met: set[str] = set()
        self._last = ""

    def add(self, event: Event) -> Opportunity | None:
        """Take the next event of the log and return the opportunity that it is, if it is one."""
        item = (event.lesson, event.step)
        hints, shown = self._helped.get(item, (0, False))
        if event.kind is EventKind.HINT:
            self._helped[item] = (hints + 1, shown)
        elif event.kind is EventKind.STEP_SHOWN:
            self._helped[item] = (hints, True)
        if event.kind is not EventKind.ATTEMPT or event.lesson == DRILL or item in self._answered:
            return None
        self._answered.add(item)
        skill = self._skill_of(text_of(event, "skill"))
        if skill is None:
            return None
        interleaved = skill in self._met and self._last not in ("", skill)
        self._met.add(skill)
        self._last = skill
        return Opportunity(
            skill=skill,
            lesson=event.lesson,
            step=event.step,
            right=event.data.get("right") is True,
            typed=event.data.get("typed") is not False,
            hints=max(hints, whole_of(event, "hints")),
            shown=shown,
            milliseconds=whole_of(event, "ms"),
            at=event.at or _START,
            interleaved=interleaved,
            asks=text_of(event, "asks"),
            misconceptions=frozenset(id_ for ids in named_of(event).values() for id_ in ids),
        )


def text_of(event: Event, name: str) -> str:
    """Return a text in the data of an event, empty where there is none."""
    value = event.data.get(name)
    return value if isinstance(value, str) else ""


def whole_of(event: Event, name: str) -> int:
    """Return a whole number in the data of an event, 0 where there is none."""
    value = event.data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def named_of(event: Event) -> dict[str, tuple[str, ...]]:
    """Return the misconceptions that explain the entries of an attempt, by blank."""
    found = event.data.get("misconceptions")
    if not isinstance(found, dict):
        return {}
    return {
        blank: tuple(id_ for id_ in ids if isinstance(id_, str))
        for blank, ids in found.items()
        if isinstance(ids, list)
    }
