"""What a lab screen asks of whatever it runs, be it one training or several arms of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from tutor.tutoring.network_looks import Observer
from tutor.ui.curve import Curve

if TYPE_CHECKING:
    from tutor.engine.experiments import Arm

SLICE = 0.004
"""Seconds of work between two chances to stop."""

PAUSE = 1 / 60
"""Seconds between two slices of a run that is slower than it could be."""

_LONGEST_GAP = 0.25


class Pace(Enum):
    """How long a whole run is meant to take, in seconds."""

    SLOW = 20.0
    NORMAL = 6.0
    FULL = 0.0


class Clock:
    """Tells how much time has passed since the last question, gaps left out."""

    def __init__(self) -> None:
        self._asked_at: float | None = None

    def rest(self) -> None:
        """Let the time from now until the next question not count."""
        self._asked_at = None

    def elapsed(self) -> float:
        """Return the seconds since the last question; 0 at the first one."""
        now = monotonic()
        passed = 0.0 if self._asked_at is None else min(now - self._asked_at, _LONGEST_GAP)
        self._asked_at = now
        return passed


@dataclass(frozen=True, slots=True)
class Subject:
    """What the views look at: the network of the chosen run, and the named arms of an experiment."""

    observer: Observer | None
    arms: Sequence[tuple[str, Arm]] = ()
    chosen: int = 0
    """Which of the arms it is that is looked into."""
    reading: str = ""
    """The reading of the arms that is compared."""


@dataclass(frozen=True, slots=True)
class Traced:
    """The curves of one run under its name; no count of right answers where there are no classes."""

    name: str
    loss: Curve
    right: Curve | None = None


class Steppable(Protocol):
    """Something that goes on step by step. Its curves may be read at any time, the rest between two calls."""

    pace: Pace

    @property
    def step_number(self) -> int:
        """The step that it is at."""

    @property
    def steps(self) -> int:
        """How many steps there are at most."""

    @property
    def finished(self) -> bool:
        """Whether it has come to its end."""

    def work(self) -> float | None:
        """Make what is due at the present pace; the seconds until more is due, or None at the end."""

    def rest(self) -> None:
        """Let the time from now until the next work not count."""

    def step(self) -> None:
        """Make one step."""

    def restart(self) -> None:
        """Go back to step 0, for the same numbers again."""

    def advance_to(self, step: int, budget: float) -> bool:
        """Make steps up to this one, for at most `budget` seconds; whether that is reached or the end."""
