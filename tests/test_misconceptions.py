"""Misconceptions are executed: on known items they give the numbers that were worked out by hand."""

import tomllib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.engine.formulas import read_statements
from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions import MISCONCEPTIONS, backward_variants, forward_variants, wrong_values
from tutor.engine.nodes import NODES, Array
from tutor.engine.tolerance import agrees
from tutor.text import LANGUAGES, Text

ITEMS = tomllib.loads((Path(__file__).parent / "data" / "worked_items.toml").read_text("utf-8"))["item"]


def _has_arrays(item: dict[str, Any]) -> bool:
    return any(isinstance(value, list) for value in item["inputs"].values())


def run(item: dict[str, Any]) -> Graph:
    inputs = {name: np.array(value, dtype=float) for name, value in item["inputs"].items()}
    graph = Graph.from_statements(read_statements(item["statements"], names=tuple(inputs)), inputs)
    graph.forward()
    graph.backward(np.array(item.get("upstream", 1.0)))
    return graph


def answers(item: dict[str, Any]) -> dict[str, Any]:
    return {**item["wrong"], **item.get("other_shape", {})}


def truth(graph: Graph, asked: str) -> Array:
    return graph.value(asked) if asked in graph.names else graph.gradient(asked[1:])


def wrong(graph: Graph, misconception: str, asked: str) -> tuple[Array, ...]:
    name, of = (asked, "value") if asked in graph.names else (asked[1:], "gradient")
    return wrong_values(graph, MISCONCEPTIONS[misconception], name, of)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])
def test_the_truth(item: dict[str, Any]) -> None:
    graph = run(item)
    for asked, expected in zip(item["ask"], item["truth"], strict=True):
        np.testing.assert_allclose(truth(graph, asked), expected, rtol=5e-6, atol=1e-12)


@pytest.mark.parametrize(
    ("item", "misconception"),
    [(item, id_) for item in ITEMS for id_ in answers(item)],
    ids=lambda value: value if isinstance(value, str) else value["id"],
)
def test_what_a_misconception_writes(item: dict[str, Any], misconception: str) -> None:
    graph = run(item)
    answer = answers(item)[misconception]
    for asked, expected in zip(item["ask"], answer, strict=True):
        candidates = wrong(graph, misconception, asked)
        right = truth(graph, asked)
        assert any(agrees(np.array(expected), value, digits=5) for value in (*candidates, right)), (
            asked,
            candidates,
        )
    written = [
        value
        for asked, expected in zip(item["ask"], answer, strict=True)
        for value in wrong(graph, misconception, asked)
        if agrees(np.array(expected), value, digits=5)
    ]
    assert written


@pytest.mark.parametrize(
    ("statements", "inputs", "silent"),
    [
        (
            "z = x + y",
            {"x": 1, "y": 2},
            "mul_no_swap relu_pass sig_y fanout_last fwd_no_bias bias_zero max_both inner_dropped "
            "missing_link fanout_double_count fanout_sum_all mse_sign ce_sign sce_sign jac_diag log_base "
            "aff_dw_order aff_db_ones no_input used_w_not_x batch_no_mean broadcast_no_sum delta_no_fprime",
        ),
        ("z = x - t", {"x": 1, "t": 2}, "mse_sign mse_chain_y"),
        ("L = sse(x, t)", {"x": 1, "t": 2}, "mse_factor2 mse_square_err mse_no_mean mse_half_conv"),
        ("L = half_sse(x, t)", {"x": 1, "t": 2}, "mse_no_2 mse_no_mean mse_half_conv"),
        ("z = log(x)", {"x": 2}, "ce_sign ce_y ce_loss ce_no_log prob_not_loss lse_max"),
        (
            "z = x * y; s = sigmoid(z)",
            {"x": 2, "y": 3},
            "no_input used_w_not_x delta_no_fprime",
        ),
        ("z = w * x; a = sigmoid(z)", {"w": 2, "x": 3}, "delta_no_fprime_h delta_no_w inner_dropped"),
        (
            "z = affine(x, W, b)",
            {"x": [[1, 2]], "W": [[1, 2], [3, 4]], "b": [5, 6]},
            "batch_mean_again batch_one_sample batch_last_sample aff_db_matrix aff_db_axis aff_dx_sum "
            "aff_dw_sum_then_outer broadcast_no_sum delta_one_output delta_no_w",
        ),
        (
            "z = x @ W",
            {"x": [1, 2, 3], "W": [[1, 2], [3, 4], [5, 6]]},
            "aff_dx_noT aff_db_b no_upstream_no_swap",
        ),
        (
            "L = softmax_cross_entropy(a, t)",
            {"a": [1, 2, 3], "t": [0, 1, 0]},
            "sce_no_batch sce_numel sce_twice softmax_axis batch_no_mean jac_diag",
        ),
        ("y = softmax(a)", {"a": [1, 2, 3]}, "sce_sign sce_diag softmax_axis no_upstream sum_not_product"),
        ("y = a @ B; z = sum(y)", {"a": [1, 2], "B": [[1, 2], [3, 4]]}, "sum_not_product"),
        ("b = 3 * a; e = 2 * b", {"a": 1}, "fanout_double_count fanout_sum_all delta_one_output"),
    ],
)
def test_a_misconception_stays_silent_where_it_does_not_apply(
    statements: str, inputs: dict[str, Any], silent: str
) -> None:
    graph = run({"statements": statements, "inputs": inputs})
    for id_ in silent.split():
        for name in graph.names:
            assert wrong_values(graph, MISCONCEPTIONS[id_], name) == (), (id_, name)
            assert wrong_values(graph, MISCONCEPTIONS[id_], name, "value") == (), (id_, name)


def test_a_forward_rule_goes_on_with_what_it_has_made_wrong() -> None:
    inputs = {"a": 1, "b": 2, "k": 3, "c": 4, "tax": 10}
    graph = run({"statements": "s = a + b; p = k * s; q = p + c; pay = tax * q", "inputs": inputs})
    everywhere = wrong_values(graph, MISCONCEPTIONS["fwd_tax_one"], "pay", "value")[0]
    assert everywhere == (1 * 3 + 2) * 10 + 4


def test_a_plain_recursion_passes_on_what_it_has_each_time() -> None:
    """c gets 2 and 1; b gets 2, 2, 3 and 3; a gets 3 times each of the sums 2, 4, 7 and 10."""
    statements = "b = 3 * a; c = b + b; d = 2 * c; e = d + c"
    graph = run({"statements": statements, "inputs": {"a": 1}})
    wrong = MISCONCEPTIONS["fanout_double_count"]
    assert [wrong_values(graph, wrong, name)[0] for name in "dcba"] == [1, 3, 10, 69]


def test_weights_that_were_updated_too_early_know_the_learning_rate() -> None:
    statements = "h = sigmoid(x); p = w * h; y = sigmoid(p); L = half_sse(y, t)"
    inputs = {"x": 0.3, "w": 0.5, "t": 1}
    graph = run({"statements": statements, "inputs": {**inputs, "lr": 0.1}})
    (wrong,) = wrong_values(graph, MISCONCEPTIONS["delta_updated_w"], "h")
    updated = 0.5 - 0.1 * graph.gradient("w")
    np.testing.assert_allclose(wrong, updated * graph.gradient("p"))


def test_a_gradient_of_another_shape_ends_where_the_next_node_cannot_use_it() -> None:
    inputs = {"X": [[1, 2], [3, -1], [0, 4]], "W": [[1, -1], [2, 0.5]], "c": [0.5, -1]}
    graph = run({"statements": "b = 2 * c; y = affine(X, W, b)", "inputs": inputs})
    wrong = MISCONCEPTIONS["aff_db_axis"]
    assert [value.shape for value in wrong_values(graph, wrong, "b")] == [(3,)]
    np.testing.assert_array_equal(wrong_values(graph, wrong, "c")[0], graph.gradient("c"))


def test_gradients_of_another_shape_are_summed_where_a_value_forks() -> None:
    inputs = {"X": [[1, 2], [3, -1], [0, 4]], "W": [[1, -1], [2, 0.5]], "b": [0.5, -1]}
    graph = run({"statements": "y = affine(X, W, b) * affine(X, W, b)", "inputs": inputs})
    (wrong,) = wrong_values(graph, MISCONCEPTIONS["aff_db_matrix"], "b")
    np.testing.assert_allclose(wrong, graph.gradient("b"))


def test_the_target_of_a_squared_error_is_the_side_that_is_not_computed() -> None:
    graph = run({"statements": "a = 3 * x; L = 0.5 * (goal - a)^2", "inputs": {"x": 2, "goal": 1}})
    (wrong,) = wrong_values(graph, MISCONCEPTIONS["mse_chain_y"], "a")
    assert wrong == (6 - 1) * 6


def test_an_entrywise_product_is_summed_over_the_rows() -> None:
    inputs = {"X": [[1, 2], [3, 4]], "W": [[1, 0], [0, 1]]}
    graph = run({"statements": "y = X @ W", "inputs": inputs, "upstream": [[5, 6], [7, 8]]})
    (wrong,) = wrong_values(graph, MISCONCEPTIONS["aff_hadamard"], "W")
    np.testing.assert_array_equal(wrong, [[1 * 5 + 3 * 7, 0], [0, 2 * 6 + 4 * 8]])


NAMES = ("x", "w", "W1", "W2", "b", "t", "y", "v")
SHAPES = ((), (3,), (2, 3), (3, 3), (3, 2), (2,), (2, 1), (1, 3))


def _has_rows(kind: str, shapes: list[tuple[int, ...]]) -> bool:
    """Return whether the shapes are ones that these kinds are made for."""
    if kind == "affine":
        return len(shapes[1]) == 2
    return kind != "softmax_cross_entropy" or bool(shapes[0])


def random_graph(seed: int) -> Graph:
    """Return a graph of up to 14 nodes of any kinds over scalars, vectors and matrices, run both ways."""
    rng = np.random.default_rng(seed)
    nodes: list[Node] = []
    shapes: list[tuple[int, ...]] = []
    names = {}
    few = [SHAPES[k] for k in rng.choice(len(SHAPES), size=rng.integers(1, 4), replace=False)]
    for name in NAMES:
        shapes.append(few[rng.integers(len(few))])
        names[name] = len(nodes)
        nodes.append(Node(len(nodes), "input", name=name, value=rng.uniform(0.1, 2, size=shapes[-1])))
    for value in (-1.0, 0.5, 2.0):
        shapes.append(())
        nodes.append(Node(len(nodes), "constant", value=np.array(value)))
    wanted = len(nodes) + rng.integers(1, 15)
    for _ in range(200):
        kind = NODES[list(NODES)[rng.integers(len(NODES))]]
        near = rng.integers(len(nodes) - 4 if rng.integers(2) else 0, len(nodes), size=kind.arity)
        arguments = tuple(int(index) for index in near)
        try:
            shape = kind.output_shape([shapes[index] for index in arguments], {})
        except ValueError:
            continue
        if not _has_rows(kind.name, [shapes[index] for index in arguments]):
            continue
        names[f"n{len(nodes)}"] = len(nodes)
        shapes.append(shape)
        nodes.append(Node(len(nodes), kind.name, arguments, name=f"n{len(nodes)}"))
        if len(nodes) >= wanted:
            break
    graph = Graph(nodes, len(nodes) - 1, names)
    graph.forward()
    graph.backward(rng.normal(size=shapes[-1]))
    return graph


def random_network(seed: int) -> Graph:
    """Return a network of one to three layers in one of its spellings, run both ways."""
    rng = np.random.default_rng(seed)
    units = [int(n) for n in rng.integers(1, 4, size=rng.integers(2, 5))]
    rows: list[int] = [] if rng.integers(3) == 0 else [int(rng.integers(1, 4))]
    inputs: dict[str, Array] = {"h0": rng.normal(size=[*rows, units[0]])}
    lines = []
    for k, (before, behind) in enumerate(pairwise(units), start=1):
        whole = [*rows, behind]
        shapes = [[behind], [behind], *([[1, behind], [rows[0], 1], whole, []] if rows else [])]
        inputs[f"W{k}"] = rng.normal(size=(before, behind))
        inputs[f"b{k}"] = rng.normal(size=shapes[rng.integers(len(shapes))])
        product = ("affine(h{0}, W{1}, b{1})", "h{0} @ W{1} + b{1}", "b{1} + h{0} @ W{1}")[rng.integers(3)]
        activation = ("sigmoid", "sigmoid", "relu", "softmax")[rng.integers(4)]
        lines += [f"z{k} = {product.format(k - 1, k)}", f"h{k} = {activation}(z{k})"]
    inputs["t"] = rng.uniform(0.1, 1, size=[*rows, units[-1]])
    losses = (
        "half_sse({0}, t)",
        "mse({0}, t)",
        "cross_entropy({0}, t)",
        "sum(({0} - t)^2) / 2",
        "mean({0} - t)",
    )
    lines.append(f"L = {losses[rng.integers(len(losses))].format(f'h{len(units) - 1}')}")
    return run({"statements": "; ".join(lines), "inputs": inputs})


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([random_graph, random_network]))
def test_no_misconception_fails_on_any_graph(seed: int, build: Callable[[int], Graph]) -> None:
    graph = build(seed)
    for misconception in MISCONCEPTIONS.values():
        for followed in backward_variants(graph, misconception):
            for index, gradient in followed.gradients.items():
                if not misconception.reshapes:
                    assert gradient.shape == graph.value(index).shape, (misconception.id, graph.nodes)
        for values in forward_variants(graph, misconception):
            for index, value in values.items():
                assert value.shape == graph.value(index).shape, (misconception.id, graph.nodes)


def test_following_a_misconception_leaves_the_graph_as_it_was() -> None:
    graph = run(ITEMS[7])
    before = {name: (graph.value(name).copy(), graph.gradient(name).copy()) for name in graph.names}
    for misconception in MISCONCEPTIONS.values():
        for name in graph.names:
            wrong_values(graph, misconception, name)
            wrong_values(graph, misconception, name, "value")
    for name, (value, gradient) in before.items():
        np.testing.assert_array_equal(graph.value(name), value)
        np.testing.assert_array_equal(graph.gradient(name), gradient)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id_", MISCONCEPTIONS)
def test_every_misconception_speaks(id_: str, language: str) -> None:
    text = Text(language)
    for part in ("looks_like", "ask", "principle"):
        assert text(f"misconceptions.{id_}.{part}", name="x", output="L")


@pytest.mark.parametrize(
    "item", [item for item in ITEMS if not _has_arrays(item)], ids=lambda item: item["id"]
)
def test_one_node_alone_changes_what_is_behind_it_in_proportion(item: dict[str, Any]) -> None:
    """What is scaled from the true gradients is what a walk back with the rule at that node finds."""
    graph, walked = run(item), run(item)
    walked.__dict__["is_scalar"] = False
    for misconception in MISCONCEPTIONS.values():
        scaled, found = (list(backward_variants(each, misconception)) for each in (graph, walked))
        assert len(scaled) == len(found), misconception.id
        for one, other in zip(scaled, found, strict=True):
            assert one.gradients.keys() == other.gradients.keys()
            for index, gradient in one.gradients.items():
                np.testing.assert_allclose(gradient, other.gradients[index], rtol=1e-9, atol=1e-12)
