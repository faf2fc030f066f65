"""What a training run did, set beside what was predicted of it: by rule, in ids and numbers.

The limits of a trend are those that the learner is told before predicting, so that a prediction is kept or
not whoever looks at it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from tutor.engine.experiments.descent import DescentArm
from tutor.engine.nodes import Array
from tutor.engine.training import Training

SOLVED_BELOW, FLAT_ABOVE, GROWN_ABOVE = 0.1, 0.9, 2.0
"""Shares of the first loss that part the trends."""

FEWEST_UNITS: Mapping[str, int] = {"xor": 2, "circle": 3, "disc": 3}
"""Hidden units without which no weights solve the data set: one line for each side that has to be cut off."""


class Trend(Enum):
    """Where the loss ends, as a share of the first loss."""

    SOLVED = "solved"
    """At most a tenth."""
    PARTLY = "partly"
    """Between a tenth and nine tenths."""
    FLAT = "flat"
    """Between nine tenths and twice as much."""
    GROWS = "grows"
    """More than twice as much, or not finite."""


class Reason(Enum):
    """Why a learner expects a trend."""

    FITS = "fits"
    SIMPLE = "simple"
    SLOW = "slow"
    OVERSHOOTS = "overshoots"
    SILENT = "silent"
    START = "start"


class Cause(Enum):
    """Why a run ended as it did."""

    FITS = "fits"
    NO_BEND = "no_bend"
    """Without a function in the hidden layer the network is one straight line."""
    FEW_UNITS = "few_units"
    EXPLODES = "explodes"
    BOUNCES = "bounces"
    """The loss goes up and down to the end."""
    OVERSHOT = "overshot"
    """The loss rose at first, and the run ended where the gradient is nearly 0."""
    DEAD = "dead"
    """Half of the ReLU units or more give 0 for every sample."""
    SATURATED = "saturated"
    """Half of the units or more are on a flat end of their function for every sample."""
    SLOW = "slow"
    PLATEAU = "plateau"
    """The gradient is nearly 0 although the loss is not."""

    @property
    def reason(self) -> Reason:
        """The reason of the menu that names this cause."""
        return _REASONS[self]


_REASONS: Mapping[Cause, Reason] = {
    Cause.FITS: Reason.FITS,
    Cause.NO_BEND: Reason.SIMPLE,
    Cause.FEW_UNITS: Reason.SIMPLE,
    Cause.EXPLODES: Reason.OVERSHOOTS,
    Cause.BOUNCES: Reason.OVERSHOOTS,
    Cause.OVERSHOT: Reason.OVERSHOOTS,
    Cause.DEAD: Reason.SILENT,
    Cause.SATURATED: Reason.SILENT,
    Cause.SLOW: Reason.SLOW,
    Cause.PLATEAU: Reason.START,
}


class Advice(Enum):
    """The one thing to change next."""

    PUSH_RATE = "push_rate"
    SMALLER_RATE = "smaller_rate"
    LARGER_RATE = "larger_rate"
    MORE_UNITS = "more_units"
    BEND = "bend"
    OTHER_SEED = "other_seed"


_ADVICE: Mapping[Cause, Advice] = {
    Cause.FITS: Advice.PUSH_RATE,
    Cause.NO_BEND: Advice.BEND,
    Cause.FEW_UNITS: Advice.MORE_UNITS,
    Cause.EXPLODES: Advice.SMALLER_RATE,
    Cause.BOUNCES: Advice.SMALLER_RATE,
    Cause.OVERSHOT: Advice.SMALLER_RATE,
    Cause.DEAD: Advice.SMALLER_RATE,
    Cause.SATURATED: Advice.SMALLER_RATE,
    Cause.SLOW: Advice.LARGER_RATE,
    Cause.PLATEAU: Advice.OTHER_SEED,
}


class Nearness(Enum):
    """How far a predicted number is from the number that came."""

    FACTOR_2 = "factor_2"
    FACTOR_10 = "factor_10"
    FURTHER = "further"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a learner committed to before a run; the final loss is optional."""

    trend: Trend
    reason: Reason
    loss: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What is known of a run at its end.

    `losses` are those of every step from 0 on. `silent` is the share of hidden units without a gradient,
    `moved` the length of the way from the first to the last parameters as a share of the first ones, and
    `slope` the length of the last gradient. `blind` is the loss of the best answer that ignores the input.
    """

    dataset: str
    activation: str
    hidden: int
    rate: float
    losses: Array
    diverged: bool
    silent: float
    moved: float
    slope: float
    blind: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """A run and its prediction, judged.

    `at` is the step where the loss first was small enough (SOLVED) or first was infinite or NaN (GROWS);
    None where that never happened. `nearness` is None where no number was predicted.
    """

    trend: Trend
    cause: Cause
    advice: Advice
    first: float
    last: float
    steps: int
    at: int | None
    diverged: bool
    silent: float
    blind: bool
    """Whether the run ended at the loss of an answer that ignores the input."""
    kept: bool
    reason_kept: bool
    nearness: Nearness | None


def assess(prediction: Prediction, seen: Observation) -> Assessment:
    """Judge a run that has ended."""
    trend, cause = trend_of(seen.losses, seen.diverged), cause_of(seen)
    last = float(seen.losses[-1])
    return Assessment(
        trend=trend,
        cause=cause,
        advice=_ADVICE[cause],
        first=float(seen.losses[0]),
        last=last,
        steps=len(seen.losses) - 1,
        at=_turning_step(trend, seen.losses),
        diverged=seen.diverged,
        silent=seen.silent,
        blind=trend in (Trend.PARTLY, Trend.FLAT) and math.isclose(last, seen.blind, rel_tol=0.05),
        kept=trend is prediction.trend,
        reason_kept=cause.reason is prediction.reason,
        nearness=None if prediction.loss is None else nearness(prediction.loss, last),
    )


def trend_of(losses: Array, diverged: bool = False) -> Trend:
    """Classify where the loss ends."""
    first, last = float(losses[0]), float(losses[-1])
    if diverged or not math.isfinite(last) or last > GROWN_ABOVE * first:
        return Trend.GROWS
    if last <= SOLVED_BELOW * first:
        return Trend.SOLVED
    return Trend.PARTLY if last < FLAT_ABOVE * first else Trend.FLAT


def cause_of(seen: Observation) -> Cause:
    """Find why the run ended as it did; the first rule that holds."""
    trend = trend_of(seen.losses, seen.diverged)
    if trend is Trend.GROWS:
        return Cause.EXPLODES
    if trend is Trend.SOLVED:
        return Cause.FITS
    if seen.activation == "identity":
        return Cause.NO_BEND
    if seen.silent >= 0.5:
        return Cause.DEAD if seen.activation == "relu" else Cause.SATURATED
    if _bounces(seen.losses):
        return Cause.BOUNCES
    if trend is Trend.FLAT and seen.losses.max() > 1.2 * seen.losses[0]:
        return Cause.OVERSHOT
    if _slow(seen):
        return Cause.SLOW
    few = seen.hidden < FEWEST_UNITS.get(seen.dataset, 0)
    return Cause.FEW_UNITS if few else Cause.PLATEAU


def _bounces(losses: Array) -> bool:
    late = losses[len(losses) // 2 :]
    if len(late) < 4:
        return False
    spread = (late.max() - late.min()) / max(float(late.max()), 1e-300)
    return bool(np.mean(late[1:] > late[:-1]) > 0.2 and spread > 0.05)


def _slow(seen: Observation) -> bool:
    if seen.moved < 1:  # not one length of the starting weights: too early to call a place flat
        return True
    # To first order a step lowers the loss by lr·|g|²: what would as many steps again bring?
    return seen.rate * seen.slope**2 * (len(seen.losses) - 1) > 0.05 * float(seen.losses[-1])


def _turning_step(trend: Trend, losses: Array) -> int | None:
    if trend is Trend.SOLVED:
        hit = losses <= SOLVED_BELOW * losses[0]
    elif trend is Trend.GROWS:
        hit = ~np.isfinite(losses)
    else:
        return None
    return int(hit.argmax()) if hit.any() else None


def nearness(predicted: float, found: float) -> Nearness:
    """Compare two losses by their ratio; infinity is near infinity alone."""
    if not math.isfinite(found) or predicted <= 0 or found <= 0:
        return Nearness.FACTOR_2 if predicted == found else Nearness.FURTHER
    distance = abs(math.log(predicted) - math.log(found))
    if distance <= math.log(2) + 1e-12:
        return Nearness.FACTOR_2
    return Nearness.FACTOR_10 if distance <= math.log(10) + 1e-12 else Nearness.FURTHER


def observe(training: Training, start: Array) -> Observation:
    """Look at a run that has ended; `start` is its flat parameter vector at step 0."""
    config, network = training.config, training.network
    with np.errstate(all="ignore"):
        return Observation(
            dataset=config.dataset if isinstance(config.dataset, str) else "",
            activation=config.activation,
            hidden=config.layers[1],
            rate=_lasting_rate(config.optimizer, config.rate, config.momentum),
            losses=training.losses,
            diverged=training.diverged,
            silent=silent_share(network.before_first_activation(training.x), config.activation),
            moved=float(np.linalg.norm(network.vector - start) / (np.linalg.norm(start) + 1e-300)),
            slope=float(np.linalg.norm(network.gradient_vector)),
            blind=blind_loss(training.t, config.loss),
        )


def _lasting_rate(optimizer: str, rate: float, momentum: float) -> float:
    """Return the length of a step for a gradient of 1 that stays: momentum adds up the steps before."""
    return rate / (1 - momentum) if optimizer == "momentum" else rate


def observe_walk(walk: DescentArm) -> Observation:
    """Look at a walk down a surface that has ended."""
    settings = walk.settings
    return Observation(
        dataset="",
        activation="",
        hidden=0,
        rate=_lasting_rate(settings.optimizer, settings.learning_rate, settings.momentum),
        losses=walk.losses,
        diverged=walk.diverged,
        silent=0.0,
        moved=math.inf,  # a place is no starting weight: how far it is from 0 says nothing
        slope=walk.slope,
        blind=math.inf,
    )


def silent_share(z: Array, activation: str) -> float:
    """Return the share of units, columns of z (samples, units), whose slope is nearly 0 for every sample."""
    if activation == "relu":
        slopes = (z > 0).astype(float)
    elif activation in ("sigmoid", "tanh"):
        # The slope as a share of the steepest one, 1/4 and 1.
        y = np.tanh(z / 2 if activation == "sigmoid" else z)
        slopes = 1 - y * y
    else:
        return 0.0
    return float(np.mean(slopes.max(axis=0) < 0.05))


def blind_loss(t: Array, loss: str) -> float:
    """Return the loss of giving every sample the mean target; t is (samples, outputs) of 0 and 1."""
    means = t.mean(axis=0)
    if loss == "cross_entropy":
        shares = means if means.size > 1 else np.array([means[0], 1 - means[0]])
        return float(-sum(p * math.log(p) for p in shares.tolist() if p > 0))
    squares = float(np.sum((t - means) ** 2))
    return {"mse": squares / t.size, "sse": squares, "half_sse": squares / 2}[loss]
