"""Misconceptions are executed: on known items they give the numbers that were worked out by hand."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutor.engine.formulas import read_statements
from tutor.engine.graph import Graph
from tutor.engine.misconceptions import MISCONCEPTIONS, wrong_values
from tutor.engine.nodes import Array
from tutor.engine.tolerance import agrees
from tutor.text import LANGUAGES, Text

ITEMS = tomllib.loads((Path(__file__).parent / "data" / "worked_items.toml").read_text("utf-8"))["item"]


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


def test_a_misconception_stays_silent_where_it_does_not_apply() -> None:
    graph = run({"statements": "z = x + y", "inputs": {"x": 1, "y": 2}})
    for id_ in ("mul_no_swap", "relu_pass", "sig_y", "fanout_last", "fwd_no_bias", "bias_zero", "max_both"):
        assert wrong_values(graph, MISCONCEPTIONS[id_], "x") == ()


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
        assert text(f"misconceptions.{id_}.{part}")
