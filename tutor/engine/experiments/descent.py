"""Going downhill on a function of one or two values, with any optimizer, from one start or many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from tutor.engine.experiments.arms import Arm, Measured, Surface, finite_or_infinite
from tutor.engine.experiments.functions import Landscape, axes_of, height, read_function
from tutor.engine.experiments.settings import ExperimentError, Settings, one_of, require
from tutor.engine.nodes import Array
from tutor.engine.optimizers import OPTIMIZERS, Hyperparameters

_FAR = 1e9
"""A place further out than this is lost."""


@dataclass(frozen=True, slots=True)
class DescentSettings(Settings):
    """A function, where to begin, and how to move; several `starts` are random places of the window."""

    function: str
    start: tuple[float, ...] = (1.0,)
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    momentum: float = 0.9
    decay: float = 0.9
    steps: int = 20
    starts: int = 1
    seed: int = 0
    low: tuple[float, ...] = (-2.0,)
    high: tuple[float, ...] = (2.0,)

    def check(self) -> None:
        """Refuse what cannot be run, and starts that do not fit the function."""
        one_of("optimizer", self.optimizer, tuple(OPTIMIZERS))
        require("learning_rate", self.learning_rate, 0, 1e3)
        require("momentum", self.momentum, 0, 1)
        require("decay", self.decay, 0, 1)
        require("steps", self.steps, 1, 10_000)
        require("starts", self.starts, 1, 200_000 // self.steps)
        axes = len(axes_of(read_function(self.function)))
        for name in ("start", "low", "high"):
            if len(getattr(self, name)) != axes:
                raise ExperimentError(name, "array_shape", key=name)
            for entry in getattr(self, name):
                require(name, entry, -1e6, 1e6)


class DescentArm(Arm):
    """One walk, or several, one after the other.

    Readings: `loss` the function at the last place, `x` and `y` that place, `best` the least last value of
    all walks, `found` how many walks ended within 0.01 of that, `turns` how often the last coordinate changed
    its sign, `most` the largest value on the way, `walks` how many have ended.
    """

    kind, settings_type = "descent", DescentSettings
    settings: DescentSettings
    reads = ("loss", "x", "y", "best", "found", "turns", "most", "walks")

    def __init__(self, name: str, settings: DescentSettings) -> None:
        super().__init__(name, settings)
        self._function = read_function(settings.function)
        self._landscape = Landscape(self._function)
        rule = OPTIMIZERS[settings.optimizer]
        self._optimizer = rule(
            self._landscape.place,
            self._landscape.slope,
            Hyperparameters(settings.learning_rate, settings.momentum, settings.decay),
        )
        graph = self._landscape.graph
        self._steps = (*graph.backward_steps, *self._optimizer.steps, *graph.forward_steps)
        self._path = np.empty((settings.steps + 1, len(self._landscape.place)))
        self._losses = np.empty(settings.steps + 1)
        self.restart()

    @property
    def steps(self) -> int:
        """The steps of all walks."""
        return self.settings.starts * self.settings.steps

    def restart(self) -> None:
        """Go back to the first start."""
        self.step_number = 0
        self._ends: list[float] = []
        rng = np.random.default_rng(self.settings.seed)
        low, high = np.array(self.settings.low), np.array(self.settings.high)
        self._places = rng.uniform(low, high, (self.settings.starts, len(low)))
        if self.settings.starts == 1:
            self._places[0] = self.settings.start
        self._begin()

    def _begin(self) -> None:
        self._optimizer.reset()
        self._landscape.place[:] = self._places[len(self._ends)]
        self._made, self._lost = 0, False
        with np.errstate(all="ignore"):
            self._landscape.graph.forward()
        self._record()

    def _record(self) -> None:
        self._path[self._made] = self._landscape.place
        self._losses[self._made] = loss = float(self._landscape.loss)
        self._lost = not np.isfinite(loss) or bool(np.abs(self._landscape.place).max() > _FAR)

    def advance(self, steps: int) -> int:
        """Walk on, and begin the next walk where one has ended."""
        first = self.step_number
        with np.errstate(all="ignore"):
            while self.step_number < min(first + steps, self.steps):
                if self._made == self.settings.steps or self._lost:
                    self._begin()
                for step in self._steps:
                    step()
                self._made += 1
                self.step_number += 1
                self._record()
                if self._lost or self._made == self.settings.steps:
                    self._ends.append(finite_or_infinite(float("inf") if self._lost else self.losses[-1]))
                    self.step_number = len(self._ends) * self.settings.steps
        return self.step_number - first

    def readings(self) -> Mapping[str, float]:
        """Return what the walks so far have come to."""
        path, ends = self.path, self._ends or [float("inf") if self._lost else float(self.losses[-1])]
        signs = np.sign(path[:, -1])
        best = min(ends)
        return {
            "loss": ends[-1] if self._made == self.settings.steps or self._lost else float(self.losses[-1]),
            "x": float(path[-1, 0]),
            "y": float(path[-1, -1]) if path.shape[1] > 1 else 0.0,
            "best": best,
            "found": float(sum(end <= best + 0.01 for end in ends)),
            "turns": float(np.sum(signs[1:] * signs[:-1] < 0)),
            "most": finite_or_infinite(float(self.losses.max())),
            "walks": float(len(self._ends)),
        }

    @property
    def slope(self) -> float:
        """The length of the gradient that the last step followed."""
        return float(np.linalg.norm(self._landscape.slope))

    @property
    def diverged(self) -> bool:
        """Whether the walk under way is lost."""
        return self._lost

    @property
    def losses(self) -> Array:
        """The function at every place of the walk under way."""
        return self._losses[: self._made + 1]

    @property
    def path(self) -> Array:
        """The places of the walk under way."""
        return self._path[: self._made + 1]

    @property
    def surface(self) -> Surface:
        """The function, in the window of the settings."""
        names = axes_of(self._function)
        return Surface(names, partial(height, self._function), self.settings.low, self.settings.high)

    @property
    def measured(self) -> Measured | None:
        """Where each walk ended, where there are several."""
        if self.settings.starts == 1:
            return None
        return Measured(np.arange(1.0, len(self._ends) + 1), np.array(self._ends))
