"""Everything that is worked out from a learner's log: mastery, reviews, mistakes, time, predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from tutor.student.clock import believed
from tutor.student.events import Event, EventKind
from tutor.student.mastery import Level, SkillRecord
from tutor.student.notebook import Notebook
from tutor.student.opportunities import Opportunity, OpportunityFinder, SkillOf, text_of, whole_of
from tutor.student.review import Reviews

LONGEST_PAUSE = timedelta(minutes=10)
"""More than this between two events is not counted as time spent."""

_UNSEEN = SkillRecord()


class Learning:
    """What a learner's events add up to; add them in their order.

    Nothing of it is stored: the log is the truth.
    """

    def __init__(self, skill_of: SkillOf) -> None:
        self._skill_of = skill_of
        self._finder = OpportunityFinder(skill_of)
        self._records: dict[str, SkillRecord] = {}
        self.reviews = Reviews()
        self.notebook = Notebook()
        self.opportunities: list[Opportunity] = []
        self.mastered: list[int] = []
        """How many skills were mastered after each opportunity."""
        self.predictions: Counter[tuple[bool, bool]] = Counter()
        """Predicted runs by whether the course of the loss and the reason came true."""
        self.days: Counter[str] = Counter()
        """Seconds spent, by date in UTC."""
        self.drills: dict[str, int] = {}
        """The most right answers in a timed drill, by its name."""
        self.last: datetime | None = None
        self.seconds = 0.0

    @classmethod
    def from_events(cls, events: Iterable[Event], skill_of: SkillOf) -> Self:
        """Return what these events add up to."""
        learning = cls(skill_of)
        for event in events:
            learning.add(event)
        return learning

    def add(self, event: Event) -> None:
        """Count one more event in."""
        self._keep_time(event)
        opportunity = self._finder.add(event)
        if opportunity is not None:
            self.opportunities.append(opportunity)
            self._count_mastered(self.record(opportunity.skill).after(opportunity), opportunity.skill)
            self.reviews.add(opportunity)
        self.notebook.add(event, opportunity)
        if event.kind is EventKind.REPRESENTATION and event.at is not None:
            skill = self._skill_of(text_of(event, "skill"))
            if skill is not None:
                self._records[skill] = self.record(skill).shown_another_way(event.at)
        elif event.kind is EventKind.RUN and isinstance(event.data.get("kept"), bool):
            self.predictions[event.data["kept"], event.data.get("reason_kept") is True] += 1
        elif event.kind is EventKind.DRILL:
            right = whole_of(event, "right")
            self.drills[event.step] = max(self.drills.get(event.step, 0), right)

    def _count_mastered(self, record: SkillRecord, skill: str) -> None:
        before = self.mastered[-1] if self.mastered else 0
        change = (record.level is Level.MASTERED) - (self.level(skill) is Level.MASTERED)
        self.mastered.append(before + change)
        self._records[skill] = record

    def _keep_time(self, event: Event) -> None:
        if event.at is None:
            return
        if self.last is not None and timedelta() < event.at - self.last <= LONGEST_PAUSE:
            spent = (event.at - self.last).total_seconds()
            self.seconds += spent
            self.days[event.at.date().isoformat()] += round(spent)
        self.last = event.at

    def record(self, skill: str) -> SkillRecord:
        """Return what is known of a skill; nothing yet is a record too."""
        return self._records.get(skill, _UNSEEN)

    def level(self, skill: str) -> Level:
        """Return how far a skill has come."""
        return self.record(skill).level

    def now(self, wall: datetime) -> datetime:
        """Return the time to go by, whatever the clock says."""
        return believed(wall, self.last)

    def due(self, now: datetime) -> list[str]:
        """Return the skills to ask again: once right without help, and due."""
        return [skill for skill in self.reviews.due(now) if self._is_kept(skill)]

    def _is_kept(self, skill: str) -> bool:
        record = self.record(skill)
        return record.alone > 0 or record.ever_mastered
