"""What `tutor code` says to the learner after each save, and what is recorded of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console

from tutor.capstone import sandbox
from tutor.capstone.checking import Finding, Report, check
from tutor.capstone.gates import Gate
from tutor.capstone.sandbox import Ending
from tutor.capstone.training import EXPERIMENTS, Experiment, Trained, TrainingError, train
from tutor.capstone.workfile import changes
from tutor.commands.output import AT_FAULT, DONE
from tutor.student.events import Event, EventKind
from tutor.student.faults import StoreError
from tutor.student.progress import CAPSTONE
from tutor.student.store import Store
from tutor.text import Text
from tutor.ui.chart import Series, draw_chart
from tutor.ui.curve import Curve

_WIDTH, _HEIGHT = 76, 12


def exit_code(reports: Sequence[Report]) -> int:
    """Return the exit code: done when every gate that was asked for, and is not optional, is passed."""
    asked = [report for report in reports if not report.gate.optional] or reports
    return DONE if all(report.passed for report in asked) else AT_FAULT


class CodeTalk:
    """What is said to the learner between two saves, and what is recorded of it."""

    def __init__(
        self, text: Text, store: Store, path: Path, gates: Sequence[Gate], *, ascii_only: bool
    ) -> None:
        self.text, self.store, self.path, self.gates = text, store, path, gates
        self.ascii_only = ascii_only
        self._console = Console(markup=False, highlight=False, emoji=False, no_color=True)
        self._recorded = {
            event.step
            for event in store.events()
            if event.lesson == CAPSTONE and event.kind is EventKind.STEP_DONE
        }

    def say(self, *lines: str) -> None:
        """Print lines, broken between words at the width of the terminal."""
        for line in lines:
            self._console.print(line, overflow="fold")

    def watch(self) -> int:
        """Check at every save until Ctrl+C; train as soon as every required gate is passed."""
        trained = "digits" in self._recorded
        try:
            for _ in changes(self.path):
                reports = self.check()
                if not trained and len(self.gates) > 1 and exit_code(reports) == DONE:
                    trained = True
                    self.train()
                self.say("", self.text("code.watching"))
        except KeyboardInterrupt:
            self.say("", self.text("code.ended"))
        return DONE

    # -- gates -----------------------------------------------------------------------------------------

    def check(self) -> Sequence[Report]:
        """Judge the file and say what was found; the first gate that is not passed is told in full."""
        reports = check(self.path, self.gates)
        self.say("")
        fault = next((report for report in reports if _to_talk_about(report)), None)
        for report in reports:
            self._line(report)
            if report is fault:
                self._details(report)
        required = [report.passed for report in reports if not report.gate.optional]
        extra = [report.passed for report in reports if report.gate.optional]
        counts = {"done": sum(required), "count": len(required), "extra": sum(extra), "extras": len(extra)}
        if len(reports) > 1:
            self.say(self.text("code.gates", **counts))
        self._record(
            Event(EventKind.STEP_DONE, CAPSTONE, report.gate.id, {"error": report.error})
            for report in reports
            if report.passed and report.gate.id not in self._recorded
        )
        return reports

    def _line(self, report: Report) -> None:
        right, wrong, open_ = ("[OK]", "[X]", "[ ]") if self.ascii_only else ("✓", "✗", "·")
        sign = right if report.passed else open_ if report.finding is Finding.NOT_WRITTEN else wrong
        gate = self.text(f"code.gate.{report.gate.id}")
        room = max(cell_len(self.text(f"code.gate.{other.id}")) for other in self.gates)
        self.say(f"{sign} {gate}{' ' * (room - cell_len(gate))}  {self._said(report)}")

    def _said(self, report: Report) -> str:
        if report.passed:
            return self.text("code.passed", error=report.error, limit=report.gate.limit)
        names = ", ".join((case := report.gate.cases()[0]).returned + case.stored)
        return self.text(
            f"code.finding.{report.finding.value}",
            code=report.gate.code,
            exception=report.exception,
            names=names,
            name=report.name,
            found=report.found,
            expected=report.expected,
            error=report.error,
            seconds=sandbox.SECONDS,
        )

    def _details(self, report: Report) -> None:
        lines = []
        if report.line is not None:
            lines.append(self.text("code.place", line=report.line))
        if report.shapes:
            shapes = ", ".join(f"{name} {shape}" for name, shape in report.shapes.items() if shape)
            lines += [self.text("code.shapes", shapes=shapes)] if shapes else []
        if report.misconceptions:
            id_ = report.misconceptions[0]
            lines.append(self.text(f"misconceptions.{id_}.looks_like"))
            lines.append(self.text(f"misconceptions.{id_}.ask", name="x", output="L"))
        elif report.finding is Finding.WRONG:
            lines.append(self.text("code.none_fits"))
        if report.printed:
            lines += [self.text("code.printed"), *report.printed.splitlines()]
        for line in lines:
            self.say(f"    {line}")

    # -- training --------------------------------------------------------------------------------------

    def train(self) -> None:
        """Let the learner predict each run, then run it with their layers."""
        self.say("", self.text("code.all_passed"))
        for experiment in EXPERIMENTS:
            self.say("", self.text(f"code.experiment.{experiment.id}.question"))
            predicted = self._predicted(experiment)
            if predicted is None:
                return
            self._record([self._event(EventKind.PREDICTION, experiment, predicted=predicted)])
            try:
                trained = train(self.path, experiment)
            except TrainingError as failure:
                self.say(self.text("code.failed", why=self._why(failure)))
                return
            self._tell(trained, predicted)

    def _predicted(self, experiment: Experiment) -> int | None:
        """Return the number of the range that the learner chose, from 0; None where they skip."""
        ranges = experiment.ranges
        for number in range(len(ranges)):
            self.say(f"  {number + 1}  {self._range(experiment, number)}")
        while True:
            try:
                typed = input(self.text("code.question_number", count=len(ranges))).strip()
            except EOFError:
                return None
            if not typed:
                return None
            if typed.isdecimal() and 1 <= int(typed) <= len(ranges):
                return int(typed) - 1
            self.say(self.text("code.not_a_choice", count=len(ranges)))

    def _range(self, experiment: Experiment, number: int) -> str:
        low, high = experiment.ranges[number]
        if not experiment.counts_starts:
            return self.text("code.range_percent", low=low, high=high)
        return f"{low:g}" if high == low + 1 else self.text("code.range", low=low, high=high - 1)

    def _tell(self, trained: Trained, predicted: int) -> None:
        experiment, losses = trained.experiment, trained.losses
        curve = Curve()
        curve.extend(range(len(losses)), losses)
        chart = draw_chart([Series("loss", curve)], _WIDTH, _HEIGHT, ascii_only=self.ascii_only)
        for row in chart.rows:
            self.say("".join(piece.text for piece in row).rstrip())
        last = f"{losses[-1]:.3g}" if math.isfinite(losses[-1]) else str(losses[-1])
        fields = {"outcome": trained.outcome, "first": losses[0], "last": last}
        self.say(self.text(f"code.experiment.{experiment.id}.outcome", **fields))
        found = experiment.range_of(trained.outcome)
        kept = found == predicted
        self.say(
            self.text("code.kept" if kept else "code.missed", predicted=self._range(experiment, predicted))
        )
        self.say(self.text(f"code.experiment.{experiment.id}.why"))
        self._record(
            [
                self._event(EventKind.RUN, experiment, outcome=trained.outcome, kept=kept),
                self._event(EventKind.STEP_DONE, experiment),
            ]
        )

    def _why(self, failure: TrainingError) -> str:
        if failure.ending is Ending.DONE:
            return failure.message
        return self.text(f"code.finding.{failure.ending.value}", seconds=sandbox.SECONDS)

    # -- the record ------------------------------------------------------------------------------------

    def _event(self, kind: EventKind, experiment: Experiment, **data: object) -> Event:
        return Event(kind, CAPSTONE, experiment.id, data)

    def _record(self, events: Iterable[Event]) -> None:
        made = list(events)
        if not made:
            return
        try:
            self.store.append(*made)
        except StoreError as error:
            said = self.text(f"student.fault.{error.fault.value}", path=error.path or "")
            print(f"tutor: {said}", file=sys.stderr)
        self._recorded |= {event.step for event in made if event.kind is EventKind.STEP_DONE}


def _to_talk_about(report: Report) -> bool:
    return not report.passed and report.finding is not Finding.NOT_WRITTEN
