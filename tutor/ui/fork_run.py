"""Two runs that part: the learner's gradient drives one, the true gradient the other."""

from __future__ import annotations

import numpy as np

from tutor.tutoring.freeze import Fork
from tutor.ui.curve import Curve
from tutor.ui.lab_steps import PAUSE

_FRAMES = 240
"""In how many pieces what is left of the run is shown."""

_BEFORE = 4
"""As much as a quarter of what is left of the run is shown of what was before."""


class ForkRun:
    """Advances a fork piece by piece, with a curve for each side."""

    def __init__(self, fork: Fork) -> None:
        self.fork = fork
        self.mine, self.true = Curve(), Curve()
        left = fork.true.config.steps - fork.true.step_number
        first = max(0, fork.true.step_number - left // _BEFORE)
        self._recorded = {"mine": first, "true": first}
        self._piece = max(1, left // _FRAMES)
        self._record()

    def _record(self) -> None:
        for name, training, curve in (
            ("mine", self.fork.mine, self.mine),
            ("true", self.fork.true, self.true),
        ):
            losses, first = training.losses, self._recorded[name]
            curve.extend(np.arange(first, len(losses)), losses[first:])
            self._recorded[name] = len(losses)

    def work(self) -> float | None:
        """Make one piece; the seconds until the next one is due, or None at the end."""
        self.fork.advance(self._piece)
        self._record()
        return None if self.fork.finished else PAUSE

    @property
    def ends(self) -> tuple[float, float]:
        """The last loss of the learner's run and of the true one."""
        return self.fork.mine.loss, self.fork.true.loss
