"""What can go wrong with the learner's file, as one exception with a reason for a caller to word."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path


class Fault(Enum):
    """Why the learner's file cannot be used now."""

    NO_HOME = "no_home"
    """There is no home folder to keep data in."""
    UNREACHABLE = "unreachable"
    """The folder cannot be made or the file cannot be opened."""
    NOT_A_FILE = "not_a_file"
    """Something else, a folder for instance, has the file's name."""
    READ_ONLY = "read_only"
    """The file or its folder may be read but not written."""
    LOCKED = "locked"
    """Another process kept the file to itself for longer than we wait."""
    FULL = "full"
    """The disk has no room left."""
    GONE = "gone"
    """The file was moved or deleted while it was open, so what is written now would be lost."""
    DAMAGED = "damaged"
    """The content contradicts itself."""
    DEVICE = "device"
    """The system failed to read or write."""


class StoreError(Exception):
    """The learner's file cannot be used; `fault` says why, `path` where (None for memory)."""

    def __init__(self, fault: Fault, path: Path | None = None) -> None:
        super().__init__(fault, path)
        self.fault = fault
        self.path = path

    def __str__(self) -> str:
        return f"{self.fault.value}: {self.path}"


_SQLITE_FAULTS = {
    sqlite3.SQLITE_PERM: Fault.READ_ONLY,
    sqlite3.SQLITE_READONLY: Fault.READ_ONLY,
    sqlite3.SQLITE_BUSY: Fault.LOCKED,
    sqlite3.SQLITE_LOCKED: Fault.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Fault.LOCKED,
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_CANTOPEN: Fault.UNREACHABLE,
    sqlite3.SQLITE_IOERR: Fault.DEVICE,
}

_SYSTEM_FAULTS = {
    errno.EACCES: Fault.READ_ONLY,
    errno.EPERM: Fault.READ_ONLY,
    errno.EROFS: Fault.READ_ONLY,
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EIO: Fault.DEVICE,
}


def fault_of(error: sqlite3.DatabaseError) -> Fault:
    """Return the reason behind an error of SQLite.

    What has no reason outside the file, such as a missing table or text that is not UTF-8, is damage.
    """
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return _SQLITE_FAULTS.get(code & 0xFF, Fault.DAMAGED)  # the higher bits only say more about the same


@contextmanager
def passing_over_damage() -> Iterator[None]:
    """Leave the block where what is read contradicts itself; other errors, which may pass, are raised."""
    try:
        yield
    except UnicodeDecodeError:  # of SQLite's own message, which quotes what it found
        return
    except OverflowError:
        return
    except sqlite3.DatabaseError as error:
        if fault_of(error) is not Fault.DAMAGED:
            raise


@contextmanager
def as_store_error(path: Path | None) -> Iterator[None]:
    """Raise what SQLite and the system raise inside as `StoreError`.

    A misuse of the connection and a broken constraint are mistakes of ours and pass through.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise
    except sqlite3.DatabaseError as error:
        raise StoreError(fault_of(error), path) from error
    except OSError as error:
        raise StoreError(_SYSTEM_FAULTS.get(error.errno or 0, Fault.UNREACHABLE), path) from error
