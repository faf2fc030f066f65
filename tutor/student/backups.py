"""Copies of the learner's file: one at the first start of a day, thinned to seven days and four weeks."""

import os
import re
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from tutor.student.faults import passing_over_damage
from tutor.student.schema import SCHEMA_VERSION, as_far_as_it_is_text, is_ours, is_whole, version_of

FOLDER = "backups"
"""The folder of the copies, beside the database. It also tells that there was a record before."""

DAYS, WEEKS = 7, 4
"""Copies that are kept: the last of so many days, and before them of so many weeks."""

_NAME = re.compile(r"progress-(\d{4}-\d\d-\d\d)\.sqlite3")


def folder_of(path: Path) -> Path:
    """Return where the copies of a database are kept."""
    return path.parent / FOLDER


def day_of(backup: Path) -> date | None:
    """Return the day of a copy, None where the file is none of the daily ones."""
    match = _NAME.fullmatch(backup.name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def backups_of(path: Path) -> list[Path]:
    """Return the daily copies of a database, the newest first."""
    try:
        found = [entry for entry in folder_of(path).iterdir() if day_of(entry)]
    except OSError:
        return []
    return sorted(found, key=lambda entry: entry.name, reverse=True)


def back_up_today(connection: sqlite3.Connection, path: Path, today: date) -> Path | None:
    """Copy the database unless there is a copy of today or nothing to copy; return the new copy.

    A copy once made is never written again. Raises OSError and sqlite3.Error.
    """
    target = folder_of(path) / f"progress-{today.isoformat()}.sqlite3"
    if target.exists() or connection.execute("SELECT 1 FROM events LIMIT 1").fetchone() is None:
        return None
    copy_to(connection, target)
    _thin(path, today)
    return target


def copy_to(connection: sqlite3.Connection, target: Path) -> None:
    """Copy an open database into a file of its own that is complete or not there at all."""
    target.parent.mkdir(exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial, isolation_level=None)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # else it could not be read where nothing can be written
    put_in_place(partial, target)


def put_in_place(partial: Path, target: Path) -> None:
    """Give a finished file its name, so that a loss of power leaves it whole or absent."""
    with partial.open("rb+") as written:
        os.fsync(written.fileno())
    partial.replace(target)
    if os.name != "nt":
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_good(backup: Path) -> bool:
    """Return whether a copy can be restored; raises sqlite3.Error where that cannot be found out now."""
    with (
        passing_over_damage(),
        closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        connection.text_factory = as_far_as_it_is_text
        version = version_of(connection)
        return 0 < version <= SCHEMA_VERSION and is_ours(connection) and is_whole(connection)
    return False


def kept(days: list[date]) -> set[date]:
    """Return the days whose copies are kept, out of days that are not in the future."""
    newest_first = sorted(days, reverse=True)
    daily, older = newest_first[:DAYS], newest_first[DAYS:]
    weekly: dict[tuple[int, int], date] = {}
    for day in older:
        year, week, _ = day.isocalendar()
        weekly.setdefault((year, week), day)
    return {*daily, *list(weekly.values())[:WEEKS]}


def _thin(path: Path, today: date) -> None:
    """Remove the copies that are not kept; those that a wrong clock has dated ahead are left alone."""
    dated = {day: backup for backup in backups_of(path) if (day := day_of(backup)) and day <= today}
    for day in dated.keys() - kept(list(dated)):
        dated[day].unlink(missing_ok=True)
