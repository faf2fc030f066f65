"""How late a key is while a network trains, and what the views cost the training, in a real pseudo-terminal.

The child is the tutor itself with the free training screen. The network is that of the speed table, 2-16-16-1
with batches of 32 and Adam, at full speed in its thread. Keys come at random gaps of 35 to 90 ms; a key is
answered when the counter that it turns has come back from the terminal. Then drawing is switched off and on
within the same run, window by window; the share is the median over pairs of neighbouring windows.

    python tests/benchmarks/bench_smoothness.py [--rounds 5] [--keys 120] [--windows 16]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import select
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from terminal_session import Session  # noqa: E402 - its folder is known only now

SIZE = (100, 30)
MODES = ("idle", "loss", "boundary", "thermometer", "histograms", "weights")
WINDOW = 0.5
"""Seconds with drawing and then without, in turn, in the same run: their rates are what drawing costs."""

CHILD = r"""
import json, os, resource, sys
from time import perf_counter
mode, report, window = sys.argv[1], sys.argv[2], float(sys.argv[3])
os.environ["OPENBLAS_NUM_THREADS"] = "1"
from tutor.ui.terminal import prepare
prepare(os.environ, "en")
from textual.widgets import Static
from textual.binding import Binding
from tutor.course.loader import course_folder
from tutor.student.store import Store
from tutor.ui.app import TutorApp
from tutor.ui.screens.training import TrainingScreen
from tutor.ui.screens.lab import Stage
from tutor.ui.terminal_driver import TerminalDriver

class Counted(TrainingScreen):
    BINDINGS = [Binding("z", "count", show=False)]
    count = 0
    def compose(self):
        yield from super().compose()
        self.counter = Static("", id="counter")
        self.counter.styles.dock = "bottom"
        yield self.counter
    def action_count(self):
        self.count += 1
        self.counter.update(f"count={self.count};")

class Bench(TutorApp):
    CSS_PATH = None
    def on_mount(self, event):
        event.prevent_default()
        self.screen_change_signal.subscribe(self, self._complete_screen)
        self.lab = Counted()
        self.push_screen(self.lab)
        self.set_timer(0.5, self.begin)
    def begin(self):
        from dataclasses import replace
        from tutor.tutoring.predictions import Prediction, Reason, Trend
        from tutor.ui.training_choice import Choice
        from tutor.ui.training_run import NetworkRun
        from tutor.ui.lab_steps import Pace
        choice = replace(Choice.preset("spiral"), steps=1_000_000)
        self.lab.runs.append(NetworkRun(choice, Prediction(Trend.SOLVED, Reason.FITS)))
        self.lab.pace = Pace.FULL
        self.lab.enter(Stage.READY)
        if mode not in ("idle", "loss"):
            self.lab.views.view = mode
        self.rates = {True: [], False: []}
        self.drawing = True
        if mode != "idle":
            self.lab.enter(Stage.RUNNING)
        self.lab.counter.update("ready;")
    def action_cost(self):
        self.at = (perf_counter(), self.lab.run_now.training.step_number)
        self.kept = (self.lab.views.plot._draw_if_due, self.lab.views.wanted, self.lab.show_report)
        self.set_interval(window, self.turn)
    def turn(self):
        now, step = perf_counter(), self.lab.run_now.training.step_number
        if not self.lab.run_now.finished:
            self.rates[self.drawing].append((step - self.at[1]) / (now - self.at[0]))
        self.drawing = not self.drawing
        plot, views, lab = self.lab.views.plot, self.lab.views, self.lab
        nothing = lambda: None
        plot._draw_if_due, views.wanted, lab.show_report = self.kept if self.drawing else (nothing,) * 3
        self.at = (perf_counter(), self.lab.run_now.training.step_number)
    def action_quit_now(self):
        made = self.lab.run_now.training.step_number
        self.lab._halt()
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found = {"made": made, "megabytes": used, "on": self.rates[True], "off": self.rates[False]}
        with open(report, "w") as file:
            json.dump(found, file)
        self.exit()
    BINDINGS = [Binding("q", "quit_now", show=False), Binding("k", "cost", show=False)]

Bench(Store.open(None), course_folder(), language="en", driver_class=TerminalDriver).run()
"""


def session(mode: str, keys: int, windows: int) -> tuple[list[float], dict[str, Any]]:
    """Return the milliseconds of every key and what the child reports."""
    with tempfile.TemporaryDirectory() as folder:
        script, report = Path(folder) / "child.py", Path(folder) / "report.json"
        script.write_text(CHILD)
        arguments = [str(script), mode, str(report), str(WINDOW)]
        with Session(arguments, {"PYTHONPATH": str(ROOT)}, SIZE) as terminal:
            terminal.expect("ready;")
            terminal.read(0.5)
            rng, late = random.Random(len(mode)), []
            for number in range(1, keys + 1):
                terminal.read(rng.uniform(0.035, 0.090))
                late.append(1000 * _answered(terminal.descriptor, f"count={number};".encode()))
            if mode != "idle":
                terminal.type("k")
                terminal.read(windows * WINDOW)
            terminal.type("q")
            terminal.wait()
        return late, json.loads(report.read_text())


def _answered(descriptor: int, wanted: bytes) -> float:
    seen, started = b"", time.perf_counter()
    os.write(descriptor, b"z")
    while wanted not in seen:
        if not select.select([descriptor], [], [], 5)[0]:
            raise TimeoutError(seen[-200:])
        seen += os.read(descriptor, 65536)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=120)
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--modes", nargs="*", default=list(MODES))
    arguments = parser.parse_args()
    late: dict[str, list[float]] = {mode: [] for mode in arguments.modes}
    shares: dict[str, list[float]] = {mode: [] for mode in arguments.modes}
    reports: dict[str, dict[str, Any]] = {}
    for _ in range(arguments.rounds):
        for mode in arguments.modes:
            found, reports[mode] = session(mode, arguments.keys, arguments.windows)
            late[mode] += found
            pairs = zip(reports[mode]["on"], reports[mode]["off"], strict=False)
            shares[mode] += [on / off for on, off in pairs if off]
    sys.stdout.write(
        f"{'view':12} {'key p50':>8} {'p99':>8} {'steps/s of undrawn':>19} {'MB':>6} {'steps':>9}\n"
    )
    for mode in arguments.modes:
        p99 = quantiles(late[mode], n=100)[-1]
        share = median(shares[mode]) if shares[mode] else math.nan
        report = reports[mode]
        sys.stdout.write(
            f"{mode:12} {median(late[mode]):8.1f} {p99:8.1f} {share:19.2f} "
            f"{report['megabytes']:6.0f} {report['made']:9}\n"
        )


if __name__ == "__main__":
    main()
