"""A lab at work: predict, commit, run, compare, explain; then the learner's own setting, predicted as well.

Nothing runs before a prediction is committed. Knows nothing of the screen; whoever advances it decides how
fast. One thread at a time may advance it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from tutor.course.lab_model import PREDICTED, IdeaTable
from tutor.course.labs import Lab, comes_true, filled, readings_of, value_of
from tutor.engine.experiments import Arm
from tutor.engine.nodes import Array

NO_IDEA = "none"
"""Named where none of the ideas was the learner's."""


class Stage(Enum):
    """Where a visit to a lab stands."""

    PREDICT = "predict"
    RUN = "run"
    COMPARED = "compared"
    OWN_PREDICT = "own_predict"
    OWN_RUN = "own_run"
    OWN_COMPARED = "own_compared"


class Verdict(Enum):
    """How a prediction and what came fit together."""

    HIT = "hit"
    CLOSE = "close"
    MISS = "miss"


class WrongStageError(RuntimeError):
    """Something was asked of a lab before or after its time."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a learner committed to: the id of an option or a number, and the id of a reason."""

    answer: str | float
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A prediction beside what came.

    `right` is the option that came true, None where none did, or the number that came. `mistake` is the
    misconception behind a wrong reason, where it is known.
    """

    prediction: Prediction
    verdict: Verdict
    right: str | float | None
    reason_right: bool | None
    right_reason: str | None
    mistake: str | None
    readings: Mapping[str, Array]


class Laboratory:
    """One visit to a lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.stage = Stage.PREDICT
        self.prediction: Prediction | None = None
        self.own_prediction: Prediction | None = None
        self.own_value: object = None
        self.comparison: Comparison | None = None
        self.own_comparison: Comparison | None = None
        self.idea: IdeaTable | None = None
        self._arms: tuple[Arm, ...] = ()
        self._own: Arm | None = None

    # -- predicting ------------------------------------------------------------------------------------

    def commit(self, answer: str | float, reason: str | None = None) -> None:
        """Commit to a prediction; from then on the arms may run. WrongStageError where none is due."""
        if self.stage is Stage.PREDICT:
            self._accept(answer, reason)
            self.prediction = Prediction(answer, reason)
            self._arms = self.lab.arms()
            self.stage = Stage.RUN
        elif self.stage is Stage.OWN_PREDICT:
            if isinstance(answer, str):
                raise ValueError(answer)
            self.own_prediction = Prediction(answer)
            self._own = self.lab.own_arm(self.own_value)
            self.stage = Stage.OWN_RUN
        else:
            raise WrongStageError(self.stage)

    def _accept(self, answer: str | float, reason: str | None) -> None:
        if reason not in {known.id for known in self.lab.reasons}:
            raise ValueError(reason)
        if isinstance(answer, str) != (self.lab.prediction.kind == "choice"):
            raise ValueError(answer)
        if isinstance(answer, str) and answer not in {option.id for option in self.lab.options}:
            raise ValueError(answer)

    # -- running ---------------------------------------------------------------------------------------

    @property
    def arms(self) -> Sequence[Arm]:
        """The arms that may run or have run, the learner's own last; WrongStageError before a prediction."""
        if not self._arms:
            raise WrongStageError(self.stage)
        return self._arms if self._own is None else (*self._arms, self._own)

    def advance(self, steps: int) -> int:
        """Advance every arm that has not finished by so many steps, and compare when all have."""
        made = sum(arm.advance(steps) for arm in self.arms)
        self.compare()
        return made

    def restart(self) -> None:
        """Start the arms of the present stage again; the prediction stays."""
        if self.stage in (Stage.OWN_RUN, Stage.OWN_COMPARED) and self._own is not None:
            self._own.restart()
            self.stage = Stage.OWN_RUN
        else:
            for arm in self.arms:
                arm.restart()
            self.stage = Stage.RUN

    def compare(self) -> Comparison | None:
        """Compare prediction and outcome once every arm has finished; None before."""
        if not all(arm.finished for arm in self.arms):
            return None
        if self.stage is Stage.RUN:
            self.comparison = self._compared()
            self.stage = Stage.COMPARED
        elif self.stage is Stage.OWN_RUN:
            self.own_comparison = self._own_compared()
            self.stage = Stage.OWN_COMPARED
        return self.own_comparison if self.stage is Stage.OWN_COMPARED else self.comparison

    # -- comparing -------------------------------------------------------------------------------------

    def _compared(self) -> Comparison:
        assert self.prediction is not None
        readings, asked = readings_of(self._arms), self.lab.prediction
        predicted = self.prediction.answer
        right: str | float | None
        if isinstance(predicted, str):
            true = [option.id for option in self.lab.options if comes_true(option.claim, readings)]
            right = true[0] if true else None
            verdict = Verdict.HIT if predicted == right else Verdict.MISS
        else:
            assert asked.quantity is not None
            right = value_of(asked.quantity, readings)
            verdict = judged(predicted, right, near=asked.near, within=asked.within)
        reason = next(known for known in self.lab.reasons if known.id == self.prediction.reason)
        return Comparison(
            prediction=self.prediction,
            verdict=verdict,
            right=right,
            reason_right=reason.id == self.lab.right_reason,
            right_reason=self.lab.right_reason,
            mistake=reason.mistake,
            readings=readings,
        )

    def _own_compared(self) -> Comparison:
        assert self.own_prediction is not None
        assert self._own is not None
        assert not isinstance(self.own_prediction.answer, str)
        own, readings = self.lab.own, readings_of(self.arms)
        right = float(self._own.readings()[own.reading])
        near = None if own.within is not None else own.near
        verdict = judged(self.own_prediction.answer, right, near=near, within=own.within)
        return Comparison(self.own_prediction, verdict, right, None, None, None, readings)

    def text(self, language: str) -> str:
        """Return the explanation, with the numbers that came; WrongStageError before there are any."""
        return self._filled(self.lab.explain[language])

    def reply(self, language: str, reason: str | None = None) -> str:
        """Return what is said to a reason, the learner's where none is given."""
        if self.prediction is None:
            raise WrongStageError(self.stage)
        chosen = reason or self.prediction.reason
        return self._filled(self.lab.replies[chosen or self.lab.right_reason][language])

    # -- the idea behind a wrong prediction --------------------------------------------------------------

    @property
    def ideas(self) -> tuple[IdeaTable, ...]:
        """The ideas that lead to the learner's prediction, where that was wrong; else none."""
        found = self.comparison
        if found is None or found.verdict is not Verdict.MISS:
            return ()
        answer = found.prediction.answer
        if isinstance(answer, str):
            return tuple(idea for idea in self.lab.ideas if answer in idea.options)
        known = {**found.readings, PREDICTED: np.asarray(answer)}
        return tuple(idea for idea in self.lab.ideas if idea.when and comes_true(idea.when, known))

    def name_idea(self, id_: str) -> None:
        """Say which of the ideas it was; ValueError where it does not lead to the prediction."""
        named = [idea for idea in self.ideas if idea.id == id_]
        if not named:
            raise ValueError(id_)
        self.idea = named[0]

    def idea_reply(self, language: str) -> str:
        """Return what the run says to the idea that was named; "" where none was."""
        return "" if self.idea is None else self._filled(self.lab.replies[f"idea {self.idea.id}"][language])

    def _filled(self, text: str) -> str:
        if self.comparison is None:
            raise WrongStageError(self.stage)
        return filled(text, self.comparison.readings)

    # -- the learner's own setting -----------------------------------------------------------------------

    def choose_own(self, value: object) -> None:
        """Choose a value of the learner's own setting; a prediction has to follow.

        Raises ExperimentError where the value makes no run, WrongStageError before the first comparison.
        """
        if self.comparison is None or self.stage is Stage.OWN_RUN:
            raise WrongStageError(self.stage)
        self.lab.own_arm(value)
        self.own_value, self._own, self.own_comparison = value, None, None
        self.stage = Stage.OWN_PREDICT


def judged(predicted: float, found: float, *, near: float | None, within: float | None) -> Verdict:
    """Compare a predicted number with the one that came.

    With `near` a hit is within that factor and close is within its square; with `within` a hit is at most
    that far away and close at most three times as far.
    """
    if not (math.isfinite(predicted) and math.isfinite(found)):
        return Verdict.HIT if predicted == found else Verdict.MISS
    if within is not None:
        distance, room = abs(predicted - found), within
    else:
        assert near is not None
        if predicted * found <= 0:
            return Verdict.HIT if predicted == found else Verdict.MISS
        distance, room = abs(math.log(predicted / found)), math.log(near)
    if distance <= room + 1e-12:
        return Verdict.HIT
    return Verdict.CLOSE if distance <= (3 if within is not None else 2) * room + 1e-12 else Verdict.MISS
