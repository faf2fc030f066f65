"""A network: gradients of every combination, one vector of parameters, published numbers."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from tutor.engine.expressions import to_text
from tutor.engine.gradient_check import central_difference, relative_error
from tutor.engine.graph import Graph, GraphError
from tutor.engine.network import ACTIVATIONS, LOSSES, OUTPUTS, Architecture, Network
from tutor.engine.nodes import Array

COMBINATIONS = [
    (activation, output, loss)
    for activation, output, loss in product(ACTIVATIONS, OUTPUTS, LOSSES)
    if (output, loss) != ("identity", "cross_entropy")
]


def network_of(
    layers: tuple[int, ...], activation: str, output: str, loss: str, rows: int, seed: int = 0
) -> Network:
    network = Network(Architecture(layers, activation, output, loss), rows)
    rng = np.random.default_rng(seed)
    network.vector[:] = 0.6 * rng.normal(size=network.vector.size)
    t = np.eye(layers[-1])[rng.integers(0, layers[-1], rows)] if layers[-1] > 1 else np.ones((rows, 1))
    network.load(rng.normal(size=(rows, layers[0])), t)
    return network


@pytest.mark.parametrize(("activation", "output", "loss"), COMBINATIONS)
@pytest.mark.parametrize("rows", [1, 5])
def test_gradients_agree_with_central_differences(activation: str, output: str, loss: str, rows: int) -> None:
    network = network_of((3, 4, 3, 2), activation, output, loss, rows, seed=1)
    network.graph.forward()
    network.graph.backward()
    numeric = central_difference(lambda: float(network.graph.forward()), network.vector)
    assert np.abs(network.gradient_vector).max() > 1e-4
    np.testing.assert_allclose(network.gradient_vector, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("activation", "output", "loss"), COMBINATIONS)
def test_the_network_is_the_graph_that_a_learner_would_write(activation: str, output: str, loss: str) -> None:
    network = network_of((2, 3, 2), activation, output, loss, rows=4)
    network.graph.forward()
    network.graph.backward()
    inputs: dict[str, Array | float] = {"X": network.X, "t": network.t, **network.parameters}
    graph = Graph.from_statements(network.architecture.statements(), inputs)
    graph.forward()
    graph.backward()
    for name in graph.names:
        np.testing.assert_allclose(network.graph.value(name), graph.value(name), rtol=1e-12, atol=1e-14)
    for name in network.parameters:
        np.testing.assert_allclose(network.gradients[name], graph.gradient(name), rtol=1e-10, atol=1e-14)


def test_the_statements_are_readable() -> None:
    architecture = Architecture((2, 4, 3), "relu", "softmax", "cross_entropy")
    assert [f"{s.target} = {to_text(s.expression)}" for s in architecture.statements()] == [
        "z1 = affine(X, W1, b1)",
        "h1 = relu(z1)",
        "z2 = affine(h1, W2, b2)",
        "L = softmax_cross_entropy(z2, t)",
    ]
    square = Architecture((2, 1), "relu", "sigmoid", "half_sse")
    assert [to_text(s.expression) for s in square.statements()][1:] == ["sigmoid(z1)", "half_sse(y, t)"]


def test_parameters_and_gradients_are_views_into_one_vector_each() -> None:
    network = network_of((2, 3, 1), "tanh", "sigmoid", "mse", rows=4)
    assert list(network.parameters) == ["W1", "b1", "W2", "b2"]
    together = np.concatenate([value.ravel() for value in network.parameters.values()])
    np.testing.assert_array_equal(together, network.vector)
    network.graph.forward()
    network.graph.backward()
    together = np.concatenate([value.ravel() for value in network.gradients.values()])
    np.testing.assert_array_equal(together, network.gradient_vector)
    network.vector.fill(0.0)
    assert network.graph.forward() == pytest.approx(0.25)


def test_the_data_get_no_gradient() -> None:
    network = network_of((2, 3, 1), "tanh", "sigmoid", "mse", rows=4)
    edges = [edge for edge in network.graph.edges if network.graph.label(edge.source) in ("X", "t")]
    assert edges
    assert all(network.graph.contribution(edge) is None for edge in edges)


def test_a_fixed_upstream_gradient_stays_1() -> None:
    network = network_of((2, 3, 1), "tanh", "sigmoid", "mse", rows=4)
    with pytest.raises(GraphError, match="upstream_fixed"):
        network.graph.backward(2.0)


@pytest.mark.parametrize(
    ("output", "loss"), [("softmax", "cross_entropy"), ("sigmoid", "mse"), ("identity", "sse")]
)
def test_prediction_is_the_same_for_any_number_of_samples(output: str, loss: str) -> None:
    network = network_of((2, 5, 3), "relu", output, loss, rows=6)
    before = float(network.graph.forward())
    everything = network.predict(network.X)
    np.testing.assert_allclose(everything, network.prediction, rtol=1e-12)
    one_by_one = np.concatenate([network.predict(row[None]) for row in np.array(network.X)])
    np.testing.assert_allclose(one_by_one, everything, rtol=1e-12)
    assert network.loss_on(network.X, network.t) == pytest.approx(before, rel=1e-12)
    if output == "softmax":
        np.testing.assert_allclose(everything.sum(axis=1), 1.0)


def test_cross_entropy_from_logits_stays_finite_where_probabilities_round_to_0_and_1() -> None:
    for output in ("softmax", "sigmoid"):
        network = Network(Architecture((1, 2), "relu", output, "cross_entropy"), 2)
        network.parameters["W1"][...] = [[500.0, -500.0]]
        network.load(np.array([[1.0], [2.0]]), np.array([[0.0, 1.0], [0.0, 1.0]]))
        assert network.graph.forward() == pytest.approx(1500, rel=1e-12)
        network.graph.backward()
        assert np.isfinite(network.gradient_vector).all()


# Matt Mazur's worked example: one sample, two hidden units, biases shared by a layer.
MAZUR: dict[str, Any] = {
    "W1": [[0.15, 0.25], [0.20, 0.30]],
    "b1": [0.35, 0.35],
    "W2": [[0.40, 0.50], [0.45, 0.55]],
    "b2": [0.60, 0.60],
}


def mazur() -> Network:
    network = Network(Architecture((2, 2, 2), "sigmoid", "sigmoid", "half_sse"), 1)
    for name, value in MAZUR.items():
        network.parameters[name][...] = value
    network.load(np.array([[0.05, 0.1]]), np.array([[0.01, 0.99]]))
    network.graph.forward()
    network.graph.backward()
    return network


def test_mazur_forward_and_backward() -> None:
    network = mazur()
    np.testing.assert_allclose(network.graph.value("h1"), [[0.593269992, 0.596884378]], atol=1e-9)
    np.testing.assert_allclose(network.graph.value("y"), [[0.75136507, 0.772928465]], atol=6e-9)
    assert network.loss == pytest.approx(0.298371109, abs=1e-9)
    assert network.gradients["W2"][0, 0] == pytest.approx(0.082167041, abs=6e-10)
    assert network.gradients["W1"][0, 0] == pytest.approx(0.000438568, abs=6e-10)
    np.testing.assert_allclose(network.graph.gradient("z2"), [[0.138498562, -0.0380982]], atol=6e-8)


def test_mazur_weights_after_one_step_and_the_published_error_that_is_wrong() -> None:
    """The published error after one round, 0.291027924, comes of using new output weights too early."""
    network = mazur()
    for name in ("W1", "W2"):
        network.parameters[name][...] -= 0.5 * network.gradients[name]
    np.testing.assert_allclose(
        network.parameters["W1"].T, [[0.149780716, 0.19956143], [0.24975114, 0.29950229]], atol=6e-9
    )
    np.testing.assert_allclose(
        network.parameters["W2"].T, [[0.35891648, 0.408666186], [0.51130127, 0.561370121]], atol=6e-9
    )
    assert network.graph.forward() == pytest.approx(0.29102777369359933, abs=1e-15)

    buggy = mazur()
    buggy.parameters["W2"][...] -= 0.5 * buggy.gradients["W2"]
    slope = buggy.graph.value("h1") * (1 - buggy.graph.value("h1"))
    delta = (np.array(buggy.graph.gradient("z2")) @ buggy.parameters["W2"].T) * slope
    buggy.parameters["W1"][...] -= 0.5 * buggy.X.T @ delta
    assert buggy.graph.forward() == pytest.approx(0.291027924, abs=5e-10)


def test_a_two_layer_network_of_2_units_each() -> None:
    network = Network(Architecture((2, 2, 2), "sigmoid", "sigmoid", "half_sse"), 1)
    start: dict[str, Any] = {
        "W1": [[0.2, 0.4], [-0.6, 0.3]],
        "b1": [0.1, -0.1],
        "W2": [[0.5, -0.3], [0.7, 0.2]],
        "b2": [0, 0.1],
    }
    for name, value in start.items():
        network.parameters[name][...] = value
    network.load(np.array([[0.8, -0.5]]), np.array([[1.0, 0.0]]))
    assert network.graph.forward() == pytest.approx(0.18308, abs=5e-6)
    network.graph.backward()
    np.testing.assert_allclose(network.graph.gradient("z2"), [[-0.0750, 0.1258]], atol=5e-5)
    np.testing.assert_allclose(network.graph.gradient("z1"), [[-0.01741, -0.00683]], atol=5e-6)
    # Multiplying the rounded delta by hand gives 0.00871 for the third; the exact product is 0.008705.
    np.testing.assert_allclose(
        network.gradients["W1"], [[-0.01393, -0.00546], [0.00871, 0.00342]], atol=5.5e-6
    )
    numeric = central_difference(lambda: float(network.graph.forward()), network.vector)
    assert relative_error(network.gradient_vector, numeric) < 1e-7
    # The figure known for one step, .17577, is that of a step that leaves the biases alone.
    for name in ("W1", "W2"):
        network.parameters[name][...] -= 0.5 * network.gradients[name]
    assert network.graph.forward() == pytest.approx(0.17577, abs=5e-6)
    for name in ("b1", "b2"):
        network.parameters[name][...] -= 0.5 * network.gradients[name]
    assert network.graph.forward() == pytest.approx(0.16529, abs=5e-6)


def test_first_loss_of_an_untrained_classifier_is_the_logarithm_of_the_classes() -> None:
    for classes, published in ((10, 2.302), (3, 1.1)):
        network = Network(Architecture((4, classes), "relu", "softmax", "cross_entropy"), 5)
        network.load(np.ones((5, 4)), np.eye(classes)[[0, 1, 2, 0, 1]])
        assert network.graph.forward() == pytest.approx(np.log(classes), rel=1e-14)
        assert float(network.loss) == pytest.approx(published, abs=2e-3)
