"""Single values that books and courses print: softmax, losses, layers, differences, one update."""

from typing import Any

import numpy as np
import pytest

from tutor.engine.gradient_check import central_difference
from tutor.engine.network import Architecture, Network
from tutor.engine.nodes import NODES
from tutor.engine.optimizers import OPTIMIZERS, Hyperparameters

BOOK = "Deep Learning from Scratch"


@pytest.mark.parametrize(
    ("logits", "printed", "within"),
    [
        pytest.param([0.3, 2.9, 4.0], [0.01821127, 0.24519181, 0.73659691], 5.1e-9, id=f"{BOOK} 3.5"),
        pytest.param(
            [1010, 1000, 990], [0.9999546, 4.53978686e-5, 2.06106005e-9], 5.1e-8, id=f"{BOOK} overflow"
        ),
        pytest.param(
            [1, 2, 3, 4, 1, 2, 3],
            [0.02364054, 0.06426166, 0.1746813, 0.474833, 0.02364054, 0.06426166, 0.1746813],
            6e-8,
            id="Wikipedia",
        ),
        # The notes print 0.7 and 0.04, which is two digits of 0.705 and 0.035.
        pytest.param([1, -2, 0], [0.7, 0.04, 0.26], 6e-3, id="CS231n linear-classify"),
    ],
)
def test_softmax(logits: list[float], printed: list[float], within: float) -> None:
    np.testing.assert_allclose(
        NODES["softmax"].compute([np.array(logits, dtype=float)]), printed, atol=within
    )


@pytest.mark.parametrize(
    ("y", "t", "printed"),
    [
        pytest.param([0.2, 0.3, 0.5], 1, [0.2, -0.7, 0.5], id="CS231n case study"),
        pytest.param([0.3, 0.2, 0.5], 1, [0.3, -0.8, 0.5], id=f"{BOOK} 5.6.3"),
        pytest.param([0.01, 0.99, 1e-12], 1, [0.01, -0.01, 0], id=f"{BOOK} 5.6.3, nearly right"),
    ],
)
def test_the_gradient_of_softmax_with_loss_is_y_minus_t(y: list[float], t: int, printed: list[float]) -> None:
    network = Network(Architecture((1, 3), "identity", "softmax", "cross_entropy"), 1)
    network.parameters["b1"][...] = np.log(y)
    network.load(np.zeros((1, 1)), np.eye(3)[[t]])
    network.graph.forward()
    network.graph.backward()
    np.testing.assert_allclose(network.gradients["b1"], printed, atol=1e-12)


TARGET = np.eye(10)[2]
GOOD = np.array([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0])
BAD = np.array([0.1, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.6, 0.0, 0.0])


@pytest.mark.parametrize(
    ("y", "squares", "entropy"), [(GOOD, 0.0975, 0.510825457099338), (BAD, 0.5975, 2.302584092994546)]
)
def test_losses_of_the_book(y: Any, squares: float, entropy: float) -> None:
    """The book adds 1e-7 inside the logarithm; without it the loss of 0.6 is 0.5108256237659907."""
    assert float(NODES["half_sse"].compute([y, TARGET])) == pytest.approx(squares, abs=1e-14)
    moved = float(NODES["cross_entropy"].compute([y + 1e-7, TARGET]))
    assert moved == pytest.approx(entropy, abs=1e-14)
    plain = float(NODES["cross_entropy"].compute([y, TARGET]))
    assert plain == pytest.approx(-np.log(y[2]), abs=1e-15)
    assert plain > moved


def test_cross_entropy_of_a_batch() -> None:
    """Deep-ML problem 134."""
    p, t = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1]]), np.eye(3)[[0, 1]]
    assert float(NODES["cross_entropy"].compute([p, t])) == pytest.approx(0.4338, abs=5.1e-5)


def test_layers_of_the_assignments() -> None:
    """CS231n, the notebook on fully connected networks."""
    x = np.linspace(-0.1, 0.5, 240).reshape(2, 120)
    W, b = np.linspace(-0.2, 0.3, 360).reshape(120, 3), np.linspace(-0.3, 0.1, 3)
    printed = [[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]]
    np.testing.assert_allclose(NODES["affine"].compute([x, W, b]), printed, atol=5.1e-9)
    relu = NODES["relu"].compute([np.linspace(-0.5, 0.5, 12).reshape(3, 4)])
    printed = [[0, 0, 0, 0], [0, 0, 0.04545455, 0.13636364], [0.22727273, 0.31818182, 0.40909091, 0.5]]
    np.testing.assert_allclose(relu, printed, atol=5.1e-9)


def test_the_toy_network_of_the_assignments() -> None:
    """CS231n assignment 1: relu(XW₁)W₂, cross-entropy, and 0.05 · Σ W² beside it."""
    weights, data = np.random.RandomState(0), np.random.RandomState(1)
    network = Network(Architecture((4, 10, 3), "relu", "softmax", "cross_entropy"), 5)
    for name in ("W1", "W2"):
        network.parameters[name][...] = 0.1 * weights.randn(*network.parameters[name].shape)
    network.load(10 * data.randn(5, 4), np.eye(3)[[0, 1, 2, 2, 1]])
    network.graph.forward()
    printed = [
        [-0.81233741, -1.27654624, -0.70335995],
        [-0.17129677, -1.18803311, -0.47310444],
        [-0.51590475, -1.01354314, -0.8504215],
        [-0.15419291, -0.48629638, -0.52901952],
        [-0.00618733, -0.12435261, -0.15226949],
    ]
    np.testing.assert_allclose(network.graph.value("z2"), printed, atol=5.1e-9)
    decay = 0.05 * sum(float(np.sum(network.parameters[name] ** 2)) for name in ("W1", "W2"))
    assert float(network.loss) + decay == pytest.approx(1.30378789133, abs=1e-11)


def test_numerical_derivatives_of_the_book() -> None:
    def slope(x: float) -> float:
        place = np.array([x])
        return float(
            central_difference(lambda: 0.01 * float(place[0]) ** 2 + 0.1 * float(place[0]), place, 1e-4)[0]
        )

    assert [slope(5.0), slope(10.0)] == pytest.approx([0.1999999999990898, 0.2999999999986347], abs=1e-15)
    for point, printed in (([3.0, 4.0], [6, 8]), ([0.0, 2.0], [0, 4]), ([3.0, 0.0], [6, 0])):
        place = np.array(point)
        found = central_difference(lambda place=place: float(np.sum(place**2)), place, 1e-4)  # type: ignore[misc]
        np.testing.assert_allclose(found, printed, atol=1e-8)


def test_newtons_method_with_slopes_of_the_engine() -> None:
    """DeZero step 29: y = x⁴ − 2x², whose second derivative the step writes down by hand."""
    from tutor.engine.experiments.functions import Landscape, read_function

    landscape = Landscape(read_function("x^4 - 2*x^2"))
    landscape.place[0] = 2.0
    path = []
    for _ in range(10):
        x = float(landscape.place[0])
        path.append(x)
        landscape.graph.forward()
        landscape.graph.backward()
        landscape.place[0] = x - float(landscape.slope[0]) / (12 * x**2 - 4)
    printed = [2.0, 1.4545454545454546, 1.1510467893775467, 1.0253259289766978, 1.0009084519430513,
               1.0000012353089454, 1.000000000002289, 1.0, 1.0, 1.0]  # fmt: skip
    np.testing.assert_allclose(path, printed, atol=5e-14)


def test_the_first_step_of_adam_and_a_published_slip() -> None:
    """Deep-ML problem 87. Its test for a single number expects v = 1e-4; its own solution gives 1e-5."""
    w, g = np.array([1.0, 2.0]), np.array([0.1, 0.2])
    adam = OPTIMIZERS["adam"](w, g, Hyperparameters(learning_rate=0.001))
    adam.update()
    np.testing.assert_allclose(w, [0.999, 1.999], atol=5.1e-6)
    np.testing.assert_allclose(adam.state["m"], [0.01, 0.02], rtol=1e-12)
    np.testing.assert_allclose(adam.state["v"], [1e-5, 4e-5], rtol=1e-12)


def test_gates_of_the_book_make_xor() -> None:
    """The book answers 0 at exactly 0 and this step function 1; none of these sums is 0."""

    def gate(w1: float, w2: float, b: float, x1: float, x2: float) -> float:
        return float(NODES["step"].compute([np.array(w1 * x1 + w2 * x2 + b)]))

    corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
    nand = [gate(-0.5, -0.5, 0.7, *x) for x in corners]
    either = [gate(0.5, 0.5, -0.2, *x) for x in corners]
    both = [gate(0.5, 0.5, -0.7, *x) for x in corners]
    assert (both, nand, either) == ([0, 0, 0, 1], [1, 1, 1, 0], [0, 1, 1, 1])
    assert [gate(0.5, 0.5, -0.7, a, o) for a, o in zip(nand, either, strict=True)] == [0, 1, 1, 0]


def test_weights_that_detect_symmetry() -> None:
    """Rumelhart, Hinton & Williams (1986): of 64 patterns exactly the 8 palindromes give 0."""
    w = np.array([1.0, 2.0, 4.0, -4.0, -2.0, -1.0])
    patterns = np.array([[k >> bit & 1 for bit in range(6)] for k in range(64)], dtype=float)
    silent = patterns[NODES["matmul"].compute([patterns, w]) == 0]
    assert len(silent) == 8
    np.testing.assert_array_equal(silent, silent[:, ::-1])


def test_the_slope_of_a_sigmoid_is_at_most_a_quarter() -> None:
    from tutor.engine.experiments import KINDS

    slopes = [KINDS["slope"].make("s", {"x": x}).readings()["slope"] for x in np.linspace(-6, 6, 49).tolist()]
    assert max(slopes) == 0.25
    products = [0.25**layers for layers in (1, 2, 5, 10, 20)]
    assert products == [0.25, 0.0625, 0.0009765625, 9.5367431640625e-07, 9.094947017729282e-13]
