"""The learner's record: an append-only log of events, and beside it drafts and settings.

Everything is committed to the file before a call returns, so what the screen then confirms survives a kill.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import uniform
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from tutor.student.clock import believed, wall_clock
from tutor.student.database import PATIENCE, Database, Notice, open_in_folder, open_in_memory
from tutor.student.events import Event, EventKind
from tutor.student.faults import Fault, StoreError, as_store_error, fault_of
from tutor.student.schema import Row, insert, rows, stored_time, time_of
from tutor.student.settings import Settings

_KINDS = {kind.value: kind for kind in EventKind}


class Store:
    """One learner's record, open. Every method raises StoreError where the file cannot be used.

    Several processes may have the same file open; writers wait for each other. A store belongs to one thread.
    """

    patience = PATIENCE
    """Seconds that a write waits for those of other processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = wall_clock) -> None:
        self._database = database
        self._connection = database.connection
        self._clock = clock
        self._identity = self._file_identity()

    @classmethod
    def open(cls, folder: Path | None, clock: Callable[[], datetime] = wall_clock) -> Self:
        """Open the record in `folder`, made where there is none; None keeps it in memory only.

        A file that cannot be used is moved into a new folder beside it, and a new one is made of the last
        copy and of what can still be read; `notice` tells.
        """
        if folder is None:
            return cls(open_in_memory(), clock)
        return cls(open_in_folder(folder, clock().date()), clock)

    @property
    def path(self) -> Path | None:
        """The file, or None for memory."""
        return self._database.path

    @property
    def notice(self) -> Notice | None:
        """What the learner should hear about the file that was found, if anything."""
        return self._database.notice

    @property
    def read_only(self) -> bool:
        """Whether every write raises StoreError(READ_ONLY)."""
        return self._database.read_only

    def append(self, event: Event, *more: Event) -> int:
        """Record events, all or none, and return the number of the last once they are sure to survive.

        Their time is the clock's as far as it can be believed: never before the last event, never more than
        400 days after it. Their own `seq` and `at` are ignored.
        """
        with self._writing() as connection:
            found = connection.execute("SELECT seq, at FROM events ORDER BY seq DESC LIMIT 1").fetchone()
            seq, at = found or (0, None)
            before = None if at is None else time_of(at)
            now = stored_time(believed(self._clock(), before))
            for seq, fact in enumerate((event, *more), seq + 1):  # noqa: B020
                data = json.dumps(fact.data, allow_nan=False)
                insert(connection, Row(seq, now, fact.kind.value, fact.lesson, fact.step, data))
        return seq

    def events(self, since: int = 0) -> Iterator[Event]:
        """Yield the events numbered above `since`, in order, without the kinds that a later version added."""
        with as_store_error(self.path):
            found = list(rows(self._connection, since))
        for seq, at, kind, lesson, step, data in found:
            if kind in _KINDS:
                yield Event(_KINDS[kind], lesson, step, json.loads(data), seq, time_of(at))

    def rows(self) -> list[Row]:
        """Return every event as it is stored, the kinds of later versions too."""
        with as_store_error(self.path):
            return list(rows(self._connection))

    def save_draft(self, lesson: str, step: str, field: str, text: str) -> None:
        """Keep what is typed in a field and not checked yet, in place of what was kept before."""
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO drafts (lesson, step, field, text) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (lesson, step, field) DO UPDATE SET text = excluded.text",
                (lesson, step, field, _storable(text)),
            )

    def drafts(self, lesson: str, step: str) -> dict[str, str]:
        """Return what is typed and not checked yet, by field."""
        with as_store_error(self.path):
            return dict(
                self._connection.execute(
                    "SELECT field, text FROM drafts WHERE lesson = ? AND step = ? ORDER BY field",
                    (lesson, step),
                )
            )

    def clear_drafts(self, lesson: str, step: str) -> None:
        """Forget what was typed in the fields of a step."""
        with self._writing() as connection:
            connection.execute("DELETE FROM drafts WHERE lesson = ? AND step = ?", (lesson, step))

    def settings(self) -> Settings:
        """Return the learner's settings, the default where nothing was chosen."""
        with as_store_error(self.path):
            return Settings.from_stored(dict(self._connection.execute("SELECT key, value FROM settings")))

    def save_settings(self, settings: Settings) -> None:
        """Keep the settings; those of other versions stay as they are."""
        with self._writing() as connection:
            connection.executemany(
                "INSERT INTO settings (key, value) VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                settings.to_stored().items(),
            )

    def close(self) -> None:
        """Close the file; nothing is lost without it, and twice is no error."""
        with as_store_error(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self.read_only:
            raise StoreError(Fault.READ_ONLY, self.path)
        with as_store_error(self.path):
            self._begin()
            try:
                self._refuse_if_gone()
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _begin(self) -> None:
        """Begin with the write lock: a transaction that reads and then asks for it fails at once.

        SQLite's own waiting sleeps for up to 100 ms at a time, in which three busy writers always come first.
        """
        give_up_at = monotonic() + self.patience
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    self._connection.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    if fault_of(error) is not Fault.LOCKED or monotonic() > give_up_at:
                        raise
                    sleep(uniform(0.0005, 0.004))
                else:
                    return
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")

    def _refuse_if_gone(self) -> None:
        if self._file_identity() != self._identity:
            raise StoreError(Fault.GONE, self.path)

    def _file_identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat() if self.path else None
        except FileNotFoundError:
            return None
        return (found.st_dev, found.st_ino) if found else None


def _storable(text: str) -> str:
    """Replace lone surrogates, which a terminal makes of bytes that are not UTF-8 and SQLite cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
