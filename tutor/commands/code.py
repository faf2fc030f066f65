"""`tutor code`: the learner writes the backward passes in their own editor; each save is checked."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tutor.capstone import sandbox
from tutor.capstone.checking import Report, check
from tutor.capstone.gates import GATES, Gate
from tutor.capstone.workfile import NOTES, lay_out
from tutor.commands.code_talk import CodeTalk, exit_code
from tutor.commands.output import InputError, as_json, fitted, writes_unicode
from tutor.commands.record import open_store
from tutor.text import Text


def run(options: argparse.Namespace, text: Text) -> int:
    """Lay the file out, check it at every save, and train with it once every required gate is passed."""
    gates = _gates(options.gate, text)
    with open_store(options.data, text) as store, _ends_in_order():
        # In the language of the app beside it, unless another is wished.
        text = Text(options.lang or store.settings().language or text.language)
        path = _file(Path(options.folder), text)
        if options.json:
            reports = check(path, gates)
            print(json.dumps({"file": str(path), "gates": dict(map(_as_json, reports))}, ensure_ascii=False))
            return exit_code(reports)
        talk = CodeTalk(text, store, path, gates, ascii_only=options.ascii or not writes_unicode())
        if options.once or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return exit_code(talk.check())
        return talk.watch()


@contextmanager
def _ends_in_order() -> Iterator[None]:
    """Let a signal to end unwind the calls, so that the learner's code ends too and no folder is left."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _gates(name: str | None, text: Text) -> Sequence[Gate]:
    if name is None:
        return GATES
    found = [gate for gate in GATES if name in (gate.id, gate.code)]
    if not found:
        known = ", ".join(gate.id for gate in GATES)
        raise InputError(text("code.unknown_gate", name=name, gates=known))
    return found


def _file(folder: Path, text: Text) -> Path:
    try:
        path, made = lay_out(folder, {note: text(f"code.note.{note}") for note in NOTES})
    except OSError as error:
        raise InputError(text("code.bad_folder", path=folder)) from error
    for line in (
        text("code.start", path=path.resolve()),
        text("code.made" if made else "code.there"),
        text("code.own_rights", seconds=sandbox.SECONDS),
        text("code.compared"),
    ):
        print(*fitted(line), sep="\n", file=sys.stderr)
    return path


def _as_json(report: Report) -> tuple[str, dict[str, object]]:
    return report.gate.id, {
        "finding": report.finding.value,
        "name": report.name,
        "relative_error": as_json(report.error),
        "misconceptions": list(report.misconceptions),
        "line": report.line,
    }
