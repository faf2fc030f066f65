"""Wherever the disk fails, the program gets one kind of error and nothing that was confirmed is lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tutor.student.backups import FOLDER, backups_of
from tutor.student.database import replace_by_copy, replace_by_events
from tutor.student.events import Event, EventKind
from tutor.student.faults import StoreError
from tutor.student.locations import DATABASE_NAME
from tutor.student.settings import Settings
from tutor.student.store import Store

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
FAULTS = {
    "full": sqlite3.SQLITE_FULL,
    "device": sqlite3.SQLITE_IOERR,
    "read-only": sqlite3.SQLITE_READONLY,
    "unreachable": sqlite3.SQLITE_CANTOPEN,
}


class Disk:
    """Counts the calls that reach SQLite, and lets one of them fail."""

    def __init__(self) -> None:
        self.calls, self.fails_at, self.code = 0, -1, 0

    def reached(self) -> None:
        self.calls += 1
        if self.calls - 1 == self.fails_at:
            error = sqlite3.OperationalError("injected")
            error.sqlite_errorcode = self.code
            raise error


DISK = Disk()


class FaultyConnection(sqlite3.Connection):
    """A connection whose calls go through `DISK`."""

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        DISK.reached()
        return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        DISK.reached()
        return super().executemany(*arguments)

    def executescript(self, *arguments: Any) -> sqlite3.Cursor:
        DISK.reached()
        return super().executescript(*arguments)

    def backup(self, *arguments: Any, **options: Any) -> None:
        DISK.reached()
        super().backup(*arguments, **options)


def day(number: int) -> Callable[[], datetime]:
    return lambda: START + timedelta(days=number)


def hint(number: int) -> Event:
    return Event(EventKind.HINT, "a", str(number), {"padding": "x" * 40})


# What is done. Each returns what the store confirmed, so far as it came.

Confirmed = list[str]
Scenario = Callable[[Path, Confirmed], None]


def write(folder: Path, confirmed: Confirmed, *, on: int) -> None:
    with Store.open(folder, day(on)) as store:
        for number in range(3):
            step = f"{on}.{number}"
            store.append(Event(EventKind.HINT, "a", step), Event(EventKind.STEP_DONE, "b", step))
            confirmed.append(step)
        store.save_draft("a", "b", "dx", "1")
        store.clear_drafts("a", "b")
        store.save_settings(Settings(language="ko"))
        store.settings()


def start_anew(folder: Path, confirmed: Confirmed) -> None:
    write(folder / "new", confirmed, on=0)


def same_day(folder: Path, confirmed: Confirmed) -> None:
    write(folder, confirmed, on=1)


def next_day(folder: Path, confirmed: Confirmed) -> None:
    write(folder, confirmed, on=2)


def find_damage(folder: Path, confirmed: Confirmed) -> None:
    path = folder / DATABASE_NAME
    if not list(folder.glob("set-aside-*")):
        path.write_bytes(path.read_bytes()[:-3000])
    write(folder, confirmed, on=2)


def find_nothing(folder: Path, confirmed: Confirmed) -> None:
    (folder / DATABASE_NAME).write_bytes(b"")
    write(folder, confirmed, on=2)


def find_form_1(folder: Path, confirmed: Confirmed) -> None:
    write(folder / "form 1", confirmed, on=2)


def go_back(folder: Path, confirmed: Confirmed) -> None:
    replace_by_copy(folder, backups_of(folder / DATABASE_NAME)[0])


def bring_in(folder: Path, confirmed: Confirmed) -> None:
    with Store.open(folder, day(2)) as store:
        rows = store.rows()
    replace_by_events(folder, rows, {})


WRITES: dict[Scenario, str] = {start_anew: "new", find_form_1: "form 1"}
"""The folder in which a scenario writes, where it is not the first one."""

SCENARIOS = (start_anew, same_day, next_day, find_damage, find_nothing, find_form_1, go_back, bring_in)


@pytest.fixture(autouse=True)
def _short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for rows beyond damage not as far as in earnest, for each look is a call to let fail."""
    monkeypatch.setattr("tutor.student.recovery._BEYOND", 5)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with copies of two days, and one of the first form."""
    folder = tmp_path_factory.mktemp("original")
    for target in (folder, folder / "form 1"):
        for on in range(2):
            with Store.open(target, day(on)) as store:
                for number in range(20):
                    store.append(hint(number))
        with Store.open(target, day(1)):
            pass
    with closing(sqlite3.connect(folder / "form 1" / DATABASE_NAME, isolation_level=None)) as connection:
        connection.executescript("ALTER TABLE events DROP COLUMN crc; PRAGMA user_version = 1;")
    shutil.rmtree(folder / "form 1" / FOLDER)
    return folder


def run_with_faults(
    original: Path,
    tmp_path: Path,
    scenario: Scenario,
    codes: tuple[int, ...],
    monkeypatch: pytest.MonkeyPatch,
    stride: int = 1,
) -> int:
    """Let every call of a scenario, or every so many, fail in turn and return how many failed."""
    connect = sqlite3.connect

    def faulty(*arguments: Any, **options: Any) -> sqlite3.Connection:
        return connect(*arguments, **options, factory=FaultyConnection)

    def once(fails_at: int, code: int) -> tuple[Path, Confirmed]:
        folder, confirmed = tmp_path / "folder", Confirmed()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(original, folder)
        DISK.calls, DISK.fails_at, DISK.code = 0, fails_at, code
        with monkeypatch.context() as patched:
            patched.setattr(sqlite3, "connect", faulty)
            try:
                scenario(folder, confirmed)
            except StoreError:
                assert fails_at >= 0
        return folder, confirmed

    once(-1, 0)
    calls = DISK.calls
    for code in codes:
        for place in range(0, calls, stride):
            folder, confirmed = once(place, code)
            for target in (folder, folder / "new", folder / "form 1"):
                if not target.exists():
                    continue
                with Store.open(target, day(2)) as store:
                    steps = {event.step for event in store.events()}
                    if target.name != "new":
                        assert {str(number) for number in range(20)} <= steps, (place, code, store.notice)
                    if {"start_anew": "new", "find_form_1": "form 1"}.get(
                        scenario.__name__, "folder"
                    ) == target.name:
                        assert set(confirmed) <= steps, (place, code, store.notice)
    return len(range(0, calls, stride)) * len(codes)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_fault_at_any_call_loses_nothing_and_says_so(
    original: Path,
    tmp_path: Path,
    scenario: Scenario,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run_with_faults(original, tmp_path, scenario, (FAULTS["full"],), monkeypatch, stride=11) > 0


@pytest.mark.long
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_every_fault_at_every_call_loses_nothing_and_says_so(
    original: Path,
    tmp_path: Path,
    scenario: Scenario,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run_with_faults(original, tmp_path, scenario, tuple(FAULTS.values()), monkeypatch) > 0
