"""The learner's file: opened so that a commit lasts, checked, and set aside, never deleted, when it is of no use.

`Store` is the way to the content; nothing else imports this module.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import count
from pathlib import Path

from tutor.student.faults import Fault, StoreError, as_store_error
from tutor.student.locations import DATABASE_NAME

SCHEMA_VERSION = 1
"""The form of the tables, kept in the file as user_version. A file of a later form is read and not written."""

APPLICATION_ID = 0x64_4C_64_78
"""Tells our file from another program's SQLite file ("dLdx")."""

PATIENCE = 2.0
"""Seconds to wait for another process that is writing."""

_SCHEMA = f"""
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL CHECK (typeof(at) = 'integer'),
    kind TEXT NOT NULL,
    lesson TEXT NOT NULL,
    step TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data))
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


class NoticeKind(Enum):
    """What the learner should hear about the file that was found."""

    DAMAGED = "damaged"
    """It was damaged and set aside; a new one was started."""
    FOREIGN = "foreign"
    """It was not ours and was set aside; a new one was started."""
    LEFTOVERS = "leftovers"
    """The file was missing or empty but its write-ahead log was not; both were set aside, a new one was started."""
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
        notice = _set_aside_if_useless(path) if _uselessness(path) else None
        return _open_file(path, notice)


def _open_file(path: Path, notice: Notice | None) -> Database:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        newer = _prepare(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        if not _is_refusal_to_write(error) or not path.exists():
            raise
        return Database(_connect_read_only(path), path, Notice(NoticeKind.READ_ONLY))
    except BaseException:
        connection.close()
        raise
    return Database(connection, path, Notice(NoticeKind.NEWER) if newer else notice)


def _prepare(connection: sqlite3.Connection) -> bool:
    """Make the tables where there are none and return whether the file is of a later form than ours."""
    if _version(connection) > SCHEMA_VERSION:
        connection.execute("PRAGMA query_only = ON")
        return True
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS leaves data in the drive's cache otherwise
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) == 0:  # asked again: another process may have made the tables meanwhile
            for statement in _statements(_SCHEMA):
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return False


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_refusal_to_write(error: sqlite3.Error) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a file that cannot be written.

    SQLite reads a file in WAL mode only where it can share memory with a writer, unless told that nobody writes.
    That may be said when the log is empty: otherwise what stands in the log would be missing without a word.
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
    """Return why the file cannot be used, or None where it can or there is none.

    The log is looked at before the file: while a new file is made the log comes second, so the other order could
    take a file in the making for a lost one.
    """
    log_size = _size(_log(path))
    if not _size(path):
        return NoticeKind.LEFTOVERS if log_size else None
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
            return _content_fault(connection)
    except sqlite3.OperationalError as error:
        if not _is_refusal_to_write(error):
            raise
    except sqlite3.DatabaseError as error:
        return NoticeKind.FOREIGN if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB else NoticeKind.DAMAGED
    with closing(_connect_read_only(path)):
        return None


def _content_fault(connection: sqlite3.Connection) -> NoticeKind | None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (table_count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application_id != APPLICATION_ID and (application_id or table_count):
        return NoticeKind.FOREIGN
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        return NoticeKind.DAMAGED
    return None


def _set_aside_if_useless(path: Path) -> Notice | None:
    """Move the file and its log into a folder of their own and return the notice, unless another process did."""
    with _alone(path.parent):
        kind = _uselessness(path)
        if kind is None:
            return None
        folder = _new_folder(path.parent)
        for part in (path, _log(path), path.with_name(f"{path.name}-shm")):
            if part.exists():
                part.rename(folder / part.name)
        return Notice(kind, folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from setting aside at the same time: the second would take the first one's new file.

    The lock is SQLite's, which works on every platform and ends with the process.
    """
    with closing(sqlite3.connect(folder / "set-aside.lock", timeout=PATIENCE, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")


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
