"""A bug hunt: two runs from one start, one with a misconception in its backward pass, which is to be named.

The learner sees both curves and the size of every layer's gradient, and may look at a few single gradients
beside their central differences, at the start, where both runs are still the same. What can be named is told
apart by the gradients there. Checks and wrong names cost points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tutor.engine.misconceptions import MISCONCEPTIONS, backward_variants
from tutor.engine.nodes import Array
from tutor.engine.planting import plantable
from tutor.engine.training import Training, TrainingConfig

_STEP = 1e-5
PROBES = 4
OPTIONS = 4
POINTS, PROBE_COST, WRONG_COST = 10, 1, 3
"""A hunt begins with so many points; a name by chance costs more than the checks that would have told."""

CASES: tuple[TrainingConfig, ...] = (
    TrainingConfig(loss="half_sse", learning_rate=1.0, steps=2000),
    TrainingConfig(
        dataset="circle",
        samples=64,
        layers=(2, 8, 1),
        activation="tanh",
        output="identity",
        loss="mse",
        learning_rate=0.3,
        steps=800,
    ),
    TrainingConfig(
        dataset="gauss",
        samples=60,
        layers=(2, 6, 3),
        activation="relu",
        output="softmax",
        loss="cross_entropy",
        learning_rate=0.5,
        initializer="he",
        steps=400,
    ),
)
"""The networks of the hunts, easy ones first."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One gradient as the sick run has it at its start, beside its central difference."""

    parameter: str
    index: tuple[int, ...]
    analytic: float
    numeric: float


class NoProbesLeftError(RuntimeError):
    """Every probe has been used."""


class BugHunt:
    """One hunt; the seed decides which network, which misconception and which other options."""

    def __init__(self, seed: int, case: int | None = None) -> None:
        rng = np.random.default_rng(seed)
        config = CASES[int(rng.integers(len(CASES))) if case is None else case % len(CASES)]
        config = replace(config, seed=int(rng.integers(10_000)))
        self.healthy = Training(config)
        self.options = self._choose(rng)
        self.answer = self.options[int(rng.integers(len(self.options)))]
        self.sick = Training(replace(config, mistake=self.answer))
        self.probes: list[Probe] = []
        self.named: list[str] = []
        self._norms: dict[str, list[Array]] = {"healthy": [], "sick": []}
        self._steps: list[int] = []
        self._every = max(1, config.steps // 200)
        self._record()

    def _choose(self, rng: np.random.Generator) -> tuple[str, ...]:
        """Return misconceptions that give gradients unlike the truth and unlike each other here."""
        graph = self.healthy.network.graph
        graph.backward()
        candidates = [*plantable(graph)]
        rng.shuffle(candidates)
        true = self._gradients(None)
        seen, chosen = [true], []
        for name in candidates:
            found = self._gradients(name)
            if found is None or any(_alike(found, other) for other in seen if other is not None):
                continue
            seen.append(found)
            chosen.append(name)
            if len(chosen) == OPTIONS:
                break
        return tuple(sorted(chosen))

    def _gradients(self, name: str | None) -> Array | None:
        network = self.healthy.network
        if name is None:
            return network.gradient_vector.copy()
        followed = next(iter(backward_variants(network.graph, MISCONCEPTIONS[name])), None)
        if followed is None:
            return None
        indices = [network.graph.index(parameter) for parameter in network.parameters]
        values = [
            followed.gradients.get(index, np.zeros_like(network.graph.value(index))) for index in indices
        ]
        return np.concatenate([np.ravel(value) for value in values])

    # -- running ---------------------------------------------------------------------------------------

    def advance(self, steps: int) -> int:
        """Advance both runs and return how many steps the longer one made."""
        made = 0
        while made < steps and not self.finished:
            piece = min(steps - made, self._every - max(self._step_numbers) % self._every)
            made += max(run.advance(piece) for run in (self.healthy, self.sick))
            if max(self._step_numbers) % self._every == 0:
                self._record()
        return made

    @property
    def _step_numbers(self) -> tuple[int, int]:
        return self.healthy.step_number, self.sick.step_number

    @property
    def finished(self) -> bool:
        """Whether neither run has a step left to make."""
        return self.healthy.finished and self.sick.finished

    def _record(self) -> None:
        self._steps.append(max(self._step_numbers))
        for name, run in (("healthy", self.healthy), ("sick", self.sick)):
            self._norms[name].append(layer_norms(run))

    def norms(self, which: str) -> tuple[Array, Array]:
        """Return the steps and |dW| of every layer at each of them, for "healthy" or "sick"."""
        return np.array(self._steps, dtype=np.float64), np.array(self._norms[which])

    # -- looking closer ----------------------------------------------------------------------------------

    @property
    def probes_left(self) -> int:
        """How many probes the learner still has."""
        return PROBES - len(self.probes)

    @property
    def points(self) -> int:
        """How many points are left; a wrong name counts once."""
        wrong = len(set(self.named) - {self.answer})
        return max(0, POINTS - PROBE_COST * len(self.probes) - WRONG_COST * wrong)

    @cached_property
    def _start(self) -> Training:
        return Training(self.sick.config)

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The parameters that can be probed, with their shapes."""
        return {name: value.shape for name, value in self.sick.network.parameters.items()}

    def probe(self, parameter: str, index: tuple[int, ...]) -> Probe:
        """Compare one gradient at the start of the sick run with its central difference.

        Raises NoProbesLeftError, or IndexError and KeyError where there is no such weight.
        """
        if not self.probes_left:
            raise NoProbesLeftError
        network = self._start.network
        weights = network.parameters[parameter]
        original = float(weights[index])
        network.graph.forward()
        network.graph.backward()
        analytic = float(network.gradients[parameter][index])
        losses = []
        for moved in (original + _STEP, original - _STEP):
            weights[index] = moved
            losses.append(float(network.graph.forward()))
        weights[index] = original
        network.graph.forward()
        found = Probe(parameter, index, analytic, (losses[0] - losses[1]) / (2 * _STEP))
        self.probes.append(found)
        return found

    def name(self, misconception: str) -> bool:
        """Name the bug and return whether that is it."""
        self.named.append(misconception)
        return misconception == self.answer


def layer_norms(training: Training) -> Array:
    """Return |dW| of every layer at the present parameters of a run."""
    network = training.network
    network.graph.backward()
    layers = range(1, len(training.config.layers))
    with np.errstate(all="ignore"):
        return np.array([np.linalg.norm(network.gradients[f"W{layer}"]) for layer in layers])


def _alike(left: Array, right: Array) -> bool:
    """Return whether two gradients are within a twentieth of each other."""
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return True
    return float(np.linalg.norm(left - right)) <= 0.05 * float(
        max(np.linalg.norm(left), np.linalg.norm(right))
    )
