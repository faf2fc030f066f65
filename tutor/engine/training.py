"""Training: a configuration, the run that follows from it, and its result. Same seed, same run, bit for bit.

A step is one update of all parameters from gradients that were all computed before. The loss recorded at
step n is that of the parameters after n updates on the batch that update n + 1 will use; step 0 is before the
first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, count, repeat
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.engine.graph import Planting
from tutor.engine.initializers import INITIALIZERS
from tutor.engine.network import Network
from tutor.engine.nodes import Array, Step
from tutor.engine.optimizers import OPTIMIZERS, Hyperparameters, clip_by_norm
from tutor.engine.schedules import SCHEDULES
from tutor.engine.training_config import ConfigError, ConfigFault, TrainingConfig

__all__ = [
    "ConfigError",
    "ConfigFault",
    "Training",
    "TrainingConfig",
    "TrainingResult",
    "TrainingStep",
    "train",
]

CHECK_EVERY = 64
"""Parameters are checked for infinity and NaN at these steps and at the last; the loss at every step."""


WIDE = 64
"""From so many columns on, rows are gathered faster and turned afterwards than gathered as columns."""

Bound = tuple[Callable[..., object], tuple[object, ...]]
"""A function with the arguments of one step."""


class TrainingStep(NamedTuple):
    """One recorded step."""

    step: int
    loss: float


# A named tuple's own constructor is written in Python and costs as much as a call of numpy.
_named: Callable[[type[TrainingStep], tuple[int, float]], TrainingStep] = tuple.__new__


class TrainingResult(NamedTuple):
    """What a run has come to. `parameters` are copies; `seconds` counts the steps alone."""

    loss: float
    steps: int
    parameters: dict[str, Array]
    seconds: float
    diverged: bool


class Training:
    """A run that can be advanced, looked at and started again at any time.

    `network.graph` always holds the values of the present step. Not for use by two threads at once.
    """

    def __init__(self, config: TrainingConfig, planted: Planting | None = None) -> None:
        self.config, self._planted = config, planted
        self.x, self.t = config.samples_and_targets()
        self._full = config.batch_size == "full" or config.batch_size == len(self.x)
        self.network = self._build(len(self.x) if self._full else int(config.batch_size))
        hyperparameters = Hyperparameters(
            config.rate, config.momentum, config.decay, config.beta1, config.beta2, config.epsilon
        )
        network = self.network
        self.optimizer = OPTIMIZERS[config.optimizer](
            network.vector, network.gradient_vector, hyperparameters
        )
        self._losses = np.empty(config.steps + 1)
        self.restart()

    def _build(self, rows: int) -> Network:
        """Return the network, with the misconception of the configuration in its backward pass."""
        architecture, mistake = self.config.architecture, self.config.mistake
        if mistake is None:
            return Network(architecture, rows, planted=self._planted)
        # Hundreds of rules, and few runs that need one.
        from tutor.engine.misconceptions import MISCONCEPTIONS
        from tutor.engine.planting import affected, planting

        extra = {"lr": self.config.rate}
        healthy = Network(architecture, rows, extra=extra)
        rng = np.random.default_rng(0)
        healthy.vector[:] = rng.standard_normal(healthy.vector.size)
        healthy.X[...] = rng.standard_normal(healthy.X.shape)
        healthy.graph.forward()
        healthy.graph.backward()
        rule = MISCONCEPTIONS[mistake]
        planted = planting(rule, affected(healthy.graph, rule))
        return Network(architecture, rows, planted=planted, extra=extra)

    def restart(self, seed: int | None = None) -> None:
        """Go back to step 0, with the seed of the configuration or another one; the data stay the same."""
        self.seed = self.config.seed if seed is None else seed
        start = np.random.SeedSequence(self.seed)
        (order,) = start.spawn(1)
        self._initialize(np.random.default_rng(start))
        self.optimizer.reset()
        self.network.gradient_vector.fill(0.0)
        self.step_number, self.diverged, self.seconds = 0, False, 0.0
        rate, batch = [*self._rate_steps()], [] if self._full else [self._batches(order)]
        self._moving = (*rate, *batch)
        self._steps = (
            *self.network.backward_steps,
            *self._gradient_steps(),
            *rate,
            *self.optimizer.steps,
            *batch,
            *self.network.forward_steps,
            *self.network.running_steps,
        )
        self._calls = _calls(self._steps)
        if self._full:
            self.network.load(self.x, self.t)
        else:
            batch[0]()
        self._losses[0] = self.network.graph.forward()
        self.network.running.fill(0.0)
        for follow in self.network.running_steps:
            follow()
        self._check()

    def _gradient_steps(self) -> Iterator[Step]:
        """Yield what is done to the gradients between the backward pass and the update."""
        for name in self.config.frozen:
            yield partial(self.network.gradients[name].fill, 0.0)
        if self.config.clip_norm is not None:
            yield clip_by_norm(self.network.gradient_vector, self.config.clip_norm)

    def _rate_steps(self) -> Iterator[Step]:
        """Yield the step that sets the learning rate of the next update, where it changes on the way."""
        config = self.config
        if config.schedule == "constant":
            return
        schedule, numbers = SCHEDULES[config.schedule], count()
        every, factor, fill = config.schedule_every, config.schedule_factor, self.optimizer.rate.fill

        def set_rate() -> None:
            fill(config.rate * schedule(next(numbers), every, factor, config.steps))

        yield set_rate

    def _initialize(self, rng: np.random.Generator) -> None:
        self.network.initialize(INITIALIZERS[self.config.initializer], rng, self.config.scale)
        for name, value in self.config.parameters.items():
            self.network.parameters[name][...] = value

    def _batches(self, order: np.random.SeedSequence) -> Step:
        """Return the step that brings in the next batch.

        Batches are cut from an endless row of epochs, each a new permutation of the samples, so that every
        batch is full and every sample is used equally often.
        """
        size, samples, rng = self.network.rows, len(self.x), np.random.default_rng(order)
        gather = _gathering(
            np.concatenate([self.x, np.ones((samples, 1)), self.t], axis=1), self.network.block
        )

        def stream() -> Iterator[None]:
            waiting = np.empty(0, dtype=np.intp)
            while True:
                while len(waiting) < size:
                    epoch = rng.permutation(samples) if self.config.shuffle else np.arange(samples)
                    waiting = np.concatenate([waiting, epoch])
                used = len(waiting) - len(waiting) % size
                for first in range(0, used, size):
                    gather(waiting[first : first + size])
                    yield
                waiting = waiting[used:]

        return partial(next, stream())

    # -- running ---------------------------------------------------------------------------------------

    def fork(self, planted: Planting | None = None, *, mistake: str | None = None) -> Training:
        """Return a run of its own that stands where this one does and goes on with the same batches.

        Its backward pass may go another way from here on: by what is planted, or by a misconception.
        """
        config = self.config if mistake is None else replace(self.config, mistake=mistake)
        twin = Training(config, planted)
        twin.restart(self.seed)
        for step in twin._moving:
            for _ in range(self.step_number):
                step()
        twin.network.vector[:] = self.network.vector
        twin.network.gradient_vector[:] = self.network.gradient_vector
        twin.network.running[:] = self.network.running
        twin.optimizer.adopt(self.optimizer)
        twin._losses[: self.step_number + 1] = self.losses
        twin.step_number, twin.diverged = self.step_number, self.diverged
        twin.network.graph.forward()
        return twin

    def change_gradient(self, name: str, factor: Array, offset: Array) -> None:
        """Multiply the gradient of a parameter, then add to it, before every update from here on.

        `restart` goes back to the true gradient.
        """
        gradient = self.network.gradients[name]
        wrong = (
            partial(np.multiply, gradient, factor, gradient),
            partial(np.add, gradient, offset, gradient),
        )
        after = len(self.network.backward_steps)
        self._steps = (*self._steps[:after], *wrong, *self._steps[after:])
        self._calls = _calls(self._steps)

    def step(self) -> bool:
        """Make one step and say whether there was one to make."""
        return self.advance(1) == 1

    def advance(self, steps: int) -> int:
        """Make up to so many steps and return how many were made: fewer at the end or where the run diverges.

        Never raises or warns for numbers that overflow.
        """
        first, last = self.step_number, min(self.step_number + steps, self.config.steps)
        started = perf_counter()
        with np.errstate(all="ignore"):
            while self.step_number < last and not self.diverged:
                end = self.step_number + CHECK_EVERY - self.step_number % CHECK_EVERY
                self._run_to(min(last, end))
        self.seconds += perf_counter() - started
        return self.step_number - first

    def _run_to(self, last: int) -> None:
        calls, losses, loss, infinity = self._calls, self._losses, self.network.loss.item, math.inf
        for number in range(self.step_number + 1, last + 1):
            for function, arguments in calls:
                function(*arguments)
            losses[number] = value = loss()
            if not -infinity < value < infinity:
                break
        self.step_number = number
        self._check()

    def _check(self) -> None:
        due = self.step_number % CHECK_EVERY == 0 or self.step_number == self.config.steps
        self.diverged = not math.isfinite(self.loss) or (
            due and not bool(np.isfinite(self.network.vector).all())
        )

    def run(self) -> Iterator[TrainingStep]:
        """Yield every recorded step from the present one on.

        The run may be some steps ahead of what it has yielded; use `advance` where that matters.
        """
        return chain.from_iterable(self._recorded_pieces())

    def _recorded_pieces(self) -> Iterator[Iterator[TrainingStep]]:
        every, number = self.config.record_every, self.step_number
        work = self.network.vector.size * self.network.rows
        ahead = max(1, min(4 * CHECK_EVERY, 2_000_000 // work))
        while True:
            first = -(-number // every) * every
            recorded = self._losses[first : self.step_number + 1 : every].tolist()
            numbered = zip(range(first, self.step_number + 1, every), recorded, strict=True)
            yield map(_named, repeat(TrainingStep), numbered)
            number = self.step_number + 1
            if not self.advance(ahead):
                return

    @property
    def bound_steps(self) -> tuple[Step, ...]:
        """The calls of one step, in order: backward, update, next batch, forward, running means."""
        return self._steps

    # -- reading ---------------------------------------------------------------------------------------

    @property
    def loss(self) -> float:
        """The loss at the present step."""
        return float(self._losses[self.step_number])

    @property
    def losses(self) -> Array:
        """The loss at every step so far, step 0 first; a view that may be read and not written."""
        view = self._losses[: self.step_number + 1]
        view.flags.writeable = False
        return view

    @property
    def finished(self) -> bool:
        """Whether there is no step left to make."""
        return self.diverged or self.step_number >= self.config.steps

    def parameters(self) -> dict[str, Array]:
        """Return a copy of every parameter by name."""
        return {name: value.copy() for name, value in self.network.parameters.items()}

    def gradients(self) -> dict[str, Array]:
        """Return a copy of the gradients that made the last update, by the name of the parameter."""
        return {name: value.copy() for name, value in self.network.gradients.items()}

    def evaluate(self) -> float:
        """Return the loss of the present parameters on all samples, as a prediction would have it."""
        return self.network.loss_on(self.x, self.t)

    def accuracy(self) -> float | None:
        """Return the share of samples put into the right class, or None where the targets are no classes."""
        if not np.isin(self.t, (0.0, 1.0)).all() or (
            self.t.shape[1] > 1 and not (self.t.sum(axis=1) == 1).all()
        ):
            return None
        y = self.network.predict(self.x)
        if self.t.shape[1] == 1:
            return float(np.mean((y >= 0.5) == (self.t >= 0.5)))
        return float(np.mean(y.argmax(axis=1) == self.t.argmax(axis=1)))

    def result(self) -> TrainingResult:
        """Return what the run has come to so far."""
        return TrainingResult(self.loss, self.step_number, self.parameters(), self.seconds, self.diverged)


def _gathering(table: Array, block: Array) -> Callable[[NDArray[np.intp]], None]:
    """Return what copies rows of a (samples, columns) table into the columns of a (columns, rows) block."""
    # Without "clip" numpy would gather into a buffer of its own first.
    if table.shape[1] < WIDE:
        columns = table.T.copy()

        def narrow(chosen: NDArray[np.intp]) -> None:
            columns.take(chosen, 1, block, "clip")

        return narrow
    rows = np.empty(block.shape[::-1])

    def gather(chosen: NDArray[np.intp]) -> None:
        table.take(chosen, 0, rows, "clip")
        np.copyto(block, rows.T)

    return gather


def _calls(steps: Sequence[Step]) -> list[Bound]:
    """Return steps as functions with their arguments: called so, each costs a tenth less than a partial."""
    return [
        (step.func, step.args) if isinstance(step, partial) and not step.keywords else (step, ())
        for step in steps
    ]


def train(config: TrainingConfig) -> Iterator[TrainingStep]:
    """Train and yield every recorded step; stop iterating to cancel. A run that diverges ends early.

    For pausing at an exact step, parameters and the result, use `Training`.
    """
    return Training(config).run()
