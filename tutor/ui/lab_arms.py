"""The arms of a lab as one run: advanced side by side, each with its curve."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from tutor.engine.experiments import Arm
from tutor.tutoring.network_looks import Observer
from tutor.ui.curve import Curve
from tutor.ui.lab_steps import PAUSE, SLICE, Clock, Pace

_CHUNK = 16


class TracedArm:
    """An arm with the curve of its loss. An arm of several starts begins a curve with each of them."""

    def __init__(self, arm: Arm) -> None:
        self.arm = arm
        self._observer: Observer | None = None
        self.begin()

    def begin(self) -> None:
        """Begin a new curve with what there is."""
        self.curve = Curve()
        self._recorded = 0
        self.record()

    def record(self) -> None:
        """Record the losses that have come since the last call."""
        losses = self.arm.losses
        if len(losses) < self._recorded:
            self.curve, self._recorded = Curve(), 0
        if len(losses) > self._recorded:
            self.curve.extend(np.arange(self._recorded, len(losses)), losses[self._recorded :])
            self._recorded = len(losses)

    def advance_to(self, step: int, end: float) -> bool:
        """Make steps up to this one, until a time; whether that is reached or the end."""
        arm = self.arm
        while not (reached := arm.step_number >= step or arm.finished) and perf_counter() < end:
            arm.advance(min(_CHUNK, step - arm.step_number))
        self.record()  # once for all of them: it costs as much as ten steps
        return reached

    @property
    def observer(self) -> Observer | None:
        """What looks at the network of the arm; None where it has none."""
        training = self.arm.training
        if training is None:
            return None
        if self._observer is None or self._observer.training is not training:
            self._observer = Observer(training)
        return self._observer


class ArmsRun:
    """All arms of an experiment; those that have ended stand still beside the others."""

    def __init__(self, arms: Sequence[Arm]) -> None:
        self.arms = [TracedArm(arm) for arm in arms]
        self.pace = Pace.NORMAL
        self._clock = Clock()
        self._share = 0.0
        self._next = 0

    def add(self, arm: Arm) -> None:
        """Run another arm beside those that have ended."""
        self.arms.append(TracedArm(arm))
        self._share = 0.0

    @property
    def step_number(self) -> int:
        """The step that the furthest of the arms still running is at."""
        return max((one.arm.step_number for one in self._running()), default=self.steps)

    @property
    def steps(self) -> int:
        """The steps of the longest arm."""
        return max(one.arm.steps for one in self.arms)

    @property
    def finished(self) -> bool:
        """Whether every arm has come to its end."""
        return not self._running()

    def _running(self) -> list[TracedArm]:
        return [one for one in self.arms if not one.arm.finished]

    def work(self) -> float | None:
        """Make what is due at the present pace; the seconds until more is due, or None at the end."""
        elapsed, running = self._clock.elapsed(), self._running()
        if not running:
            return None
        if self.pace is Pace.FULL:
            self._share = 1.0
        else:
            at = max(one.arm.step_number / one.arm.steps for one in running)
            share = self._share if self._share < 1 else 0.0
            self._share = min(1.0, max(share, at) + elapsed / self.pace.value)
        end, behind = perf_counter() + SLICE, False
        # An arm that takes the whole slice must not keep the others from their turn.
        for place in range(len(running)):
            one = running[(self._next + place) % len(running)]
            due, until = int(self._share * one.arm.steps), min(end, perf_counter() + SLICE / len(running))
            behind |= not one.advance_to(due, until)
        self._next += 1
        if self.finished:
            return None
        return 0.0 if behind or self.pace is Pace.FULL else PAUSE

    def rest(self) -> None:
        """Let the time from now until the next work not count."""
        self._clock.rest()

    def step(self) -> None:
        """Make one step of every arm that has not ended."""
        for one in self._running():
            one.advance_to(one.arm.step_number + 1, perf_counter() + 1.0)

    def advance_to(self, step: int, budget: float) -> bool:
        """Make steps up to this one, for at most `budget` seconds; whether that is reached or the end."""
        end = perf_counter() + budget
        reached = [one.advance_to(step, end) for one in self.arms]
        return all(reached)

    def restart(self) -> None:
        """Begin every arm again, for the same numbers."""
        self._share = 0.0
        for one in self.arms:
            one.arm.restart()
            one.begin()
