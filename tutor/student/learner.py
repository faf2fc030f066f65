"""One learner: their log in a store, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from tutor.student.clock import wall_clock
from tutor.student.events import Event
from tutor.student.progress import CAPSTONE, Progress
from tutor.student.store import Store

if TYPE_CHECKING:
    from datetime import datetime

    from tutor.student.habits import Habits
    from tutor.student.learning import Learning
    from tutor.student.opportunities import SkillOf


class Learner:
    """A learner whose record is open; the store stays the caller's to close. Raises StoreError.

    What is recorded counts until the end of the run, even where it could not be stored.
    """

    def __init__(self, store: Store, skill_of: SkillOf) -> None:
        self.store = store
        self._skill_of = skill_of
        self._earlier = list(store.events())
        self.progress = Progress.from_events(self._earlier)

    @property
    def is_new(self) -> bool:
        """Whether nothing was known of the learner at the start of the run."""
        return not self._earlier

    # Both are worked out when first asked for: the first screens can do without them.

    @cached_property
    def learning(self) -> Learning:
        """What the learner's events add up to."""
        from tutor.student.learning import Learning

        return Learning.from_events(self._earlier, self._skill_of)

    @cached_property
    def habits(self) -> Habits:
        """The misconceptions that keep appearing."""
        from tutor.student.habits import Habits

        return Habits.from_events(self._earlier)

    def now(self) -> datetime:
        """Return the time to go by."""
        return self.learning.now(wall_clock())

    def passed_gates(self) -> frozenset[str]:
        """Return the gates that the learner's own code has passed by now, here or in another process."""
        return Progress.from_events(self.store.events()).done(CAPSTONE)

    def record(self, events: Sequence[Event]) -> None:
        """Store events, all or none, and count them in; returns when they are sure to survive."""
        if not events:
            return
        last, learning = None, self.learning
        try:
            last = self.store.append(*events)
        finally:
            for place, event in enumerate(events, 1 - len(events)):
                self.progress = self.progress.with_event(event)
                learning.add(replace(event, at=self.now(), seq=last and last + place))
