"""Graphs: published numbers, forks, order, depth, and agreement with symbolic differentiation."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tutor.engine.expressions import Call, Expression, Name, Number, to_text
from tutor.engine.formulas import Statement, read_statements
from tutor.engine.gradient_check import central_difference, numerical_gradient
from tutor.engine.graph import Graph, GraphError
from tutor.engine.nodes import Array

PUBLISHED = tomllib.loads((Path(__file__).parent / "data" / "published_graphs.toml").read_text("utf-8"))[
    "case"
]


def build(statements: str, **inputs: Any) -> Graph:
    graph = Graph.from_statements(read_statements(statements, names=tuple(inputs)), inputs)
    graph.forward()
    graph.backward()
    return graph


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["id"])
def test_published_numbers(case: dict[str, Any]) -> None:
    graph = build(case["statements"], **case["inputs"])
    for name, expected in case["expect"].items():
        found = graph.value(name) if name in graph.names else graph.gradient(name[1:])
        np.testing.assert_allclose(found, expected, rtol=case["within"], atol=case["within"], err_msg=name)
    for name in case["inputs"] if "step" in case else ():
        graph.set_input(name, graph.value(name) + case["step"] * graph.gradient(name))
    graph.forward()
    for name, expected in case.get("after", {}).items():
        np.testing.assert_allclose(graph.value(name), expected, atol=case["within"], err_msg=name)


def test_every_edge_keeps_its_own_contribution() -> None:
    graph = build("b = 3*a; c = 2*b; d = 5*b; e = c + d", a=1.0)
    arrived = {graph.label(edge.target): graph.contribution(edge) for edge in graph.users[graph.index("b")]}
    assert arrived == {"c": 2, "d": 5}
    assert graph.gradient("b") == 7
    assert graph.gradient("a") == 21


def test_statements_may_stand_in_any_order() -> None:
    graph = Graph.from_statements(
        read_statements("a = x + 1; L = b * 3; b = a * a; out = L", names=("x",)), {"x": 2.0}
    )
    graph.forward()
    graph.backward()
    assert [graph.value("out"), graph.gradient("x")] == [27, 18]


def test_a_value_off_the_path_has_gradient_zero() -> None:
    graph = build("unused = 3*x; L = y*y", x=2.0, y=3.0)
    assert [graph.gradient("x"), graph.gradient("unused"), graph.gradient("y")] == [0, 0, 6]


def test_a_deep_graph_needs_no_recursion() -> None:
    previous, statements = "x", []
    for k in range(20_000):
        statements.append(Statement(f"h{k}", Call("add", (Name(previous), Number(1.0)))))
        previous = f"h{k}"
    graph = Graph.from_statements(statements, {"x": 0.0})
    assert graph.forward() == 20_000
    graph.backward()
    assert graph.gradient("x") == 1


@pytest.mark.parametrize(
    ("statements", "code", "subject"),
    [
        ("a = b + 1; b = a + 1", "cycle", "b"),
        ("a = x + y", "unknown_name", "y"),
        ("x = 2", "defined_twice", "x"),
        ("a = x @ x", "shapes", "a"),
    ],
)
def test_what_is_no_graph_is_named(statements: str, code: str, subject: str) -> None:
    with pytest.raises(GraphError) as caught:
        Graph.from_statements(read_statements(statements), {"x": 1.0})
    assert caught.value.code == code
    assert caught.value.subject in (subject, "a")


def test_given_gradients_replace_what_arrives() -> None:
    graph = build("t = x + y; z = t * t", x=2.0, y=1.0)
    followed = graph.follow(given={graph.index("t"): np.array(10.0)})
    assert followed.gradients[graph.index("t")] == 6
    assert followed.gradients[graph.index("x")] == 10


leaves = st.sampled_from([Name("x"), Name("y"), Name("z")]) | st.integers(-3, 3).map(
    lambda n: Number(float(n))
)


def operations(children: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pair = st.tuples(children, children)
    return st.one_of(
        st.tuples(st.sampled_from(["add", "sub", "mul", "div"]), pair).map(lambda c: Call(c[0], c[1])),
        st.tuples(
            st.sampled_from(["neg", "exp", "sin", "cos", "sigmoid", "tanh", "softplus", "square"]), children
        ).map(lambda c: Call(c[0], (c[1],))),
    )


SYMPY = {
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "square": lambda x: x**2,
}


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(leaves, operations, max_leaves=8),
    st.lists(st.integers(-150, 150).map(lambda n: n / 100), min_size=3, max_size=3),
)
def test_gradients_are_those_of_sympy(expression: Expression, point: list[float]) -> None:
    inputs = dict(zip("xyz", point, strict=True))
    graph = Graph.from_statements([Statement("L", expression)], inputs)
    assume(np.isfinite(graph.forward()) and abs(graph.value("L")) < 1e6)
    graph.backward()
    assume(all(np.all(np.abs(graph.value(node.index)) < 1e6) for node in graph.nodes))
    symbolic = sympy.sympify(to_text(expression), locals=SYMPY)
    where = {sympy.Symbol(name): value for name, value in inputs.items()}
    for name in inputs:
        slope = sympy.diff(symbolic, sympy.Symbol(name)).evalf(30, subs=where)
        assume(slope.is_finite and slope.is_real)
        assert float(graph.gradient(name)) == pytest.approx(float(slope), rel=1e-8, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_a_two_layer_network_agrees_with_central_differences(n: int, d: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs: dict[str, Array] = {
        "X": rng.normal(size=(n, d)), "W": rng.normal(size=(d, m)), "b": rng.normal(size=m),
        "V": rng.normal(size=(m, 2)), "c": rng.normal(size=2), "t": np.eye(2)[rng.integers(0, 2, n)],
    }  # fmt: skip
    graph = build("h = tanh(affine(X, W, b)); L = softmax_cross_entropy(affine(h, V, c), t)", **inputs)
    for name in inputs:
        np.testing.assert_allclose(
            graph.gradient(name), numerical_gradient(graph, name), rtol=1e-6, atol=1e-8
        )


def test_only_an_input_can_be_moved() -> None:
    graph = build("b = 3*a; L = b*b", a=1.0)
    for move in (lambda: graph.set_input("b", 1.0), lambda: numerical_gradient(graph, "b")):
        with pytest.raises(GraphError) as error:
            move()
        assert (error.value.code, error.value.subject) == ("not_an_input", "b")


def test_a_central_difference_puts_back_what_it_moved_where_the_function_raises() -> None:
    x = np.array([1.0, 2.0])

    def fails() -> float:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        central_difference(fails, x)
    assert x.tolist() == [1.0, 2.0]
