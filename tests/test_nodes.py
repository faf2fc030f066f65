"""Every node in the registry is right by being in the registry."""

import numpy as np
import pytest

from tutor.engine.expressions import evaluate
from tutor.engine.formulas import read_expression
from tutor.engine.gradient_check import numerical_gradient, relative_error
from tutor.engine.graph import INPUT, Graph, Node
from tutor.engine.nodes import NODES, Array, NodeKind, Options, Shape
from tutor.text import LANGUAGES, Text

NO_OPTIONS: Options = {}
CASES = [
    (kind, shapes, options)
    for kind in NODES.values()
    for shapes in kind.example_shapes
    for options in (
        [NO_OPTIONS, {"axis": 0.0}, {"axis": -1.0}]
        if kind.name in ("sum", "mean") and len(shapes[0]) == 2
        else [NO_OPTIONS]
    )
]


def case_id(value: object) -> str:
    return value.name if isinstance(value, NodeKind) else str(value)


def draw(kind: NodeKind, shapes: tuple[Shape, ...], rng: np.random.Generator) -> list[Array]:
    """Draw inputs inside the domain and away from kinks."""
    low, high = kind.domain
    while True:
        inputs = [rng.uniform(low, high, shape) for shape in shapes]
        near_zero = any(np.min(np.abs(x), initial=1) < 0.05 for x in inputs)
        near_tie = len(inputs) == 2 and np.min(np.abs(np.subtract(*inputs) if kind.kink else 1)) < 0.05
        if not kind.kink or not (near_zero or near_tie):
            return inputs


def graph_of(kind: NodeKind, inputs: list[Array], options: Options = NO_OPTIONS) -> Graph:
    names = [f"x{k}" for k in range(len(inputs))]
    nodes = [
        Node(k, INPUT, name=name, value=x) for k, (name, x) in enumerate(zip(names, inputs, strict=True))
    ]
    arguments = tuple(range(len(inputs)))
    nodes.append(Node(len(inputs), kind.name, arguments, tuple(options.items()), "out"))
    return Graph(nodes, len(inputs), {node.name or "": node.index for node in nodes})


@pytest.mark.parametrize(("kind", "shapes", "options"), CASES, ids=case_id)
def test_backward_agrees_with_central_differences(
    kind: NodeKind, shapes: tuple[Shape, ...], options: Options
) -> None:
    rng = np.random.default_rng(len(shapes) + len(kind.name))
    graph = graph_of(kind, draw(kind, shapes, rng), options)
    graph.forward()
    graph.backward(rng.normal(size=graph.value("out").shape))
    for name in graph.names:
        if name != "out":
            error = relative_error(graph.gradient(name), numerical_gradient(graph, name))
            assert error < 1e-6, f"d{name}: relative error {error:.1e}"


@pytest.mark.parametrize("kind", NODES.values(), ids=case_id)
def test_a_printed_gradient_formula_is_what_the_node_computes(kind: NodeKind) -> None:
    assert len(kind.gradients) == kind.arity
    rng = np.random.default_rng(7)
    vectors = [
        shapes for shapes in kind.example_shapes if len({len(shape) for shape in shapes}) == 1
    ] or kind.example_shapes
    inputs = draw(kind, vectors[0], rng)
    if "cross_entropy" in kind.name:
        inputs[1] = np.eye(inputs[1].size)[0].reshape(inputs[1].shape)
    graph = graph_of(kind, inputs)
    graph.forward()
    upstream = rng.normal(size=graph.value("out").shape)
    graph.backward(upstream)
    bindings: dict[str, Array | float] = {
        **dict(zip(kind.inputs, inputs, strict=True)),
        "out": graph.value("out"),
        "dout": upstream,
    }
    bindings |= {"N": float(len(inputs[0]) if inputs[0].ndim == 2 else 1), "n": float(inputs[0].size)}
    for k, formula in enumerate(kind.gradients):
        printed = evaluate(read_expression(formula, names=tuple(bindings)), bindings)
        np.testing.assert_allclose(
            np.broadcast_to(printed, inputs[k].shape), graph.gradient(f"x{k}"), rtol=1e-12
        )


@pytest.mark.parametrize("kind", NODES.values(), ids=case_id)
def test_backward_twice_gives_the_same_numbers(kind: NodeKind) -> None:
    graph = graph_of(kind, draw(kind, kind.example_shapes[-1], np.random.default_rng(3)))
    graph.forward()
    graph.backward(0.7)
    first = [graph.gradient(node.index).copy() for node in graph.nodes]
    graph.backward(0.7)
    for node, gradient in zip(graph.nodes, first, strict=True):
        np.testing.assert_array_equal(graph.gradient(node.index), gradient)


@pytest.mark.parametrize("kind", NODES.values(), ids=case_id)
def test_a_bound_backward_pass_is_the_one_that_rules_are_compared_with(kind: NodeKind) -> None:
    graph = graph_of(kind, draw(kind, kind.example_shapes[0], np.random.default_rng(5)))
    graph.forward()
    graph.backward(-1.3)
    followed = graph.follow()
    for node in graph.nodes:
        np.testing.assert_allclose(followed.gradients[node.index], graph.gradient(node.index), rtol=1e-14)


def test_conventions_at_kinks() -> None:
    relu = graph_of(NODES["relu"], [np.array([0.0, -0.0])])
    tie = graph_of(NODES["max"], [np.array(2.0), np.array(2.0)])
    for graph in (relu, tie):
        graph.forward()
        graph.backward(3.0)
    np.testing.assert_array_equal(relu.gradient("x0"), [0, 0])
    assert (float(tie.gradient("x0")), float(tie.gradient("x1"))) == (3, 0)


@pytest.mark.parametrize(
    ("kind", "x"),
    [("sigmoid", [-1e4, 1e4]), ("softplus", [-1e4, 1e4]), ("softmax", [1e4, -1e4]), ("tanh", [-1e4, 1e4])],
)
def test_far_out_values_stay_finite(kind: str, x: list[float]) -> None:
    graph = graph_of(NODES[kind], [np.array(x)])
    graph.forward()
    graph.backward(1.0)
    assert np.isfinite(graph.value("out")).all()
    assert np.isfinite(graph.gradient("x0")).all()


def test_softmax_with_loss_survives_large_logits() -> None:
    graph = graph_of(
        NODES["softmax_cross_entropy"], [np.array([1000.0, 1001.0, 1002.0]), np.array([0.0, 1.0, 0.0])]
    )
    assert float(graph.forward()) == pytest.approx(1.407605964, rel=1e-9)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_node_has_a_name_in_both_languages(language: str) -> None:
    text = Text(language)
    assert [kind for kind in NODES if f"nodes.{kind}" not in text] == []


@pytest.mark.parametrize(
    ("x", "n", "dx", "dn"),
    [
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 1.0, 1.0, 0.0),
        (0.0, 2.0, 0.0, 0.0),
        (3.0, 0.0, 0.0, np.log(3.0)),
        (-2.0, 3.0, 12.0, np.nan),
    ],
)
def test_a_power_has_the_slopes_of_pytorch_and_jax_where_its_formulas_have_no_value(
    x: float, n: float, dx: float, dn: float
) -> None:
    graph = graph_of(NODES["power"], [np.asarray(x), np.asarray(n)])
    graph.forward()
    graph.backward()
    np.testing.assert_allclose([graph.gradient("x0"), graph.gradient("x1")], [dx, dn])


def test_a_power_at_zero_is_flat_in_the_entries_where_it_is() -> None:
    graph = graph_of(NODES["power"], [np.array([0.0, 2.0]), np.array([[0.0], [3.0]])])
    graph.forward()
    graph.backward(np.ones((2, 2)))
    np.testing.assert_allclose(graph.gradient("x0"), [0.0, 12.0])
    np.testing.assert_allclose(graph.gradient("x1"), [[np.log(2.0)], [8.0 * np.log(2.0)]])
