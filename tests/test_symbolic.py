"""Formulas as answers: every equivalent form is right, no near miss is, and a wrong rule is named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutor.cli import run
from tutor.engine.expressions import Name, to_text
from tutor.engine.formulas import read_statements
from tutor.engine.graph import Graph
from tutor.tutoring.grading import GradeFile, Mark, grade, read_grade_file
from tutor.tutoring.node_formulas import branch_formula
from tutor.tutoring.verdict import Outcome


def marked(nodes: list[str], inputs: str, answers: dict[str, str], upstream: str = "1.0") -> dict[str, Mark]:
    written = "\n".join(f"{name} = '{formula}'" for name, formula in answers.items())
    text = f"nodes = {nodes!r}\nupstream = {upstream}\ninputs = {inputs}\n[answers]\n{written}\n"
    file: GradeFile = read_grade_file(text, "answers.toml")
    return dict(grade(file).answers)


SIGMOID: dict[str, Any] = {"nodes": ["y = sigmoid(x)"], "inputs": "{ x = 0.5 }", "upstream": "2.0"}

RIGHT_FOR_SIGMOID = [
    "dout*y*(1-y)",
    "dout y (1-y)",
    "dout*(y - y^2)",
    "dout*(y-y²)",
    "y*dout - dout*y**2",
    "dout·y·(1−y)",
    "dout*sigmoid(x)*(1-sigmoid(x))",
    "dout*σ(x)*σ(-x)",
    "dout*sigmoid(x)*sigmoid(-x)",
    "dout*exp(-x)/(1+exp(-x))^2",
    "dout/(2+exp(x)+exp(-x))",
    "dout*y^2*exp(-x)",
    "dout*(1/4 - (y-1/2)^2)",
    "dout*y/(1+exp(x))",
    "dout*exp(x)/(1+exp(x))**2",
    "(1-y)*(dout*y)",
    "dout*y-dout*y*y",
    "dout*(1-y)*y",
    "dout*(1-tanh(x/2)^2)/4",
    "dout/(4*((exp(x/2)+exp(-x/2))/2)^2)",
    "-dout*y*(y-1)",
    "dout*y*sigmoid(-x)",
    "dout×y×(1-y)",
    "dL/dx = dout*y*(1-y)",
    "2*dout*y*(1-y)/2",
    "dout*(1-(1-y))*(1-y)",
    "ｄｏｕｔ*y*(1-y)",
    "dout*exp(-softplus(x))*y",
    "dout*y*(1.0-y)",
    "dout * y * ( 1 - y )",
    "2*y*(1-y)",
]

WRONG_FOR_SIGMOID = {
    "y*(1-y)": "no_upstream",
    "dout*y": "sig_y",
    "dout*(1-y)": "sig_1my",
    "dout*x*(1-x)": "sig_x",
    "dout*sigmoid(y)*(1-sigmoid(y))": "sig_double",
    "-dout*y*(1-y)": "sig_minus",
    "dout*(1-y^2)": "sig_tanh",
    "dout": "upstream_only",
    "dout*y*(1+y)": None,
    "dout*y*(1-x)": None,
    "dout*y*(1-y)+0.001": None,
    "dout*y*(1-y)*1.001": None,
    "2.1*y*(1-y)": None,
    "dout^2*y*(1-y)/2": None,
    "dout*x/2*y*(1-y)*4": None,
}


@pytest.mark.parametrize("formula", RIGHT_FOR_SIGMOID)
def test_every_equivalent_form_is_right(formula: str) -> None:
    mark = marked(**SIGMOID, answers={"x": formula})["x"]
    assert mark.verdict.outcome is Outcome.CORRECT


@pytest.mark.parametrize(("formula", "misconception"), WRONG_FOR_SIGMOID.items())
def test_no_near_miss_is_right_and_a_wrong_rule_is_named(formula: str, misconception: str | None) -> None:
    verdict = marked(**SIGMOID, answers={"x": formula})["x"].verdict
    assert verdict.outcome is Outcome.WRONG
    assert verdict.misconceptions == (() if misconception is None else (misconception,))


def test_a_formula_that_is_right_at_this_point_alone_is_wrong() -> None:
    square: dict[str, Any] = {"nodes": ["y = x * x"], "inputs": "{ x = 2 }"}
    assert marked(**square, answers={"x": "2*x"})["x"].verdict.outcome is Outcome.CORRECT
    assert marked(**square, answers={"x": "x^2"})["x"].verdict.outcome is Outcome.WRONG
    assert marked(**square, answers={"x": "4"})["x"].verdict.outcome is Outcome.CORRECT


def test_formulas_of_arrays() -> None:
    affine: dict[str, Any] = {
        "nodes": ["Y = affine(X, W, b)"],
        "inputs": "{ X = [[1, 2], [3, -1]], W = [[2, 1], [4, 5]], b = [1, -1] }",
        "upstream": "[[1, 2], [0.5, -1]]",
    }
    right = {"X": "dout @ W.T", "W": "X.T @ dout", "b": "sum(dout, axis=0)"}
    assert {mark.verdict.outcome for mark in marked(**affine, answers=right).values()} == {Outcome.CORRECT}
    wrong = marked(**affine, answers={"X": "dout @ W", "W": "dout.T @ X", "b": "sum(dout, axis=1)"})
    assert {mark.verdict.outcome for mark in wrong.values()} == {Outcome.WRONG}
    shape = marked(**affine, answers={"b": "dout"})["b"].verdict
    assert shape.outcome is Outcome.SHAPE


def test_the_targets_of_classes_stay_shares() -> None:
    loss: dict[str, Any] = {
        "nodes": ["y = softmax(a)", "L = cross_entropy(y, t)"],
        "inputs": "{ a = [0.5, -1, 2], t = [0, 1, 0] }",
    }
    outcomes = {
        formula: marked(**loss, answers={"a": formula})["a"].verdict.outcome
        for formula in ("y - t", "-(t - y)", "t - y", "y", "y - t*y")
    }
    assert list(outcomes.values()) == [Outcome.CORRECT] * 2 + [Outcome.WRONG] * 3


def test_what_is_asked_may_not_be_used() -> None:
    verdict = marked(["z = x * y"], "{ x = 3, y = 4 }", {"x": "dx", "y": "dout*x"})["x"].verdict
    assert verdict.outcome is Outcome.UNREADABLE


def test_the_command_takes_formulas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.toml"
    file.write_text('nodes = ["z = x * y"]\ninputs = { x = 3, y = 4 }\nanswers = { x = "dout*x" }', "utf-8")
    assert run(["grade", str(file), "--json"]) == 0
    assert '"misconceptions": ["mul_no_swap"]' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statement", "inputs", "formula"),
    [
        ("Y = P + b", {"P": [[0.0, 1.0], [2.0, 3.0], [1.0, 1.0]], "b": [1.0, -1.0]}, "sum(dout, axis=0)"),
        ("Y = P * k", {"P": [[0.0, 1.0], [2.0, 3.0]], "k": 2.0}, "sum(dout · P)"),
    ],
)
def test_what_was_repeated_over_the_rows_is_worked_out_as_a_sum(
    statement: str, inputs: dict[str, object], formula: str
) -> None:
    graph = Graph.from_statements(
        read_statements(statement), {name: np.asarray(value) for name, value in inputs.items()}
    )
    graph.backward(np.ones(graph.forward().shape))
    name = list(inputs)[1]
    (edge,) = graph.users[graph.index(name)]
    assert to_text(branch_formula(graph, edge, Name("dout")), pretty=True) == formula
