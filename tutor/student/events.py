"""What a learner did, as facts that are never changed afterwards."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from numbers import Integral, Real
from typing import Any


class EventKind(Enum):
    """What happened. The values are stored, so they are never renamed."""

    POSITION = "position"
    """A step of a lesson came on the screen."""
    ATTEMPT = "attempt"
    """An answer was checked; see `attempt`."""
    HINT = "hint"
    """A hint was given."""
    STEP_SHOWN = "step_shown"
    """The worked step was shown."""
    STEP_DONE = "step_done"
    """A step was completed."""
    PREDICTION = "prediction"
    """A prediction was committed before a training run."""
    RUN = "run"
    """A training run ended or was stopped."""
    IDEA = "idea"
    """The idea behind a wrong prediction was named."""
    REPRESENTATION = "representation"
    """A skill that did not come was shown another way, and rests until the next day."""
    DRILL = "drill"
    """A timed drill ended."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact about a learner at a step, both named by their stable ids.

    `data` takes what JSON can hold; tuples become lists, and NaN and infinity become None. Anything else
    raises TypeError. `seq` (1, 2, …) and `at` (UTC) are given by the store and None before that.
    """

    kind: EventKind
    lesson: str
    step: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    seq: int | None = None
    at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", _plain(dict(self.data)))


def attempt(
    lesson: str,
    step: str,
    *,
    right: bool,
    entries: Mapping[str, str],
    outcomes: Mapping[str, str],
    misconceptions: Mapping[str, Sequence[str]] | None = None,
    hints: int = 0,
    milliseconds: int = 0,
    seed: int | str = 0,
    skill: str = "",
    typed: bool = True,
    diagnosis: Mapping[str, str] | None = None,
    graph: Mapping[str, object] | None = None,
    asks: str = "",
    unmatched: Sequence[str] = (),
    hesitated: bool = False,
) -> Event:
    """Return the event of one checked answer.

    `entries` is what was typed, `outcomes` the verdict and `misconceptions` the ids that explain the entry,
    each by blank. `right` is whether the whole answer counts as right, `hints` how many were used on this
    item so far, `milliseconds` the time since it was shown, and `seed` what its numbers were drawn from:
    the code of a generated item, 0 where somebody chose them.

    `skill` names what is exercised, `typed` tells typed answers from chosen ones, `diagnosis` holds the one
    misconception that was spoken of, by blank, `graph` what a wrong answer was given to (statements,
    inputs, upstream gradient), and `asks` the misconception for which the item was chosen. `unmatched` are
    the blanks whose wrong value nothing explained, kept for later study; `hesitated` says of a right answer
    that it came late or after help.
    """
    data = {
        "right": right,
        "entries": entries,
        "outcomes": outcomes,
        "misconceptions": misconceptions or {},
        "hints": hints,
        "ms": milliseconds,
        "seed": seed,
        "skill": skill,
        "typed": typed,
        **({"diagnosis": diagnosis} if diagnosis else {}),
        **({"graph": graph} if graph else {}),
        **({"asks": asks} if asks else {}),
        **({"unmatched": unmatched} if unmatched else {}),
        **({"hesitated": True} if hesitated else {}),
    }
    return Event(EventKind.ATTEMPT, lesson, step, data)


def _plain(value: object) -> Any:
    match value:
        case None | str() | int():
            return value
        case dict() | Mapping():
            return {_name(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Integral():
            return int(value)
        case Real():
            return float(value) if math.isfinite(value) else None
    raise TypeError(f"an event cannot hold {type(value).__name__}")


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"an event names its data by text, not by {type(key).__name__}")
    return key
