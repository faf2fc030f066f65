"""The capstone: the learner's own file, run apart and judged by the engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from tutor import cli
from tutor.capstone.checking import Finding, Report, check
from tutor.capstone.gates import GATES
from tutor.capstone.sandbox import Ending, _enclosure, run
from tutor.capstone.training import EXPERIMENTS, XOR_ENOUGH, TrainingError, train
from tutor.capstone.workfile import FILE_NAME, NOTES, lay_out
from tutor.course import model
from tutor.course.loader import course_folder, load_lesson
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.tutoring.lesson_loop import LessonLoop
from tutor.ui.lesson_words import LessonWords

SOLUTION = tomllib.loads((Path(__file__).parent / "data" / "layers_solution.toml").read_text("utf-8"))
RIGHT: Mapping[str, str] = SOLUTION["right"]
WRONG: list[dict[str, Any]] = SOLUTION["wrong"]
STUB = "raise NotImplementedError"


def written(folder: Path, bodies: Mapping[str, str]) -> Path:
    """Return the learner's file with these bodies in the places of the classes and functions."""
    path, _ = lay_out(folder, {note: note for note in NOTES})
    blocks = path.read_text(encoding="utf-8").split("\n\n\n")
    for k, block in enumerate(blocks):
        name = next((name for name in bodies if block.startswith((f"class {name}:", f"def {name}("))), None)
        if name:
            line = next(line for line in block.splitlines() if STUB in line)
            indent = line[: line.index(STUB)]
            blocks[k] = block.replace(line, textwrap.indent(bodies[name].strip(), indent))
    path.write_text("\n\n\n".join(blocks), encoding="utf-8")
    return path


def by_gate(reports: tuple[Report, ...]) -> dict[str, Report]:
    return {report.gate.id: report for report in reports}


def test_the_file_as_laid_out_asks_for_everything(tmp_path: Path) -> None:
    path, made = lay_out(tmp_path / "new" / "folder", dict.fromkeys(NOTES, "ok"))
    assert made
    assert path.name == FILE_NAME
    assert {report.finding for report in check(path)} == {Finding.NOT_WRITTEN}


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("mine = 1\n", encoding="utf-8")
    path, made = lay_out(tmp_path, dict.fromkeys(NOTES, "ok"))
    assert not made
    assert path.read_text(encoding="utf-8") == "mine = 1\n"


def test_a_right_solution_opens_every_gate(tmp_path: Path) -> None:
    reports = check(written(tmp_path, RIGHT))
    assert [report.gate for report in reports] == list(GATES)
    for report in reports:
        assert report.passed, report
        assert report.error is not None
        assert report.error < report.gate.limit


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong['code']}-{wrong['misconception']}")
def test_a_wrong_backward_pass_is_stopped_and_named(tmp_path: Path, wrong: Mapping[str, str]) -> None:
    gate = next(gate for gate in GATES if gate.code == wrong["code"])
    (report,) = check(written(tmp_path, {**RIGHT, wrong["code"]: wrong["body"]}), (gate,))
    assert report.finding == wrong.get("finding", "wrong")
    assert report.misconceptions[:1] == ((wrong["misconception"],) if wrong["misconception"] else ())


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.id)
def test_the_truth_of_every_case_is_confirmed_by_central_differences(gate: Any) -> None:
    for case in gate.cases():
        for name, truth in case.truth.items():
            assert abs(truth - case.numeric[name]).max() < 1e-7


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ("return 1 / 0", Finding.RAISED),
        ("return None", Finding.NOTHING),
        ("return 'dout'", Finding.NOTHING),
        ("return [10**400]", Finding.NOTHING),
        ("return dout, dout", Finding.COUNT),
        ("return dout[0] * self.mask[0]", Finding.SHAPE),
        ("return dout * np.nan", Finding.NOT_FINITE),
        ("self.n = getattr(self, 'n', 0) + 1; return dout * self.mask * self.n", Finding.NOT_REPEATABLE),
        ("import os; os._exit(0)", Finding.DIED),
        ("import ctypes; ctypes.string_at(0)", Finding.DIED),
        ("input()", Finding.RAISED),
        ("E = type('E', (Exception,), {'__str__': lambda e: 1 / 0}); raise E", Finding.RAISED),
        ("import sys, os; open(sys.argv[2], 'w').write('[{\"error\": 3}]'); os._exit(0)", Finding.NONSENSE),
        ("import sys, os; open(sys.argv[2], 'w').write('[' * 9999); os._exit(0)", Finding.NONSENSE),
        ("import shutil; shutil.rmtree('.', True); return dout * self.mask", Finding.PASSED),
        ("import signal; signal.signal(15, signal.SIG_IGN)\nwhile True: pass", Finding.TIME),
        ("while True: pass", Finding.TIME),
        ("return np.zeros((40000, 40000, 100))", Finding.RAISED),
        ("print('x' * 100); return dout * self.mask", Finding.PASSED),
    ],
)
def test_whatever_the_file_does_ends_in_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, finding: Finding
) -> None:
    monkeypatch.setattr("tutor.capstone.sandbox.SECONDS", 1.5)
    gate = next(gate for gate in GATES if gate.id == "relu")
    (report,) = check(written(tmp_path, {"Relu": body}), (gate,))
    assert report.finding is finding


def test_an_error_is_told_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, {"Relu": "return dout * self.maks"})
    (report,) = check(path, (GATES[2],))
    assert report.finding is Finding.RAISED
    assert report.line is not None
    assert "self.maks" in path.read_text("utf-8").splitlines()[report.line - 1]


def test_a_file_that_is_no_python_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("x = 1\ndef f(:\n", encoding="utf-8")
    reports = check(tmp_path / FILE_NAME)
    assert {(report.finding, report.line) for report in reports} == {(Finding.NOT_LOADED, 2)}


def test_one_endless_gate_does_not_hide_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutor.capstone.sandbox.SECONDS", 1.5)
    path = written(tmp_path, {**RIGHT, "Mul": "while True: pass"})
    reports = by_gate(check(path, GATES[:3]))
    assert [reports[id_].finding.value for id_ in ("add", "mul", "relu")] == ["passed", "time", "passed"]


@pytest.mark.skipif(os.name == "nt", reason="process groups")
def test_nothing_is_left_running(tmp_path: Path) -> None:
    mark = tmp_path / "a"
    body = (
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', "
        f"'import time; time.sleep(2); open(chr(97), chr(119))'], cwd={str(tmp_path)!r})\nwhile True: pass"
    )
    path = tmp_path / FILE_NAME
    path.write_text(body, encoding="utf-8")
    assert run(path, [], seconds=1.0).ending is Ending.TIME
    time.sleep(1.5)
    assert not mark.exists()


@pytest.mark.skipif(not _enclosure(), reason="namespaces")
def test_a_daemon_ends_with_the_file_that_started_it(tmp_path: Path) -> None:
    mark = tmp_path / "a"
    path = tmp_path / FILE_NAME
    path.write_text(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        time.sleep(1)\n        open({str(mark)!r}, 'w')\n    os._exit(0)\n",
        encoding="utf-8",
    )
    assert run(path, []).ending is Ending.DONE
    time.sleep(1.5)
    assert not mark.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_wait_that_is_stopped_ends_the_file_too(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    path = tmp_path / FILE_NAME
    path.write_text(
        f"import time\nwhile True:\n    open({str(beat)!r}, 'a').write('x')\n    time.sleep(0.05)\n"
    )

    def interrupt() -> None:
        while not beat.exists():
            time.sleep(0.05)
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run(path, [])
    size = beat.stat().st_size
    time.sleep(0.3)
    assert beat.stat().st_size == size


@pytest.mark.skipif(sys.platform != "linux", reason="a killed parent takes its child along on Linux alone")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL"])
def test_the_file_ends_with_the_command(tmp_path: Path, name: str) -> None:
    number = signal.Signals[name]
    beat = tmp_path / "beat"
    (tmp_path / FILE_NAME).write_text(
        f"import time\nwhile True:\n    open({str(beat)!r}, 'a').write('x')\n    time.sleep(0.02)\n"
    )
    command = [sys.executable, "-m", "tutor", "code", str(tmp_path), "--once", "--data", str(tmp_path / "d")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not beat.exists():
            time.sleep(0.02)
        process.send_signal(number)
    time.sleep(0.1)
    size = beat.stat().st_size
    time.sleep(0.2)
    assert beat.stat().st_size == size
    assert process.returncode in (128 + number, -number)


def test_an_exception_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text("raise ValueError('\\x1b[2J\\x07\\u202e\\ud800 한글')\n", encoding="utf-8")
    (report,) = check(path, GATES[:1])
    assert report.exception == "ValueError: [2J 한글"


def test_output_is_bounded_and_stripped_of_control_characters(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text("print('\\x1b[31mred\\x07', '한글')\nfor _ in range(100000): print('y' * 50)\n", "utf-8")
    outcome = run(path, [])
    assert len(outcome.printed) < 2000
    assert "\x1b" not in outcome.printed
    path.write_text("print('\\x1b[31mred\\x07', '한글')\n", "utf-8")
    assert run(path, []).printed == "[31mred 한글"


def test_the_file_cannot_be_fooled_by_modules_beside_it(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('not numpy')", encoding="utf-8")
    assert by_gate(check(written(tmp_path, RIGHT), GATES[:1]))["add"].passed


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_and_note_has_its_sentence(language: str) -> None:
    text = Text(language)
    for finding in Finding:
        assert f"code.finding.{finding.value}" in text
    for note in NOTES:
        assert f"code.note.{note}" in text
    for gate in GATES:
        assert f"code.gate.{gate.id}" in text


# -- the command -----------------------------------------------------------------------------------------


def code(*arguments: str, data: Path) -> int:
    return cli.run(["code", *arguments, "--data", str(data), "--lang", "en"])


def test_the_command_checks_once_and_says_by_its_code_whether_all_is_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, data = tmp_path / "work", tmp_path / "data"
    assert code(str(folder), "--once", data=data) == 1
    out = capsys.readouterr().out
    assert "0 of 6 required" in out
    assert "Next: Add, line" in out
    assert "clip_grad_norm" in out.splitlines()[-4]
    (folder / FILE_NAME).unlink()
    written(folder, {**RIGHT, "Mul": "return dout * self.x, dout * self.y"})
    assert code(str(folder), "--once", data=data) == 1
    out = capsys.readouterr().out
    assert Text("en")("misconceptions.mul_no_swap.looks_like") in out
    (folder / FILE_NAME).unlink()
    written(folder, RIGHT)
    assert code(str(folder), "--once", data=data) == 0
    assert "6 of 6 required" in capsys.readouterr().out
    with Store.open(data) as store:
        passed = {event.step for event in store.events() if event.lesson == "capstone"}
    assert passed == {gate.id for gate in GATES}


def test_ascii_is_ascii(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, {"Add": RIGHT["Add"], "Mul": "return dout * self.x, dout * self.y"})
    assert code(str(tmp_path), "--once", "--ascii", data=tmp_path / "data") == 1
    assert capsys.readouterr().out.isascii()


def test_a_file_that_cannot_be_run_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / FILE_NAME).write_text("def f(:\n", encoding="utf-8")
    assert code(str(tmp_path), "--once", data=tmp_path / "data") == 1
    assert capsys.readouterr().out.count("SyntaxError") == 1


def test_an_entry_is_shown_beside_its_central_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, {"Mul": "return dout * self.y, dout + 1"})
    (report,) = check(tmp_path / FILE_NAME, (GATES[1],))
    assert report.entry is not None
    assert code(str(tmp_path), "--once", "--gate", "mul", data=tmp_path / "data") == 1
    shown = f"dy is {report.entry.found:.6g}, the central difference {report.entry.expected:.6g}"
    assert shown in capsys.readouterr().out


def test_the_command_speaks_the_language_of_the_app_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(tmp_path / "data") as store:
        store.save_settings(replace(store.settings(), language="ko"))
    assert cli.run(["code", str(tmp_path), "--once", "--data", str(tmp_path / "data")]) == 1
    assert Text("ko")("code.finding.not_written") in capsys.readouterr().out


def test_a_step_that_was_passed_beside_the_app_is_shown_as_passed() -> None:
    lesson = load_lesson(course_folder() / "19-capstone")
    loop = LessonLoop(lesson, lambda events: None)
    step = next(step for step in lesson.steps if isinstance(step, model.CodeTask))
    loop.go_to(step.id)
    loop.done_elsewhere(step.id)
    assert loop.state.solved
    (line,) = LessonWords(Text("en"), loop.exercise).solved()
    assert line.text == Text("en")("lesson.code_passed")


def test_the_command_answers_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, {**RIGHT, "Sigmoid": "return dout * self.y"})
    assert code(str(path.parent), "--json", "--gate", "sigmoid", data=tmp_path / "data") == 1
    (gate,) = json.loads(capsys.readouterr().out)["gates"].values()
    assert gate["finding"] == "wrong"
    assert gate["misconceptions"][0] == "sig_y"


def test_a_gate_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code(str(tmp_path), "--gate", "relo", data=tmp_path / "data") == 1
    assert "softmax-with-loss" in capsys.readouterr().err


# -- training with it ------------------------------------------------------------------------------------


def test_right_layers_train_and_broken_ones_partly_do(tmp_path: Path) -> None:
    path = written(tmp_path, RIGHT)
    shares = {
        experiment.id: train(path, experiment).outcome
        for experiment in EXPERIMENTS
        if not experiment.counts_starts
    }
    assert shares["digits"] > 0.96
    assert shares["no_bias"] > 0.96
    assert 0.8 < shares["no_mask"] < 0.94
    assert 0.6 < shares["slope_again"] < 0.87
    assert max(shares[id_] for id_ in ("masked_by_dout", "not_averaged", "wrong_sign")) < 0.2


def test_right_layers_solve_xor_from_nearly_every_start(tmp_path: Path) -> None:
    assert train(written(tmp_path, RIGHT), EXPERIMENTS[0]).outcome >= XOR_ENOUGH


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    path = written(tmp_path, {**RIGHT, "Relu": "return dout @ dout"})
    with pytest.raises(TrainingError, match="ValueError"):
        train(path, EXPERIMENTS[1])


def test_an_outcome_falls_into_one_range() -> None:
    digits = EXPERIMENTS[1]
    assert [digits.range_of(share) for share in (0.0, 0.19, 0.2, 0.9399, 0.94, 1.0)] == [0, 0, 1, 3, 4, 4]


def test_steps_name_the_gates_that_there_are() -> None:
    assert get_args(model.Gate) == tuple(gate.id for gate in GATES)
