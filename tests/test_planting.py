"""A misconception in the backward pass of a run, and what else happens to a gradient before the update."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tutor.engine.gradient_check import central_difference
from tutor.engine.misconceptions import MISCONCEPTIONS, backward_variants
from tutor.engine.network import Architecture, Network
from tutor.engine.optimizers import clip_by_norm
from tutor.engine.planting import PLANTABLE, plantable
from tutor.engine.schedules import SCHEDULES
from tutor.engine.training import ConfigError, Training, TrainingConfig


def healthy(config: TrainingConfig) -> Training:
    training = Training(config)
    training.network.graph.forward()
    training.network.graph.backward()
    return training


NETS = [
    TrainingConfig(loss="half_sse"),
    TrainingConfig(layers=(2, 3, 3, 1), activation="tanh", loss="mse"),
    TrainingConfig(dataset="circle", samples=6, activation="relu", loss="cross_entropy"),
    TrainingConfig(
        dataset="gauss",
        samples=9,
        layers=(2, 3, 3),
        activation="relu",
        output="softmax",
        loss="cross_entropy",
    ),
]


@pytest.mark.parametrize("config", NETS, ids=lambda config: f"{config.activation}-{config.loss}")
def test_a_planted_rule_gives_the_gradients_that_the_catalogue_says(config: TrainingConfig) -> None:
    graph = healthy(config).network.graph
    names = plantable(graph)
    assert len(names) > 10
    for name in names:
        expected = next(iter(backward_variants(graph, MISCONCEPTIONS[name])))
        sick = Training(replace(config, mistake=name))
        # In a graph without a learning rate the rules that need one take 1.
        if name == "delta_updated_w":
            sick.network.graph.set_input("lr", 1.0)
        sick.network.graph.forward()
        sick.network.graph.backward()
        for parameter, gradient in sick.network.gradients.items():
            # What a rule never reaches has no gradient, which changes nothing.
            wrong = expected.gradients.get(graph.index(parameter), np.zeros_like(gradient))
            np.testing.assert_allclose(gradient, wrong, rtol=1e-9, atol=1e-12, err_msg=f"{name} {parameter}")


def test_the_rules_keep_seeing_the_truth_beside_a_planted_one() -> None:
    sick = healthy(TrainingConfig(mistake="sig_x"))
    followed = sick.network.graph.follow()
    true = healthy(TrainingConfig())
    for name in true.network.parameters:
        found = followed.gradients[sick.network.graph.index(name)]
        np.testing.assert_allclose(found, true.network.gradients[name], rtol=1e-12)
    assert not np.allclose(sick.network.gradient_vector, true.network.gradient_vector)


def test_frozen_parameters_stay() -> None:
    training = Training(TrainingConfig(frozen=("W1", "b1"), steps=50))
    before = training.parameters()
    training.advance(50)
    after = training.parameters()
    assert all(np.array_equal(before[name], after[name]) for name in ("W1", "b1"))
    assert not np.array_equal(before["W2"], after["W2"])


def test_only_rules_of_shape_and_name_can_be_planted() -> None:
    assert "aff_db_matrix" not in PLANTABLE
    with pytest.raises(ConfigError) as found:
        TrainingConfig(mistake="mul_noswap")
    assert found.value.data["nearest"] == "mul_no_swap"
    with pytest.raises(ConfigError):
        TrainingConfig(frozen=("W9",))


# -- batch normalization -----------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "identity"])
def test_gradients_with_batch_normalization(activation: str) -> None:
    network = Network(Architecture((3, 4, 3, 2), activation, "softmax", "cross_entropy", True), 6)
    rng = np.random.default_rng(4)
    network.vector[:] = 0.7 * rng.normal(size=network.vector.size)
    network.load(rng.normal(size=(6, 3)), np.eye(2)[rng.integers(0, 2, 6)])
    assert [name for name in network.parameters if name.endswith("1")] == ["W1", "b1", "gamma1", "beta1"]
    network.graph.forward()
    network.graph.backward()
    numeric = central_difference(lambda: float(network.graph.forward()), network.vector)
    np.testing.assert_allclose(network.gradient_vector, numeric, rtol=1e-5, atol=1e-8)


def test_a_network_with_batch_normalization_trains_and_starts_at_one_and_zero() -> None:
    training = Training(
        TrainingConfig(dataset="spiral", layers=(2, 16, 16, 1), batch_norm=True, learning_rate=1.0, steps=400)
    )
    assert np.all(training.network.parameters["gamma2"] == 1)
    assert np.all(training.network.parameters["beta2"] == 0)
    first = training.loss
    training.advance(400)
    assert training.loss < 0.5 * first


# -- gradient and learning rate on the way -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gradient", "clipped"),
    [
        ([3.0, 4.0], [1.5, 2.0]),
        ([0.3, 0.4], [0.3, 0.4]),
        ([3e200, -4e200], [1.5, -2.0]),
        ([np.inf, 1.0], [np.nan, np.nan]),
        ([np.nan, 1.0], [np.nan, 1.0]),
    ],
)
def test_clipping_by_norm(gradient: list[float], clipped: list[float]) -> None:
    g = np.array(gradient)
    with np.errstate(all="ignore"):  # as in a training
        clip_by_norm(g, 2.5)()
    np.testing.assert_allclose(g, clipped, rtol=1e-15)


def test_a_clipped_run_takes_steps_of_bounded_length() -> None:
    config = TrainingConfig(loss="sse", learning_rate=0.5, clip_norm=0.1, steps=60, initializer="normal")
    training = Training(config)
    places = [training.network.vector.copy()]
    while training.step():
        places.append(training.network.vector.copy())
    lengths = [np.linalg.norm(after - before) for before, after in pairwise(places)]
    assert max(lengths) == pytest.approx(0.05, rel=1e-9)


def test_schedules() -> None:
    def rates(name: str, steps: int = 5) -> list[float]:
        return [SCHEDULES[name](n, 2, 0.5, 4) for n in range(steps)]

    assert rates("constant") == [1, 1, 1, 1, 1]
    assert rates("step") == [1, 1, 0.5, 0.5, 0.25]
    assert rates("exponential")[::2] == [1, 0.5, 0.25]
    assert rates("inverse")[::2] == [1, 0.5, pytest.approx(1 / 3)]
    assert rates("cosine") == pytest.approx([1, (1 + 0.5**0.5) / 2, 0.5, (1 - 0.5**0.5) / 2, 0])
    assert rates("warmup") == [0.5, 1, 1, 1, 1]


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_a_schedule_changes_the_learning_rate_of_every_optimizer(optimizer: str) -> None:
    config = TrainingConfig(
        optimizer=optimizer,
        learning_rate=0.1,
        schedule="step",
        schedule_every=3,
        schedule_factor=0.1,
        steps=7,
    )
    training = Training(config)
    seen = []
    while training.step():
        seen.append(float(training.optimizer.rate))
    assert seen == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001])
    training.restart()
    training.step()
    assert float(training.optimizer.rate) == pytest.approx(0.1)
