"""The settings of free training: what can be chosen, what tells two choices apart, and how one is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum

import numpy as np

from tutor.engine.datasets import DATASETS
from tutor.engine.experiments.descent import DescentSettings
from tutor.engine.experiments.surfaces import SURFACES
from tutor.engine.initializers import INITIALIZERS
from tutor.engine.network import ACTIVATIONS
from tutor.engine.optimizers import OPTIMIZERS
from tutor.engine.reading_errors import ReadingError
from tutor.engine.schedules import SCHEDULES
from tutor.engine.training import TrainingConfig
from tutor.engine.training_file import PRESETS
from tutor.tutoring.predictions import FEWEST_UNITS, Advice
from tutor.tutoring.reading import Field, read_answer

_FIRST = ("xor", "circle", "moons", "spiral")

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "dataset": (*_FIRST, *(name for name in DATASETS if name not in _FIRST), *SURFACES),
    "activation": ACTIVATIONS,
    "initializer": tuple(INITIALIZERS),
    "optimizer": tuple(OPTIMIZERS),
    "batch_norm": ("off", "on"),
    "clip": ("off", "0.1", "0.3", "1", "3", "10"),
    "schedule": tuple(SCHEDULES),
}
"""What can be chosen from, by setting."""

RANGES: Mapping[str, tuple[float, float]] = {
    "layers": (1, 10),
    "hidden": (1, 64),
    "rate": (0.0001, 100),
    "steps": (10, 20_000),
    "batch": (1, 1000),
    "seed": (0, 9999),
    "period": (1, 20_000),
}
"""The least and the most of each number, by setting."""

EXTRAS = ("batch", "seed", "batch_norm", "clip", "schedule", "period")
"""The settings that a first run leaves as they are, in the order of the form."""

ON_SURFACES = ("dataset", "optimizer", "rate", "steps", "seed")
"""The settings of a walk down a surface, which has no network."""

_PLAIN: Mapping[str, str] = {"batch_norm": "off", "clip": "off", "schedule": "constant"}
"""What can be done beside plain training, each with the value that leaves it away."""

_PERIODIC = ("step", "exponential", "inverse", "warmup")
"""The schedules that know a period."""

_LIKE: Mapping[str, str] = {"and": "xor", "or": "xor", "disc": "circle", "gauss": "moons"}
"""Whose preset a data set without one of its own begins with."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The settings of a run, in the order of the form; on a surface only some of them count.

    `hidden` are the units of each of the hidden `layers`. A batch of all samples or more is the full batch.
    `clip` is the length to which a longer gradient is cut; `period` belongs to the `schedule`, in steps.
    """

    dataset: str
    layers: int
    hidden: int
    activation: str
    initializer: str
    optimizer: str
    rate: float
    steps: int
    batch: int
    seed: int
    batch_norm: str = "off"
    clip: str = "off"
    schedule: str = "constant"
    period: int = 1000

    @classmethod
    def preset(cls, dataset: str) -> Choice:
        """Return the settings to begin with."""
        if dataset in SURFACES:
            walk = SURFACES[dataset]
            begun = replace(cls.preset(OPTIONS["dataset"][0]), dataset=dataset, optimizer=walk.optimizer)
            return replace(begun, rate=walk.learning_rate, steps=walk.steps)
        config = _preset(dataset)
        return cls(
            dataset,
            len(config.layers) - 2,
            config.layers[1],
            config.activation,
            config.initializer,
            config.optimizer,
            config.rate,
            config.steps,
            _samples(config) if config.batch_size == "full" else config.batch_size,
            config.seed,
            period=config.steps // 5,
        )

    @property
    def on_surface(self) -> bool:
        """Whether this is a walk down a surface, without a network."""
        return self.dataset in SURFACES

    def walk(self) -> DescentSettings:
        """Return the walk that is described; seed 0 begins where the surface says, others anywhere."""
        surface = SURFACES[self.dataset]
        rng = np.random.default_rng(self.seed)
        anywhere = tuple(rng.uniform(surface.low, surface.high).round(2).tolist())
        return replace(
            surface,
            start=anywhere if self.seed else surface.start,
            optimizer=self.optimizer,
            learning_rate=self.rate,
            steps=self.steps,
        )

    def config(self) -> TrainingConfig:
        """Return the training that the settings describe."""
        preset = _preset(self.dataset)
        return replace(
            preset,
            layers=(preset.layers[0], *(self.hidden,) * self.layers, preset.layers[-1]),
            activation=self.activation,
            initializer=self.initializer,
            optimizer=self.optimizer,
            learning_rate=self.rate,
            batch_size="full" if self.batch >= _samples(preset) else self.batch,
            steps=self.steps,
            seed=self.seed,
            batch_norm=self.batch_norm == "on",
            clip_norm=None if self.clip == "off" else float(self.clip),
            schedule=self.schedule,
            schedule_every=self.period,
        )

    def values(self) -> dict[str, str | int | float]:
        """Return the settings that count by name, in the order of the form."""
        names = ON_SURFACES if self.on_surface else [field.name for field in fields(self)]
        return {name: getattr(self, name) for name in names}

    @property
    def worth_saying(self) -> tuple[str, ...]:
        """The names of the settings beside the data set, without what is left away."""
        left_away = {"dataset", *(name for name, value in _PLAIN.items() if getattr(self, name) == value)}
        if self.schedule not in _PERIODIC:
            left_away.add("period")
        return tuple(name for name in self.values() if name not in left_away)


def _preset(dataset: str) -> TrainingConfig:
    return replace(PRESETS[_LIKE.get(dataset, dataset)], dataset=dataset)


def _samples(config: TrainingConfig) -> int:
    return 4 if DATASETS[config.dataset].fixed else config.samples


def differences(*choices: Choice) -> tuple[str, ...]:
    """Return the names of the settings in which the choices are not all equal.

    A period belongs to its schedule: it differs where all have one schedule, and one that knows a period.
    """
    differing = {
        field.name for field in fields(Choice) if len({getattr(choice, field.name) for choice in choices}) > 1
    }
    if "schedule" in differing or not all(choice.schedule in _PERIODIC for choice in choices):
        differing.discard("period")
    return tuple(field.name for field in fields(Choice) if field.name in differing)


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
