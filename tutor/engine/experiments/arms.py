"""An arm of an experiment: one run with one setting, advanced in small pieces and looked at meanwhile."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tutor.engine.experiments.settings import Settings
from tutor.engine.nodes import Array
from tutor.engine.training import Training


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A function of one or two values as a picture needs it: `height` takes one array for each."""

    names: tuple[str, ...]
    height: Callable[..., Array]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Points that were measured, and whether their axes are logarithmic."""

    x: Array
    y: Array
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One node that a backward pass came to: what has arrived where so far, and what is still to come.

    `waiting` counts, by name, the contributions that have not arrived yet.
    """

    node: str
    gradients: Mapping[str, float]
    waiting: Mapping[str, int]


class Arm(ABC):
    """One run of an experiment. Nothing has run before the first `advance`."""

    kind: ClassVar[str]
    settings_type: ClassVar[type[Settings]]
    reads: ClassVar[tuple[str, ...]]
    """The names of the readings."""

    def __init__(self, name: str, settings: Any) -> None:
        self.name, self.settings = name, settings
        self.step_number = 0

    @classmethod
    def make(cls, name: str, table: Mapping[str, Any]) -> Arm:
        """Return the arm of a table of settings; ExperimentError where they are impossible."""
        return cls(name, cls.settings_type.read(table))

    @property
    @abstractmethod
    def steps(self) -> int:
        """How many steps there are at most."""

    @abstractmethod
    def advance(self, steps: int) -> int:
        """Make up to so many steps and return how many were made; never raises or warns for numbers."""

    @abstractmethod
    def restart(self) -> None:
        """Go back to step 0, with the same random numbers as before."""

    @abstractmethod
    def readings(self) -> Mapping[str, float]:
        """Return every reading as of now; infinity where numbers overflowed, NaN where it is too early."""

    @property
    def finished(self) -> bool:
        """Whether there is no step left to make."""
        return self.step_number >= self.steps

    @property
    def diverged(self) -> bool:
        """Whether the run ended because its numbers overflowed."""
        return False

    @property
    def losses(self) -> Array:
        """The loss at every step of the run under way; empty where the arm has none."""
        return np.empty(0)

    @property
    def training(self) -> Training | None:
        """The training under way."""
        return None

    @property
    def path(self) -> Array | None:
        """The places visited so far, (points, values)."""
        return None

    @property
    def surface(self) -> Surface | None:
        """What the path lies on."""
        return None

    @property
    def measured(self) -> Measured | None:
        """What has been measured so far."""
        return None

    @property
    def visits(self) -> tuple[Visit, ...] | None:
        """The nodes that a backward pass has come to so far."""
        return None


def finite_or_infinite(value: float) -> float:
    """Return a loss, infinity in place of NaN: both are what is left of an overflow."""
    return float("inf") if value != value else float(value)
