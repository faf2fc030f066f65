"""`tutor progress export / import / restore`: the record carried elsewhere, brought in, and taken back."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tutor.commands.output import DONE, InputError
from tutor.course.skills import skill_of
from tutor.student.backups import backups_of, day_of, is_good
from tutor.student.database import replace_by_copy, replace_by_events
from tutor.student.faults import StoreError
from tutor.student.learning import Learning
from tutor.student.locations import DATABASE_NAME, data_folder
from tutor.student.store import Store
from tutor.student.transfer import TransferError, merged, read_export, write_export
from tutor.text import Text
from tutor.ui.notebook_file import WRITERS, write_notebook


@contextmanager
def _as_input_error(text: Text) -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise InputError(text(f"student.unusable.{error.fault.value}", path=error.path or "")) from error


def export(options: argparse.Namespace, text: Text) -> int:
    """Write the record, the notebook of mistakes, or both."""
    if not options.file and not options.notebook:
        raise InputError(text("cli.fault.nothing_to_export"))
    if options.notebook and Path(options.notebook).suffix not in WRITERS:
        raise InputError(text("cli.fault.notebook_name", path=options.notebook))
    store, _ = _record(options.data, text)
    with store:
        if options.file:
            path = _new(options.file, text)
            count = _written(path, lambda: write_export(path, store.rows()), text)
            print(text("cli.record.exported", count=count, path=path))
        if options.notebook:
            path = _new(options.notebook, text)
            notebook = Learning.from_events(store.events(), skill_of).notebook
            count = _written(path, lambda: write_notebook(path, notebook, text), text)
            print(text("cli.record.notebook", count=count, path=path))
    return DONE


def bring_in(options: argparse.Namespace, text: Text) -> int:
    """Merge a written record into this one; the former file is kept."""
    try:
        there = read_export(Path(options.file))
    except TransferError as error:
        sentence = text(f"cli.transfer.{error.fault.value}", path=options.file, line=error.line)
        raise InputError(sentence) from error
    store, folder = _record(options.data, text, to_write=True)
    with store:
        here, settings = store.rows(), store.settings().to_stored()
    together = merged(here, there)
    if len(together) == len(here):
        print(text("cli.record.nothing_new", path=options.file))
        return DONE
    with _as_input_error(text):
        former = replace_by_events(folder, together, settings)
    added = len(together) - len(here)
    print(text("cli.record.brought_in", count=added, total=len(together), path=former))
    return DONE


def restore(options: argparse.Namespace, text: Text) -> int:
    """Go back to the copy of a day, or list the copies; the present record is kept."""
    store, folder = _record(options.data, text, to_write=options.day is not None)
    store.close()
    copies = {str(day_of(copy)): copy for copy in backups_of(folder / DATABASE_NAME)}
    if not copies:
        raise InputError(text("cli.fault.no_copies"))
    if options.day is None:
        print(text("cli.record.copies"))
        for day, copy in copies.items():
            name = "copy" if is_good(copy) else "damaged_copy"
            print(text(f"cli.record.{name}", day=day, count=_count(copy) if name == "copy" else 0))
        return DONE
    chosen = copies.get(options.day)
    if chosen is None or not is_good(chosen):
        fault = "no_copy" if chosen is None else "bad_copy"
        raise InputError(text(f"cli.fault.{fault}", day=options.day, days=", ".join(copies)))
    with _as_input_error(text):
        former = replace_by_copy(folder, chosen)
    print(text("cli.record.restored", day=options.day, count=_count(chosen), path=former))
    return DONE


def _record(data: str | None, text: Text, *, to_write: bool = False) -> tuple[Store, Path]:
    """Return the record and its folder; InputError where it cannot be used, for memory would not do here."""
    with _as_input_error(text):
        folder = data_folder(data)
        store = Store.open(folder)
    if to_write and store.read_only:
        store.close()
        raise InputError(text("cli.fault.read_only_record", path=store.path))
    return store, folder


def _new(name: str, text: Text) -> Path:
    path = Path(name)
    if path.exists():
        raise InputError(text("cli.fault.file_exists", path=path))
    return path


def _written(path: Path, write: Callable[[], int], text: Text) -> int:
    try:
        return write()
    except OSError as error:
        raise InputError(text("cli.fault.cannot_write", path=path)) from error


def _count(copy: Path) -> int:
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])
