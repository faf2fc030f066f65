"""Whatever happens to the learner's file, what can be brought back is, and what is missing is said."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from damaged_files import copy_of, damage
from hypothesis import given
from hypothesis import strategies as st

from tutor.student import backups, database, schema
from tutor.student.backups import DAYS, WEEKS, backups_of, is_good, kept
from tutor.student.database import Notice, NoticeKind
from tutor.student.events import Event, EventKind
from tutor.student.faults import StoreError
from tutor.student.locations import DATABASE_NAME
from tutor.student.recovery import Recovered
from tutor.student.settings import Settings
from tutor.student.store import Store
from tutor.student.write_ahead_log import is_intact
from tutor.text import LANGUAGES, Text

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
HINT = Event(EventKind.HINT, "multiply", "first", {"level": 1})


def clock(day: int) -> Callable[[], datetime]:
    return lambda: START + timedelta(days=day)


def fill(folder: Path, count: int, *, day: int = 0) -> list[str]:
    """Record events and return what is recorded now."""
    with Store.open(folder, clock(day)) as store:
        for number in range(count):
            store.append(
                Event(EventKind.HINT, "multiply", f"{day}.{number}", {"padding": "x" * (number % 50)})
            )
        return steps(store)


def steps(store: Store) -> list[str]:
    return [event.step for event in store.events()]


def crashed(folder: Path, target: Path, count: int) -> tuple[Path, list[str]]:
    """Return a copy of the folder in which the last events stand in the write-ahead log only."""
    with Store.open(folder, clock(1)) as store:
        for number in range(count):
            store.append(Event(EventKind.HINT, "multiply", f"log.{number}", {"padding": "y" * 40}))
        return copy_of(folder, target), steps(store)


def count_of(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])


# Copies


def test_the_first_start_of_a_day_makes_a_copy_and_the_second_none(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    fill(tmp_path, 3)
    assert backups_of(path) == [], "nothing to copy at the very first start"
    fill(tmp_path, 2)
    (first,) = backups_of(path)
    content = first.read_bytes()
    fill(tmp_path, 2)
    assert backups_of(path) == [first]
    assert first.read_bytes() == content
    fill(tmp_path, 0, day=1)
    assert [backup.name for backup in backups_of(path)] == [
        "progress-2026-03-02.sqlite3",
        "progress-2026-03-01.sqlite3",
    ]
    assert all(is_good(backup) for backup in backups_of(path))
    assert not list(tmp_path.rglob("*.partial"))


def test_seven_days_and_four_weeks_are_kept(tmp_path: Path) -> None:
    for day in range(60):
        fill(tmp_path, 1, day=day)
    found = [backups.day_of(backup) for backup in backups_of(tmp_path / DATABASE_NAME)]
    assert len(found) == DAYS + WEEKS
    assert found[:DAYS] == [(START + timedelta(days=59 - k)).date() for k in range(DAYS)]
    assert len({day.isocalendar()[:2] for day in found[DAYS:] if day}) == WEEKS


@given(st.sets(st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=40))
def test_what_is_kept_is_the_newest(days: set[date]) -> None:
    left = kept(list(days))
    assert left <= days
    assert len(left) <= DAYS + WEEKS
    assert set(sorted(days, reverse=True)[:DAYS]) <= left


def test_a_copy_dated_ahead_by_a_wrong_clock_costs_no_other_its_place(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    fill(tmp_path, 1, day=300)
    for day in range(1, 10):
        fill(tmp_path, 1, day=day)
    names = [backup.name for backup in backups_of(tmp_path / DATABASE_NAME)]
    assert sum(name < "progress-2026-03-12" for name in names) >= DAYS


def test_every_copy_gives_back_what_was_recorded_when_it_was_made(tmp_path: Path) -> None:
    recorded = [fill(tmp_path, 3, day=day) for day in range(5)]
    for backup, wanted in zip(reversed(backups_of(tmp_path / DATABASE_NAME)), recorded, strict=False):
        folder = tmp_path / f"from {backup.stem}"
        folder.mkdir()
        shutil.copy(backup, folder / DATABASE_NAME)
        with Store.open(folder) as store:
            assert store.notice is None
            assert steps(store) == wanted


def test_a_copy_that_cannot_be_made_is_said_and_stops_nothing(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    backups.folder_of(tmp_path / DATABASE_NAME).rmdir()
    (tmp_path / backups.FOLDER).write_text("in the way")
    with Store.open(tmp_path) as store:
        assert store.notice is not None
        assert store.notice.kind is NoticeKind.NO_BACKUP
        assert store.append(HINT) == 3


# Bringing back


def test_after_damage_the_copy_and_the_sound_rows_come_back_together(tmp_path: Path) -> None:
    fill(tmp_path, 20)
    wanted = fill(tmp_path, 20, day=1)
    path = tmp_path / DATABASE_NAME
    content = path.read_bytes()
    assert b'"1.19"' not in content
    place = content.rindex(b"1.5")
    path.write_bytes(content[:place] + b"7" + content[place + 1 :])
    with Store.open(tmp_path, clock(1)) as store:
        assert store.notice is not None
        found = store.notice.recovered
        assert found is not None
        assert (found.count, found.missing, found.complete) == (39, 1, False)
        assert found.backup == "2026-03-02"
        assert steps(store) == [step for step in wanted if step != "1.5"]
        assert store.notice.set_aside is not None
        assert (store.notice.set_aside / DATABASE_NAME).exists()
        assert store.append(HINT) == 40
    with Store.open(tmp_path, clock(1)) as store:
        assert store.notice is None
        assert len(steps(store)) == 40


def test_damage_beside_the_events_loses_none_of_them(tmp_path: Path) -> None:
    wanted = fill(tmp_path, 30)
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.execute("DROP TABLE settings")
        connection.commit()
    with Store.open(tmp_path) as store:
        assert store.notice is not None
        assert store.notice.recovered is not None
        assert store.notice.recovered.complete
        assert store.notice.name == "recovered_all"
        assert steps(store) == wanted


def test_settings_and_drafts_come_back_too(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    with Store.open(tmp_path) as store:
        store.save_settings(Settings(language="ko"))
        store.save_draft("a", "b", "dx", "−1")
    path = tmp_path / DATABASE_NAME
    path.write_bytes(path.read_bytes().replace(b"0.1", b"0.9"))
    with Store.open(tmp_path) as store:
        assert store.notice is not None
        assert store.settings().language == "ko"
        assert store.drafts("a", "b") == {"dx": "−1"}


@pytest.mark.parametrize("leave", ["empty", "gone"])
@pytest.mark.parametrize("copies", [True, False])
def test_an_empty_file_where_there_was_a_record_is_no_new_learner(
    tmp_path: Path, leave: str, copies: bool
) -> None:
    wanted = fill(tmp_path, 5)
    path = tmp_path / DATABASE_NAME
    if copies:
        fill(tmp_path, 0)
    path.unlink()
    if leave == "empty":
        path.touch()
    with Store.open(tmp_path) as store:
        assert store.notice is not None
        assert store.notice.kind is NoticeKind.EMPTY
        assert steps(store) == (wanted if copies else [])
        assert (store.notice.recovered is not None) is copies
        assert store.notice.name == ("recovered_until" if copies else "empty")


def test_a_damaged_copy_is_passed_over_for_an_older_one(tmp_path: Path) -> None:
    for day in range(4):
        fill(tmp_path, 2, day=day)
    path = tmp_path / DATABASE_NAME
    newest, older, _ = backups_of(path)
    newest.write_bytes(b"\0" * 5000)
    path.write_bytes(b"")
    with Store.open(tmp_path, clock(2)) as store:
        assert store.notice is not None
        assert store.notice.recovered is not None
        assert store.notice.recovered.backup == str(backups.day_of(older))


def test_what_fails_while_bringing_back_leaves_the_file_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = fill(tmp_path, 5)
    path = tmp_path / DATABASE_NAME
    path.write_bytes(path.read_bytes().replace(b"0.1", b"0.9"))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("tutor.student.recovery.insert", full)
        with pytest.raises(StoreError):
            Store.open(tmp_path)
    assert path.read_bytes() == before
    with Store.open(tmp_path) as store:
        assert steps(store) == [step for step in wanted if step != "0.1"]


# The write-ahead log


def test_a_log_that_a_crash_leaves_is_intact(tmp_path: Path) -> None:
    fill(tmp_path / "a", 5)
    copy, wanted = crashed(tmp_path / "a", tmp_path / "b", 40)
    assert is_intact(copy / DATABASE_NAME)
    with Store.open(copy, clock(1)) as store:
        assert store.notice is None
        assert steps(store) == wanted


@pytest.mark.parametrize("harm", ["flip", "cut", "gone"])
def test_what_is_lost_from_the_log_is_said(tmp_path: Path, harm: str) -> None:
    fill(tmp_path / "a", 5)
    copy, wanted = crashed(tmp_path / "a", tmp_path / "b", 40)
    log = copy / f"{DATABASE_NAME}-wal"
    content = log.read_bytes()
    if harm == "flip":
        log.write_bytes(content[:60_000] + bytes([content[60_000] ^ 1]) + content[60_001:])
    elif harm == "cut":
        log.write_bytes(content[:60_000])
    else:
        log.unlink()
    with Store.open(copy, clock(1)) as store:
        assert store.notice is not None
        assert store.notice.kind is NoticeKind.DAMAGED
        assert store.notice.name == "recovered_until"
        assert steps(store) == wanted[: len(steps(store))]
        assert len(steps(store)) >= 5


# Damage of every kind


def find_damaged_files(tmp_path: Path, count: int, seed: int) -> dict[str, int]:
    """Damage `count` records and open each; return how they ended. Nothing may be lost in silence."""
    chance = random.Random(seed)
    with_copies, without = tmp_path / "with", tmp_path / "without"
    for day, events in enumerate((60, 40, 15)):
        fill(with_copies, events, day=day)
    fill(without, 80)
    records = []
    for folder in (with_copies, without):
        records.append(crashed(folder, tmp_path / f"crashed {folder.name}", 30))
        records.append((folder, fill(folder, 0, day=2)))
    for folder, _ in records[2:]:
        for copy in backups_of(folder / DATABASE_NAME):
            copy.unlink()
    ends = dict.fromkeys(("unharmed", "said", "refused"), 0)
    for number in range(count):
        original, wanted = records[number % len(records)]
        folder = copy_of(original, tmp_path / "damaged")
        copies = backups_of(folder / DATABASE_NAME)
        in_copy = count_of(copies[0]) if copies else 0
        done = damage(folder, chance)
        try:
            with Store.open(folder, clock(2)) as store:
                found = steps(store)
                if found == wanted and store.notice is None:
                    ends["unharmed"] += 1
                else:
                    assert store.notice is not None, (number, done, len(found), len(wanted))
                    ends["said"] += 1
                    assert set(found) <= set(wanted), (number, done)
                    assert store.read_only or len(found) >= in_copy, (number, done, len(found))
                    if store.notice.name == "recovered_all":
                        assert found == wanted, (number, done)
                    if store.notice.recovered is not None:
                        assert store.notice.recovered.count == len(found)
        except StoreError:
            ends["refused"] += 1
        shutil.rmtree(folder)
    return ends


def test_no_damage_loses_anything_in_silence(tmp_path: Path) -> None:
    ends = find_damaged_files(tmp_path, 44, seed=1)
    assert sum(ends.values()) == 44
    assert ends["said"] > 20


@pytest.mark.long
def test_two_thousand_damaged_files_lose_nothing_in_silence(tmp_path: Path) -> None:
    ends = find_damaged_files(tmp_path, 2000, seed=2)
    assert sum(ends.values()) == 2000


# Earlier forms


def form_1(folder: Path, count: int) -> Path:
    """Make a file as the first form had it."""
    fill(folder, count)
    path = folder / DATABASE_NAME
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL; ALTER TABLE events DROP COLUMN crc; PRAGMA user_version = 1;"
        )
    shutil.rmtree(folder / backups.FOLDER)
    return path


def test_a_file_of_the_first_form_is_brought_into_the_present_one_after_a_copy(tmp_path: Path) -> None:
    form_1(tmp_path, 12)
    with Store.open(tmp_path) as store:
        assert store.notice is None
        assert len(steps(store)) == 12
        assert store.append(HINT) == 13
    copy = tmp_path / backups.FOLDER / "form-1-1.sqlite3"
    with closing(sqlite3.connect(copy)) as connection:
        assert schema.version_of(connection) == 1
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (12,)
    with Store.open(tmp_path) as store:
        assert store.notice is None
        assert len(steps(store)) == 13
    with (
        closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection,
        pytest.raises(sqlite3.IntegrityError),
    ):
        connection.execute("UPDATE events SET lesson = 'x'")


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_1(tmp_path, 4)
    broken = {
        1: schema._MIGRATIONS[1].replace(
            "PRAGMA user_version", "SELECT nothing FROM nowhere; PRAGMA user_version"
        )
    }
    with monkeypatch.context() as patched:
        patched.setattr(schema, "_MIGRATIONS", broken)
        with pytest.raises(StoreError):
            Store.open(tmp_path)
    with Store.open(tmp_path) as store:
        assert store.notice is None
        assert len(steps(store)) == 4
    assert len(list((tmp_path / backups.FOLDER).glob("form-1-*"))) == 2


def test_a_damaged_file_of_the_first_form_is_brought_back_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    path = form_1(tmp_path, 200)
    path.write_bytes(path.read_bytes()[:-4096])
    with Store.open(tmp_path) as store:
        assert store.notice is not None
        assert store.notice.recovered is not None
        assert 0 < len(steps(store)) <= 200


def test_kinds_of_a_later_version_survive_being_brought_back(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    with Store.open(tmp_path) as store:
        schema.insert(store._connection, schema.Row(3, 10**15, "dance", "", "", "{}"))
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.execute("DROP TABLE drafts")
    with Store.open(tmp_path) as store:
        assert store.notice is not None
        assert store._connection.execute("SELECT kind FROM events WHERE seq = 3").fetchone() == ("dance",)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_is_a_sentence(language: str, tmp_path: Path) -> None:
    back = [None, *(Recovered(7, missing, missing == 0, START) for missing in (0, 2))]
    back.append(Recovered(7, 0, False, START))
    for kind in NoticeKind:
        for recovered in back:
            notice = Notice(kind, tmp_path, recovered)
            assert "{" not in Text(language)(f"student.notice.{notice.name}", **notice.fields)


def test_the_lock_and_the_copies_are_all_that_stands_beside_the_record(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    assert {entry.name for entry in tmp_path.iterdir()} == {
        DATABASE_NAME,
        database.LOCK_NAME,
        backups.FOLDER,
    }
