"""The learner's file: opened so that a commit lasts, checked, and set aside, never deleted, when of no use.

`Store` is the way to the content; nothing else imports this module.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import count
from pathlib import Path

from tutor.student.faults import Fault, StoreError, as_store_error, fault_of
from tutor.student.locations import DATABASE_NAME

LOCK_NAME = "progress.lock"
"""The empty file beside the database that a process locks while it opens."""

SCHEMA_VERSION = 1
"""The form of the tables, kept in the file as user_version; a file of a later form is only read."""

APPLICATION_ID = 0x64_4C_64_78
"""Tells our file from another program's SQLite file ("dLdx")."""

PATIENCE = 2.0
"""Seconds to wait for another process that is writing."""

_LAST_MOMENT = 253_402_300_799_999_999
"""The end of the year 9999 in microseconds since 1970, the last time that Python can tell."""

_SCHEMA = f"""
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL CHECK (typeof(at) = 'integer' AND at BETWEEN 0 AND {_LAST_MOMENT}),
    kind TEXT NOT NULL,
    lesson TEXT NOT NULL,
    step TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data) AND data LIKE '{{%')
);
CREATE TRIGGER events_never_change BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_never_go BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
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

_TABLES = {
    "events": "seq, at, kind, lesson, step, data",
    "drafts": "lesson, step, field, text",
    "settings": "key, value",
}

_REFUSALS = (Fault.READ_ONLY, Fault.UNREACHABLE)
"""What SQLite answers where it may not make or write the files beside the database."""


class NoticeKind(Enum):
    """What the learner should hear about the file that was found."""

    DAMAGED = "damaged"
    """It was damaged and set aside; a new one was started."""
    FOREIGN = "foreign"
    """It was not ours and was set aside; a new one was started."""
    LEFTOVERS = "leftovers"
    """It was missing or empty but its write-ahead log was not: set aside, and a new one was started."""
    NEWER = "newer"
    """A later version of the program made it: it is read and not written."""
    READ_ONLY = "read_only"
    """It or its folder may not be written: it is read only."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What was found on opening; `set_aside` is the folder that now holds the former file."""

    kind: NoticeKind
    set_aside: Path | None = None


@dataclass(frozen=True, slots=True)
class Database:
    """An open connection; `path` is None for memory, `read_only` whether writing is refused."""

    connection: sqlite3.Connection
    path: Path | None = None
    notice: Notice | None = None

    @property
    def read_only(self) -> bool:
        """Whether writing is refused."""
        return self.notice is not None and self.notice.kind in (NoticeKind.NEWER, NoticeKind.READ_ONLY)


def open_in_memory() -> Database:
    """Return a database that lasts as long as the process."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _prepare(connection)
    return Database(connection)


def open_in_folder(folder: Path) -> Database:
    """Return the database in `folder`, made where there is none.

    A file of no use is set aside first. Raises StoreError; a file that can only be read is no error.
    """
    path = folder / DATABASE_NAME
    with as_store_error(path):
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise StoreError(Fault.NOT_A_FILE, path)
        with _alone(folder):
            kind = _uselessness(path)
            return _open_file(path, _set_aside(path, kind) if kind else None)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from opening meanwhile.

    Two that make the file at once get in each other's way, and of two that set it aside the second would take
    the first one's new file. The lock is SQLite's, which works on every platform and ends with the process. A
    folder that takes no lock takes no other new file either, so there is nothing to guard.
    """
    with ExitStack() as opened:
        try:
            lock = sqlite3.connect(folder / LOCK_NAME, timeout=PATIENCE, isolation_level=None)
            opened.enter_context(closing(lock))
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if fault_of(error) not in _REFUSALS:
                raise
        yield


def _open_file(path: Path, notice: Notice | None) -> Database:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        newer = _prepare(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        if fault_of(error) not in _REFUSALS:
            raise
        return Database(_connect_read_only(path), path, Notice(NoticeKind.READ_ONLY))
    except BaseException:
        connection.close()
        raise
    return Database(connection, path, Notice(NoticeKind.NEWER) if newer else notice)


def _prepare(connection: sqlite3.Connection) -> bool:
    """Make the tables where there are none and return whether the file is of a later form than ours.

    Raises sqlite3.OperationalError where the file may not be written.
    """
    version = _version(connection)
    if version > SCHEMA_VERSION:
        connection.execute("PRAGMA query_only = ON")
        return True
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS leaves data in the drive's cache otherwise
    if version == 0:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    else:
        # Changes nothing, yet is refused where the file is read-only.
        connection.execute("DELETE FROM settings WHERE 0")
    return False


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a file that cannot be written.

    SQLite reads a file in WAL mode only where it can share memory with a writer, unless told that nobody
    writes. That may be said when the log is empty: otherwise what it holds would be missing without a word.
    """
    try:
        return _connect_and_read(f"{path.absolute().as_uri()}?mode=ro")
    except sqlite3.OperationalError:
        if _size(_log(path)):
            raise
        return _connect_and_read(f"{path.absolute().as_uri()}?immutable=1")


def _connect_and_read(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM events")
    except BaseException:
        connection.close()
        raise
    return connection


def _uselessness(path: Path) -> NoticeKind | None:
    """Return why the file is of no use, or None where it is of use or there is none."""
    if not _size(path):  # asked before SQLite opens it, which would delete the log
        return NoticeKind.LEFTOVERS if _size(_log(path)) else None
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
            return _content_fault(connection)
    except sqlite3.DatabaseError as error:
        if fault_of(error) is Fault.DAMAGED:
            is_sqlite = getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_NOTADB
            return NoticeKind.DAMAGED if is_sqlite else NoticeKind.FOREIGN
        if fault_of(error) not in _REFUSALS:
            raise
    with closing(_connect_read_only(path)):
        return None


def _content_fault(connection: sqlite3.Connection) -> NoticeKind | None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (table_count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    version = _version(connection)
    if (application_id != APPLICATION_ID) if version else table_count:
        return NoticeKind.FOREIGN
    if 0 < version <= SCHEMA_VERSION:
        for table, columns in _TABLES.items():
            connection.execute(f"SELECT {columns} FROM {table} LIMIT 0")
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        return NoticeKind.DAMAGED
    return None


def _set_aside(path: Path, kind: NoticeKind) -> Notice:
    """Move the file and what belongs to it into a new folder and return the notice of it."""
    folder = _new_folder(path.parent)
    for part in (path, _log(path), path.with_name(f"{path.name}-shm")):
        if part.exists():
            part.rename(folder / part.name)
    return Notice(kind, folder)


def _new_folder(parent: Path) -> Path:
    for number in count(1):
        folder = parent / f"set-aside-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("counting has no end")


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
