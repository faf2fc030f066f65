"""A learner's record as a file to carry elsewhere: one JSON object a line, the format first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path

from tutor.student.backups import put_in_place
from tutor.student.schema import LAST_MOMENT, Row, stored_time, time_of

FORMAT, VERSION = "backprop-tutor progress", 1

LONGEST_LINE = 1_000_000
"""Characters of the longest line that is read."""


class TransferFault(Enum):
    """Why a file cannot be read as a record."""

    NO_FILE = "no_file"
    NOT_ONE = "not_one"
    """The first line does not say that it is a record."""
    NEWER = "newer"
    """A later version of the program wrote it."""
    LINE = "line"
    """A line is no event."""


class TransferError(ValueError):
    """A file that cannot be read as a record; `line` from 1, 0 where it is about the file."""

    def __init__(self, fault: TransferFault, line: int = 0) -> None:
        super().__init__(fault, line)
        self.fault, self.line = fault, line


def write_export(path: Path, events: Iterable[Row]) -> int:
    """Write events to a file that is complete or not there at all, and return how many; raises OSError."""
    partial, count = path.with_name(f"{path.name}.partial"), 0
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps({"format": FORMAT, "version": VERSION}) + "\n")
        for row in events:
            line = {
                "at": time_of(row.at).isoformat(),
                "kind": row.kind,
                "lesson": row.lesson,
                "step": row.step,
                "data": json.loads(row.data),
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    put_in_place(partial, path)
    return count


def read_export(path: Path) -> list[Row]:
    """Return the events of a file, numbered from 1; TransferError with the first line at fault."""
    try:
        if not path.is_file():  # a pipe or a device could keep the reader waiting for ever
            raise TransferError(TransferFault.NO_FILE)
        with path.open(encoding="utf-8", newline="\n") as file:
            lines = enumerate(iter(lambda: file.readline(LONGEST_LINE), ""), 1)
            _check_format(next(lines, (1, ""))[1])
            return list(_events(lines))
    except OSError as error:
        raise TransferError(TransferFault.NO_FILE) from error
    except UnicodeDecodeError as error:
        raise TransferError(TransferFault.NOT_ONE, 1) from error


def _check_format(line: str) -> None:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TransferError(TransferFault.NOT_ONE, 1) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise TransferError(TransferFault.NOT_ONE, 1)
    version = header.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise TransferError(TransferFault.NEWER, 1)


def _events(lines: Iterable[tuple[int, str]]) -> Iterator[Row]:
    seq = 0
    for number, line in lines:
        if line.strip():
            seq += 1
            yield _event(seq, number, line)


def _event(seq: int, number: int, line: str) -> Row:
    try:
        given = json.loads(line)
        kind, lesson, step = texts = given["kind"], given["lesson"], given["step"]
        if not all(isinstance(text, str) for text in texts) or not isinstance(given["data"], dict):
            raise TypeError
        at = stored_time(datetime.fromisoformat(given["at"]))
        row = Row(seq, at, kind, lesson, step, json.dumps(given["data"], allow_nan=False))
        "".join(texts).encode("utf-8")
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise TransferError(TransferFault.LINE, number) from error
    if not 0 <= at <= LAST_MOMENT:
        raise TransferError(TransferFault.LINE, number)
    return row


def merged(here: Iterable[Row], there: Iterable[Row]) -> list[Row]:
    """Return the events of both, each once, by time; those of one record keep their order."""
    found: dict[tuple[object, ...], Row] = {}
    for record in (here, there):
        seen = Counter[tuple[object, ...]]()
        for row in record:
            content = json.dumps(json.loads(row.data), sort_keys=True)
            what = (row.at, row.kind, row.lesson, row.step, content)
            seen[what] += 1
            found.setdefault((*what, seen[what]), row)  # the same twice in one record is there twice
    return sorted(found.values(), key=lambda row: row.at)
