"""Recipes are recognised in any graph, and misconceptions about them give the known wrong numbers."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutor.engine.formulas import read_statements
from tutor.engine.graph import Graph
from tutor.engine.misconceptions import MISCONCEPTIONS, depth, numerics, updates, wrong_values
from tutor.engine.nodes import Array
from tutor.engine.optimizers import OPTIMIZERS, Hyperparameters
from tutor.engine.recipes import RECIPES, occurrences
from tutor.engine.tolerance import agrees
from tutor.tutoring.grading import grade, read_grade_file

ITEMS = tomllib.loads((Path(__file__).parent / "data" / "recipe_items.toml").read_text("utf-8"))["item"]
IDS = [misconception.id for module in (updates, numerics, depth) for misconception in module.RULES]


def build(statements: str, inputs: dict[str, Any], upstream: Any = 1.0) -> Graph:
    arrays = {name: np.array(value, dtype=float) for name, value in inputs.items()}
    graph = Graph.from_statements(read_statements(statements, names=tuple(arrays)), arrays)
    graph.forward()
    graph.backward(np.array(upstream))
    return graph


def run(item: dict[str, Any]) -> Graph:
    return build(item["statements"], item.get("inputs", {}), item.get("upstream", 1.0))


def truth(graph: Graph, asked: str) -> Array:
    return graph.value(asked) if asked in graph.names else graph.gradient(asked[1:])


def followed(graph: Graph, misconception: str, asked: str) -> Array | None:
    """Return what somebody who follows a misconception everywhere writes."""
    name, of = (asked, "value") if asked in graph.names else (asked[1:], "gradient")
    found = wrong_values(graph, MISCONCEPTIONS[misconception], name, of)
    return found[0] if found else None


def said(graph: Graph, misconception: str, asked: str) -> Array:
    written = followed(graph, misconception, asked)
    assert written is not None
    return written


def recipes_in(graph: Graph) -> list[str]:
    return [occurrence.recipe.name for occurrence in occurrences(graph)]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])
def test_the_truth(item: dict[str, Any]) -> None:
    graph = run(item)
    for asked, expected in zip(item["ask"], item["truth"], strict=True):
        np.testing.assert_allclose(truth(graph, asked), expected, rtol=5e-6, atol=1e-12)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])
def test_the_recipes_of_an_item_are_recognised(item: dict[str, Any]) -> None:
    assert set(recipes_in(run(item))) == {item["recipe"], *item.get("beside", [])}


@pytest.mark.parametrize(
    ("item", "misconception"),
    [(item, id_) for item in ITEMS for id_ in item["wrong"]],
    ids=lambda value: value if isinstance(value, str) else value["id"],
)
def test_what_a_misconception_writes(item: dict[str, Any], misconception: str) -> None:
    graph = run(item)
    spoken = 0
    for asked, expected in zip(item["ask"], item["wrong"][misconception], strict=False):
        written = followed(graph, misconception, asked)
        spoken += written is not None
        value = truth(graph, asked) if written is None else written
        assert agrees(np.array(expected, dtype=float), value, digits=5), (asked, value)
    assert spoken


def test_every_recipe_and_every_misconception_about_one_has_an_item() -> None:
    assert {item["recipe"] for item in ITEMS} | {
        name for item in ITEMS for name in item.get("beside", [])
    } == {recipe.name for recipe in RECIPES}
    assert set(IDS) == {id_ for item in ITEMS for id_ in item["wrong"]}


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["id"])
def test_the_listed_misconceptions_of_an_item_differ(item: dict[str, Any]) -> None:
    graph = run(item)
    right = [truth(graph, asked) for asked in item["ask"]]
    answers = [right]
    for id_ in item["wrong"]:
        written = [followed(graph, id_, asked) for asked in item["ask"]]
        answers.append([r if w is None else w for w, r in zip(written, right, strict=True)])
    for position, answer in enumerate(answers):
        for other in answers[:position]:
            assert not all(agrees(a, b) for a, b in zip(answer, other, strict=True)), (position, answer)


@pytest.mark.parametrize(
    "statements",
    ["w1 = w - a * g", "w1 = w + lr * g", "w1 = lr * g - w", "y = x^n", "d = (p - q) / h", "s = 1 / sqrt(n)"],
)
def test_what_only_resembles_a_recipe_is_left_alone(statements: str) -> None:
    names = ("w", "a", "g", "lr", "x", "n", "p", "q", "h")
    graph = build(statements, dict.fromkeys(names, 2.0))
    assert recipes_in(graph) == []
    target = statements.partition(" ")[0]
    assert [id_ for id_ in IDS if followed(graph, id_, target) is not None] == []


def test_targets_and_free_inputs_may_have_any_name_and_factors_any_order() -> None:
    graph = build("slope = 3 * u; moved = theta - slope * eta", {"u": 1, "theta": 5, "eta": 0.5})
    assert recipes_in(graph) == ["gradient_descent"]
    assert followed(graph, "gd_ascent", "moved") == 6.5


def test_momentum_is_not_taken_for_gradient_descent() -> None:
    momentum = next(item for item in ITEMS if item["recipe"] == "momentum")
    assert followed(run(momentum), "gd_ascent", "w1") is None


def test_a_difference_needs_points_that_its_function_depends_on_once() -> None:
    apart = "right = x + h; left = x - h; p = {}; m = left^2; d = (p - m) / (2 * h)"
    inputs = {"x": 3, "h": 0.5, "q": 1}
    assert recipes_in(build(apart.format("right^2 + right"), inputs)) == ["central_difference"]
    assert recipes_in(build(apart.format("q^2"), inputs)) == []
    assert recipes_in(build(apart.format("right^2 + (x + h)"), inputs)) == []


def test_any_function_of_one_variable_is_evaluated_elsewhere() -> None:
    graph = build(
        "right = x + h; left = x - h; a = sin(right); p = a * right; b = sin(left); m = b * left;"
        "d = (p - m) / (2 * h)",
        {"x": 1, "h": 0.5},
    )
    f = [np.sin(x) * x for x in (0.5, 1.0, 1.5)]
    np.testing.assert_allclose(said(graph, "nd_forward", "d"), (f[2] - f[1]) / 0.5)
    np.testing.assert_allclose(said(graph, "nd_backward", "d"), (f[1] - f[0]) / 0.5)
    np.testing.assert_allclose(said(graph, "nd_exact", "d"), np.sin(1) + np.cos(1), rtol=1e-8)


def test_a_rule_stays_silent_where_a_setting_that_it_speaks_of_is_missing() -> None:
    adagrad = next(item for item in ITEMS if item["recipe"] == "adagrad")
    inputs = {name: value for name, value in adagrad["inputs"].items() if name != "rho"}
    assert followed(build(adagrad["statements"], inputs), "is_rms", "w1") is None


def test_a_slip_in_one_of_several_steps_is_known_too() -> None:
    graph = run(next(item for item in ITEMS if item["recipe"] == "momentum"))
    everywhere, *once = wrong_values(graph, MISCONCEPTIONS["mom_sign"], "w2", "value")
    assert everywhere == 2.4
    assert [float(value) for value in once] == pytest.approx([3.4, -1.4])


def test_only_the_first_step_lacks_its_learning_rate() -> None:
    graph = run(next(item for item in ITEMS if item["recipe"] == "momentum"))
    assert [float(v) for v in wrong_values(graph, MISCONCEPTIONS["mom_first_no_lr"], "v2", "value")] == [-1.3]


@pytest.mark.parametrize("name", ["momentum", "nesterov", "adagrad", "rmsprop", "adam"])
def test_a_recipe_is_what_the_optimizer_of_that_name_does(name: str) -> None:
    recipe = next(recipe for recipe in RECIPES if recipe.name == name)
    settings = {"lr": 0.3, "mu": 0.8, "rho": 0.7, "b1": 0.85, "b2": 0.95, "eps": 1e-6, "t": 1.0}
    state = dict.fromkeys(("v0", "h0", "m0"), 0.0)
    graph = build(recipe.forms[0], {**settings, **state, "w0": 1.5, "g": -0.4})
    w, g = np.array([1.5]), np.array([-0.4])
    optimizer = OPTIMIZERS[name](w, g, Hyperparameters(0.3, 0.8, 0.7, 0.85, 0.95, 1e-6))
    optimizer.update()
    np.testing.assert_allclose(graph.value("w1"), w[0], rtol=1e-12)


def test_batch_norm_over_rows_keeps_every_feature_apart() -> None:
    item = next(item for item in ITEMS if item["id"] == "batch norm over rows")
    graph = run(item)
    for feature in range(2):
        inputs = {
            name: np.array(value)[..., feature] if np.ndim(value) else value
            for name, value in item["inputs"].items()
        }
        alone = build(item["statements"], inputs, np.array(item["upstream"])[:, feature])
        for id_ in ("bn_no_stats", "bn_no_mean", "bn_no_var", "bn_no_gamma"):
            together, one = said(graph, id_, "dx"), said(alone, id_, "dx")
            np.testing.assert_allclose(together[:, feature], one, atol=1e-12)
        for id_ in ("bn_ddof1", "bn_var_not_sd", "bn_no_affine"):
            together, one = said(graph, id_, "y"), said(alone, id_, "y")
            np.testing.assert_allclose(together[:, feature], one, atol=1e-12)


def test_a_worked_update_is_marked_with_the_name_of_the_misconception() -> None:
    file = read_grade_file(
        'nodes = ["v1 = mu * v0 - lr * g", "w1 = w0 + v1"]\n'
        "inputs = { mu = 0.9, v0 = -1.0, lr = 0.5, g = 3.0, w0 = 2.0 }\n"
        'forward = { v1 = "0.6", w1 = "2.6" }\n',
        "update.toml",
    )
    marks = grade(file)
    assert marks.forward["v1"].verdict.misconceptions == ("mom_sign",)
    assert marks.forward["w1"].verdict.follows
