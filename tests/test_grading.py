"""`tutor grade`: worked numbers from anywhere are marked, and the mistake is named."""

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutor.cli import run
from tutor.commands.output import AT_FAULT, DONE

ITEMS = tomllib.loads((Path(__file__).parent / "data" / "worked_items.toml").read_text("utf-8"))["item"]
ABOUT_GRADIENTS = [item for item in ITEMS if all(asked.startswith("d") for asked in item["ask"])]


@pytest.fixture
def grade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def graded(text: str) -> dict[str, Any]:
        file = tmp_path / "answers.toml"
        file.write_text(text, encoding="utf-8")
        assert run(["grade", str(file), "--json"]) == DONE
        (line,) = capsys.readouterr().out.splitlines()
        return dict(json.loads(line))

    return graded


MULTIPLY = """
nodes    = ["z = x * y", "L = relu(z)"]
inputs   = {{ x = 3.0, y = 4.0 }}
upstream = 2.5
answers  = {{ {answers} }}
"""


def test_each_outcome(grade: Any) -> None:
    answers = 'x = "10", y = "10", z = ""'
    assert grade(MULTIPLY.format(answers=answers)) == {
        "answers": {
            "x": {"outcome": "correct", "misconceptions": [], "follows": False, "expected": 10},
            "y": {"outcome": "wrong", "misconceptions": ["mul_no_swap"], "follows": False, "expected": 7.5},
            "z": {"outcome": "unanswered", "misconceptions": [], "follows": False, "expected": 2.5},
        }
    }
    marks = grade(MULTIPLY.format(answers='x = "[1, 2]", y = "8 apples", z = "3"'))["answers"]
    assert {name: mark["outcome"] for name, mark in marks.items()} == {
        "x": "unreadable",
        "y": "unreadable",
        "z": "rounded",
    }


def test_answers_may_be_expressions_numbers_or_lists(grade: Any) -> None:
    marks = grade(
        'nodes = ["Y = X @ W"]\ninputs = { X = [[1, 2], [3, 4]], W = [[1, 0], [2, 1]] }\n'
        'upstream = [[1, 1], [1, 1]]\nanswers = { X = "dout @ W.T", W = [[4, 4], [6, 6]] }'
    )["answers"]
    assert {mark["outcome"] for mark in marks.values()} == {"correct"}
    assert grade(MULTIPLY.format(answers='x = "dout*y", y = 7.5'))["answers"]["x"]["outcome"] == "correct"
    wrong = grade('nodes = ["y = relu(x)"]\ninputs = { x = [1, -1] }\nanswers = { x = "1 2 3" }')
    assert wrong["answers"]["x"]["outcome"] == "shape"


def test_forward_values_are_marked_beside(grade: Any) -> None:
    marks = grade(MULTIPLY.format(answers='x = "10"') + 'forward = { z = "12", L = "7" }')
    assert [mark["outcome"] for mark in marks["forward"].values()] == ["correct", "wrong"]


def test_what_follows_from_a_slip_is_credited(grade: Any) -> None:
    marks = grade(
        'nodes = ["z = x * y", "L = z * w"]\ninputs = { x = 3, y = 4, w = 5 }\n'
        'answers = { z = "6", x = "24", y = "18" }'
    )["answers"]
    assert [(mark["outcome"], mark["follows"]) for mark in marks.values()] == [
        ("wrong", False),
        ("wrong", True),
        ("wrong", True),
    ]


@pytest.mark.parametrize("item", ABOUT_GRADIENTS, ids=lambda item: item["id"])
def test_known_mistakes_are_named(item: dict[str, Any], grade: Any) -> None:
    gradients = item["ask"]
    nodes = [node.strip() for node in item["statements"].split(";")]
    header = (
        f"nodes = {json.dumps(nodes)}\nupstream = {json.dumps(item.get('upstream', 1))}\n"
        f"[inputs]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in item["inputs"].items())
    )
    for misconception, wrong in item["wrong"].items():
        written = "".join(
            f"{asked[1:]} = '{json.dumps(value)}'\n" for asked, value in zip(gradients, wrong, strict=True)
        )
        marks = grade(f"{header}[answers]\n{written}")["answers"]
        named = {id_ for mark in marks.values() for id_ in mark["misconceptions"]}
        followed = [mark["follows"] for mark in marks.values()]
        assert misconception in named or any(followed), (misconception, marks)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nodes = 3", "nodes"),
        ("nodes = ['z = x *']\ninputs = { x = 1 }", "nodes"),
        ("nodes = ['z = x']\ninputs = { x = 'a' }", "inputs.x"),
        ("nodes = ['z = x']\ninputs = { x = 1 }\nanswers = { w = '1' }", "answers.w"),
        ("nodes = ['z = x']\nanswer = 1", "answer"),
        ("nodes = [", ":1:"),
        ("nodes = ['a = b', 'b = a']", "'a'"),
    ],
)
def test_a_file_at_fault_says_where(
    text: str, said: str, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(text, encoding="utf-8")
    assert run(["grade", str(file), "--lang", language]) == AT_FAULT
    assert said in capsys.readouterr().err.replace(str(tmp_path), "")


def test_several_files_keep_their_order_and_one_fault_stops_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(MULTIPLY.format(answers='x = "10"'), encoding="utf-8")
    bad.write_text("nodes = [", encoding="utf-8")
    assert run(["grade", str(good), str(bad), str(good), "--json"]) == AT_FAULT
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(line) for line in lines] == [["answers"], ["error"], ["answers"]]


OTHER_SHAPES = [item for item in ITEMS if item.get("other_shape")]


@pytest.mark.parametrize("item", OTHER_SHAPES, ids=lambda item: item["id"])
def test_an_answer_of_another_shape_may_still_tell_the_mistake(item: dict[str, Any], grade: Any) -> None:
    nodes = [node.strip() for node in item["statements"].split(";")]
    header = (
        f"nodes = {json.dumps(nodes)}\nupstream = {json.dumps(item.get('upstream', 1))}\n[inputs]\n"
        + "".join(f"{name} = {json.dumps(x)}\n" for name, x in item["inputs"].items())
        + "[answers]\n"
    )
    for misconception, written in item["other_shape"].items():
        for asked, value, right in zip(item["ask"], written, item["truth"], strict=True):
            if np.shape(value) != np.shape(right):
                mark = grade(f"{header}{asked[1:]} = '{json.dumps(value)}'\n")["answers"][asked[1:]]
                assert mark["outcome"] == "shape"
                assert misconception in mark["misconceptions"]


@pytest.mark.parametrize(
    "text",
    [
        "nodes = ['L = softmax_cross_entropy(z, t)']\ninputs = { z = 1, t = 1 }",
        "nodes = ['Y = affine(X, W, b)']\ninputs = { X = [1, 2], W = [1, 2], b = 1 }",
    ],
)
def test_shapes_that_do_not_fit_are_said(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(text, encoding="utf-8")
    assert run(["grade", str(file), "--lang", "en"]) == AT_FAULT
    assert "shapes do not fit" in capsys.readouterr().err
