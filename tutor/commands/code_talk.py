"""What `tutor code` says to the learner after each save, and what is recorded of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from rich.cells import cell_len

from tutor.capstone import sandbox
from tutor.capstone.checking import Finding, Report, check
from tutor.capstone.gates import Gate
from tutor.capstone.sandbox import Ending
from tutor.capstone.training import EXPERIMENTS, Experiment, Trained, TrainingError, train
from tutor.capstone.workfile import changes
from tutor.commands.gate_words import details, found_sentence, to_talk_about
from tutor.commands.output import AT_FAULT, DONE, fitted
from tutor.student.events import Event, EventKind
from tutor.student.faults import StoreError
from tutor.student.progress import CAPSTONE
from tutor.student.store import Store
from tutor.text import Text
from tutor.ui.chart import LARGEST, Series, draw_chart
from tutor.ui.curve import Curve
from tutor.ui.signs import in_ascii

_WIDTH, _HEIGHT = 76, 12
_STEEP = 1e4
"""How many times its start a loss has to reach for a logarithmic axis."""

_RIGHT, _WRONG, _OPEN = ("✓", "[OK]"), ("✗", "[X] "), ("·", "[ ] ")
"""Each sign, and the same in ASCII."""


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
        self._recorded = {
            event.step
            for event in store.events()
            if event.lesson == CAPSTONE and event.kind is EventKind.STEP_DONE
        }

    def say(self, *lines: str, lead: str = "") -> None:
        """Print lines, broken between words; `lead` stands before the first row of each."""
        for line in lines:
            print(*fitted(in_ascii(line) if self.ascii_only else line, lead), sep="\n")

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
        if all(report.finding is Finding.NOT_LOADED for report in reports):
            self._tell_fault(reports[0])
            return reports
        several = len(reports) > 1
        left = [report for report in reports if several and report.gate.optional and _is_open(report)]
        fault = next(filter(to_talk_about, reports), None)
        for report in reports:
            if report is fault:
                self._tell_fault(report)
            elif report not in left:
                self._line(report)
        if left:
            self._line_of(_OPEN, self.text("code.left", names=", ".join(report.gate.code for report in left)))
        if several:
            self._say_counts(reports)
            self._say_next(reports, fault)
        self._record(
            Event(EventKind.STEP_DONE, CAPSTONE, report.gate.id, {"error": report.error})
            for report in reports
            if report.passed and report.gate.id not in self._recorded
        )
        return reports

    def _line_of(self, sign: tuple[str, str], *words: str) -> None:
        *before, said = words
        self.say(said, lead=" ".join((sign[self.ascii_only], *before, "")))

    def _line(self, report: Report) -> None:
        sign = _RIGHT if report.passed else _OPEN if _is_open(report) else _WRONG
        gate = self.text(f"code.gate.{report.gate.id}")
        room = max(cell_len(self.text(f"code.gate.{other.id}")) for other in self.gates)
        self._line_of(sign, gate + " " * (room - cell_len(gate) + 1), found_sentence(report, self.text))

    def _tell_fault(self, report: Report) -> None:
        if report.finding is Finding.NOT_LOADED:
            self._line_of(_WRONG, found_sentence(report, self.text))
        else:
            self._line(report)
        for line in details(report, self.text):
            self.say(line, lead=" " * 4)

    def _say_counts(self, reports: Sequence[Report]) -> None:
        required = [report.passed for report in reports if not report.gate.optional]
        extra = [report.passed for report in reports if report.gate.optional]
        counts = {"done": sum(required), "count": len(required), "extra": sum(extra), "extras": len(extra)}
        self.say(self.text("code.gates", **counts))

    def _say_next(self, reports: Sequence[Report], fault: Report | None) -> None:
        following = next(
            (report for report in reports if _is_open(report) and not report.gate.optional), None
        )
        if fault is None and following is not None:
            self.say(self.text("code.next", code=following.gate.code, line=following.line))

    # -- training --------------------------------------------------------------------------------------

    def train(self) -> None:
        """Let the learner predict each run, then run it with their layers."""
        self.say("", self.text("code.all_passed"))
        for experiment in EXPERIMENTS:
            self.say("", self.text(f"code.experiment.{experiment.id}.question"))
            predicted = self._predicted(experiment)
            if predicted is None:
                self.say(self.text("code.skipped"))
                return
            self._record([self._event(EventKind.PREDICTION, experiment, predicted=predicted)])
            self.say(self.text("code.training"))
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
        if high == low + 1:
            return self.text("code.range_one", number=low)
        return self.text("code.range", low=low, high=high - 1)

    def _tell(self, trained: Trained, predicted: int) -> None:
        experiment, losses = trained.experiment, trained.losses
        self._draw(losses)
        last = f"{losses[-1]:.3g}" if math.isfinite(losses[-1]) else self.text("code.no_number")
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

    def _draw(self, losses: Sequence[float]) -> None:
        curve = Curve()
        shown = list(takewhile(lambda loss: math.isfinite(loss) and loss < LARGEST, losses))
        curve.extend(range(len(shown)), shown)
        log = max(shown, default=0.0) > _STEEP * losses[0]
        chart = draw_chart([Series("loss", curve)], _WIDTH, _HEIGHT, log=log, ascii_only=self.ascii_only)
        self.say(self.text("code.curve_log" if log else "code.curve"))
        for row in chart.rows:
            print("".join(piece.text for piece in row).rstrip())
        if len(shown) < len(losses):
            self.say(self.text("code.left_axis", step=len(shown), limit=LARGEST))

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


def _is_open(report: Report) -> bool:
    return report.finding is Finding.NOT_WRITTEN
