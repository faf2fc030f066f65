"""Training runs as an arm: one configuration, trained from as many starts as it has seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tutor.engine.experiments.arms import Arm, Measured, finite_or_infinite
from tutor.engine.experiments.settings import ExperimentError, Settings, require
from tutor.engine.nodes import Array
from tutor.engine.training import Training
from tutor.engine.training_config import ConfigError, TrainingConfig

MAX_STEPS, MAX_SAMPLES, MAX_UNITS, MAX_PARAMETERS = 2_000_000, 5000, 2000, 200_000
MAX_VALUES = 1_000_000
"""Of one arm: what a lab may ask of the machine of whoever opens it; values are samples times units."""

_OWN = ("seeds", "hidden")
_OF_TRAINING = {field.name for field in fields(TrainingConfig)} - {"table"}


@dataclass(frozen=True, slots=True)
class Repeats(Settings):
    """What an arm of training adds to a training configuration.

    `hidden` stands for the one hidden layer of `layers`; 0 leaves none.
    """

    seeds: int = 1
    hidden: int = -1

    def check(self) -> None:
        """Bound the number of runs."""
        require("seeds", self.seeds, 1, 200)
        require("hidden", self.hidden, -1, 256)


@dataclass(frozen=True, slots=True)
class _Ended:
    """What is kept of a run that has ended."""

    first: float
    last: float
    everything: float
    accuracy: float
    dead: float
    rises: float
    diverged: bool


class TrainingArm(Arm):
    """One configuration from several starts, one after the other; seeds count up from the configured one.

    Readings, over the runs that have ended: `first` mean of the losses at step 0, `loss` median and `mean`
    mean of the last ones, `best` least and `worst` most of them, `all` mean loss on all samples, `accuracy`
    mean, `dead` mean number of ReLU units of the first hidden layer that give 0 for every sample, `rises`
    share of late steps at which the loss went up, `runs` how many, and how many of them `diverged` or
    `solved` the task: put every sample into its class.
    """

    kind, settings_type = "training", Repeats
    settings: Repeats
    reads = (
        *("first", "loss", "mean", "best", "worst", "all", "accuracy", "dead", "rises"),
        *("solved", "diverged", "runs"),
    )

    def __init__(self, name: str, config: TrainingConfig, repeats: Repeats) -> None:
        super().__init__(name, repeats)
        self.config = config
        self._training = Training(config)
        self._ended: list[_Ended] = []
        self._between = False

    @classmethod
    def make(cls, name: str, table: Mapping[str, Any]) -> TrainingArm:
        """Read the settings of the arm apart from those of the training."""
        repeats = Repeats.read({key: value for key, value in table.items() if key in _OWN})
        settings: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in table.items()
            if key not in _OWN
        }
        for key in settings:
            if key not in _OF_TRAINING:
                raise ExperimentError(key, "unknown_key", choices=(*sorted(_OF_TRAINING), *_OWN))
        if repeats.hidden >= 0:
            layers = settings.get("layers", (2, 4, 1))
            if not isinstance(layers, tuple) or len(layers) < 2:
                raise ExperimentError("layers", "wrong_type", expected="array")
            settings["layers"] = (
                layers[0],
                *([repeats.hidden] if repeats.hidden else []),
                layers[-1],
            )
        _bound(settings)
        if settings.get("mistake") == "":
            del settings["mistake"]
        try:
            config = TrainingConfig(**settings)
        except ConfigError as error:
            raise ExperimentError(error.field, error.code.value, **error.data) from error
        except TypeError as error:
            raise ExperimentError("settings", "wrong_type", expected="table") from error
        require("seeds", repeats.seeds, 1, MAX_STEPS // max(1, config.steps))
        require("layers", config.architecture.size, 1, MAX_PARAMETERS)
        return cls(name, config, repeats)

    @property
    def _each(self) -> int:
        """How many steps a run counts for; one without updates counts for its start."""
        return max(1, self.config.steps)

    @property
    def steps(self) -> int:
        """The steps of all runs."""
        return self.settings.seeds * self._each

    def advance(self, steps: int) -> int:
        """Go on with the run under way, and with the next ones after it."""
        first = self.step_number
        target = min(first + steps, self.steps)
        while self.step_number < target:
            if self._between:
                self._training.restart(self.config.seed + len(self._ended))
                self._between = False
            self.step_number += self._training.advance(target - self.step_number)
            if self._training.finished:
                self._note()
        return self.step_number - first

    def _note(self) -> None:
        """Keep what a run has come to; one that diverged is over before its steps are."""
        training = self._training
        losses = training.losses
        late = losses[len(losses) // 2 :]
        self._ended.append(
            _Ended(
                first=finite_or_infinite(float(losses[0])),
                last=finite_or_infinite(float("inf") if training.diverged else training.loss),
                everything=finite_or_infinite(training.evaluate()),
                accuracy=training.accuracy() or 0.0,
                dead=dead_units(training),
                rises=float(np.mean(np.diff(late) > 0)) if len(late) > 1 else 0.0,
                diverged=training.diverged,
            )
        )
        self.step_number, self._between = len(self._ended) * self._each, True

    def restart(self) -> None:
        """Begin with the first seed again."""
        self.step_number, self._between = 0, False
        self._ended.clear()
        self._training.restart()

    def readings(self) -> Mapping[str, float]:
        """Return what the runs so far have come to."""
        ended = self._ended
        if not ended:
            return {**dict.fromkeys(self.reads, float("nan")), "first": float(self._training.losses[0])}
        lasts = [run.last for run in ended]
        return {
            "first": float(np.mean([run.first for run in ended])),
            "loss": float(np.median(lasts)),
            "mean": float(np.mean(lasts)),
            "best": min(lasts),
            "worst": max(lasts),
            "all": float(np.mean([run.everything for run in ended])),
            "accuracy": float(np.mean([run.accuracy for run in ended])),
            "dead": float(np.mean([run.dead for run in ended])),
            "rises": float(np.mean([run.rises for run in ended])),
            "solved": float(sum(run.accuracy == 1.0 for run in ended)),
            "diverged": float(sum(run.diverged for run in ended)),
            "runs": float(len(ended)),
        }

    @property
    def diverged(self) -> bool:
        """Whether every run that has ended diverged."""
        return bool(self._ended) and all(run.diverged for run in self._ended)

    @property
    def losses(self) -> Array:
        """The losses of the run under way, or of the last one."""
        return self._training.losses

    @property
    def training(self) -> Training:
        """The run under way, or the last one."""
        return self._training

    @property
    def measured(self) -> Measured | None:
        """The last loss of every run that has ended, where there are several."""
        if self.settings.seeds == 1:
            return None
        lasts = np.array([run.last for run in self._ended])
        return Measured(np.arange(1.0, len(lasts) + 1), lasts, log_y=True)


def _bound(settings: Mapping[str, Any]) -> None:
    """Refuse sizes that would take memory or time before it is known whether the rest is possible."""
    samples, layers = settings.get("samples", 2), settings.get("layers", ())
    if isinstance(samples, int):
        require("samples", samples, 2, MAX_SAMPLES)
    if isinstance(layers, tuple) and all(isinstance(units, int) for units in layers):
        require("layers", sum(layers), 0, MAX_UNITS)
        if isinstance(samples, int):
            require("samples", samples * sum(layers), 0, MAX_VALUES)


def dead_units(training: Training) -> float:
    """Return how many ReLU units of the first hidden layer give 0 for every sample, so that none learns."""
    if training.config.activation != "relu" or len(training.config.layers) < 3:
        return 0.0
    parameters = training.network.parameters
    with np.errstate(all="ignore"):
        z = training.x @ parameters["W1"] + parameters["b1"]
    return float(np.sum(~(z > 0).any(axis=0)))
