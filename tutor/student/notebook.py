"""The notebook of mistakes: every wrong answer as it was given, and each misconception until it is beaten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from tutor.student.events import Event, EventKind
from tutor.student.opportunities import Opportunity, named_of, text_of

BEATEN = 2
"""Right answers on new numbers, asked for a misconception, that settle it."""

LATER = (timedelta(minutes=10), timedelta(hours=12))
"""How long to wait before asking for the first and for the second of them."""

_WRONG = ("wrong", "shape")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong answer."""

    seq: int
    at: datetime | None
    lesson: str
    step: str
    skill: str
    entries: Mapping[str, str]
    """What was typed in the blanks that were wrong, by blank."""
    diagnosis: Mapping[str, str]
    """The misconception that was spoken of, by blank."""
    misconceptions: Mapping[str, tuple[str, ...]]
    """Every misconception that explains an entry, by blank."""
    statements: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    upstream: Any = None
    """The gradient that arrived at the output; None stands for 1."""


@dataclass(frozen=True, slots=True)
class MisconceptionRecord:
    """What is known of one misconception of a learner."""

    id: str
    skill: str
    """The skill at which it was last seen."""
    count: int = 0
    beaten: int = 0
    """Right answers in a row to items that were asked for it, up to `BEATEN`."""
    first: datetime | None = None
    last: datetime | None = None
    """When it was last seen or asked for."""

    @property
    def is_open(self) -> bool:
        """Whether it should be asked for again."""
        return self.beaten < BEATEN

    def is_due(self, now: datetime) -> bool:
        """Return whether it is time to ask for it."""
        return self.is_open and (self.last is None or now - self.last >= LATER[self.beaten])


class Notebook:
    """The mistakes of a learner, in order, and what has become of each misconception."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.misconceptions: dict[str, MisconceptionRecord] = {}

    def add(self, event: Event, opportunity: Opportunity | None) -> None:
        """Take the next event of the log, and the opportunity that it is."""
        if event.kind is not EventKind.ATTEMPT:
            return
        if event.data.get("right") is not True:
            self._note(_mistake(event))
        if opportunity is not None and opportunity.asks:
            self._asked(opportunity)

    def due(self, now: datetime) -> list[MisconceptionRecord]:
        """Return the misconceptions that it is time to ask for, the most frequent first."""
        ready = (record for record in self.misconceptions.values() if record.is_due(now))
        return sorted(ready, key=lambda record: (-record.count, record.id))

    def _note(self, mistake: Mistake) -> None:
        self.mistakes.append(mistake)
        for id_ in dict.fromkeys(mistake.diagnosis.values()):
            known = self.misconceptions.get(id_) or MisconceptionRecord(id_, mistake.skill, first=mistake.at)
            self.misconceptions[id_] = replace(
                known, skill=mistake.skill, count=known.count + 1, beaten=0, last=mistake.at
            )

    def _asked(self, opportunity: Opportunity) -> None:
        known = self.misconceptions.get(opportunity.asks)
        if known is None or opportunity.asks in opportunity.misconceptions:
            return
        beaten = min(BEATEN, known.beaten + 1) if opportunity.alone else known.beaten
        self.misconceptions[known.id] = replace(known, beaten=beaten, last=opportunity.at)


def _mistake(event: Event) -> Mistake:
    outcomes, entries, found, graph = (
        value if isinstance(value := event.data.get(name), dict) else {}
        for name in ("outcomes", "entries", "diagnosis", "graph")
    )
    named = named_of(event)
    diagnosis = {blank: id_ for blank, id_ in found.items() if isinstance(id_, str)}
    wrong = [blank for blank, outcome in outcomes.items() if outcome in _WRONG] or list(entries)
    statements, inputs = graph.get("statements"), graph.get("inputs")
    return Mistake(
        seq=event.seq or 0,
        at=event.at,
        lesson=event.lesson,
        step=event.step,
        skill=text_of(event, "skill"),
        entries={blank: str(entries.get(blank, "")) for blank in wrong},
        diagnosis=diagnosis,
        misconceptions=named,
        statements=tuple(map(str, statements)) if isinstance(statements, list) else (),
        inputs=inputs if isinstance(inputs, dict) else {},
        upstream=graph.get("upstream"),
    )
