"""One training run of a lab with its curves: how it is paced, rewound and looked at.

Knows nothing of the screen, and runs only while it is asked to: whoever advances it decides in which thread
and for how long. The curves may be read from another thread at any time, the rest only between two calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import cached_property
from time import monotonic, perf_counter

import numpy as np

from tutor.engine.training import Training
from tutor.tutoring.network_looks import Observer
from tutor.tutoring.predictions import Assessment, Prediction, assess, observe
from tutor.ui.curve import Curve
from tutor.ui.lab import Choice, differences

SLICE = 0.004
"""Seconds of work between two chances to stop."""

_CHUNK = 16
_PACED_PAUSE = 1 / 60
_LONGEST_GAP = 0.25
_COUNTS = 256
"""How often in a run the right answers are counted."""


class Pace(Enum):
    """How long a whole run is meant to take, in seconds."""

    SLOW = 20.0
    NORMAL = 6.0
    FULL = 0.0


class LabRun:
    """One run with its curves. Advancing it never takes much longer than the time it is given."""

    def __init__(self, choice: Choice, prediction: Prediction) -> None:
        self.choice = choice
        self.prediction = prediction
        self.assessment: Assessment | None = None
        self.training = Training(choice.config())
        self.pace = Pace.NORMAL
        self._begin()

    def _begin(self) -> None:
        self._start = self.training.network.vector.copy()
        self.curve, self.accuracy = Curve(), Curve()
        self._count_every = max(1, self.training.config.steps // _COUNTS)
        self._due = 0.0
        self._worked_at: float | None = None
        self._recorded = 0
        self._record()
        self._count()

    @cached_property
    def observer(self) -> Observer:
        """What looks at the network without touching it."""
        return Observer(self.training)

    def restart(self) -> None:
        """Go back to step 0: the same seed, so the same numbers again, on new curves."""
        self.training.restart()
        self.assessment = None
        self._begin()

    def _record(self) -> None:
        losses = self.training.losses
        self.curve.extend(np.arange(self._recorded, len(losses)), losses[self._recorded :])
        self._recorded = len(losses)

    def _count(self) -> None:
        right, samples = self.right_answers()
        self.accuracy.append(self.training.step_number, right / samples)

    # -- running ---------------------------------------------------------------------------------------

    def work(self) -> float | None:
        """Make what is due at the present pace; the seconds until more is due, or None at the end."""
        now = monotonic()
        elapsed = 0.0 if self._worked_at is None else min(now - self._worked_at, _LONGEST_GAP)
        self._worked_at = now
        self.advance(elapsed, self.pace, SLICE)
        if self.finished:
            return None
        return 0.0 if self.pace is Pace.FULL else _PACED_PAUSE

    def rest(self) -> None:
        """Let the time from now until the next work not count."""
        self._worked_at = None

    def advance(self, elapsed: float, pace: Pace, budget: float) -> None:
        """Make the steps that are due after so many seconds more, for at most `budget` seconds of work."""
        training = self.training
        steps = training.config.steps
        first = training.step_number
        # What the budget did not allow is not made up for later: the run then takes longer instead.
        self._due = steps if pace is Pace.FULL else max(self._due, first) + elapsed * steps / pace.value
        target = min(int(self._due), steps)
        self.advance_to(target, budget)
        if pace is Pace.FULL or training.step_number < target:
            self._due = training.step_number

    def advance_to(self, step: int, budget: float) -> bool:
        """Make steps up to this one, for at most `budget` seconds; whether that is reached or the end."""
        training = self.training
        end = perf_counter() + budget
        while not (reached := training.step_number >= step or training.finished) and perf_counter() < end:
            to_count = self._count_every - training.step_number % self._count_every
            training.advance(min(_CHUNK, step - training.step_number, to_count))
            if training.step_number % self._count_every == 0 or training.finished:
                self._count()
        self._record()
        if training.finished and self.assessment is None:
            self.assessment = assess(self.prediction, observe(training, self._start))
        return reached

    def step(self) -> None:
        """Make one step."""
        self.advance_to(self.training.step_number + 1, 1.0)
        self._due = self.training.step_number

    @property
    def finished(self) -> bool:
        """Whether the run has come to its end."""
        return self.assessment is not None

    def right_answers(self) -> tuple[int, int]:
        """Return how many samples are put into the right class now, and how many there are."""
        samples = len(self.training.x)
        return round((self.training.accuracy() or 0.0) * samples), samples


def named_settings(runs: Sequence[LabRun]) -> tuple[str, ...]:
    """Return the settings that tell these runs apart; the learning rate where there is nothing to tell."""
    return differences(*(run.choice for run in runs)) or ("rate",)
