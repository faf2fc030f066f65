"""A function and its slope, side by side, at one place and along an axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from tutor.engine.experiments.arms import Arm, Measured, Surface
from tutor.engine.experiments.functions import Landscape, axes_of, height, read_function
from tutor.engine.experiments.settings import ExperimentError, Settings, require
from tutor.engine.nodes import Array


@dataclass(frozen=True, slots=True)
class SlopeSettings(Settings):
    """A function of x, the place to look at, and the stretch of the axis that is drawn."""

    function: str = "sigmoid(x)"
    x: float = 0.0
    low: float = -10.0
    high: float = 10.0
    points: int = 81

    def check(self) -> None:
        """Refuse a function of two values and an empty stretch."""
        require("x", self.x, -1e3, 1e3)
        require("low", self.low, -1e3, self.high)
        require("high", self.high, self.low, 1e3)
        require("points", self.points, 2, 2000)
        if len(axes_of(read_function(self.function))) > 1:
            raise ExperimentError("function", "array_shape", key="function")


class SlopeArm(Arm):
    """A slide along the axis that ends at one place. Readings: `value` and `slope` there."""

    kind, settings_type = "slope", SlopeSettings
    settings: SlopeSettings
    reads = ("value", "slope")

    def __init__(self, name: str, settings: SlopeSettings) -> None:
        super().__init__(name, settings)
        self._function = read_function(settings.function)
        self._landscape = Landscape(self._function)
        axis = np.linspace(settings.low, settings.high, settings.points)
        points = [(float(x), *self._at(float(x))) for x in axis]
        self._table = np.array(points)
        self.restart()

    @property
    def steps(self) -> int:
        """One step for each point of the axis."""
        return self.settings.points

    def restart(self) -> None:
        """Go back to the low end."""
        self.step_number = 0

    def advance(self, steps: int) -> int:
        """Slide on."""
        first = self.step_number
        self.step_number = min(first + steps, self.steps)
        return self.step_number - first

    def _at(self, x: float) -> tuple[float, float]:
        self._landscape.place[0] = x
        self._landscape.graph.forward()
        self._landscape.graph.backward()
        return float(self._landscape.loss), float(self._landscape.slope[0])

    def readings(self) -> Mapping[str, float]:
        """Return the value and the slope at the place."""
        return dict(zip(self.reads, self._at(self.settings.x), strict=True))

    @property
    def measured(self) -> Measured:
        """The slope along the axis so far."""
        return Measured(self._table[: self.step_number, 0], self._table[: self.step_number, 2])

    @property
    def path(self) -> Array:
        """The place, one point."""
        return np.array([[self.settings.x]])

    @property
    def surface(self) -> Surface:
        """The function itself."""
        return Surface(("x",), partial(height, self._function), (self.settings.low,), (self.settings.high,))
