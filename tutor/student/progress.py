"""What has been learned so far, worked out from the events and from nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple, Self

from tutor.student.events import Event, EventKind

LAB = "lab"
"""The lesson under which the labs are recorded, each as a step."""

CAPSTONE = "capstone"
"""The lesson under which the gates that the learner's own code has passed are recorded, each as a step."""

TWIN = "twin"
"""The purpose, in the event of a position, of a step that is the same as a lesson's with other numbers."""


class Position(NamedTuple):
    """A place in the course, by stable ids."""

    lesson: str
    step: str


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What happened at one step."""

    attempts: int = 0
    """How many answers were checked."""
    first_try: bool | None = None
    """Whether the first answer was right without a hint or the worked step; None before the first answer."""
    hints: int = 0
    """How many hints were given."""
    shown: bool = False
    """Whether the worked step was shown."""
    done: bool = False
    """Whether the step was completed; it stays so."""
    twinned: bool = False
    """Whether the same step with other numbers was on the screen since the worked step was shown."""

    @property
    def owes_twin(self) -> bool:
        """Whether a step that was completed after its worked step was shown still waits for its twin."""
        return self.done and self.shown and not self.twinned

    def with_event(self, event: Event) -> "StepRecord":
        """Return the record after one more event at this step."""
        match event.kind:
            case EventKind.ATTEMPT:
                return replace(self, attempts=self.attempts + 1, first_try=self._first_try(event))
            case EventKind.HINT:
                return replace(self, hints=self.hints + 1)
            case EventKind.STEP_SHOWN:
                return replace(self, shown=True, twinned=False)
            case EventKind.STEP_DONE:
                return replace(self, done=True)
            case EventKind.POSITION if event.data.get("purpose") == TWIN:
                return replace(self, twinned=True)
            case _:
                return self

    def _first_try(self, event: Event) -> bool:
        if self.first_try is not None:
            return self.first_try
        helped = self.hints > 0 or self.shown or event.data.get("hints", 0) != 0
        return event.data.get("right") is True and not helped


_UNTOUCHED = StepRecord()


@dataclass(frozen=True, slots=True)
class Progress:
    """The sum of a learner's events.

    Lessons and steps are known by their ids, so progress survives a rearranged course.
    """

    steps: Mapping[Position, StepRecord] = field(default_factory=lambda: MappingProxyType({}))
    """The steps at which something happened."""
    position: Position | None = None
    """The step that was last on the screen."""
    inserted: tuple[str, str] | None = None
    """The code and the purpose of the generated step that was on the screen there, if one was."""

    @classmethod
    def from_events(cls, events: Iterable[Event]) -> Self:
        """Return the progress after `events`, in their order."""
        steps: dict[Position, StepRecord] = {}
        position, inserted = None, None
        for event in events:
            place = Position(event.lesson, event.step)
            if event.kind is EventKind.POSITION:
                position, inserted = place, _inserted(event)
            record = steps.get(place, _UNTOUCHED).with_event(event)
            if record != _UNTOUCHED:
                steps[place] = record
        return cls(MappingProxyType(steps), position, inserted)

    def with_event(self, event: Event) -> "Progress":
        """Return the progress after one more event."""
        place = Position(event.lesson, event.step)
        if event.kind is EventKind.POSITION:
            moved = replace(self, position=place, inserted=_inserted(event))
            return moved._with_record(place, event)
        return self._with_record(place, event)

    def _with_record(self, place: Position, event: Event) -> "Progress":
        record = self.step(*place).with_event(event)
        if record == self.step(*place):
            return self
        return replace(self, steps=MappingProxyType({**self.steps, place: record}))

    def step(self, lesson: str, step: str) -> StepRecord:
        """Return what happened at a step; nothing yet is a record too."""
        return self.steps.get(Position(lesson, step), _UNTOUCHED)

    def done(self, lesson: str) -> frozenset[str]:
        """Return the ids of the completed steps of a lesson."""
        return frozenset(
            place.step for place, record in self.steps.items() if place.lesson == lesson and record.done
        )

    def owed(self, lesson: str) -> frozenset[str]:
        """Return the ids of the steps of a lesson that still wait for their twin."""
        return frozenset(
            place.step for place, record in self.steps.items() if place.lesson == lesson and record.owes_twin
        )

    def next_step(self, lesson: str, step_ids: Sequence[str]) -> str | None:
        """Return the first step in `step_ids` that is not completed, or None when all are."""
        done = self.done(lesson)
        return next((step for step in step_ids if step not in done), None)


def _inserted(event: Event) -> tuple[str, str] | None:
    code, purpose = event.data.get("inserted"), event.data.get("purpose")
    return (code, purpose) if isinstance(code, str) and isinstance(purpose, str) else None
