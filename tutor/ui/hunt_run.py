"""The two runs of a bug hunt with their curves."""

from __future__ import annotations

import numpy as np

from tutor.tutoring.bug_hunt import BugHunt
from tutor.tutoring.network_looks import NormsLook
from tutor.ui.curve import Curve
from tutor.ui.lab_steps import PAUSE

_FRAMES = 240


class HuntRun:
    """Advances a hunt piece by piece; curves and norms may be read at any time, the rest between calls."""

    def __init__(self, hunt: BugHunt) -> None:
        self.hunt = hunt
        self.healthy, self.sick = Curve(), Curve()
        self._recorded = [0, 0]
        self._piece = max(1, hunt.healthy.config.steps // _FRAMES)
        self.norms: tuple[NormsLook, NormsLook] = self._looked()
        self._record()

    def _record(self) -> None:
        for place, (training, curve) in enumerate(
            ((self.hunt.healthy, self.healthy), (self.hunt.sick, self.sick))
        ):
            losses, first = training.losses, self._recorded[place]
            curve.extend(np.arange(first, len(losses)), losses[first:])
            self._recorded[place] = len(losses)

    def _looked(self) -> tuple[NormsLook, NormsLook]:
        looks = []
        for which in ("healthy", "sick"):
            last = self.hunt.norms(which)[1][-1]
            names = tuple(f"W{number}" for number in range(1, len(last) + 1))
            looks.append(NormsLook(names, tuple(float(norm) for norm in last), None))
        return looks[0], looks[1]

    def work(self) -> float | None:
        """Make one piece; the seconds until the next one is due, or None at the end."""
        self.hunt.advance(self._piece)
        self._record()
        self.norms = self._looked()
        return None if self.hunt.finished else PAUSE
