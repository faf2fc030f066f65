"""One run of free training with its curves: how it is paced, rewound and looked at.

Knows nothing of the screen, and runs only while it is asked to: whoever advances it decides in which thread
and for how long. The curves may be read from another thread at any time, the rest only between two calls.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from time import perf_counter
from typing import Protocol

import numpy as np

from tutor.engine.experiments.descent import DescentArm
from tutor.engine.nodes import Array
from tutor.engine.training import Training
from tutor.tutoring.network_looks import Observer
from tutor.tutoring.predictions import Assessment, Observation, Prediction, assess, observe, observe_walk
from tutor.ui.curve import Curve
from tutor.ui.lab_steps import PAUSE, SLICE, Clock, Pace
from tutor.ui.training_choice import Choice, differences

_CHUNK = 16
_COUNTS = 256
"""How often in a run the right answers are counted."""


class _Moving(Protocol):
    """What makes the steps of a run."""

    step_number: int

    @property
    def finished(self) -> bool: ...

    @property
    def losses(self) -> Array: ...

    def advance(self, steps: int) -> int: ...

    def restart(self) -> None: ...


class PacedRun(ABC):
    """One run with its curve. Advancing it never takes much longer than the time it is given."""

    def __init__(self, choice: Choice, prediction: Prediction, moving: _Moving) -> None:
        self.choice = choice
        self.prediction = prediction
        self.assessment: Assessment | None = None
        self.pace = Pace.NORMAL
        self._moving = moving
        self._begin()

    def _begin(self) -> None:
        self.curve = Curve()
        self._due = 0.0
        self._clock = Clock()
        self._recorded = 0
        self._record()

    def restart(self) -> None:
        """Go back to step 0: the same seed, so the same numbers again, on new curves."""
        self._moving.restart()
        self.assessment = None
        self._begin()

    def _record(self) -> None:
        losses = self._moving.losses
        self.curve.extend(np.arange(self._recorded, len(losses)), losses[self._recorded :])
        self._recorded = len(losses)

    @abstractmethod
    def _observed(self) -> Observation:
        """Return what is known of the run at its end."""

    def _move(self, steps: int) -> None:
        self._moving.advance(min(_CHUNK, steps))

    # -- running ---------------------------------------------------------------------------------------

    def work(self) -> float | None:
        """Make what is due at the present pace; the seconds until more is due, or None at the end."""
        behind = not self.advance(self._clock.elapsed(), self.pace, SLICE)
        if self.finished:
            return None
        return 0.0 if behind or self.pace is Pace.FULL else PAUSE

    def rest(self) -> None:
        """Let the time from now until the next work not count."""
        self._clock.rest()

    def advance(self, elapsed: float, pace: Pace, budget: float) -> bool:
        """Make the steps that are due after so many seconds more, for at most `budget` seconds of work.

        Return whether all of them were made.
        """
        steps, first = self.steps, self.step_number
        # What the budget did not allow is not made up for later: the run then takes longer instead.
        self._due = steps if pace is Pace.FULL else max(self._due, first) + elapsed * steps / pace.value
        target = min(int(self._due), steps)
        reached = self.advance_to(target, budget)
        if pace is Pace.FULL or not reached:
            self._due = self.step_number
        return reached

    def advance_to(self, step: int, budget: float) -> bool:
        """Make steps up to this one, for at most `budget` seconds; whether that is reached or the end."""
        moving = self._moving
        end = perf_counter() + budget
        while not (reached := moving.step_number >= step or moving.finished) and perf_counter() < end:
            self._move(step - moving.step_number)
        self._record()
        if moving.finished and self.assessment is None:
            self.assessment = assess(self.prediction, self._observed())
        return reached

    def step(self) -> None:
        """Make one step."""
        self.advance_to(self.step_number + 1, 1.0)
        self._due = self.step_number

    @property
    def step_number(self) -> int:
        """The step that the run is at."""
        return self._moving.step_number

    @property
    def steps(self) -> int:
        """How many steps there are at most."""
        return self.choice.steps

    @property
    def finished(self) -> bool:
        """Whether the run has come to its end."""
        return self.assessment is not None


class NetworkRun(PacedRun):
    """A network in training; `accuracy` is the share of right answers over the steps."""

    def __init__(self, choice: Choice, prediction: Prediction) -> None:
        self.training = Training(choice.config())
        super().__init__(choice, prediction, self.training)

    def _begin(self) -> None:
        super()._begin()
        self._start = self.training.network.vector.copy()
        self.accuracy = Curve()
        self._count_every = max(1, self.steps // _COUNTS)
        self._count()

    @cached_property
    def observer(self) -> Observer:
        """What looks at the network without touching it."""
        return Observer(self.training)

    def _count(self) -> None:
        right, samples = self.right_answers()
        self.accuracy.append(self.training.step_number, right / samples)

    def _move(self, steps: int) -> None:
        training = self.training
        super()._move(min(steps, self._count_every - training.step_number % self._count_every))
        if training.step_number % self._count_every == 0 or training.finished:
            self._count()

    def _observed(self) -> Observation:
        return observe(self.training, self._start)

    def right_answers(self) -> tuple[int, int]:
        """Return how many samples are put into the right class now, and how many there are."""
        samples = len(self.training.x)
        return round((self.training.accuracy() or 0.0) * samples), samples


class SurfaceRun(PacedRun):
    """A walk down a surface of two parameters."""

    def __init__(self, choice: Choice, prediction: Prediction) -> None:
        self.walk = DescentArm(choice.dataset, choice.walk())
        super().__init__(choice, prediction, self.walk)

    def _observed(self) -> Observation:
        return observe_walk(self.walk)


def run_of(choice: Choice, prediction: Prediction) -> NetworkRun | SurfaceRun:
    """Return the run of these settings at its step 0."""
    return SurfaceRun(choice, prediction) if choice.on_surface else NetworkRun(choice, prediction)


def named_settings(runs: Sequence[PacedRun]) -> tuple[str, ...]:
    """Return the settings that tell these runs apart; the learning rate where there is nothing to tell."""
    return differences(*(run.choice for run in runs)) or ("rate",)
