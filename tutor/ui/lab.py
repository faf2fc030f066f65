"""A training run as an experiment: what was chosen, how far it is, and what tells it from other runs.

Knows nothing of the screen, and runs only while it is asked to: whoever advances it decides for how long.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from time import perf_counter

import numpy as np

from tutor.engine.characters import ReadingError
from tutor.engine.training import Training, TrainingConfig
from tutor.engine.training_file import PRESETS
from tutor.tutoring.predictions import FEWEST_UNITS, Advice, Assessment, Prediction, assess, observe
from tutor.tutoring.reading import Field, read_answer
from tutor.ui.curve import Curve

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "dataset": ("xor", "circle"),
    "activation": ("sigmoid", "tanh", "relu", "identity"),
    "optimizer": ("sgd", "momentum"),
}
"""What can be chosen from, by setting."""

RANGES: Mapping[str, tuple[float, float]] = {
    "hidden": (1, 64),
    "rate": (0.0001, 100),
    "steps": (10, 20_000),
    "seed": (0, 9999),
}
"""The least and the most of each number, by setting."""

_CHUNK = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """The settings of a run."""

    dataset: str
    hidden: int
    activation: str
    optimizer: str
    rate: float
    steps: int
    seed: int

    @classmethod
    def preset(cls, dataset: str) -> Choice:
        """Return the settings to begin with."""
        config = PRESETS[dataset]
        return cls(
            dataset,
            config.layers[1],
            config.activation,
            config.optimizer,
            config.rate,
            config.steps,
            config.seed,
        )

    def config(self) -> TrainingConfig:
        """Return the training that the settings describe; He's start for ReLU, Xavier's for the others."""
        return replace(
            PRESETS[self.dataset],
            layers=(2, self.hidden, 1),
            activation=self.activation,
            optimizer=self.optimizer,
            learning_rate=self.rate,
            steps=self.steps,
            seed=self.seed,
            initializer="he" if self.activation == "relu" else "xavier",
        )

    def values(self) -> dict[str, str | int | float]:
        """Return the settings by name, in the order of the form."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def differences(*choices: Choice) -> tuple[str, ...]:
    """Return the names of the settings in which the choices are not all equal."""
    return tuple(
        field.name for field in fields(Choice) if len({getattr(choice, field.name) for choice in choices}) > 1
    )


def changed(advice: Advice, choice: Choice) -> Choice:
    """Return the settings with the one change that is advised, inside the ranges."""

    def inside(name: str, value: float) -> float:
        low, high = RANGES[name]
        return min(max(value, low), high)

    match advice:
        case Advice.SMALLER_RATE:
            return replace(choice, rate=inside("rate", choice.rate / 10))
        case Advice.PUSH_RATE | Advice.LARGER_RATE:
            return replace(choice, rate=inside("rate", choice.rate * 10))
        case Advice.MORE_UNITS:
            fewest = FEWEST_UNITS.get(choice.dataset, 1)
            return replace(choice, hidden=int(inside("hidden", max(2 * choice.hidden, fewest))))
        case Advice.BEND:
            return replace(choice, activation="sigmoid")
        case Advice.OTHER_SEED:
            return replace(choice, seed=(choice.seed + 1) % int(RANGES["seed"][1] + 1))


class NumberFault(Enum):
    """Why a text is not the number that a setting needs."""

    UNREADABLE = "unreadable"
    NOT_WHOLE = "not_whole"
    OUT_OF_RANGE = "out_of_range"


def read_setting(name: str, text: str) -> float | NumberFault:
    """Read a number of the form; whole unless it is the learning rate."""
    number = read_number(text)
    if number is None:
        return NumberFault.UNREADABLE
    if name != "rate" and number != math.floor(number):
        return NumberFault.NOT_WHOLE
    low, high = RANGES[name]
    if not low <= number <= high:
        return NumberFault.OUT_OF_RANGE
    return number if name == "rate" else int(number)


def read_number(text: str) -> float | None:
    """Read a number as every blank of the tutor does; None where there is none."""
    try:
        value = read_answer(text, Field.NUMBER).value
    except ReadingError:
        return None
    return value if isinstance(value, float) else None


class Pace(Enum):
    """How long a whole run is meant to take, in seconds."""

    SLOW = 20.0
    NORMAL = 6.0
    FULL = 0.0


class LabRun:
    """One run with its curve. Advancing it never takes much longer than the time it is given."""

    def __init__(self, choice: Choice, prediction: Prediction) -> None:
        self.choice = choice
        self.prediction = prediction
        self.assessment: Assessment | None = None
        self.training = Training(choice.config())
        self._begin()

    def _begin(self) -> None:
        self._start = self.training.network.vector.copy()
        self.curve = Curve()
        self._due = 0.0
        self._record(0)

    def restart(self) -> None:
        """Go back to step 0: the same seed, so the same numbers again, on a new curve."""
        self.training.restart()
        self.assessment = None
        self._begin()

    def _record(self, first: int) -> None:
        losses = self.training.losses
        self.curve.extend(np.arange(first, len(losses)), losses[first:])

    def advance(self, elapsed: float, pace: Pace, budget: float) -> None:
        """Make the steps that are due after so many seconds more, for at most `budget` seconds of work."""
        training = self.training
        steps = training.config.steps
        first = training.step_number
        # What the budget did not allow is not made up for later: the run then takes longer instead.
        self._due = steps if pace is Pace.FULL else max(self._due, first) + elapsed * steps / pace.value
        target = min(int(self._due), steps)
        end = perf_counter() + budget
        while training.step_number < target and not training.finished and perf_counter() < end:
            training.advance(min(_CHUNK, target - training.step_number))
        if pace is Pace.FULL or training.step_number < target:
            self._due = training.step_number
        self._after(first)

    def step(self) -> None:
        """Make one step."""
        first = self.training.step_number
        self.training.step()
        self._due = self.training.step_number
        self._after(first)

    def _after(self, first: int) -> None:
        if self.training.step_number > first:
            self._record(first + 1)
        if self.training.finished:
            self.assessment = assess(self.prediction, observe(self.training, self._start))

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
