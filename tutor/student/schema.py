"""The form of the learner's file: its tables, the check on each row, and the way from earlier forms."""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

SCHEMA_VERSION = 2
"""The form of the tables, kept in the file as user_version; a file of a later form is only read."""

APPLICATION_ID = 0x64_4C_64_78
"""Tells our file from another program's SQLite file ("dLdx")."""

LAST_MOMENT = 253_402_300_799_999_999
"""The end of the year 9999 in microseconds since 1970, the last time that Python can tell."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_TRIGGERS = """
CREATE TRIGGER events_never_change BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_never_go BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
"""

_SCHEMA = f"""
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL CHECK (typeof(at) = 'integer' AND at BETWEEN 0 AND {LAST_MOMENT}),
    kind TEXT NOT NULL,
    lesson TEXT NOT NULL,
    step TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data) AND data LIKE '{{%'),
    crc INTEGER NOT NULL DEFAULT 0
);
{_TRIGGERS}
CREATE TABLE drafts (
    lesson TEXT NOT NULL,
    step TEXT NOT NULL,
    field TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (lesson, step, field)
);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""

_FROM_1 = f"""
ALTER TABLE events ADD COLUMN crc INTEGER NOT NULL DEFAULT 0;
DROP TRIGGER events_never_change;
DROP TRIGGER events_never_go;
UPDATE events SET crc = row_crc(seq, at, kind, lesson, step, data);
{_TRIGGERS}
PRAGMA user_version = 2;
"""

_MIGRATIONS: Mapping[int, str] = {1: _FROM_1}
"""What turns a form into the following one."""

_COLUMNS = {
    "events": "seq, at, kind, lesson, step, data",
    "drafts": "lesson, step, field, text",
    "settings": "key, value",
}


class Row(NamedTuple):
    """An event as it is stored; `at` in microseconds since 1970, `data` as JSON text."""

    seq: int
    at: int
    kind: str
    lesson: str
    step: str
    data: str

    @property
    def crc(self) -> int:
        """The check that is stored beside the row; a changed byte changes it."""
        return row_crc(*self)

    @property
    def is_sound(self) -> bool:
        """Whether the row can be what it should be, its check aside."""
        whole = isinstance(self.seq, int) and isinstance(self.at, int) and 0 <= self.at <= LAST_MOMENT
        if not whole or not all(isinstance(text, str) for text in self[2:]):
            return False
        try:
            return isinstance(json.loads(self.data), dict)
        except (ValueError, RecursionError):
            return False


def time_of(at: int) -> datetime:
    """Return a stored time, microseconds since 1970, as a time in UTC."""
    return _EPOCH + at * _MICROSECOND


def stored_time(time: datetime) -> int:
    """Return a time as it is stored, in whole microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def row_crc(seq: int, at: int, kind: str, lesson: str, step: str, data: str) -> int:
    """Return the CRC-32 of a row."""
    written = "\x1f".join(map(str, (seq, at, kind, lesson, step, data)))
    return zlib.crc32(written.encode("utf-8", "replace"))


def as_far_as_it_is_text(content: bytes) -> str:
    """Read text, for a connection that may meet damage; the check tells whether it is right."""
    return content.decode("utf-8", "replace")


def version_of(connection: sqlite3.Connection) -> int:
    """Return the form of the file, 0 for none yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file."""
    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")


def migrate(connection: sqlite3.Connection, keep_copy: Callable[[int], None]) -> None:
    """Bring the tables into the present form; `keep_copy` is called first, with the form that they have."""
    version = version_of(connection)
    if version == SCHEMA_VERSION:
        return
    keep_copy(version)
    connection.create_function("row_crc", 6, row_crc, deterministic=True)
    while version < SCHEMA_VERSION:
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {_MIGRATIONS[version]} COMMIT;")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        version = version_of(connection)


def insert(connection: sqlite3.Connection, row: Row) -> None:
    """Add an event, with its check."""
    connection.execute(
        "INSERT INTO events (seq, at, kind, lesson, step, data, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*row, row.crc),
    )


def rows(connection: sqlite3.Connection, since: int = 0) -> Iterator[Row]:
    """Yield the events numbered above `since` as they are stored."""
    for row in connection.execute(
        f"SELECT {_COLUMNS['events']} FROM events WHERE seq > ? ORDER BY seq", (since,)
    ):
        yield Row(*row)


def is_ours(connection: sqlite3.Connection) -> bool:
    """Return whether the file is ours, or nobody's yet."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (table_count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return application_id == APPLICATION_ID if version_of(connection) else not table_count


def is_whole(connection: sqlite3.Connection) -> bool:
    """Return whether the content is what was written: pages, tables, every event, none missing.

    Raises sqlite3.DatabaseError where it cannot be read at all.
    """
    version = version_of(connection)
    if 0 < version <= SCHEMA_VERSION:
        for table, columns in _COLUMNS.items():
            connection.execute(f"SELECT {columns} FROM {table} LIMIT 0")
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        return False
    return version != SCHEMA_VERSION or _events_are_whole(connection)


def _events_are_whole(connection: sqlite3.Connection) -> bool:
    wanted = 1
    for *fields, crc in connection.execute(f"SELECT {_COLUMNS['events']}, crc FROM events ORDER BY seq"):
        if fields[0] != wanted or row_crc(*fields) != crc:
            return False
        wanted += 1
    return True
