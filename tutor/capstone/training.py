"""The learner's own layers at work: XOR, the digits, and the digits with one thing broken on purpose.

Each experiment is predicted first. That a network trains proves nothing about its backward pass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tutor.capstone.sandbox import Ending, run
from tutor.engine.datasets import draw
from tutor.engine.initializers import he, xavier

SOLVED_BELOW = 0.05
XOR_STARTS, XOR_STEPS = 10, 5000
XOR_ENOUGH = 9
TRAIN, TEST = 2000, 500
BATCH, EPOCHS = 50, 20
NOISE, FLIPS = 0.15, 0.02
"""The deviation of the grey and the share of dots turned over: enough that no network names every image."""

SHARES = (0.0, 0.2, 0.5, 0.8, 0.94, 1.0)
STARTS = (0, 1, 5, 9, 11)
"""Bounds of the ranges that a prediction chooses from; a range ends before the next one begins."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A training run of the learner's layers, with `broken`, a misconception, planted in it or none."""

    id: str
    broken: str = ""

    @property
    def counts_starts(self) -> bool:
        """Whether the outcome is a number of starts and not a share of images."""
        return self.id == "xor"

    @property
    def ranges(self) -> tuple[tuple[float, float], ...]:
        """The ranges that the outcome can be predicted to lie in, from low to high."""
        bounds = STARTS if self.counts_starts else SHARES
        return tuple(pairwise(bounds))

    def range_of(self, outcome: float) -> int:
        """Return which of the ranges an outcome lies in."""
        return max(k for k, (low, _) in enumerate(self.ranges) if outcome >= low)


EXPERIMENTS = (
    Experiment("xor"),
    Experiment("digits"),
    Experiment("no_bias", "aff_db_not_set"),
    Experiment("no_mask", "relu_pass"),
    Experiment("slope_again", "sce_double"),
    Experiment("masked_by_dout", "relu_on_dout"),
    Experiment("not_averaged", "sce_no_batch"),
    Experiment("wrong_sign", "sce_sign"),
)


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of an experiment: starts that solved XOR, or the share of test images named rightly.

    `losses` are those of one run, step by step.
    """

    experiment: Experiment
    outcome: float
    losses: Sequence[float]


class TrainingError(Exception):
    """The learner's code did not get through the run; `ending` or `message` says why."""

    def __init__(self, ending: Ending, message: str = "") -> None:
        super().__init__(ending.value, message)
        self.ending, self.message = ending, message


def train(file: Path, experiment: Experiment) -> Trained:
    """Train with the learner's layers; TrainingError where they do not get to the end."""
    calls = _xor_calls() if experiment.counts_starts else [_digits_call(experiment.broken)]
    outcome = run(file, calls)
    if outcome.ending is not Ending.DONE:
        raise TrainingError(outcome.ending)
    for answer in outcome.answers:
        if "error" in answer:
            raise TrainingError(Ending.DONE, f"{answer['error']['type']}: {answer['error']['message']}")
    if experiment.counts_starts:
        ends = [answer["losses"][-1] for answer in outcome.answers]
        return Trained(experiment, sum(loss < SOLVED_BELOW for loss in ends), outcome.answers[0]["losses"])
    (answer,) = outcome.answers
    share = answer["test_set"]
    return Trained(experiment, 0.0 if math.isnan(share) else share, answer["losses"])


def _weights(layers: Sequence[int], seed: int, *, relu: bool) -> list[tuple[Any, Any]]:
    chance = np.random.default_rng(seed)
    start = he if relu else xavier
    return [(start(shape, chance, 1.0).tolist(), np.zeros(shape[1]).tolist()) for shape in pairwise(layers)]


def _xor_calls() -> list[Mapping[str, Any]]:
    data = draw("xor", outputs=2, samples=4, noise=None, seed=0)
    shared = {
        "do": "train",
        "activation": "Sigmoid",
        "x": data.x.tolist(),
        "t": data.targets(2).tolist(),
        "batch": 4,
        "rate": 1.0,
        "steps": XOR_STEPS,
        "broken": "",
    }
    return [
        {**shared, "seed": seed, "weights": _weights((2, 4, 2), seed, relu=False)}
        for seed in range(XOR_STARTS)
    ]


def _digits_call(broken: str) -> Mapping[str, Any]:
    data = draw("digits", outputs=10, samples=TRAIN + TEST, noise=NOISE, seed=1)
    chance = np.random.default_rng(2)
    mixed = chance.permutation(TRAIN + TEST)
    flipped = chance.random(data.x.shape) < FLIPS
    x = np.round(np.where(flipped, 1 - data.x, data.x)[mixed], 4)
    labels, t = data.labels[mixed], data.targets(10)[mixed]
    return {
        "do": "train",
        "activation": "Relu",
        "x": x[:TRAIN].tolist(),
        "t": t[:TRAIN].tolist(),
        "test_set": [x[TRAIN:].tolist(), labels[TRAIN:].tolist()],
        "batch": BATCH,
        "rate": 0.5,
        "steps": EPOCHS * TRAIN // BATCH,
        "seed": 3,
        "weights": _weights((64, 32, 10), 4, relu=True),
        "broken": broken,
    }
