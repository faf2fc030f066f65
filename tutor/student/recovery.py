"""What can be brought back when the learner's file is of no use: the newest good copy, and sound rows."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tutor.student.backups import backups_of, day_of, is_good
from tutor.student.faults import passing_over_damage
from tutor.student.schema import Row, as_far_as_it_is_text, create, insert, migrate, time_of, version_of
from tutor.student.write_ahead_log import is_intact, log_of

_BEYOND = 500
"""How far after the last sound event others are looked for."""


_LONGEST = 2**30
"""Bytes of the longest file that is believed to have been cut."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was brought back."""

    count: int
    """Events in the new file."""
    missing: int
    """Events that are known to be missing; what came after the last one may be missing unknown."""
    complete: bool
    """Whether nothing at all is missing."""
    until: datetime
    """The time of the last event in the new file."""
    backup: str = ""
    """The day of the copy that was used, if one was."""


@dataclass(slots=True)
class _Sound:
    """What can still be read in a file."""

    events: dict[int, Row] = field(default_factory=dict)
    drafts: list[tuple[str, str, str, str]] = field(default_factory=list)
    settings: list[tuple[str, str]] = field(default_factory=list)
    complete: bool = False


def partial_of(path: Path) -> Path:
    """Return where a file is written that will take the place of `path`."""
    return path.with_name(f"{path.name}.partial")


def recover(path: Path) -> Recovered | None:
    """Write what the copies and the file itself still give into `partial_of(path)`; the file stays as it is.

    Returns None, having written nothing, where there is nothing to bring back.
    """
    sound = _sound(path)
    backup = next((copy for copy in backups_of(path) if is_good(copy)), None)
    if backup is None and not sound.events:
        return None
    partial = partial_of(path)
    partial.unlink(missing_ok=True)
    if backup is not None:
        shutil.copyfile(backup, partial)
    with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
        if version_of(connection):
            migrate(connection, lambda _: None)
        else:
            create(connection)
        last = int(connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])
        later = [row for seq, row in sorted(sound.events.items()) if seq > last]
        _add(connection, last, later)
        _put_back(connection, sound)
        (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
        (at,) = connection.execute("SELECT coalesce(max(at), 0) FROM events").fetchone()
    top = max([last, *sound.events])
    return Recovered(
        count=count,
        missing=top - count,
        complete=sound.complete and top == count,
        until=time_of(at),
        backup=str(day_of(backup) or "") if backup else "",
    )


def write_anew(path: Path, events: Iterable[Row], kept: Mapping[str, str]) -> None:
    """Write events, numbered anew in their order, and settings into `partial_of(path)`."""
    partial = partial_of(path)
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
        create(connection)
        _add(connection, 0, events)
        _put_back(connection, _Sound(settings=list(kept.items())))


def _add(connection: sqlite3.Connection, last: int, events: Iterable[Row]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for seq, row in enumerate(events, last + 1):
        insert(connection, row._replace(seq=seq))
    connection.execute("COMMIT")


def _put_back(connection: sqlite3.Connection, sound: _Sound) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT OR REPLACE INTO drafts VALUES (?, ?, ?, ?)", sound.drafts)
    connection.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", sound.settings)
    connection.execute("COMMIT")


# -- reading what is damaged -------------------------------------------------------------------------------


def _sound(path: Path) -> _Sound:
    """Return what can still be read in a file, which itself is left as it is."""
    found = _Sound()
    if not path.is_file() or not path.stat().st_size:
        return found
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / path.name
        shutil.copyfile(path, copy)
        _fill_up(copy)
        if log_of(path).is_file():
            shutil.copyfile(log_of(path), log_of(copy))
        with passing_over_damage(), closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.text_factory = as_far_as_it_is_text
            _read_events(connection, found)
            for table, kept in (("drafts", found.drafts), ("settings", found.settings)):
                with passing_over_damage():
                    kept += [row for row in connection.execute(f"SELECT * FROM {table}") if _is_text(row)]
    found.complete = found.complete and is_intact(path)
    return found


def _fill_up(path: Path) -> None:
    """Bring a file that was cut to the length that its header names; SQLite would read nothing of it."""
    with path.open("rb+") as file:
        header = file.read(32)
        if len(header) == 32:
            page_size, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
            wanted = (65536 if page_size == 1 else page_size) * pages
            if file.seek(0, 2) < wanted <= _LONGEST:
                file.truncate(wanted)


def _read_events(connection: sqlite3.Connection, found: _Sound) -> None:
    columns = [column[1] for column in connection.execute("PRAGMA table_info(events)")]
    checked = "crc" in columns
    select = f"SELECT seq, at, kind, lesson, step, data, {'crc' if checked else '0'} FROM events"

    def take(row: tuple[object, ...]) -> bool:
        *fields, crc = row
        event = Row(*fields)  # type: ignore[arg-type]
        sound = event.is_sound and (not checked or event.crc == crc)
        if sound:
            found.events[event.seq] = event
        return sound

    with passing_over_damage():
        unsound = sum(not take(row) for row in connection.execute(f"{select} ORDER BY seq"))
        found.complete = not unsound
    if found.complete:
        found.complete = len(found.events) == max(found.events, default=0)
        return
    misses, seq = 0, 0
    while misses < _BEYOND:  # one by one, each page of the tree for itself
        seq += 1
        with passing_over_damage():
            row = connection.execute(f"{select} WHERE seq = ?", (seq,)).fetchone()
            if row is not None:
                take(row)
        misses = 0 if seq in found.events else misses + 1


def _is_text(row: tuple[object, ...]) -> bool:
    return all(isinstance(value, str) for value in row)
