"""The learner's record lasts, is never rewritten, and says so when it cannot be kept."""

import errno
import math
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.student import database, locations
from tutor.student.database import NoticeKind
from tutor.student.events import Event, EventKind, attempt
from tutor.student.faults import Fault, StoreError
from tutor.student.locations import DATABASE_NAME, data_folder
from tutor.student.schema import SCHEMA_VERSION
from tutor.student.settings import Settings
from tutor.student.store import Store

WRITER = Path(__file__).with_name("store_writer.py")
HINT = Event(EventKind.HINT, "multiply", "first", {"level": 1})

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX kills and permissions")


def start_writer(folder: Path, name: str, count: int, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), str(folder), name, str(count), *options]
    environment = os.environ | {"PYTHONPATH": str(WRITER.parent.parent)}
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    )


def query(folder: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(folder / DATABASE_NAME, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


def filled(folder: Path, count: int = 3) -> Path:
    with Store.open(folder) as store:
        for _ in range(count):
            store.append(HINT)
    return folder / DATABASE_NAME


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as store:
        yield store


@pytest.fixture
def unprivileged_folder() -> Iterator[Path]:
    """A folder whose permissions bind this process, even where the tests run as root."""
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


# Recording


def test_events_come_back_as_they_were_recorded(tmp_path: Path) -> None:
    answered = attempt(
        "multiply",
        "dx",
        right=False,
        entries={"dx": "−4·2.5", "dy": ""},
        outcomes={"dx": "wrong", "dy": "unanswered"},
        misconceptions={"dx": ["mul_own_input"]},
        hints=1,
        milliseconds=8200,
        seed=7,
    )
    with Store.open(tmp_path) as store:
        assert [store.append(HINT), store.append(answered)] == [1, 2]
    with Store.open(tmp_path) as store:
        first, second = store.events()
        assert (first.seq, first.kind, first.lesson, first.step, first.data) == (
            1,
            EventKind.HINT,
            "multiply",
            "first",
            {"level": 1},
        )
        assert second.data["entries"] == {"dx": "−4·2.5", "dy": ""}
        assert second.data["misconceptions"] == {"dx": ["mul_own_input"]}
        assert [event.seq for event in store.events(since=1)] == [2]


def test_events_given_together_are_recorded_together(store: Store) -> None:
    unwritable = Event(EventKind.STEP_DONE, "multiply", None)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        store.append(HINT, unwritable)
    assert list(store.events()) == []
    assert store.append(HINT, Event(EventKind.STEP_DONE, "multiply", "first")) == 2
    assert [event.kind for event in store.events()] == [EventKind.HINT, EventKind.STEP_DONE]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_are_recorded_as_null(store: Store, value: float) -> None:
    store.append(Event(EventKind.RUN, "train", data={"losses": (0.5, value)}))
    assert next(store.events()).data == {"losses": [0.5, None]}


@pytest.mark.parametrize("data", [{"x": object()}, {"x": {1: 2}}, {"x": {1, 2}}, {"x": b"1"}])
def test_what_json_cannot_hold_is_refused_before_it_is_recorded(data: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        Event(EventKind.RUN, "train", data=data)


def test_an_event_keeps_its_own_copy_of_the_data() -> None:
    entries = {"dx": "1"}
    event = attempt("a", "b", right=True, entries=entries, outcomes={})
    entries["dx"] = "2"
    assert event.data["entries"] == {"dx": "1"}


def test_kinds_of_a_later_version_are_left_out(store: Store, tmp_path: Path) -> None:
    store.append(HINT)
    query(tmp_path, "INSERT INTO events (at, kind, lesson, step, data) VALUES (1, 'dance', '', '', '{}')")
    store.append(HINT)
    assert [event.seq for event in store.events()] == [1, 3]


@pytest.mark.parametrize("change", ["UPDATE events SET lesson = 'x'", "DELETE FROM events"])
def test_what_was_recorded_cannot_be_changed(store: Store, tmp_path: Path, change: str) -> None:
    store.append(HINT)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        query(tmp_path, change)
    assert [event.lesson for event in store.events()] == ["multiply"]


def test_time_never_goes_back(tmp_path: Path) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    readings = [
        noon,
        noon - timedelta(days=3650),
        noon + timedelta(seconds=1),
        datetime(1969, 1, 1, tzinfo=UTC),
    ]
    for reading in readings:
        with Store.open(tmp_path, clock=lambda reading=reading: reading) as store:  # type: ignore[misc]
            store.append(HINT)
    with Store.open(tmp_path) as store:
        later = noon + timedelta(seconds=1)
        assert [event.at for event in store.events()] == [noon, noon, later, later]


def test_memory_keeps_events_drafts_and_settings_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Store.open(None) as store:
        store.append(HINT)
        store.save_draft("a", "b", "dx", "1")
        store.save_settings(Settings(ascii=True))
        assert store.path is None
        assert not store.read_only
        assert len(list(store.events())) == 1
        assert store.drafts("a", "b") == {"dx": "1"}
        assert store.settings().ascii
    assert list(tmp_path.iterdir()) == []


# Durability


def test_every_commit_is_written_through(store: Store) -> None:
    def pragma(name: str) -> object:
        return store._connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2  # FULL
    assert pragma("busy_timeout") == 2000
    assert pragma("user_version") == SCHEMA_VERSION


def kill_and_compare(folder: Path, kills: int) -> None:
    chance = random.Random(20)
    confirmed: list[int] = []
    for kill in range(kills):
        with start_writer(folder, f"run {kill}", 100_000) as writer:
            assert writer.stdout is not None
            wanted = chance.randrange(60)  # 0 may fall into the making of the file
            confirmed += [int(writer.stdout.readline()) for _ in range(wanted)]
            writer.kill()
            confirmed += [int(line) for line in writer.stdout if line.endswith("\n")]
        with Store.open(folder) as store:
            assert store.notice is None
            recorded = [event.seq for event in store.events()]
        assert set(confirmed) <= set(recorded)
        assert query(folder, "PRAGMA quick_check") == [("ok",)]
    assert len(confirmed) > kills


@posix
def test_a_kill_loses_nothing_that_was_confirmed(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, kills=20)


@posix
@pytest.mark.long
def test_three_hundred_kills_lose_nothing_that_was_confirmed(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, kills=300)


def write_at_once(folder: Path, writers: int, count: int) -> list[int]:
    """Let processes open and write together and return every number that they printed."""
    started = [start_writer(folder, f"writer {number}", count, "begin") for number in range(writers)]
    for writer in started:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in started:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    printed = [int(seq) for writer in started for seq in writer.communicate()[0].split()]
    assert [writer.returncode for writer in started] == [0] * writers
    return printed


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    printed = write_at_once(folder, writers=2, count=100)
    assert sorted(printed) == list(range(1, 201))
    with Store.open(folder) as store:
        recorded = [(event.lesson, event.step) for event in store.events()]
    assert sorted(recorded) == sorted(
        (f"writer {name}", str(step)) for name in range(2) for step in range(100)
    )


@pytest.mark.long
def test_four_processes_lose_none_of_five_hundred_events_each(tmp_path: Path) -> None:
    printed = write_at_once(tmp_path, writers=4, count=500)
    assert sorted(printed) == list(range(1, 2001))
    with Store.open(tmp_path) as store:
        assert store.notice is None
        assert len({(event.lesson, event.step) for event in store.events()}) == 2000


def test_processes_that_find_a_useless_file_at_once_share_the_new_one(tmp_path: Path) -> None:
    garbage(tmp_path / DATABASE_NAME)
    printed = write_at_once(tmp_path, writers=3, count=20)
    assert sorted(printed) == list(range(1, 61))
    assert len(list(tmp_path.glob("set-aside-*"))) == 1


def test_a_full_disk_is_reported_and_keeps_what_was_confirmed(store: Store) -> None:
    store.append(HINT)
    store._connection.execute("PRAGMA max_page_count = 1")  # SQLite answers as on a full disk
    big = Event(EventKind.RUN, "train", data={"text": "x" * 100_000})
    with pytest.raises(StoreError) as caught:
        store.append(big)
    assert caught.value.fault is Fault.FULL
    assert [event.seq for event in store.events()] == [1]
    store._connection.execute("PRAGMA max_page_count = 1000")
    assert store.append(big) == 2


def test_a_file_that_another_process_keeps_is_reported_as_locked(store: Store, tmp_path: Path) -> None:
    store.patience = 0.01
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as caught:
            store.append(HINT)
        assert caught.value.fault is Fault.LOCKED
        other.execute("ROLLBACK")
    assert store.append(HINT) == 1


def test_opening_waits_longer_for_another_that_opens_than_a_screen_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    lock = tmp_path / database.LOCK_NAME
    with closing(sqlite3.connect(lock, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(0.3, other.execute, ["COMMIT"])
        release.start()
        with Store.open(tmp_path) as store:
            assert store.append(HINT) == 1
        release.join()


@posix
def test_a_file_deleted_under_the_program_is_reported(store: Store, tmp_path: Path) -> None:
    store.append(HINT)
    (tmp_path / DATABASE_NAME).unlink()
    with pytest.raises(StoreError) as caught:
        store.append(HINT)
    assert caught.value.fault is Fault.GONE


# Opening what is not a good file


def garbage(path: Path) -> None:
    path.write_bytes(b"meeting notes, not a database\n" * 400)


def another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")


def another_program_with_a_version(path: Path) -> None:
    another_program(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")


def truncated(path: Path) -> None:
    filled(path.parent, 200)
    path.write_bytes(path.read_bytes()[:9000])


def without_its_table(path: Path) -> None:
    filled(path.parent)
    query(path.parent, "DROP TABLE events")


def with_a_broken_row(path: Path) -> None:
    with Store.open(path.parent) as store:
        store.append(Event(EventKind.RUN, "train", data={"marker": 1}))
    content = path.read_bytes()
    assert b'{"marker"' in content
    path.write_bytes(content.replace(b'{"marker"', b'["marker"'))


USELESS: dict[Callable[[Path], None], NoticeKind] = {
    garbage: NoticeKind.FOREIGN,
    another_program: NoticeKind.FOREIGN,
    another_program_with_a_version: NoticeKind.FOREIGN,
    truncated: NoticeKind.DAMAGED,
    without_its_table: NoticeKind.DAMAGED,
    with_a_broken_row: NoticeKind.DAMAGED,
}


@pytest.mark.parametrize("make", USELESS, ids=lambda make: make.__name__)
def test_a_useless_file_is_set_aside_whole_and_said(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / DATABASE_NAME
    folders = []
    for _ in range(2):  # the second must not take the first one's place
        make(path)
        before = path.read_bytes()
        with Store.open(tmp_path) as store:
            assert store.notice is not None
            assert store.notice.kind is USELESS[make]
            assert store.notice.set_aside is not None
            folders.append(store.notice.set_aside)
            assert (store.notice.set_aside / DATABASE_NAME).read_bytes() == before
            back = store.notice.recovered
            count = back.count if back else 0
            assert len(list(store.events())) == count
            assert store.append(HINT) == count + 1
        with Store.open(tmp_path) as store:
            assert store.notice is None
            assert len(list(store.events())) == count + 1
        path.unlink()
        shutil.rmtree(tmp_path / "backups")
    assert len(set(folders)) == 2


@pytest.mark.parametrize("empty", [True, False])
def test_a_log_without_its_file_is_not_taken_for_a_new_learner(tmp_path: Path, empty: bool) -> None:
    path, log = tmp_path / DATABASE_NAME, tmp_path / f"{DATABASE_NAME}-wal"
    log.write_bytes(b"what was written last")
    if empty:
        path.touch()
    with Store.open(tmp_path) as store:
        assert store.notice is not None
        assert store.notice.kind is NoticeKind.LEFTOVERS
        assert store.notice.set_aside is not None
        assert (store.notice.set_aside / log.name).read_bytes() == b"what was written last"
        assert store.append(HINT) == 1


def test_an_empty_file_alone_is_a_new_learner(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).touch()
    with Store.open(tmp_path) as store:
        assert store.notice is None
        assert store.append(HINT) == 1


def test_what_only_the_log_holds_is_read_after_a_crash(store: Store, tmp_path: Path) -> None:
    store.append(HINT)
    crashed = tmp_path / "copy"
    crashed.mkdir()
    for part in ("", "-wal"):
        shutil.copy(f"{tmp_path / DATABASE_NAME}{part}", crashed)
    with Store.open(crashed) as copy:
        assert copy.notice is None
        assert len(list(copy.events())) == 1


def test_a_file_of_a_later_version_is_read_and_not_written(tmp_path: Path) -> None:
    path = filled(tmp_path)
    query(tmp_path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with Store.open(tmp_path) as store:
        assert store.notice is not None
        assert store.notice.kind is NoticeKind.NEWER
        assert store.read_only
        assert len(list(store.events())) == 3
        with pytest.raises(StoreError) as caught:
            store.append(HINT)
        assert caught.value.fault is Fault.READ_ONLY
        with pytest.raises(sqlite3.OperationalError):
            store._connection.execute("DELETE FROM drafts")
    assert path.read_bytes() == before


def test_a_folder_in_the_place_of_the_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).mkdir()
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path)
    assert caught.value.fault is Fault.NOT_A_FILE


def test_a_file_in_the_place_of_the_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path / "data")
    assert caught.value.fault is Fault.UNREACHABLE


def test_a_full_disk_on_opening_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path / "new")
    assert caught.value.fault is Fault.FULL


@posix
@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o755), (0o644, 0o555), (0o444, 0o555)])
def test_what_cannot_be_written_is_read(unprivileged_folder: Path, file_mode: int, folder_mode: int) -> None:
    filled(unprivileged_folder).chmod(file_mode)
    unprivileged_folder.chmod(folder_mode)
    with Store.open(unprivileged_folder) as store:
        assert store.notice is not None
        assert store.notice.kind is NoticeKind.READ_ONLY
        assert len(list(store.events())) == 3
        with pytest.raises(StoreError) as caught:
            store.append(HINT)
        assert caught.value.fault is Fault.READ_ONLY


@posix
def test_a_log_that_cannot_be_read_is_not_passed_over(unprivileged_folder: Path) -> None:
    crashed = unprivileged_folder / "crashed"
    crashed.mkdir()
    with Store.open(unprivileged_folder) as store:
        store.append(HINT)
        for part in ("", "-wal"):
            shutil.copy(f"{unprivileged_folder / DATABASE_NAME}{part}", crashed)
    crashed.chmod(0o555)
    with pytest.raises(StoreError) as caught:
        Store.open(crashed)
    crashed.chmod(0o755)
    assert caught.value.fault in (Fault.READ_ONLY, Fault.UNREACHABLE)


@posix
def test_a_folder_that_takes_no_file_is_reported(unprivileged_folder: Path) -> None:
    unprivileged_folder.chmod(0o555)
    with pytest.raises(StoreError) as caught:
        Store.open(unprivileged_folder)
    assert caught.value.fault is Fault.UNREACHABLE
    with pytest.raises(StoreError) as caught:
        Store.open(unprivileged_folder / "deeper")
    assert caught.value.fault is Fault.READ_ONLY


# Drafts and settings


def test_drafts_survive_and_belong_to_their_step(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.save_draft("multiply", "first", "dx", "-1")
        store.save_draft("multiply", "first", "dx", "-10")
        store.save_draft("multiply", "first", "dy", "한글")
        store.save_draft("multiply", "second", "dx", "5")
    with Store.open(tmp_path) as store:
        assert store.drafts("multiply", "first") == {"dx": "-10", "dy": "한글"}
        store.clear_drafts("multiply", "first")
        assert store.drafts("multiply", "first") == {}
        assert store.drafts("multiply", "second") == {"dx": "5"}


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_can_be_a_draft(text: str) -> None:
    with Store.open(None) as store:
        store.save_draft("a", "b", "dx", text)
        assert store.drafts("a", "b") == {"dx": text}


def test_a_draft_of_broken_bytes_is_kept_as_far_as_it_can_be_read(store: Store) -> None:
    store.save_draft("a", "b", "dx", "1\udcff2")
    assert store.drafts("a", "b") == {"dx": "1?2"}


def test_settings_survive(tmp_path: Path) -> None:
    chosen = Settings(language="ko", theme="light", ascii=True, motion=False, terms="english")
    with Store.open(tmp_path) as store:
        assert store.settings() == Settings()
        store.save_settings(chosen)
    with Store.open(tmp_path) as store:
        assert store.settings() == chosen


def test_settings_of_other_versions_are_ignored_and_kept(store: Store, tmp_path: Path) -> None:
    query(tmp_path, "INSERT INTO settings VALUES ('sound', '\"loud\"'), ('ascii', '\"yes\"'), ('theme', '{')")
    assert store.settings() == Settings()
    store.save_settings(Settings(theme="dark"))
    assert query(tmp_path, "SELECT value FROM settings WHERE key = 'sound'") == [('"loud"',)]
    assert store.settings() == Settings(theme="dark")


# Where the file is


def test_the_data_folder_is_the_option_then_the_variable_then_the_platforms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TUTOR_DATA", str(tmp_path / "variable"))
    assert data_folder(str(tmp_path / "option")) == tmp_path / "option"
    assert data_folder(None) == tmp_path / "variable"
    assert data_folder("") == tmp_path / "variable"
    monkeypatch.setenv("TUTOR_DATA", "")
    assert data_folder(None).is_absolute()
    assert "backprop-tutor" in data_folder(None).parts


def test_a_relative_data_folder_stays_where_the_program_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert data_folder("mine") == tmp_path / "mine"


@posix
def test_a_missing_home_is_reported_and_makes_no_folder_called_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> None:
        raise KeyError("uid not found")

    for name in ("HOME", "XDG_DATA_HOME", "TUTOR_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    for override in (None, "~/mine"):
        with pytest.raises(StoreError) as caught:
            data_folder(override)
        assert caught.value.fault is Fault.NO_HOME


def no_home(*_: object, **__: object) -> str:
    raise RuntimeError("Could not determine home directory.")


def unexpanded_home(*_: object, **__: object) -> str:
    return "~/.local/share/backprop-tutor"


@pytest.mark.parametrize("answer", [no_home, unexpanded_home])
def test_a_platform_that_cannot_tell_its_folder_is_reported(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[..., str]
) -> None:
    monkeypatch.delenv("TUTOR_DATA", raising=False)
    monkeypatch.setattr(locations, "user_data_dir", answer)
    with pytest.raises(StoreError) as caught:
        data_folder()
    assert caught.value.fault is Fault.NO_HOME
