"""The record can be carried elsewhere and back, and nothing is lost on the way."""

import csv
import json
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.cli import run
from tutor.commands.output import AT_FAULT, DONE
from tutor.student.backups import backups_of
from tutor.student.events import Event, EventKind, attempt
from tutor.student.locations import DATABASE_NAME
from tutor.student.store import Store
from tutor.student.transfer import TransferError, TransferFault, merged, read_export, write_export
from tutor.text import LANGUAGES

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def record(folder: Path, *days: int, count: int = 3) -> list[Event]:
    """Record events on these days and return what is recorded now."""
    for day in days:
        at = START + timedelta(days=day)
        with Store.open(folder, lambda at=at: at) as store:  # type: ignore[misc]
            for number in range(count):
                store.append(Event(EventKind.HINT, "곱셈", f"{day}.{number}", {"level": 1, "text": "−½"}))
    return events(folder)


def events(folder: Path) -> list[Event]:
    with Store.open(folder, lambda: START + timedelta(days=50)) as store:
        assert store.notice is None
        return list(store.events())


def tutor(folder: Path, *arguments: str) -> int:
    return run(["progress", *arguments, "--data", str(folder), "--lang", "en"])


def test_a_record_comes_back_whole_in_an_empty_folder(tmp_path: Path) -> None:
    wanted = record(tmp_path / "a", 0, 1)
    assert tutor(tmp_path / "a", "export", str(tmp_path / "record.jsonl")) == DONE
    assert tutor(tmp_path / "b", "import", str(tmp_path / "record.jsonl")) == DONE
    assert events(tmp_path / "b") == wanted


def test_two_records_become_one_in_which_each_event_stands_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(tmp_path / "a", 0)
    assert tutor(tmp_path / "a", "export", str(tmp_path / "first.jsonl")) == DONE
    assert tutor(tmp_path / "b", "import", str(tmp_path / "first.jsonl")) == DONE
    record(tmp_path / "a", 2)
    record(tmp_path / "b", 1)
    assert tutor(tmp_path / "a", "export", str(tmp_path / "second.jsonl")) == DONE
    assert tutor(tmp_path / "b", "import", str(tmp_path / "second.jsonl")) == DONE
    assert [event.step for event in events(tmp_path / "b")] == [
        f"{d}.{n}" for d in range(3) for n in range(3)
    ]
    assert [event.seq for event in events(tmp_path / "b")] == list(range(1, 10))
    assert list((tmp_path / "b").glob("set-aside-*")), "the former record is kept"
    capsys.readouterr()
    assert tutor(tmp_path / "b", "import", str(tmp_path / "second.jsonl")) == DONE
    assert "already" in capsys.readouterr().out


def test_an_export_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(tmp_path / "a", 0)
    (tmp_path / "mine.jsonl").write_text("mine")
    assert tutor(tmp_path / "a", "export", str(tmp_path / "mine.jsonl")) == AT_FAULT
    assert (tmp_path / "mine.jsonl").read_text() == "mine"
    assert tutor(tmp_path / "a", "export", str(tmp_path / "no" / "folder.jsonl")) == AT_FAULT
    assert tutor(tmp_path / "a", "export") == AT_FAULT
    assert "Traceback" not in capsys.readouterr().err


HEADER = json.dumps({"format": "backprop-tutor progress", "version": 1})
LINE = {"at": "2026-03-01T09:00:00+00:00", "kind": "hint", "lesson": "a", "step": "b", "data": {}}


@pytest.mark.parametrize(
    ("content", "fault", "line"),
    [
        ("", TransferFault.NOT_ONE, 1),
        ("notes", TransferFault.NOT_ONE, 1),
        ("[1]", TransferFault.NOT_ONE, 1),
        ("\udcff", TransferFault.NOT_ONE, 1),
        (HEADER.replace("1", "2"), TransferFault.NEWER, 1),
        (f"{HEADER}\n{json.dumps(LINE)}\nnonsense", TransferFault.LINE, 3),
        (f"{HEADER}\n{'[' * 100_000}", TransferFault.LINE, 2),
        (f"{HEADER}\n{json.dumps(LINE | {'data': 3})}", TransferFault.LINE, 2),
        (f"{HEADER}\n{json.dumps(LINE | {'at': 'yesterday'})}", TransferFault.LINE, 2),
        (f"{HEADER}\n{json.dumps(LINE | {'at': '2026-03-01T09:00:00'})}", TransferFault.LINE, 2),
        (f"{HEADER}\n{json.dumps(LINE | {'at': '1900-01-01T00:00:00+00:00'})}", TransferFault.LINE, 2),
        (f"{HEADER}\n{json.dumps(LINE | {'kind': None})}", TransferFault.LINE, 2),
        (f"{HEADER}\n{json.dumps(LINE | {'lesson': chr(0xDC00)})}", TransferFault.LINE, 2),
        (f"{HEADER}\n" + json.dumps(LINE)[:-2] + ": NaN}}", TransferFault.LINE, 2),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_record_is_refused_by_line_and_changes_nothing(
    tmp_path: Path,
    content: str,
    fault: TransferFault,
    line: int,
    language: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "given.jsonl"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(TransferError) as caught:
        read_export(file)
    assert (caught.value.fault, caught.value.line) == (fault, line)
    assert (
        run(["progress", "import", str(file), "--data", str(tmp_path / "a"), "--lang", language]) == AT_FAULT
    )
    said = capsys.readouterr().err
    assert str(file) in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("a/set-aside-*"))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    assert tutor(tmp_path / "a", "import", str(tmp_path / "nowhere.jsonl")) == AT_FAULT


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes")
def test_no_command_waits_for_a_pipe(tmp_path: Path) -> None:
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    for command in (["progress", "import"], ["train"], ["grade"]):
        assert run([*command, pipe, "--data", str(tmp_path / "a")]) == AT_FAULT


Content = tuple[str, str, dict[str, object]]
texts = st.text(st.characters(codec="utf-8"), max_size=8)
made = st.lists(
    st.tuples(texts, texts, st.dictionaries(texts, st.integers() | texts, max_size=3)), max_size=8
)


@given(made, made)
def test_export_and_merge_keep_every_event(one: list[Content], other: list[Content]) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open(None) as first, Store.open(None) as second:
        for store, content in ((first, one), (second, other)):
            for lesson, step, data in content:
                store.append(Event(EventKind.HINT, lesson, step, data))
        file = Path(folder) / "record.jsonl"
        assert write_export(file, first.rows()) == len(one)
        read = read_export(file)
        assert read == first.rows()
        assert merged(read, first.rows()) == read
        together = merged(first.rows(), second.rows())
        assert len(together) <= len(one) + len(other)
        assert {row[1:5] for row in together} == {row[1:5] for row in (*first.rows(), *second.rows())}


# Going back


def test_the_record_of_a_day_can_be_had_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a"
    record(folder, 0, 1, 2)
    assert tutor(folder, "restore") == DONE
    assert "2026-03-02  3 entries" in capsys.readouterr().out
    assert tutor(folder, "restore", "2026-03-02") == DONE
    assert [event.step for event in events(folder)] == ["0.0", "0.1", "0.2"]
    assert len(list(folder.glob("set-aside-*"))) == 1
    assert tutor(folder, "restore", "2026-03-03") == DONE, "and forth again"
    assert len(events(folder)) == 6
    assert tutor(folder, "restore", "1999-01-01") == AT_FAULT
    assert "2026-03-02" in capsys.readouterr().err


def test_every_copy_can_be_restored(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    record(folder, *range(6), count=2)
    for number, copy in enumerate(reversed(backups_of(folder / DATABASE_NAME)), 1):
        assert tutor(folder, "restore", copy.stem.removeprefix("progress-")) == DONE
        assert len(events(folder)) == min(2 * number, 12)


def test_a_damaged_copy_is_not_restored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a"
    wanted = record(folder, 0, 1)
    (folder / "backups" / "progress-2026-03-02.sqlite3").write_bytes(b"\0" * 4096)
    assert tutor(folder, "restore") == DONE
    assert "damaged" in capsys.readouterr().out
    assert tutor(folder, "restore", "2026-03-02") == AT_FAULT
    assert events(folder) == wanted


def test_where_there_is_no_copy_yet_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tutor(tmp_path, "restore") == AT_FAULT
    assert "no copies" in capsys.readouterr().err


# The notebook


def with_a_mistake(folder: Path) -> None:
    with Store.open(folder, lambda: START) as store:
        store.append(
            attempt(
                "practice:",
                "mul-1",
                right=False,
                entries={"dx": "7.5"},
                outcomes={"dx": "wrong"},
                misconceptions={"dx": ["mul_no_swap"]},
                diagnosis={"dx": "mul_no_swap"},
                skill="mul.backward",
                graph={"statements": ["z = x * y"], "inputs": {"x": 3, "y": [-4, 2.5]}, "upstream": 2.5},
            )
        )


@pytest.mark.parametrize(("language", "title"), [("en", "# Notebook of mistakes"), ("ko", "# 오답노트")])
def test_the_notebook_is_written_as_markdown(tmp_path: Path, language: str, title: str) -> None:
    with_a_mistake(tmp_path / "a")
    file = tmp_path / "notebook.md"
    arguments = [
        "progress",
        "export",
        "--notebook",
        str(file),
        "--data",
        str(tmp_path / "a"),
        "--lang",
        language,
    ]
    assert run(arguments) == DONE
    written = file.read_text("utf-8")
    assert written.startswith(title)
    for part in ("z = x * y", "x = 3, y = [-4, 2.5]", "dx = 7.5", "| 1 | 0/2 |"):
        assert part in written
    assert run(arguments) == AT_FAULT, "it is there already"


def test_the_notebook_is_written_as_a_table(tmp_path: Path) -> None:
    with_a_mistake(tmp_path / "a")
    file = tmp_path / "notebook.csv"
    assert tutor(tmp_path / "a", "export", "--notebook", str(file)) == DONE
    with file.open(encoding="utf-8-sig", newline="") as opened:
        (line,) = csv.DictReader(opened)
    assert (line["graph"], line["blank"], line["typed"]) == ("z = x * y", "dx", "7.5")
    assert line["misconception"] == "mul_no_swap"
    assert line["words"]
    assert tutor(tmp_path / "a", "export", "--notebook", str(tmp_path / "notebook.doc")) == AT_FAULT
