"""The error of a numerical derivative against h: rounding on one side, the formula's own on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tutor.engine.experiments.arms import Arm, Measured
from tutor.engine.experiments.functions import Landscape, axes_of, read_function
from tutor.engine.experiments.settings import ExperimentError, Settings, one_of, require
from tutor.engine.experiments.step_sizes import (
    difference,
    error_curve,
    error_names,
    error_readings,
    rounded_forward,
)

EXPONENTS = 15
"""h runs from 1e-1 to 1e-15."""


@dataclass(frozen=True, slots=True)
class DifferenceSettings(Settings):
    """A function of x, the place, the formula and the precision of every number on the way."""

    function: str
    at: float = 1.0
    formula: str = "central"
    precision: str = "float64"

    def check(self) -> None:
        """Refuse a function of two values."""
        one_of("formula", self.formula, ("forward", "central"))
        one_of("precision", self.precision, ("float64", "float32"))
        require("at", self.at, -1e6, 1e6)
        if len(axes_of(read_function(self.function))) > 1:
            raise ExperimentError("function", "array_shape", key="function")


class DifferenceArm(Arm):
    """One formula in one precision, for smaller and smaller h.

    Readings: `error_1` … `error_15` the distance from the true slope at h = 1e-1 … 1e-15, `best` the least of
    them and `best_at` its exponent, 5 for h = 1e-5, `last` the one at the smallest h so far.
    """

    kind, settings_type = "differences", DifferenceSettings
    settings: DifferenceSettings
    reads = (*error_names(EXPONENTS), "last")
    steps = EXPONENTS

    def __init__(self, name: str, settings: DifferenceSettings) -> None:
        super().__init__(name, settings)
        landscape = Landscape(read_function(settings.function))
        landscape.place[0] = settings.at
        landscape.graph.forward()
        landscape.graph.backward()
        self._graph, self._slope = landscape.graph, float(landscape.slope[0])
        self._errors: list[float] = []

    def restart(self) -> None:
        """Forget the errors."""
        self.step_number = 0
        self._errors.clear()

    def advance(self, steps: int) -> int:
        """Measure with the next h."""
        first = self.step_number
        with np.errstate(all="ignore"):
            while self.step_number < min(first + steps, self.steps):
                self.step_number += 1
                self._errors.append(abs(self._estimate(10.0**-self.step_number) - self._slope))
        return self.step_number - first

    def _estimate(self, h: float) -> float:
        single, x = self.settings.precision == "float32", self.settings.at
        if single:
            h, x = float(np.float32(h)), float(np.float32(x))
            moved = [float(np.float32(x) + np.float32(h)), float(np.float32(x) - np.float32(h))]
        else:
            moved = [x + h, x - h]
        above, below = (rounded_forward(self._graph, {"x": place}, single=single) for place in moved)
        if self.settings.formula == "forward":
            here = rounded_forward(self._graph, {"x": x}, single=single)
            return difference(above, here, h, single=single)
        return difference(above, below, 2 * h, single=single)

    def readings(self) -> Mapping[str, float]:
        """Return the errors so far."""
        last = self._errors[-1] if self._errors else float("nan")
        return {**error_readings(self._errors, EXPONENTS), "last": last}

    @property
    def measured(self) -> Measured:
        """The error for every h so far."""
        return error_curve(self._errors)
