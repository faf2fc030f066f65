"""How well each skill is mastered, from the opportunities to show it and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from tutor.student.opportunities import Opportunity

TYPED_IN_A_ROW = 2
"""Typed answers right at the first try that make mastery, one of them interleaved."""

CHOSEN_IN_A_ROW = 4
"""Chosen answers that make mastery alone; one fewer does beside a typed one."""

FRUITLESS = 8
"""Opportunities without mastery after which a skill is shown another way, and rests."""

REST = timedelta(hours=10)
"""How long a skill rests then: a night."""

_ROW = 8


class Level(IntEnum):
    """How far a skill has come; each failure once mastered takes away one level."""

    UNSEEN = 0
    STARTED = 1
    PRACTISED = 2
    """The last answer was right without help."""
    MASTERED = 3


@dataclass(frozen=True, slots=True)
class SkillRecord:
    """What is known of one skill."""

    level: Level = Level.UNSEEN
    tries: int = 0
    """Opportunities since mastery was last reached, lost, or the skill was shown another way."""
    count: int = 0
    """Opportunities in all."""
    alone: int = 0
    """Those that were right at the first try without help."""
    row: tuple[tuple[str, bool, bool], ...] = ()
    """The last right answers in a row, latest last: item, typed, interleaved."""
    rests_until: datetime | None = None
    last: datetime | None = None
    ever_mastered: bool = False

    @property
    def is_fruitless(self) -> bool:
        """Whether more of the same would not help."""
        return self.level is not Level.MASTERED and self.tries >= FRUITLESS

    def rests(self, now: datetime) -> bool:
        """Return whether the skill waits for another day."""
        return self.rests_until is not None and now < self.rests_until

    def after(self, opportunity: Opportunity) -> SkillRecord:
        """Return the record after one more opportunity."""
        counted = replace(
            self,
            count=self.count + 1,
            alone=self.alone + opportunity.alone,
            tries=self.tries + 1,
            last=opportunity.at,
            rests_until=None,
        )
        if not opportunity.alone:
            fallen = Level(max(Level.STARTED, self.level - 1)) if not opportunity.right else self.level
            lost = self.level is Level.MASTERED and fallen is not Level.MASTERED
            tries = 0 if lost else counted.tries
            return replace(counted, level=max(fallen, Level.STARTED), row=(), tries=tries)
        item = (f"{opportunity.lesson}/{opportunity.step}", opportunity.typed, opportunity.interleaved)
        row = (*(known for known in self.row if known[0] != item[0]), item)[-_ROW:]
        level = Level.MASTERED if _is_mastery(row) else max(self.level, Level.PRACTISED)
        reached = level is Level.MASTERED
        return replace(
            counted,
            level=level,
            row=row,
            tries=0 if reached else counted.tries,
            ever_mastered=self.ever_mastered or reached,
        )

    def shown_another_way(self, at: datetime) -> SkillRecord:
        """Return the record after the skill was shown another way."""
        return replace(self, tries=0, row=(), rests_until=at + REST)


def _is_mastery(row: tuple[tuple[str, bool, bool], ...]) -> bool:
    typed = [interleaved for _, is_typed, interleaved in row if is_typed]
    chosen = len(row) - len(typed)
    if len(typed) >= TYPED_IN_A_ROW and any(typed):
        return True
    return chosen >= CHOSEN_IN_A_ROW or (chosen == CHOSEN_IN_A_ROW - 1 and bool(typed))
