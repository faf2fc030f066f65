"""How late a key is while a network trains, and what the views cost the training, in a real pseudo-terminal.

The child is the tutor itself with the free training screen. The network is that of the speed table, 2-16-16-1
with batches of 32 and Adam, at full speed in its thread. Keys come at random gaps of 35 to 90 ms; a key is
answered when the counter that it turns has come back from the terminal. Modes are interleaved; the numbers
are medians of the rounds.

    python tests/benchmarks/bench_smoothness.py [--rounds 5] [--keys 120]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from terminal_session import Session  # noqa: E402 - its folder is known only now

SIZE = (100, 30)
MODES = ("idle", "loss", "loss, no drawing", "boundary", "thermometer", "histograms", "weights")

CHILD = r"""
import json, os, resource, sys
from time import perf_counter
mode, report = sys.argv[1], sys.argv[2]
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
        from tutor.ui.lab import Choice
        from tutor.ui.lab_run import LabRun
        from tutor.ui.lab_steps import Pace
        choice = replace(Choice.preset("spiral"), steps=1_000_000)
        self.lab.runs.append(LabRun(choice, Prediction(Trend.SOLVED, Reason.FITS)))
        self.lab.pace = Pace.FULL
        self.lab.enter(Stage.READY)
        if mode not in ("idle", "loss", "loss, no drawing"):
            self.lab.views.view = mode
        if mode == "loss, no drawing":
            self.lab.views.plot.display = False
            self.lab.views.plot._draw_if_due = lambda: None
            for timer in list(self.lab.views.plot._timers): timer.stop()
        if mode != "idle":
            self.lab.enter(Stage.RUNNING)
        self.started = perf_counter()
        self.lab.counter.update("ready;")
    def action_quit_now(self):
        run = self.lab.run_now
        seconds = perf_counter() - self.started
        made = run.training.step_number
        self.lab._halt()
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with open(report, "w") as file:
            json.dump({"rate": made / seconds, "made": made, "megabytes": used}, file)
        self.exit()
    BINDINGS = [Binding("q", "quit_now", show=False)]

Bench(Store.open(None), course_folder(), language="en", driver_class=TerminalDriver).run()
"""

BARE = r"""
import os
os.environ["OPENBLAS_NUM_THREADS"] = "1"
from dataclasses import replace
from time import perf_counter
from tutor.ui.lab import Choice
from tutor.engine.training import Training
training = Training(replace(Choice.preset("spiral"), steps=1_000_000).config())
training.advance(2000)
started, first = perf_counter(), training.step_number
while perf_counter() - started < 3:
    training.advance(64)
print((training.step_number - first) / (perf_counter() - started))
"""


def session(mode: str, keys: int) -> tuple[list[float], dict[str, float]]:
    """Return the milliseconds of every key and what the child reports."""
    with tempfile.TemporaryDirectory() as folder:
        script, report = Path(folder) / "child.py", Path(folder) / "report.json"
        script.write_text(CHILD)
        with Session([str(script), mode, str(report)], {"PYTHONPATH": str(ROOT)}, SIZE) as terminal:
            terminal.expect("ready;")
            terminal.read(0.5)
            chance, late = random.Random(len(mode)), []
            for number in range(1, keys + 1):
                terminal.read(chance.uniform(0.035, 0.090))
                late.append(1000 * _answered(terminal.descriptor, f"count={number};".encode()))
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


def bare() -> float:
    """Return the steps per second of the training alone."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return float(subprocess.check_output([sys.executable, "-c", BARE], env=environment))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=120)
    parser.add_argument("--modes", nargs="*", default=list(MODES))
    arguments = parser.parse_args()
    late: dict[str, list[float]] = {mode: [] for mode in arguments.modes}
    shares: dict[str, list[float]] = {mode: [] for mode in arguments.modes}
    memory: dict[str, float] = {}
    for _ in range(arguments.rounds):
        alone = bare()
        for mode in arguments.modes:
            found, report = session(mode, arguments.keys)
            late[mode] += found
            shares[mode].append(report["rate"] / alone)
            memory[mode] = report["megabytes"]
    sys.stdout.write(f"{'view':18} {'key p50':>8} {'p99':>8} {'steps/s of bare':>16} {'MB':>6}\n")
    for mode in arguments.modes:
        p99, share = quantiles(late[mode], n=100)[-1], median(shares[mode])
        sys.stdout.write(
            f"{mode:18} {median(late[mode]):8.1f} {p99:8.1f} {share:16.2f} {memory[mode]:6.0f}\n"
        )


if __name__ == "__main__":
    main()
