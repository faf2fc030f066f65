"""The commands as scripts see them: output, JSON and exit codes."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor import __version__
from tutor.cli import run
from tutor.commands.output import AT_FAULT, DONE, USAGE
from tutor.student.events import EventKind
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.ui.practice_wish import PracticeWish


def graph_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert run(["graph", *arguments, "--json"]) == DONE
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["values", "gradients", "output"]
    return dict(found)


def test_graph_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert graph_json(capsys, "f = (x + y) * z", "x=-2", "y=5", "z=-4") == {
        "values": {"x": -2, "y": 5, "z": -4, "f": -12},
        "gradients": {"x": -4, "y": -4, "z": 3, "f": 1},
        "output": "f",
    }


def test_several_statements_arrays_and_an_upstream_gradient(capsys: pytest.CaptureFixture[str]) -> None:
    found = graph_json(capsys, "Y = X @ W; L = sum(Y)", "X=[[1,2],[3,4]]", "W=1 0; 0 1", "--upstream", "-2")
    assert found["output"] == "L"
    assert found["gradients"] == {
        "X": [[-2, -2], [-2, -2]],
        "W": [[-8, -8], [-12, -12]],
        "Y": [[-2, -2], [-2, -2]],
        "L": -2,
    }


def test_what_json_cannot_hold_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    found = graph_json(capsys, "L = 1 / x", "x=0")
    assert found["values"] == {"x": 0, "L": None}
    assert found["gradients"] == {"x": None, "L": 1}


def test_one_expression_needs_no_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert graph_json(capsys, "2xy", "x=3", "y=4")["gradients"] == {"x": 8, "y": 6, "out": 1}


def test_the_graph_is_drawn_and_ascii_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", "f = (x + y) * z", "x=-2", "y=5", "z=-4"]) == DONE
    drawn = capsys.readouterr().out
    assert all(number in drawn for number in ("-2", "5", "-4", "3", "-12"))
    assert run(["graph", "f = relu(x × y)", "x=-2", "y=5", "--ascii"]) == DONE
    assert capsys.readouterr().out.isascii()


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
        (["f = x * y", "x=1", "x=2", "y=1"], "'x'"),
        (["f = x", "x=[1,2]", "--upstream", "[1,2,3]"], "(3,)"),
        (["f = __import__('os')"], "__import__"),
    ],
)
def test_input_at_fault_says_where(
    arguments: list[str], said: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["graph", *arguments, "--lang", language]) == AT_FAULT
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("tutor: ")
    assert said in captured.err
    assert any("가" <= letter <= "힣" for letter in captured.err) == (language == "ko")


def test_the_mark_stands_under_the_place_in_cells(capsys: pytest.CaptureFixture[str]) -> None:
    run(["graph", "f = ２ * (x", "x=1"])
    formula, mark = capsys.readouterr().err.splitlines()[-2:]
    assert formula == "  f = ２ * (x"
    assert mark.index("^") >= len("  f = ２ * (") + 1


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["graph"], ["lessons"], ["--lang", "fr"], ["graph", "x", "--no"]]
)
def test_usage_is_exit_code_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    assert left.value.code == USAGE
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grph"], "비슷한 것: graph."),
        (["lessons", "chek"], "비슷한 것: check."),
        (["graph"], "빠진 것: formula, NAME=VALUE."),
        (["graph", "x", "--no"], "알아보지 못한 것: --no."),
        (["train", "--steps", "many"], "--steps 뒤에는 정수가 와야 해요. 받은 값: many."),
        (["train", "--steps"], "--steps 뒤에 값이 필요해요."),
        (["train", "--lang=fr"], "쓸 수 있는 값: en, ko."),
    ],
)
def test_usage_is_told_in_the_language_of_the_learner(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUTOR_LANG", "ko")
    with pytest.raises(SystemExit) as left:
        run(arguments)
    shown = capsys.readouterr().err
    assert left.value.code == USAGE
    assert shown.startswith("사용법: ")
    assert shown.rstrip().endswith(said)


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["--version"], __version__),
        (["--help", "--lang", "ko"], "역전파"),
        (["-h"], "graph"),
    ):
        with pytest.raises(SystemExit) as left:
            run(arguments)
        assert left.value.code == 0
        assert said in capsys.readouterr().out


def test_the_shipped_course_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lessons", "check"]) == DONE


def test_a_fault_in_a_course_has_file_and_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lesson = tmp_path / "01-broken"
    lesson.mkdir()
    (lesson / "lesson.toml").write_text("format = 1\nminutes = 20\ntolerence = 3\n", encoding="utf-8")
    assert run(["lessons", "check", str(tmp_path), "--lang", "en"]) == AT_FAULT
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("01-broken/lesson.toml:3: ") and "tolerence" in line for line in lines)
    assert run(["lessons", "check", str(tmp_path / "nowhere")]) == AT_FAULT


def test_a_lesson_that_is_begun_is_proved_as_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    course = tmp_path / "mine"
    for name in ("shopping", "more-shopping"):
        assert run(["lessons", "new", name, str(course), "--lang", "en"]) == DONE
    assert sorted(path.name for path in course.iterdir()) == ["01-shopping", "02-more-shopping"]
    assert f"tutor --course {course}" in capsys.readouterr().out
    assert (course / "02-more-shopping" / "en.md").read_text("utf-8").startswith("# More shopping\n")
    assert run(["lessons", "check", str(course)]) == DONE


@pytest.mark.parametrize("name", ["Shopping", "../up", "a b", "01-Other", "shopping", "01-other", ""])
def test_a_lesson_needs_a_name_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(["lessons", "new", "shopping", str(tmp_path)]) == DONE
    assert run(["lessons", "new", name, str(tmp_path), "--lang", "ko"]) == AT_FAULT
    assert "레슨" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["01-shopping"]


def test_progress_of_a_new_learner(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["progress", "--json", "--data", str(tmp_path)]) == DONE
    lessons = json.loads(capsys.readouterr().out)["lessons"]
    assert [lesson["done"] for lesson in lessons] == [0] * len(lessons)
    assert run(["progress", "--data", str(tmp_path)]) == DONE


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=40), st.lists(st.text(max_size=12).filter(lambda s: not s.startswith("-")), max_size=3)
)
def test_no_formula_ends_in_a_traceback(formula: str, values: list[str]) -> None:
    if not formula.startswith("-"):
        assert run(["graph", formula, *values, "--json"]) in (DONE, AT_FAULT)


@pytest.mark.parametrize(
    ("arguments", "spared"),
    [
        (["--help"], {"numpy", "pydantic", "textual", "plotext", "fsrs"}),
        (["graph", "f = x * y", "x=1", "y=2"], {"pydantic", "textual", "plotext", "fsrs"}),
    ],
    ids=lambda given: str(given[0]) if isinstance(given, list) else "",
)
def test_a_command_loads_no_more_than_it_needs(arguments: list[str], spared: set[str]) -> None:
    program = (
        "import sys; from tutor.cli import run\n"
        f"try: run({arguments!r})\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert not spared & set(ended.stderr.split())


def test_the_command_runs_as_a_module_and_a_closed_pipe_is_no_crash() -> None:
    command = [sys.executable, "-m", "tutor", "graph", "f = x * y", "x=2", "y=3"]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, encoding="utf-8", check=True)
    assert json.loads(done.stdout)["values"]["f"] == 6
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


TABLE = """
data = { x = [[1.0]], t = [[0.0]] }
layers = [1, 1]
output = "identity"
loss = "sse"
steps = 3
[parameters]
W1 = [[5.0]]
b1 = [0.0]
"""


def train_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert run(["train", *arguments, "--json"]) == DONE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_train_prints_a_line_per_recorded_step(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("learning_rate = 0.05\n" + TABLE, encoding="utf-8")
    *steps, last = train_json(capsys, str(file))
    # One neuron y = w + b at w = 5, b = 0: every step takes 0.05 · 2y from both, so y shrinks by 0.8.
    assert [line["step"] for line in steps] == [0, 1, 2, 3]
    assert [line["loss"] for line in steps] == pytest.approx([25 * 0.8 ** (2 * n) for n in range(4)])
    final = last["final"]
    assert isinstance(final, dict)
    assert list(final) == ["loss", "steps", "parameters", "seconds"]
    assert final["parameters"]["W1"][0][0] - final["parameters"]["b1"][0] == pytest.approx(5)
    assert len(train_json(capsys, str(file), "--quiet")) == 1
    assert len(train_json(capsys, str(file), "--steps", "1")) == 3


def test_a_run_that_diverges_is_a_result(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("learning_rate = 1e5\n" + TABLE.replace("steps = 3", "steps = 500"), encoding="utf-8")
    *steps, last = train_json(capsys, str(file))
    assert isinstance(last["final"], dict)
    assert last["final"]["diverged"] is True
    assert steps[-1]["loss"] is None
    assert run(["train", str(file)]) == DONE
    assert "diverged" in capsys.readouterr().out


def test_a_curve_is_drawn_without_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "--preset", "xor", "--steps", "50", "--ascii", "--lang", "en"]) == DONE
    drawn = capsys.readouterr().out
    assert drawn.isascii()
    assert "50 steps" in drawn


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("datset = 'xor'", ":1: "),
        ("dataset = 'xr'", "xor"),
        ("learning_rate = -1", "learning_rate"),
        ("layers = [3, 1]", "3"),
        ("steps = [", ":1: "),
        ("parameters = { W9 = [[1]] }", "W9"),
        ("loss = 3", "'loss'"),
        ("frozen = 'W1'", "'frozen'"),
        ("shuffle = 1", "true"),
        ("#" * 3_000_000, "262144"),
    ],
)
def test_a_training_file_at_fault_says_where(
    text: str, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "run.toml"
    file.write_text(text, encoding="utf-8")
    for language in LANGUAGES:
        assert run(["train", str(file), "--lang", language]) == AT_FAULT
        assert said in capsys.readouterr().err
    for arguments in (
        [],
        ["--preset", "nothing"],
        [str(file), "--preset", "xor"],
        [str(tmp_path / "none.toml")],
    ):
        assert run(["train", *arguments]) == AT_FAULT
        assert capsys.readouterr().err.startswith("tutor: ")


def test_a_failure_of_our_own_is_an_apology_and_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("tutor.commands.graph.draw", broken)
    assert run(["graph", "f = x", "x=1", "--lang", "en"]) == AT_FAULT
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "planted" in said


def test_without_arguments_the_app_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[dict[str, object]] = []

    def open_app(*_: object, **options: object) -> int:
        opened.append(options)
        return DONE

    monkeypatch.setenv("TUTOR_DATA", str(tmp_path))
    monkeypatch.setattr("tutor.ui.terminal.open_app", open_app)
    assert run([]) == DONE
    assert run(["--lang", "ko", "--ascii"]) == DONE
    assert [(options["language"], options["ascii_only"]) for options in opened] == [
        (None, False),
        ("ko", True),
    ]


def test_practice_names_the_nearest_skills_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    for language, wanted in (("en", "no skill mul.bakward"), ("ko", "그런 기술이 없어요")):
        assert run(["practice", "mul.bakward", "--lang", language]) == 1
        said = capsys.readouterr().err
        assert wanted in said
        assert "mul.backward" in said
    assert run(["practice", "graph.order"]) == 1
    assert run(["practice", "mul.backward", "--count", "0"]) == 1
    assert run(["practice", "--count", "61"]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_practice_asks_for_a_set_of_the_skill_and_length_wished_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wishes: list[PracticeWish] = []

    def note(*_: object, practice: PracticeWish, **__: object) -> int:
        wishes.append(practice)
        return DONE

    monkeypatch.setattr("tutor.commands.practice.open_app", note)
    assert run(["practice", "batch.dW", "--count", "4", "--data", str(tmp_path)]) == 0
    assert run(["practice", "--data", str(tmp_path)]) == 0
    assert wishes == [PracticeWish("affine.dW", 4), PracticeWish(None, 6)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_practice_is_to_be_had_line_by_line(
    language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("12345\n" * 4))
    where = ["--data", str(tmp_path), "--lang", language]
    assert run(["practice", "mul.backward", "--plain", "--count", "2", *where]) == DONE
    said = capsys.readouterr().out
    assert Text(language)("plain.goodbye") in said
    assert "\x1b" not in said
    with Store.open(tmp_path) as store:
        answered = [event for event in store.events() if event.kind is EventKind.ATTEMPT]
    assert answered[0].data["skill"] == "mul.backward"
