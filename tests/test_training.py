"""Training: what is learned, what diverges, and that a run is the same however it is driven."""

import tomllib
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from tutor.engine.nodes import Array
from tutor.engine.training import Training, TrainingResult, TrainingStep, train
from tutor.engine.training_config import ConfigError, Table, TrainingConfig

RUNS = tomllib.loads((Path(__file__).parent / "data" / "published_runs.toml").read_text("utf-8"))["run"]

XOR = TrainingConfig(loss="half_sse", learning_rate=1.0, steps=5000)
BATCHES = TrainingConfig(
    dataset="moons", layers=(2, 8, 1), activation="relu", loss="cross_entropy", optimizer="adam",
    learning_rate=0.02, batch_size=32, initializer="he", steps=300,
)  # fmt: skip
BLOWING_UP = TrainingConfig(
    dataset="table", table=Table(((1.0,),), ((0.0,),)), layers=(1, 1), output="identity", loss="sse",
    learning_rate=1.05, parameters={"W1": ((1.0,),)}, steps=100_000,
)  # fmt: skip

LETTERS: Any = (("a", 2.0),)


def test_xor_is_learned_from_nine_of_ten_starts() -> None:
    ends = []
    for seed in range(10):
        training = Training(replace(XOR, seed=seed))
        training.advance(XOR.steps)
        ends.append(training.loss)
        if training.loss < 0.05:
            assert training.accuracy() == 1.0
    assert sum(loss < 0.05 for loss in ends) >= 9


@pytest.mark.parametrize("initializer", ["zeros", "constant"])
def test_units_that_start_equal_never_learn_xor(initializer: str) -> None:
    training = Training(replace(XOR, initializer=initializer))
    training.advance(5000)
    assert training.loss > 0.3
    if initializer == "zeros":
        assert training.loss == pytest.approx(0.5, abs=1e-4)
    hidden = training.network.parameters["W1"]
    np.testing.assert_allclose(hidden, np.repeat(hidden[:, :1], 4, axis=1), atol=1e-12)


def test_one_layer_learns_or_and_not_xor() -> None:
    for dataset, learned in (("or", True), ("and", True), ("xor", False)):
        training = Training(replace(XOR, dataset=dataset, layers=(2, 1)))
        training.advance(5000)
        assert (training.accuracy() == 1.0) is learned


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["id"])
def test_published_runs(run: dict[str, Any]) -> None:
    settings: dict[str, Any] = {**run["config"], "layers": tuple(run["config"]["layers"])}
    config = TrainingConfig(
        dataset="table",
        table=Table(run["x"], run["t"]),
        parameters=run["parameters"],
        shuffle=False,
        **settings,
    )
    training = Training(config)
    training.advance(config.steps)
    for name, expected in run["expect"].items():
        np.testing.assert_allclose(training.network.parameters[name], expected, atol=run["within"])
    np.testing.assert_allclose(training.losses[: len(run["losses"])], run["losses"], atol=run["within"])


def drive(config: TrainingConfig, *pieces: int) -> Training:
    training = Training(config)
    for piece in pieces:
        training.advance(piece)
    return training


@pytest.mark.parametrize("config", [replace(XOR, steps=300), BATCHES], ids=["full", "batches"])
def test_a_run_is_the_same_however_it_is_driven(config: TrainingConfig) -> None:
    whole = drive(config, 300)
    single = drive(config, *[1] * 300)
    uneven = drive(config, 7, 100, 64, 1, 500)
    assert [step.loss for step in train(config)] == whole.losses.tolist()
    for other in (single, uneven):
        np.testing.assert_array_equal(other.losses, whole.losses)
        np.testing.assert_array_equal(other.network.vector, whole.network.vector)
        assert other.step_number == whole.step_number == 300


@pytest.mark.parametrize("config", [replace(XOR, steps=200), BATCHES], ids=["full", "batches"])
def test_starting_again_repeats_the_run_and_another_seed_gives_another(config: TrainingConfig) -> None:
    training = drive(config, 200)
    losses, end = training.losses.copy(), training.parameters()
    training.restart()
    assert training.step_number == 0
    training.advance(200)
    np.testing.assert_array_equal(training.losses, losses)
    for name, value in training.parameters().items():
        np.testing.assert_array_equal(value, end[name])
    training.restart(seed=7)
    training.advance(200)
    assert not np.array_equal(training.losses, losses)
    np.testing.assert_array_equal(training.losses, drive(replace(config, seed=7), 200).losses)


def test_steps_are_recorded_from_0_and_every_so_often() -> None:
    config = replace(XOR, steps=150, record_every=40)
    recorded = list(train(config))
    assert [step.step for step in recorded] == [0, 40, 80, 120]
    losses = drive(config, 150).losses
    assert recorded == [TrainingStep(step, losses[step]) for step in (0, 40, 80, 120)]
    assert [step.step for step in train(replace(XOR, steps=0))] == [0]


def test_the_loss_of_a_step_belongs_to_its_parameters() -> None:
    training = Training(replace(XOR, steps=50))
    for _ in range(50):
        assert training.loss == pytest.approx(training.evaluate(), rel=1e-12)
        before, loss = training.parameters(), training.loss
        assert training.step()
        gradients = training.gradients()
        for name, value in training.parameters().items():
            np.testing.assert_allclose(value, before[name] - gradients[name], rtol=1e-12)
        assert training.loss < loss
    assert not training.step()
    assert training.finished


def test_every_batch_is_full_and_every_sample_is_used_equally_often() -> None:
    config = replace(BATCHES, samples=10, batch_size=4, steps=200)
    training = Training(config)
    seen = Counter[tuple[float, ...]]()
    epochs = []
    for _ in range(5 * 10):
        rows = [tuple(row) for row in training.network.X.tolist()]
        for row, target in zip(rows, training.network.t, strict=True):
            (place,) = np.flatnonzero((training.x == row).all(axis=1))
            assert training.t[place] == target
        seen.update(rows)
        epochs += rows
        training.step()
    assert set(seen.values()) == {20}
    assert len(seen) == 10
    assert epochs[:10] != epochs[10:20]
    assert set(epochs[:10]) == set(epochs[10:20])


def test_a_quadratic_with_too_large_a_learning_rate_diverges_as_a_result() -> None:
    training = Training(BLOWING_UP)
    assert training.advance(20) == 20
    # Each step multiplies w, and b with it, by 1 - 2·2·lr / 2 on the sum; the loss grows by its square.
    assert training.losses[1] / training.losses[0] == pytest.approx((1 - 4 * 1.05) ** 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = training.advance(10**9)
        assert training.advance(5) == 0
    assert training.diverged
    assert training.finished
    assert training.step_number == 20 + made < 1000
    assert not np.isfinite(training.loss)
    assert np.isfinite(training.losses[:-1]).all()
    result = training.result()
    assert result.diverged
    assert result.steps == training.step_number
    recorded = list(train(BLOWING_UP))
    assert recorded[-1].step == training.step_number
    assert drive(BLOWING_UP, *[1] * 1000).step_number == training.step_number


def test_parameters_that_overflow_under_a_finite_loss_count_as_diverged() -> None:
    config = TrainingConfig(
        dataset="table", table=Table(((1e300,),), ((0.0,),)), layers=(1, 1), learning_rate=1e6,
        loss="half_sse", parameters={"W1": ((1e-300,),)}, steps=200,
    )  # fmt: skip
    training = drive(config, 200)
    training.network.vector[0] = np.inf
    again = drive(config, 63)
    again.network.vector[0] = np.inf
    again.advance(1)
    assert again.step_number == 64
    assert again.diverged
    assert not training.diverged


def test_no_warning_leaves_a_thread() -> None:
    caught: list[Any] = []

    def work() -> None:
        try:
            caught.append(drive(BLOWING_UP, 10**6).diverged)
        except BaseException as error:  # a warning is an error here
            caught.append(error)

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert caught == [True]


def test_exact_starting_values_replace_those_of_the_initializer() -> None:
    given: dict[str, Any] = {"W1": ((1.0, 2.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0)), "b2": (-0.5,)}
    training = Training(replace(XOR, parameters=given))
    assert training.parameters()["W1"].tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert training.parameters()["b2"].tolist() == [-0.5]
    assert training.parameters()["b1"].tolist() == [0, 0, 0, 0]
    np.testing.assert_array_equal(training.parameters()["W2"], Training(XOR).parameters()["W2"])


@pytest.mark.parametrize(
    ("initializer", "deviation"),
    [("normal", 0.3), ("xavier", 0.1), ("he", 0.1414), ("zeros", 0), ("constant", 0)],
)
def test_initializers_for_100_inputs(initializer: str, deviation: float) -> None:
    table = Table(((0.0,) * 100,), ((0.0,),))
    config = TrainingConfig(
        dataset="table", table=table, layers=(100, 400, 1), initializer=initializer, scale=0.3
    )
    weights: Array = Training(config).parameters()["W1"]
    assert weights.std() == pytest.approx(deviation, rel=0.02, abs=1e-12)
    assert weights.mean() == pytest.approx(0.3 if initializer == "constant" else 0, abs=0.005)


def test_snapshots_do_not_change_with_the_run() -> None:
    training = Training(XOR)
    before = training.parameters()
    copies = {name: value.copy() for name, value in before.items()}
    result = training.result()
    training.advance(50)
    assert isinstance(result, TrainingResult)
    assert result.steps == 0
    for name, value in copies.items():
        np.testing.assert_array_equal(before[name], value)
        np.testing.assert_array_equal(result.parameters[name], value)
    with pytest.raises(ValueError, match="read-only"):
        training.losses[0] = 0.0


def test_accuracy_is_for_classes_alone() -> None:
    config = TrainingConfig(
        dataset="table", table=Table(((1.0,), (2.0,)), ((0.3,), (0.6,))), layers=(1, 1), output="identity"
    )
    assert Training(config).accuracy() is None
    digits = TrainingConfig(
        dataset="digits", layers=(64, 20, 10), activation="relu", output="softmax", loss="cross_entropy",
        learning_rate=0.5, initializer="he", batch_size=50, steps=200, samples=300,
    )  # fmt: skip
    training = Training(digits)
    before = training.accuracy()
    training.advance(200)
    after = training.accuracy()
    assert before is not None
    assert after is not None
    assert before < 0.4 < 0.95 < after


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"optimizer": "adm"}, "not_one_of", "optimizer"),
        ({"dataset": 3}, "wrong_type", "dataset"),
        ({"layers": (2, 4, 0)}, "out_of_range", "layers"),
        ({"layers": (2, True, 1)}, "wrong_type", "layers"),
        ({"layers": (2,)}, "out_of_range", "layers"),
        ({"layers": (2, 2048, 2048, 1)}, "too_large", "layers"),
        ({"layers": (3, 4, 1)}, "inputs_differ", "layers"),
        ({"layers": (2, 4, 3)}, "outputs_differ", "layers"),
        ({"steps": 10**9}, "out_of_range", "steps"),
        ({"steps": 1.5}, "wrong_type", "steps"),
        ({"learning_rate": float("nan")}, "not_finite", "learning_rate"),
        ({"learning_rate": -1.0}, "out_of_range", "learning_rate"),
        ({"beta2": 1.0}, "out_of_range", "beta2"),
        ({"batch_size": 5}, "batch_too_large", "batch_size"),
        ({"batch_size": "half"}, "wrong_type", "batch_size"),
        ({"output": "softmax"}, "softmax_needs_classes", "output"),
        ({"output": "identity", "loss": "cross_entropy"}, "cross_entropy_needs_probabilities", "loss"),
        ({"dataset": "table"}, "table_missing", "data"),
        ({"dataset": "table", "table": Table(((1.0, 2.0), (3.0,)), ((1.0,),))}, "table_shape", "data"),
        ({"dataset": "table", "table": Table(LETTERS, ((1.0,),))}, "table_shape", "data"),
        ({"dataset": "table", "table": Table(((1.0, float("inf")),), ((1.0,),))}, "not_finite", "data"),
        ({"dataset": "table", "table": Table(((1.0, 2.0),), ((3.0,),)), "loss": "cross_entropy"},
         "targets_not_probabilities", "loss"),
        ({"parameters": {"W3": ((1.0,),)}}, "unknown_parameter", "parameters.W3"),
        ({"parameters": {"b2": (1.0, 2.0)}}, "parameter_shape", "parameters.b2"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_named(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TrainingConfig(**changes)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_misspelt_choice_is_given_its_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        TrainingConfig(optimizer="addam")
    assert caught.value.data["nearest"] == "adam"


NORMALIZED = TrainingConfig(
    dataset="moons", layers=(2, 8, 6, 1), activation="relu", loss="cross_entropy", optimizer="adam",
    learning_rate=0.02, batch_size=32, initializer="he", steps=300, batch_norm=True,
)  # fmt: skip


def test_batch_norm_predicts_with_running_means_of_the_batches() -> None:
    """running = 0.9 · running + 0.1 · batch from 0 on, for the mean and the variance that divides by N."""
    training = Training(NORMALIZED)
    network = training.network
    means, variances = [np.zeros(8), np.zeros(6)], [np.zeros(8), np.zeros(6)]
    for _ in range(40):
        for place, name in enumerate(("z1", "z2")):
            z = np.array(network.graph.value(name))
            means[place] = 0.9 * means[place] + 0.1 * z.mean(axis=0)
            variances[place] = 0.9 * variances[place] + 0.1 * z.var(axis=0)
        training.step()
    h, parts = np.array(training.x), training.parameters()
    for place, name in enumerate(("z1", "z2")):
        z = np.array(network.graph.value(name))
        mean = 0.9 * means[place] + 0.1 * z.mean(axis=0)
        variance = 0.9 * variances[place] + 0.1 * z.var(axis=0)
        layer = place + 1
        normal = (h @ parts[f"W{layer}"] + parts[f"b{layer}"] - mean) / np.sqrt(variance + 1e-5)
        h = np.maximum(0, parts[f"gamma{layer}"] * normal + parts[f"beta{layer}"])
    expected = 1 / (1 + np.exp(-(h @ parts["W3"] + parts["b3"])))
    np.testing.assert_allclose(network.predict(training.x), expected, rtol=1e-10)
    right = float(np.mean((expected >= 0.5) == (training.t >= 0.5)))
    assert training.accuracy() == right
    loss = float(-np.mean(np.where(training.t == 1, np.log(expected), np.log(1 - expected))))
    assert training.evaluate() == pytest.approx(loss, rel=1e-9)


def test_with_batch_norm_an_answer_does_not_depend_on_the_samples_beside_it() -> None:
    training = Training(NORMALIZED)
    training.advance(60)
    together = training.network.predict(training.x)
    alone = np.concatenate([training.network.predict(row[None]) for row in training.x[:7]])
    np.testing.assert_allclose(alone, together[:7], rtol=1e-12)
    batch = training.network.prediction
    assert np.abs(batch - training.network.predict(np.array(training.network.X))).max() > 1e-3


def test_running_means_belong_to_the_run() -> None:
    training = Training(NORMALIZED)
    training.advance(80)
    before = training.network.predict(training.x)
    fork = training.fork()
    np.testing.assert_array_equal(fork.network.predict(training.x), before)
    training.advance(20)
    fork.advance(20)
    after = training.network.predict(training.x)
    np.testing.assert_array_equal(fork.network.predict(training.x), after)
    assert np.abs(after - before).max() > 1e-6
    training.restart()
    training.advance(80)
    np.testing.assert_array_equal(training.network.predict(training.x), before)


def test_a_network_without_batch_norm_has_nothing_more_to_do_at_a_step() -> None:
    training = Training(BATCHES)
    assert training.network.running.size == 0
    assert training.network.running_steps == ()
