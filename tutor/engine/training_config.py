"""The configuration of a training run: every setting, its default, and what makes it impossible."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

import numpy as np

from tutor.engine.datasets import DATASETS, draw
from tutor.engine.initializers import INITIALIZERS
from tutor.engine.network import ACTIVATIONS, LOSSES, OUTPUTS, Architecture
from tutor.engine.nodes import Array
from tutor.engine.optimizers import OPTIMIZERS
from tutor.engine.schedules import SCHEDULES

Nested: TypeAlias = "float | tuple[Nested, ...]"
"""A number, or equally long rows of them."""

MAX_LAYERS, MAX_UNITS, MAX_PARAMETERS = 16, 2048, 2_000_000
MAX_STEPS, MAX_SAMPLES, MAX_VALUES = 1_000_000, 100_000, 10_000_000
"""`MAX_VALUES` bounds samples × units of all layers, which is what the buffers hold."""


class ConfigFault(StrEnum):
    """Every way in which a configuration can be impossible."""

    WRONG_TYPE = "wrong_type"
    NOT_FINITE = "not_finite"
    NOT_ONE_OF = "not_one_of"
    OUT_OF_RANGE = "out_of_range"
    TOO_LARGE = "too_large"
    TABLE_MISSING = "table_missing"
    TABLE_UNUSED = "table_unused"
    TABLE_SHAPE = "table_shape"
    INPUTS_DIFFER = "inputs_differ"
    OUTPUTS_DIFFER = "outputs_differ"
    SOFTMAX_NEEDS_CLASSES = "softmax_needs_classes"
    CROSS_ENTROPY_NEEDS_PROBABILITIES = "cross_entropy_needs_probabilities"
    TARGETS_NOT_PROBABILITIES = "targets_not_probabilities"
    BATCH_TOO_LARGE = "batch_too_large"
    UNKNOWN_PARAMETER = "unknown_parameter"
    PARAMETER_SHAPE = "parameter_shape"


class ConfigError(ValueError):
    """A configuration that cannot be run: the fault, the setting at fault, and details for a sentence."""

    def __init__(self, code: ConfigFault, field: str, **data: object) -> None:
        super().__init__(f"{field}: {code.value} {data}")
        self.code, self.field, self.data = code, field, data


@dataclass(frozen=True, slots=True)
class Table:
    """Data written down by hand: x is (samples, features), t is (samples, outputs)."""

    x: Nested
    t: Nested


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Everything that determines a run. Raises ConfigError for the first setting that is impossible."""

    dataset: str = "xor"
    """A name in DATASETS, or "table" with `table`."""
    layers: tuple[int, ...] = (2, 4, 1)
    activation: str = "sigmoid"
    """Of the hidden layers."""
    output: str = "sigmoid"
    loss: str = "mse"
    optimizer: str = "sgd"
    learning_rate: float | None = None
    """None: the one that the optimizer names."""
    momentum: float = 0.9
    decay: float = 0.9
    """Of RMSProp's mean of squares."""
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    batch_size: int | Literal["full"] = "full"
    """"full" keeps the order of the samples, as does a batch of all of them."""
    shuffle: bool = True
    """Whether every epoch of smaller batches has an order of its own."""
    initializer: str = "xavier"
    scale: float = 1.0
    """The standard deviation of the initializer normal, or the value of constant."""
    steps: int = 2000
    seed: int = 0
    """Of the starting weights and of the order of the batches."""
    record_every: int = 1
    samples: int = 200
    """Of the data sets that are drawn; the gates have their four."""
    noise: float | None = None
    """None: the noise that the data set names."""
    data_seed: int = 0
    batch_norm: bool = False
    """Whether hidden layers normalize: over the rows of a batch in training, by running means afterwards."""
    clip_norm: float | None = None
    """The length to which a longer gradient is shortened before the update."""
    schedule: str = "constant"
    """What becomes of the learning rate on the way."""
    schedule_every: int = 100
    schedule_factor: float = 0.5
    mistake: str | None = None
    """The misconception that the backward pass follows instead of the truth."""
    frozen: tuple[str, ...] = ()
    """Parameters that never change."""
    parameters: Mapping[str, Nested] = field(default_factory=dict)
    """Exact starting values by name; the others come from the initializer."""
    table: Table | None = None

    def __post_init__(self) -> None:
        self._check_choices()
        self._check_numbers()
        self._check_layers()
        self._check_data()
        self._check_backward()
        self._check_parameters()

    @property
    def rate(self) -> float:
        """The learning rate that the run uses."""
        return OPTIMIZERS[self.optimizer].learning_rate if self.learning_rate is None else self.learning_rate

    def samples_and_targets(self) -> tuple[Array, Array]:
        """Return x, (samples, features), and t, (samples, outputs)."""
        if self.table is not None:
            x, t = _array(self.table.x), _array(self.table.t)
            if (
                x is None
                or t is None
                or x.ndim != 2
                or t.ndim != 2
                or len(x) != len(t)
                or not x.size * t.size
            ):
                raise ConfigError(ConfigFault.TABLE_SHAPE, "data")
            if not np.isfinite(x).all() or not np.isfinite(t).all():
                raise ConfigError(ConfigFault.NOT_FINITE, "data")
            return x, t
        outputs = self.layers[-1]
        data = draw(
            self.dataset, outputs=outputs, samples=self.samples, noise=self.noise, seed=self.data_seed
        )
        if outputs != data.classes and not (outputs == 1 and data.classes == 2):
            raise ConfigError(ConfigFault.OUTPUTS_DIFFER, "layers", found=outputs, expected=data.classes)
        return data.x, data.targets(outputs)

    def _check_choices(self) -> None:
        choices: dict[str, Collection[str]] = {
            "dataset": (*DATASETS, "table"),
            "activation": ACTIVATIONS,
            "output": OUTPUTS,
            "loss": LOSSES,
            "optimizer": OPTIMIZERS,
            "initializer": INITIALIZERS,
            "schedule": SCHEDULES,
        }
        for name, known in choices.items():
            _check_choice(name, getattr(self, name), known)

    def _check_numbers(self) -> None:
        whole: dict[str, tuple[float, float]] = {
            "steps": (0, MAX_STEPS),
            "seed": (0, 2**63 - 1),
            "record_every": (1, MAX_STEPS),
            "samples": (2, MAX_SAMPLES),
            "data_seed": (0, 2**63 - 1),
            "schedule_every": (1, MAX_STEPS),
        }
        for name, bounds in whole.items():
            _check_number(name, getattr(self, name), bounds, whole=True)
        if self.batch_size != "full":
            _check_number("batch_size", self.batch_size, (1, MAX_SAMPLES), whole=True)
        real = {
            "learning_rate": (0.0, 1e6),
            "scale": (-1e6, 1e6),
            "momentum": (0.0, 1.0),
            "decay": (0.0, 1.0),
            "epsilon": (0.0, 1.0),
            "noise": (0.0, 100.0),
            "clip_norm": (1e-9, 1e9),
            "schedule_factor": (0.0, 1.0),
        }
        for name, bounds in real.items():
            if getattr(self, name) is not None:
                _check_number(name, getattr(self, name), bounds)
        for name in ("beta1", "beta2"):
            # At 1 the correction of the bias would divide by 0.
            _check_number(name, getattr(self, name), (0.0, math.nextafter(1.0, 0.0)))
        for name in ("shuffle", "batch_norm"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(ConfigFault.WRONG_TYPE, name, expected="truth")

    def _check_layers(self) -> None:
        if not isinstance(self.layers, tuple):
            raise ConfigError(ConfigFault.WRONG_TYPE, "layers", expected="whole_numbers")
        if not 2 <= len(self.layers) <= MAX_LAYERS:
            raise ConfigError(
                ConfigFault.OUT_OF_RANGE, "layers", value=len(self.layers), low=2, high=MAX_LAYERS
            )
        for units in self.layers:
            _check_number("layers", units, (1, MAX_UNITS), whole=True)
        if self.architecture.size > MAX_PARAMETERS:
            raise ConfigError(
                ConfigFault.TOO_LARGE, "layers", value=self.architecture.size, high=MAX_PARAMETERS
            )
        if self.output == "softmax" and self.layers[-1] < 2:
            raise ConfigError(ConfigFault.SOFTMAX_NEEDS_CLASSES, "output")
        if self.output == "identity" and self.loss == "cross_entropy":
            raise ConfigError(ConfigFault.CROSS_ENTROPY_NEEDS_PROBABILITIES, "loss")

    @property
    def architecture(self) -> Architecture:
        """The shape of the network."""
        return Architecture(self.layers, self.activation, self.output, self.loss, self.batch_norm)

    def _check_data(self) -> None:
        if (self.dataset == "table") != (self.table is not None):
            raise ConfigError(
                ConfigFault.TABLE_MISSING if self.table is None else ConfigFault.TABLE_UNUSED, "data"
            )
        if self.table is None and DATASETS[self.dataset].features != self.layers[0]:
            features = DATASETS[self.dataset].features
            raise ConfigError(ConfigFault.INPUTS_DIFFER, "layers", found=self.layers[0], expected=features)
        if self.table is None and self.samples * sum(self.layers) > MAX_VALUES:
            raise ConfigError(ConfigFault.TOO_LARGE, "samples", value=self.samples, high=MAX_VALUES)
        x, t = self.samples_and_targets()
        if x.shape[1] != self.layers[0]:
            raise ConfigError(ConfigFault.INPUTS_DIFFER, "layers", found=self.layers[0], expected=x.shape[1])
        if t.shape[1] != self.layers[-1]:
            raise ConfigError(
                ConfigFault.OUTPUTS_DIFFER, "layers", found=self.layers[-1], expected=t.shape[1]
            )
        if len(x) > MAX_SAMPLES or len(x) * sum(self.layers) > MAX_VALUES:
            raise ConfigError(ConfigFault.TOO_LARGE, "data", value=len(x), high=MAX_SAMPLES)
        if self.loss == "cross_entropy" and (t.min() < 0 or t.max() > 1):
            raise ConfigError(ConfigFault.TARGETS_NOT_PROBABILITIES, "loss")
        if self.batch_size != "full" and self.batch_size > len(x):
            raise ConfigError(
                ConfigFault.BATCH_TOO_LARGE, "batch_size", value=self.batch_size, samples=len(x)
            )

    def _check_backward(self) -> None:
        if self.mistake is not None:
            if not isinstance(self.mistake, str):
                raise ConfigError(ConfigFault.WRONG_TYPE, "mistake", expected="text")
            # Hundreds of rules, and few runs that need one.
            from tutor.engine.planting import PLANTABLE

            _check_choice("mistake", self.mistake, PLANTABLE)
        if not isinstance(self.frozen, tuple):
            raise ConfigError(ConfigFault.WRONG_TYPE, "frozen", expected="texts")
        for parameter in self.frozen:
            _check_choice("frozen", parameter, self.architecture.shapes)

    def _check_parameters(self) -> None:
        shapes = self.architecture.shapes
        for name, value in self.parameters.items():
            if name not in shapes:
                near = nearest(name, shapes)
                raise ConfigError(
                    ConfigFault.UNKNOWN_PARAMETER, f"parameters.{name}", choices=tuple(shapes), nearest=near
                )
            array = _array(value)
            if array is None or array.shape != shapes[name]:
                found = None if array is None else array.shape
                raise ConfigError(
                    ConfigFault.PARAMETER_SHAPE, f"parameters.{name}", found=found, expected=shapes[name]
                )
            if not np.isfinite(array).all():
                raise ConfigError(ConfigFault.NOT_FINITE, f"parameters.{name}")


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that was probably meant, or None."""
    close = difflib.get_close_matches(word[:40], list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def _check_choice(name: str, value: object, known: Collection[str]) -> None:
    if not isinstance(value, str):
        raise ConfigError(ConfigFault.WRONG_TYPE, name, expected="text")
    if value not in known:
        near = nearest(value, known)
        raise ConfigError(ConfigFault.NOT_ONE_OF, name, value=value[:40], choices=tuple(known), nearest=near)


def _check_number(name: str, value: object, bounds: tuple[float, float], *, whole: bool = False) -> None:
    kinds: tuple[type, ...] = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise ConfigError(ConfigFault.WRONG_TYPE, name, expected="whole_number" if whole else "number")
    assert isinstance(value, (int, float, np.integer, np.floating))
    if not whole and not math.isfinite(value):
        raise ConfigError(ConfigFault.NOT_FINITE, name)
    low, high = bounds
    if not low <= value <= high:
        raise ConfigError(ConfigFault.OUT_OF_RANGE, name, value=value, low=low, high=high)


def _array(value: object) -> Array | None:
    """Return nested rows of numbers as an array, or None where they are no such thing."""
    try:
        array = np.array(value)
    except ValueError:
        return None
    return array.astype(np.float64) if array.dtype.kind in "iuf" else None
