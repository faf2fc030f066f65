"""A run is judged by rule: what the loss did, why, and what was said of it before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.engine.training import Training
from tutor.engine.training_file import PRESETS
from tutor.tutoring.predictions import (
    Advice,
    Assessment,
    Cause,
    Nearness,
    Observation,
    Prediction,
    Reason,
    Trend,
    assess,
    blind_loss,
    nearness,
    observe,
    silent_share,
    trend_of,
)

SOLVED = Prediction(Trend.SOLVED, Reason.FITS)


def judged(
    dataset: str, hidden: int, activation: str, rate: float, *, seed: int = 0, prediction: Prediction = SOLVED
) -> Assessment:
    config = replace(
        PRESETS[dataset],
        layers=(2, hidden, 1),
        activation=activation,
        learning_rate=rate,
        seed=seed,
        initializer="he" if activation == "relu" else "xavier",
    )
    training = Training(config)
    start = training.network.vector.copy()
    training.advance(config.steps)
    return assess(prediction, observe(training, start))


@pytest.mark.parametrize(
    ("dataset", "hidden", "activation", "rate", "seed", "trend", "cause", "advice"),
    [
        ("xor", 4, "sigmoid", 1.0, 0, Trend.SOLVED, Cause.FITS, Advice.PUSH_RATE),
        ("xor", 4, "sigmoid", 0.001, 0, Trend.FLAT, Cause.SLOW, Advice.LARGER_RATE),
        ("xor", 4, "identity", 0.5, 0, Trend.FLAT, Cause.NO_BEND, Advice.BEND),
        ("xor", 1, "sigmoid", 1.0, 1, Trend.PARTLY, Cause.FEW_UNITS, Advice.MORE_UNITS),
        ("xor", 2, "sigmoid", 1.0, 6, Trend.PARTLY, Cause.PLATEAU, Advice.OTHER_SEED),
        ("xor", 4, "tanh", 50.0, 0, Trend.FLAT, Cause.SATURATED, Advice.SMALLER_RATE),
        ("xor", 4, "sigmoid", 50.0, 2, Trend.FLAT, Cause.OVERSHOT, Advice.SMALLER_RATE),
        ("circle", 16, "relu", 50.0, 3, Trend.FLAT, Cause.DEAD, Advice.SMALLER_RATE),
        ("circle", 16, "identity", 50.0, 0, Trend.GROWS, Cause.EXPLODES, Advice.SMALLER_RATE),
    ],
)
def test_real_runs_are_understood(
    dataset: str,
    hidden: int,
    activation: str,
    rate: float,
    seed: int,
    trend: Trend,
    cause: Cause,
    advice: Advice,
) -> None:
    found = judged(dataset, hidden, activation, rate, seed=seed)
    assert (found.trend, found.cause, found.advice) == (trend, cause, advice)


def test_a_prediction_and_its_reason_are_judged_apart() -> None:
    for trend in Trend:
        for reason in Reason:
            found = judged("circle", 16, "identity", 50.0, prediction=Prediction(trend, reason))
            assert found.kept == (trend is Trend.GROWS)
            assert found.reason_kept == (reason is Reason.OVERSHOOTS)
            assert found.nearness is None


def test_the_step_that_matters_is_named() -> None:
    diverged = judged("circle", 16, "identity", 50.0)
    assert diverged.diverged
    assert diverged.at == diverged.steps
    assert np.isinf(diverged.last)
    solved = judged("xor", 4, "sigmoid", 1.0)
    training = Training(replace(PRESETS["xor"], learning_rate=1.0))
    training.advance(5000)
    assert solved.at is not None
    assert training.losses[solved.at] <= training.losses[0] / 10 < training.losses[solved.at - 1]
    assert judged("xor", 1, "sigmoid", 1.0).at is None


def test_the_loss_of_one_answer_for_all_points_is_recognised() -> None:
    assert judged("xor", 4, "identity", 0.5).blind
    assert not judged("xor", 1, "sigmoid", 1.0, seed=1).blind
    xor = np.array([[0.0], [1.0], [1.0], [0.0]])
    assert blind_loss(xor, "half_sse") == pytest.approx(0.5)
    assert blind_loss(xor, "mse") == pytest.approx(0.25)
    assert blind_loss(xor, "cross_entropy") == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("last", "trend"),
    [
        (0.0, Trend.SOLVED),
        (0.1, Trend.SOLVED),
        (0.11, Trend.PARTLY),
        (0.89, Trend.PARTLY),
        (0.91, Trend.FLAT),
        (2.0, Trend.FLAT),
        (2.1, Trend.GROWS),
        (np.inf, Trend.GROWS),
        (np.nan, Trend.GROWS),
    ],
)
def test_the_limits_are_those_that_the_learner_is_told(last: float, trend: Trend) -> None:
    assert trend_of(np.array([1.0, last])) is trend
    assert trend_of(np.array([1.0, 0.0]), diverged=True) is Trend.GROWS


@pytest.mark.parametrize(
    ("predicted", "found", "expected"),
    [
        (0.01, 0.02, Nearness.FACTOR_2),
        (0.02, 0.01, Nearness.FACTOR_2),
        (0.01, 0.021, Nearness.FACTOR_10),
        (0.1, 0.01, Nearness.FACTOR_10),
        (0.11, 0.01, Nearness.FURTHER),
        (0.0, 0.0, Nearness.FACTOR_2),
        (0.0, 1e-9, Nearness.FURTHER),
        (1.0, np.inf, Nearness.FURTHER),
        (1.0, np.nan, Nearness.FURTHER),
    ],
)
def test_a_number_is_judged_by_its_ratio(predicted: float, found: float, expected: Nearness) -> None:
    assert nearness(predicted, found) is expected


def test_units_without_a_gradient_are_counted() -> None:
    z = np.array([[-1.0, 2.0, -30.0], [-2.0, -1.0, 40.0]])
    assert silent_share(z, "relu") == pytest.approx(1 / 3)
    assert silent_share(z, "sigmoid") == pytest.approx(1 / 3)
    assert silent_share(z, "identity") == 0


def test_a_loss_that_jumps_to_the_end_is_no_plateau() -> None:
    losses = np.tile([1.0, 0.6], 50)
    seen = Observation("xor", "tanh", 4, 1.0, losses, False, silent=0, moved=5, slope=0.1, blind=0.5)
    assert assess(SOLVED, seen).cause is Cause.BOUNCES


@given(
    losses=st.lists(st.floats(0) | st.just(np.nan), min_size=1, max_size=20),
    activation=st.sampled_from(["sigmoid", "relu", "identity"]),
    share=st.floats(0, 1),
    diverged=st.booleans(),
)
def test_every_run_gets_a_verdict(losses: list[float], activation: str, share: float, diverged: bool) -> None:
    seen = Observation(
        "xor", activation, 2, 0.1, np.array(losses), diverged, silent=share, moved=share, slope=1, blind=0.5
    )
    with np.errstate(all="ignore"):
        found = assess(SOLVED, seen)
    assert found.cause.reason in Reason
    assert found.kept == (found.trend is Trend.SOLVED)
