"""Optimizers: published steps and the race on a long valley."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tutor.engine.nodes import Array
from tutor.engine.optimizers import OPTIMIZERS, Hyperparameters, Optimizer


def walk(
    name: str, start: Any, slope: Callable[[Array], Any], steps: int, **settings: float
) -> tuple[list[Array], Optimizer]:
    w = np.array(start, dtype=float).reshape(-1)
    g = np.zeros_like(w)
    optimizer = OPTIMIZERS[name](w, g, Hyperparameters(**settings))
    path = [w.copy()]
    for _ in range(steps):
        g[:] = slope(w)
        optimizer.update()
        path.append(w.copy())
    return path, optimizer


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("sgd", {}, [0, 0.5]),
        ("momentum", {}, [0, -0.4]),
        ("nesterov", {}, [-0.9, -0.76]),
        ("adagrad", {}, [0.5, 0.7236]),
        ("rmsprop", {"decay": 0.5}, [0.2929, 0.7011]),
        ("adam", {}, [0.5, 0.3668]),
    ],
)
def test_two_steps_by_hand(name: str, settings: dict[str, float], expected: list[float]) -> None:
    gradients = iter([2.0, -1.0])
    path, _ = walk(name, 1.0, lambda w: next(gradients), 2, learning_rate=0.5, momentum=0.9, **settings)
    np.testing.assert_allclose([w[0] for w in path[1:]], expected, atol=5e-5)


def bowl(w: Array) -> Array:
    return 2 * w


def test_gradient_descent_of_the_book() -> None:
    path, _ = walk("sgd", [-3, 4], bowl, 100, learning_rate=0.1)
    # The book's last digits come of its numerical gradient.
    np.testing.assert_allclose(path[-1], [-6.11110793e-10, 8.14814391e-10], rtol=1e-8)
    path, _ = walk("sgd", [-3, 4], bowl, 100, learning_rate=1e-10)
    np.testing.assert_allclose(path[-1], [-2.99999994, 3.99999992], atol=5.1e-9)


def test_a_learning_rate_of_10_diverges_much_further_than_the_book_prints() -> None:
    """The book prints (-2.59e13, -1.30e12): its numerical gradient freezes. True is (-19)¹⁰⁰ times x0."""
    path, _ = walk("sgd", [-3, 4], bowl, 100, learning_rate=10)
    np.testing.assert_allclose(path[-1], [-2.2515487259475596e128, 3.0020649679300793e128], rtol=1e-12)


def test_momentum_on_a_table_of_weights() -> None:
    w, g, v = (np.linspace(a, b, 20) for a, b in ((-0.4, 0.6), (-0.6, 0.4), (0.6, 0.9)))
    optimizer = OPTIMIZERS["momentum"](w, g, Hyperparameters(learning_rate=1e-3, momentum=0.9))
    optimizer.state["v"][:] = v
    optimizer.update()
    np.testing.assert_allclose(w[[0, 1, 9, 19]], [0.1406, 0.20738947, 0.74170526, 1.4096], atol=6e-9)
    found = optimizer.state["v"][[0, 1, 9, 19]]
    np.testing.assert_allclose(found, [0.5406, 0.55475789, 0.66802105, 0.8096], atol=6e-9)


def test_momentum_whose_published_velocity_has_the_other_sign() -> None:
    w, g = np.array([1.0, 2.0]), np.array([0.1, 0.2])
    optimizer = OPTIMIZERS["momentum"](w, g, Hyperparameters(learning_rate=0.01, momentum=0.9))
    optimizer.state["v"][:] = [-0.5, -1.0]
    optimizer.update()
    np.testing.assert_allclose(w, [0.549, 1.098], rtol=1e-12)
    np.testing.assert_allclose(optimizer.state["v"], [-0.451, -0.902], rtol=1e-12)


def test_the_first_step_of_adam_is_the_learning_rate() -> None:
    path, optimizer = walk("adam", [1, 2], lambda w: [0.1, 0.2], 1, learning_rate=0.001)
    np.testing.assert_allclose(path[1], [0.9990000001, 1.99900000005], rtol=1e-14)
    np.testing.assert_allclose(optimizer.state["m"], [0.01, 0.02], rtol=1e-12)
    # One published answer key says v = 1e-4 for a gradient of 0.1; its own solution gives 1e-5.
    np.testing.assert_allclose(optimizer.state["v"], [1e-5, 4e-5], rtol=1e-12)


def test_adam_is_the_algorithm_as_published() -> None:
    slopes = np.random.default_rng(0).normal(size=(30, 3))
    gradients = iter(slopes)
    path, _ = walk("adam", [1, 2, 3], lambda w: next(gradients), 30, learning_rate=0.01, epsilon=1e-3)
    w, m, v = np.array([1.0, 2.0, 3.0]), np.zeros(3), np.zeros(3)
    for t, g in enumerate(slopes, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        w = w - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-3)
    np.testing.assert_allclose(path[-1], w, rtol=1e-13)


def test_nesterov_is_the_published_form() -> None:
    slopes = np.random.default_rng(0).normal(size=(20, 3))
    gradients = iter(slopes)
    path, _ = walk("nesterov", [1, 2, 3], lambda w: next(gradients), 20, learning_rate=0.1, momentum=0.8)
    w, v = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    for g in slopes:
        previous, v = v, 0.8 * v - 0.1 * g
        w = w - 0.8 * previous + 1.8 * v
    np.testing.assert_allclose(path[-1], w, rtol=1e-12)


def valley(w: Array) -> Array:
    return np.array([w[0] / 10, 2 * w[1]])


@pytest.mark.parametrize(
    ("name", "rate", "final", "turns"),
    [
        ("sgd", 0.95, 0.0133, 30),
        ("sgd", 0.5, 0.113, 1),
        ("sgd", 1.01, 13.1, 30),
        ("momentum", 0.1, 0.0479, 4),
        ("nesterov", 0.1, 0.0238, 5),
        ("adagrad", 1.5, 0.00072, 0),
        ("rmsprop", 0.3, 0.0012, 12),
        ("adam", 0.3, 0.102, 2),
    ],
)
def test_the_race_on_a_long_valley(name: str, rate: float, final: float, turns: int) -> None:
    path, _ = walk(name, [-7, 2], valley, 30, learning_rate=rate, momentum=0.9)
    x, y = path[-1]
    assert x * x / 20 + y * y == pytest.approx(final, rel=0.05)
    signs = np.sign([w[1] for w in path])
    assert np.count_nonzero(np.diff(signs)) == turns


@pytest.mark.parametrize(
    ("name", "rate", "second", "last", "within"),
    [
        ("sgd", 0.95, [-5.733175, 1.62], [-0.3503929957523197, 0.0847823165504322], 1e-12),
        ("momentum", 0.1, [-6.7977, 0.92], [0.896413858493733, 0.08808560171506971], 1e-12),
        ("adagrad", 1.5, [-4.573267968164272, 0.13619658308878757], [-0.12016232231416045, 0], 1e-12),
        # The book's code adds ε before the correction, ours after.
        (
            "adam",
            0.3,
            [-6.400416624043272, 1.402245740898803],
            [0.13600685239498472, 0.3182453755372194],
            1e-4,
        ),
    ],
)
def test_the_race_as_the_code_of_the_book_runs_it(
    name: str, rate: float, second: list[float], last: list[float], within: float
) -> None:
    path, _ = walk(name, [-7, 2], valley, 30, learning_rate=rate, momentum=0.9, epsilon=1e-7)
    np.testing.assert_allclose(path[2], second, rtol=within)
    np.testing.assert_allclose(path[-1], last, rtol=within, atol=1e-15)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_reset_forgets_every_earlier_update(name: str) -> None:
    def run(optimizer: Optimizer, w: Array, g: Array) -> Array:
        w[:] = 1.0
        for k in range(5):
            g[:] = [1.0, -0.5 * k]
            optimizer.update()
        return w.copy()

    w, g = np.ones(2), np.zeros(2)
    optimizer = OPTIMIZERS[name](w, g, Hyperparameters(learning_rate=0.1))
    first = run(optimizer, w, g)
    optimizer.reset()
    np.testing.assert_array_equal(run(optimizer, w, g), first)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_down_a_bowl_at_its_own_learning_rate(name: str) -> None:
    rate = OPTIMIZERS[name].learning_rate
    path, _ = walk(name, [1.0], bowl, 20, learning_rate=rate)
    assert 0 <= abs(path[-1][0]) < 1
