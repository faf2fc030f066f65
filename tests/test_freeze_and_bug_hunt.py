"""A run opened as a graph and driven on by another gradient; a misconception hunted in a run."""

import numpy as np
import pytest

from tutor.engine.misconceptions import MISCONCEPTIONS
from tutor.engine.training import Training, TrainingConfig
from tutor.tutoring.bug_hunt import (
    CASES,
    POINTS,
    PROBE_COST,
    WRONG_COST,
    BugHunt,
    NoProbesLeftError,
    layer_norms,
)
from tutor.tutoring.freeze import Course, course_of, freeze

XOR = TrainingConfig(loss="half_sse", learning_rate=1.0, steps=600)
MOONS = TrainingConfig(
    dataset="moons", layers=(2, 5, 1), activation="tanh", loss="cross_entropy", optimizer="adam",
    learning_rate=0.01, batch_size=16, schedule="cosine", steps=120,
)  # fmt: skip


def stopped(config: TrainingConfig, at: int) -> Training:
    training = Training(config)
    training.advance(at)
    return training


@pytest.mark.parametrize("config", [XOR, MOONS], ids=["full", "batches"])
def test_a_fork_goes_on_as_the_run_itself(config: TrainingConfig) -> None:
    training = stopped(config, 37)
    twin = training.fork()
    assert twin.step_number == 37
    training.advance(50)
    twin.advance(50)
    np.testing.assert_array_equal(twin.losses, training.losses)
    np.testing.assert_array_equal(twin.network.vector, training.network.vector)


def test_a_frozen_run_is_the_graph_of_one_sample_or_of_all() -> None:
    training = stopped(XOR, 100)
    everything, one = freeze(training, None), freeze(training, 2)
    assert everything.statements[0] == "z1 = affine(X, W1, b1)"
    assert everything.step == 100
    assert float(everything.graph.value("L")) == pytest.approx(training.loss)
    training.network.graph.backward()
    np.testing.assert_allclose(everything.truth("W1"), training.network.gradients["W1"])
    np.testing.assert_array_equal(one.inputs["X"], [[1, 0]])
    assert one.graph.value("h1").shape == (1, 4)
    parts = sum(freeze(training, k).truth("W2") for k in range(4))
    np.testing.assert_allclose(parts, everything.truth("W2"))
    assert one.askable[:2] == ("y", "z2")
    assert "X" not in one.askable
    training.advance(10)
    assert one.step == 110
    np.testing.assert_array_equal(one.inputs["W1"], everything.inputs["W1"])


@pytest.mark.parametrize("name", ["y", "z2", "h1", "z1", "W1", "b2", "W2"])
@pytest.mark.parametrize("sample", [None, 1])
def test_the_true_gradient_keeps_both_runs_together_and_another_parts_them(
    name: str, sample: int | None
) -> None:
    frozen = freeze(stopped(XOR, 50), sample)
    true = frozen.fork(name, frozen.truth(name))
    true.advance(100)
    np.testing.assert_allclose(true.gap, 0, atol=1e-9)
    wrong = frozen.fork(name, -frozen.truth(name))
    assert wrong.advance(400) == 400
    assert np.all(wrong.gap[:50] == 0)
    assert abs(wrong.gap[-1]) > 1e-4
    undisturbed = stopped(XOR, 450)
    np.testing.assert_allclose(wrong.true.losses, undisturbed.losses)


def test_a_gradient_where_there_is_none_is_added() -> None:
    config = TrainingConfig(dataset="circle", samples=16, activation="relu", loss="mse", steps=40)
    frozen = freeze(stopped(config, 5), None)
    truth = frozen.truth("z1")
    assert np.any(truth == 0)
    fork = frozen.fork("z1", np.where(truth == 0, 0.5, truth))
    fork.advance(1)
    assert fork.mine.gradients()["b1"] == pytest.approx(
        fork.true.gradients()["b1"] + 0.5 * np.sum(truth == 0, axis=0)
    )


def test_a_known_rule_drives_the_run_as_a_rule() -> None:
    frozen = freeze(stopped(XOR, 30))
    fork = frozen.fork("z1", np.zeros((1, 4)), mistake="delta_no_fprime_h")
    fork.advance(200)
    assert fork.mine.config.mistake == "delta_no_fprime_h"
    assert abs(fork.gap[-1]) > 1e-3
    with pytest.raises(ValueError, match="against"):
        frozen.fork("z1", np.zeros((4, 4)))


# -- bug hunt ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_hunt_can_be_solved_by_looking(seed: int) -> None:
    hunt = BugHunt(seed, seed)
    assert hunt.sick.config.layers == CASES[seed % len(CASES)].layers
    assert len(set(hunt.options)) == 4
    assert hunt.answer in hunt.options
    assert set(hunt.options) <= set(MISCONCEPTIONS)
    np.testing.assert_array_equal(hunt.healthy.losses, hunt.sick.losses)
    differing = 0
    for parameter, shape in [*hunt.shapes.items()][:4]:
        found = hunt.probe(parameter, (0,) * len(shape))
        differing += found.analytic != pytest.approx(found.numeric, rel=1e-3, abs=1e-7)
    assert hunt.probes_left == 0
    with pytest.raises(NoProbesLeftError):
        hunt.probe("W1", (0, 0))
    assert not hunt.name(next(option for option in hunt.options if option != hunt.answer))
    assert hunt.name(hunt.answer)
    assert hunt.advance(150) == 150
    steps, norms = hunt.norms("sick")
    assert norms.shape == (len(steps), len(hunt.sick.config.layers) - 1)
    assert steps[0] == 0
    assert not np.array_equal(hunt.norms("healthy")[1], norms)


def test_probes_and_norms_leave_the_runs_as_they_are() -> None:
    hunt, plain = BugHunt(3, 0), BugHunt(3, 0)
    hunt.advance(100)
    hunt.probe("W2", (1, 0))
    layer_norms(hunt.healthy)
    hunt.advance(100)
    plain.sick.advance(200)
    plain.healthy.advance(200)
    np.testing.assert_array_equal(hunt.sick.losses, plain.sick.losses)
    np.testing.assert_array_equal(hunt.healthy.losses, plain.healthy.losses)
    assert (hunt.answer, hunt.options) == (plain.answer, plain.options)


def test_with_batch_norm_a_few_samples_are_frozen_together() -> None:
    config = TrainingConfig(
        dataset="moons", layers=(2, 4, 1), batch_norm=True, batch_size=16, loss="mse", steps=60
    )
    frozen = freeze(stopped(config, 20), 14)
    assert frozen.rows == (14, 15, 0)
    assert np.abs(frozen.truth("W1")).max() > 1e-6
    assert {"n1", "gamma1", "beta1"} <= set(frozen.askable)
    fork = frozen.fork("gamma1", 2 * frozen.truth("gamma1"))
    fork.advance(40)
    assert abs(fork.gap[-1]) > 1e-9


@pytest.mark.parametrize(
    ("gradient", "course", "factor"),
    [
        ([[1.0, -2.0, 0.0]], Course.SAME, 1.0),
        ([[1.0002, -2.0, 0.0]], Course.SAME, 1.0),
        ([[3.0, -6.0, 0.0]], Course.LONGER, 3.0),
        ([[0.25, -0.5, 0.0]], Course.SHORTER, 0.25),
        ([[0.0, 0.0, 0.0]], Course.SHORTER, 0.0),
        ([[-1.0, 2.0, 0.0]], Course.AGAINST, -1.0),
        ([[1.0, 2.0, 0.0]], Course.ASIDE, float("nan")),
        ([[1.0, -2.0, 0.5]], Course.ASIDE, float("nan")),
    ],
)
def test_a_gradient_leads_somewhere(gradient: list[list[float]], course: Course, factor: float) -> None:
    found = course_of(np.array(gradient), np.array([[1.0, -2.0, 0.0]]))
    assert found[0] is course
    assert found[1] == pytest.approx(factor, nan_ok=True)


def test_beside_a_gradient_of_0_every_other_leads_aside() -> None:
    zero = np.zeros((1, 2))
    assert course_of(zero, zero)[0] is Course.SAME
    assert course_of(np.ones((1, 2)), zero)[0] is Course.ASIDE


def test_a_check_is_made_where_both_runs_are_still_the_same() -> None:
    hunt, later = BugHunt(4, 0), BugHunt(4, 0)
    later.advance(300)
    assert later.probe("W1", (0, 1)) == hunt.probe("W1", (0, 1))
    assert hunt.sick.step_number == 0
    assert later.sick.step_number == 300


def test_checks_and_wrong_names_cost_points_down_to_none() -> None:
    hunt = BugHunt(5, 0)
    wrong = [option for option in hunt.options if option != hunt.answer]
    assert hunt.points == POINTS
    hunt.probe("b1", (0,))
    assert hunt.points == POINTS - PROBE_COST
    for named in (wrong[0], wrong[0], hunt.answer):
        hunt.name(named)
    assert hunt.points == POINTS - PROBE_COST - WRONG_COST
    for _ in range(3):
        hunt.probe("b1", (1,))
    hunt.name(wrong[1])
    hunt.name(wrong[2])
    assert hunt.points == 0
