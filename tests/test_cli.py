"""The commands as scripts see them: output, JSON and exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor import __version__
from tutor.cli import AT_FAULT, DONE, USAGE, run
from tutor.text import LANGUAGES


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    return capsys


def graph_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert run(["graph", *arguments, "--json"]) == DONE
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["values", "gradients", "output"]
    return dict(found)


def test_graph_as_json(output: pytest.CaptureFixture[str]) -> None:
    assert graph_json(output, "f = (x + y) * z", "x=-2", "y=5", "z=-4") == {
        "values": {"x": -2, "y": 5, "z": -4, "f": -12},
        "gradients": {"x": -4, "y": -4, "z": 3, "f": 1},
        "output": "f",
    }


def test_several_statements_arrays_and_an_upstream_gradient(output: pytest.CaptureFixture[str]) -> None:
    found = graph_json(output, "Y = X @ W; L = sum(Y)", "X=[[1,2],[3,4]]", "W=1 0; 0 1", "--upstream", "-2")
    assert found["output"] == "L"
    assert found["gradients"] == {
        "X": [[-2, -2], [-2, -2]],
        "W": [[-8, -8], [-12, -12]],
        "Y": [[-2, -2], [-2, -2]],
        "L": -2,
    }


def test_what_json_cannot_hold_is_null(output: pytest.CaptureFixture[str]) -> None:
    found = graph_json(output, "L = 1 / x", "x=0")
    assert found["values"] == {"x": 0, "L": None}
    assert found["gradients"] == {"x": None, "L": 1}


def test_one_expression_needs_no_name(output: pytest.CaptureFixture[str]) -> None:
    assert graph_json(output, "2xy", "x=3", "y=4")["gradients"] == {"x": 8, "y": 6, "out": 1}


def test_the_graph_is_drawn_and_ascii_is_ascii(output: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", "f = (x + y) * z", "x=-2", "y=5", "z=-4"]) == DONE
    drawn = output.readouterr().out
    assert all(number in drawn for number in ("-2", "5", "-4", "3", "-12"))
    assert run(["graph", "f = relu(x × y)", "x=-2", "y=5", "--ascii"]) == DONE
    assert output.readouterr().out.isascii()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["f = x * (y", "x=1", "y=2"], "f = x * (y"),
        (["f = x * w", "x=1"], "w"),
        (["f = x @ y", "x=[1,2]", "y=[1,2,3]"], "(2,), (3,)"),
        (["a = b; b = a"], "a"),
        (["f = x", "x=abc"], "abc"),
        (["f = x", "x"], "x"),
        (["f = x", "x=[1,2]", "--upstream", "[1,2,3]"], "(3,)"),
        (["f = __import__('os')"], "__import__"),
    ],
)
def test_input_at_fault_says_where(
    arguments: list[str], said: str, language: str, output: pytest.CaptureFixture[str]
) -> None:
    assert run(["graph", *arguments, "--lang", language]) == AT_FAULT
    captured = output.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("tutor: ")
    assert said in captured.err
    assert any("가" <= letter <= "힣" for letter in captured.err) == (language == "ko")


def test_the_mark_stands_under_the_place_in_cells(output: pytest.CaptureFixture[str]) -> None:
    run(["graph", "f = ２ * (x", "x=1"])
    formula, mark = output.readouterr().err.splitlines()[-2:]
    assert formula == "  f = ２ * (x"
    assert mark.index("^") >= len("  f = ２ * (") + 1


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["graph"], ["lessons"], ["--lang", "fr"], ["graph", "x", "--no"]]
)
def test_usage_is_exit_code_two(arguments: list[str], output: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    assert left.value.code == USAGE
    assert "Traceback" not in output.readouterr().err


def test_version_and_help(output: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["--version"], __version__),
        (["--help", "--lang", "ko"], "역전파"),
        (["-h"], "graph"),
    ):
        with pytest.raises(SystemExit) as left:
            run(arguments)
        assert left.value.code == 0
        assert said in output.readouterr().out


def test_the_shipped_course_is_proved(output: pytest.CaptureFixture[str]) -> None:
    assert run(["lessons", "check"]) == DONE


def test_a_fault_in_a_course_has_file_and_line(output: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lesson = tmp_path / "01-broken"
    lesson.mkdir()
    (lesson / "lesson.toml").write_text("format = 1\nminutes = 20\ntolerence = 3\n", encoding="utf-8")
    assert run(["lessons", "check", str(tmp_path), "--lang", "en"]) == AT_FAULT
    lines = output.readouterr().out.splitlines()
    assert any(line.startswith("01-broken/lesson.toml:3: ") and "tolerence" in line for line in lines)
    assert run(["lessons", "check", str(tmp_path / "nowhere")]) == AT_FAULT


def test_progress_of_a_new_learner(output: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["progress", "--json", "--data", str(tmp_path)]) == DONE
    lessons = json.loads(output.readouterr().out)["lessons"]
    assert [lesson["done"] for lesson in lessons] == [0] * len(lessons)
    assert run(["progress", "--data", str(tmp_path)]) == DONE


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=40), st.lists(st.text(max_size=12).filter(lambda s: not s.startswith("-")), max_size=3)
)
def test_no_formula_ends_in_a_traceback(formula: str, values: list[str]) -> None:
    if not formula.startswith("-"):
        assert run(["graph", formula, *values, "--json"]) in (DONE, AT_FAULT)


def test_the_command_runs_as_a_module_and_a_closed_pipe_is_no_crash() -> None:
    command = [sys.executable, "-m", "tutor", "graph", "f = x * y", "x=2", "y=3"]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, encoding="utf-8", check=True)
    assert json.loads(done.stdout)["values"]["f"] == 6
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
