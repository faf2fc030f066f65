"""What an observer sees of a network is what the training itself computes, and looking changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tutor.engine.training import Training
from tutor.engine.training_file import PRESETS
from tutor.tutoring.network_looks import Observer


def trained(name: str = "circle", steps: int = 50, **changes: object) -> Training:
    training = Training(replace(PRESETS[name], **changes))  # type: ignore[arg-type]
    training.advance(steps)
    return training


def test_the_classes_of_the_samples_are_those_that_the_accuracy_counts() -> None:
    training = trained()
    look = Observer(training).boundary(40, 12)
    assert look is not None
    assert np.mean(look.labels == look.found) == training.accuracy()
    assert look.classes.shape == look.sure.shape == (12, 40)


def test_the_plane_is_what_the_network_predicts_at_its_cells() -> None:
    training = trained()
    look = Observer(training).boundary(7, 5)
    assert look is not None
    (left, bottom), (right, top) = look.low, look.high
    at = [[left + (right - left) * 2.5 / 7, top - (top - bottom) * 1.5 / 5]]
    y = training.network.predict(np.array(at))[0, 0]
    assert look.classes[1, 2] == (y >= 0.5)
    assert look.sure[1, 2] == pytest.approx(abs(2 * y - 1))


def test_there_is_no_plane_of_more_than_two_inputs() -> None:
    assert Observer(trained("digits", 1)).boundary(10, 10) is None


def test_the_gradient_lengths_are_those_of_the_next_full_step() -> None:
    training = trained()
    look = Observer(training).norms()
    training.advance(1)
    expected = [np.linalg.norm(training.gradients()[name]) for name in look.names]
    assert look.norms == pytest.approx(expected, rel=1e-12)
    assert look.ceiling is None


def test_each_sigmoid_on_the_way_back_lets_a_quarter_through() -> None:
    look = Observer(trained("xor", 0, layers=(2, 4, 4, 1))).norms()
    assert look.ceiling is not None
    last = look.norms[-1]
    assert look.ceiling == pytest.approx((last / 16, last / 4, last))


def test_histograms_count_every_number_and_the_quiet_ones() -> None:
    training = trained("circle", 0)
    look = Observer(training).spreads(10)
    assert [spread.name for spread in look.activations] == ["h1"]
    assert [spread.name for spread in look.gradients] == ["dW1", "dW2"]
    assert sum(look.activations[0].counts) == 200 * 16
    z = training.x @ training.network.parameters["W1"] + training.network.parameters["b1"]
    assert look.activations[0].quiet == pytest.approx(np.mean(z <= 0))


def test_looking_changes_nothing_of_the_run() -> None:
    looked_at, alone = trained("spiral", 30), trained("spiral", 30)
    observer = Observer(looked_at)
    for training in (looked_at, alone):
        for _ in range(20):
            training.advance(3)
            if training is looked_at:
                observer.boundary(30, 10), observer.norms(), observer.spreads(8), observer.weights()
    assert np.array_equal(looked_at.losses, alone.losses)


def test_a_run_that_diverged_can_be_looked_at() -> None:
    training = trained("circle", 1000, activation="identity", learning_rate=1e6)
    training.network.vector[:] = np.nan
    observer = Observer(training)
    assert observer.boundary(10, 5) is not None
    assert len(observer.norms().norms) == 2
    assert all(sum(spread.counts) == 0 for spread in observer.spreads(5).gradients)


def test_batch_norm_sets_no_ceiling() -> None:
    assert Observer(trained(activation="sigmoid")).norms().ceiling is not None
    assert Observer(trained(activation="sigmoid", batch_norm=True)).norms().ceiling is None
