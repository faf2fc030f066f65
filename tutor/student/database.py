"""The learner's file: opened so that a commit lasts, checked, copied every day, and recovered when of no use.

A file of no use is set aside, never deleted.

`Store` is the way to the content; nothing else imports this module.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from itertools import count
from pathlib import Path

from tutor.student import backups
from tutor.student.faults import Fault, StoreError, as_store_error, fault_of
from tutor.student.locations import DATABASE_NAME
from tutor.student.recovery import Recovered, partial_of, recover, write_anew
from tutor.student.schema import (
    SCHEMA_VERSION,
    Row,
    as_far_as_it_is_text,
    create,
    is_ours,
    is_whole,
    migrate,
    version_of,
)
from tutor.student.write_ahead_log import index_of, is_intact, log_of

LOCK_NAME = "progress.lock"
"""The empty file beside the database that a process locks while it opens."""

PATIENCE = 2.0
"""Seconds to wait for another process that is writing."""

PATIENCE_AT_OPENING = 15.0
"""Seconds to wait while opening: no screen waits yet, and giving up would leave the session unrecorded."""

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
    EMPTY = "empty"
    """It was missing or empty although it had been in use, and a new one was started."""
    NEWER = "newer"
    """A later version of the program made it: it is read and not written."""
    READ_ONLY = "read_only"
    """It or its folder may not be written: it is read only."""
    NO_BACKUP = "no_backup"
    """Today's copy could not be made; everything else is well."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What was found on opening.

    `set_aside` is the folder that now holds the former file, `recovered` what was brought back.
    """

    kind: NoticeKind
    set_aside: Path | None = None
    recovered: Recovered | None = None

    @property
    def name(self) -> str:
        """Which sentence says it: the kind, or how much was brought back."""
        if self.recovered is None:
            return self.kind.value
        if self.recovered.complete:
            return "recovered_all"
        return "recovered_part" if self.recovered.missing else "recovered_until"

    @property
    def fields(self) -> dict[str, object]:
        """What the sentence is filled in with."""
        if self.recovered is None:
            return {"path": self.set_aside or ""}
        until = f"{self.recovered.until:%Y-%m-%d %H:%M}"
        figures = {"count": self.recovered.count, "missing": self.recovered.missing, "until": until}
        return {"path": self.set_aside or "", **figures}


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


def open_in_folder(folder: Path, today: date) -> Database:
    """Return the database in `folder`, made where there is none, with a copy of it for `today`.

    A file of no use is set aside first, and what can be is brought back. Raises StoreError; a file that can
    only be read is no error.
    """
    path = folder / DATABASE_NAME
    with as_store_error(path):
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise StoreError(Fault.NOT_A_FILE, path)
        with _alone(folder):
            kind = _uselessness(path)
            return _open_file(path, _replaced(path, kind) if kind else None, today)


def replace_by_copy(folder: Path, backup: Path) -> Path | None:
    """Put a copy in the place of the record and return where the former one is kept now."""
    path = folder / DATABASE_NAME
    with as_store_error(path), _alone(folder):
        shutil.copyfile(backup, partial_of(path))
        return _put_partial_in_place(path)


def replace_by_events(folder: Path, events: Iterable[Row], settings: Mapping[str, str]) -> Path | None:
    """Put a record of these events in the place of the present one and return where that is kept now."""
    path = folder / DATABASE_NAME
    with as_store_error(path), _alone(folder):
        write_anew(path, events, settings)
        return _put_partial_in_place(path)


def _put_partial_in_place(path: Path) -> Path | None:
    former = _set_aside(path, NoticeKind.EMPTY).set_aside
    backups.put_in_place(partial_of(path), path)
    return former


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from opening meanwhile.

    Two that make the file at once get in each other's way, and of two that set it aside the second would take
    the first one's new file. The lock is SQLite's, which works on every platform and ends with the process. A
    folder that takes no lock takes no other new file either, so there is nothing to guard.
    """
    with ExitStack() as opened:
        try:
            lock = _connect(folder / LOCK_NAME)
            opened.enter_context(closing(lock))
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if fault_of(error) not in _REFUSALS:
                raise
        yield


def _open_file(path: Path, notice: Notice | None, today: date) -> Database:
    connection = _connect(path)
    try:
        newer = _prepare(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        if fault_of(error) not in _REFUSALS:
            raise
        return Database(_connect_read_only(path), path, Notice(NoticeKind.READ_ONLY))
    except BaseException:
        connection.close()
        raise
    if newer:
        opened = Database(connection, path, Notice(NoticeKind.NEWER))
    else:
        opened = Database(connection, path, _backed_up(connection, path, today) or notice)
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
    return opened


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=PATIENCE_AT_OPENING, isolation_level=None)


def _backed_up(connection: sqlite3.Connection, path: Path, today: date) -> Notice | None:
    """Make today's copy and return the notice that it could not be made."""
    try:
        backups.folder_of(path).mkdir(exist_ok=True)
        backups.back_up_today(connection, path, today)
    except (OSError, sqlite3.Error):
        return Notice(NoticeKind.NO_BACKUP)
    return None


def _prepare(connection: sqlite3.Connection, path: Path | None = None) -> bool:
    """Make the tables, or bring them into our form, and return whether the file is of a later one.

    Raises sqlite3.OperationalError where the file may not be written.
    """
    version = version_of(connection)
    if version > SCHEMA_VERSION:
        connection.execute("PRAGMA query_only = ON")
        return True
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS leaves data in the drive's cache otherwise
    if version == 0:
        connection.execute("PRAGMA journal_mode = WAL")
        create(connection)
    else:
        # Changes nothing, yet is refused where the file is read-only.
        connection.execute("DELETE FROM settings WHERE 0")
        migrate(connection, lambda form: _copy_before(connection, path, form))
    return False


def _copy_before(connection: sqlite3.Connection, path: Path | None, form: int) -> None:
    """Keep a copy of a file in its former form, never in place of another one."""
    if path is not None:
        folder = backups.folder_of(path)
        names = (f"form-{form}-{number}.sqlite3" for number in count(1))
        backups.copy_to(connection, next(folder / name for name in names if not (folder / name).exists()))


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a file that cannot be written.

    SQLite reads a file in WAL mode only where it can share memory with a writer, unless told that nobody
    writes. That may be said when the log is empty: otherwise what it holds would be missing without a word.
    """
    try:
        return _connect_and_read(f"{path.absolute().as_uri()}?mode=ro")
    except sqlite3.OperationalError:
        if _size(log_of(path)):
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
        if _size(log_of(path)):
            return NoticeKind.LEFTOVERS
        return NoticeKind.EMPTY if backups.folder_of(path).is_dir() else None
    if not is_intact(path):
        return NoticeKind.DAMAGED
    try:
        with closing(_connect(path)) as connection:
            connection.text_factory = as_far_as_it_is_text
            if not is_ours(connection):
                return NoticeKind.FOREIGN
            return None if is_whole(connection) else NoticeKind.DAMAGED
    except UnicodeDecodeError:  # of SQLite's own message, which quotes what it found
        return NoticeKind.DAMAGED
    except sqlite3.DatabaseError as error:
        if fault_of(error) is Fault.DAMAGED:
            is_sqlite = getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_NOTADB
            return NoticeKind.DAMAGED if is_sqlite else NoticeKind.FOREIGN
        if fault_of(error) not in _REFUSALS:
            raise
    with closing(_connect_read_only(path)):
        return None


def _set_aside(path: Path, kind: NoticeKind) -> Notice:
    """Move the file and what belongs to it into a new folder and return the notice of it."""
    parts = [part for part in (path, log_of(path), index_of(path)) if part.exists()]
    if not parts:
        return Notice(kind)
    folder = _new_folder(path.parent)
    for part in parts:
        part.rename(folder / part.name)
    return Notice(kind, folder)


def _replaced(path: Path, kind: NoticeKind) -> Notice:
    """Set a useless file aside, put what can be brought back in its place, and return the notice of it."""
    recovered = recover(path)
    notice = _set_aside(path, kind)
    if recovered is not None:
        backups.put_in_place(partial_of(path), path)
    return replace(notice, recovered=recovered)


def _new_folder(parent: Path) -> Path:
    for number in count(1):
        folder = parent / f"set-aside-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("counting has no end")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
