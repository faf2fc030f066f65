"""The time from the start of the program to its first screen, beside a bare Textual app with such widgets.

Both are started in a pseudo-terminal of 100 × 30, in turn; the numbers are medians. `welcome` is the first
start, `map` a start with a lesson completed and `lesson` one in the middle of a lesson, of which the first
screen is the frame of the map. The processor's time tells more where the machine has other work to do; it
is known on Linux alone.

    python tests/benchmarks/bench_start.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from terminal_session import Session, plain  # noqa: E402 - its folder is known only now

from tutor.course.loader import course_folder, outlines  # noqa: E402
from tutor.student.events import Event, EventKind  # noqa: E402
from tutor.student.store import Store  # noqa: E402

BARE_MAP = """
from textual.app import App
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

class Bare(App):
    CSS = "OptionList { height: 1fr; } .docked { dock: bottom; height: 1; }"
    def compose(self):
        yield Static("A course of backpropagation")
        yield OptionList(*(Option(f"{n}  Lesson\\n      6 steps", id=f"l{n}") for n in range(16)))
        yield Static("What is said of the lesson that is chosen.\\n\\n")
        yield Static("Enter open   F1 help", classes="docked")

Bare().run()
"""

BARE_WELCOME = """
from textual.app import App
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, ContentSwitcher, Static

class Bare(App):
    CSS = ".docked { dock: bottom; height: 1; }"
    def compose(self):
        with ContentSwitcher(initial="purpose"):
            with Vertical(id="language"):
                yield Static("a tutor")
                with Horizontal():
                    yield Button("English")
                    yield Button("Korean")
            with Vertical(id="purpose"):
                for number in range(4):
                    yield Static("What this is.\\nWhat it is for.\\n")
        yield Static("Enter open   F1 help", classes="docked")

Bare().run()
"""

BARE = {"welcome": BARE_WELCOME, "map": BARE_MAP, "lesson": BARE_MAP}

FIRST_WORDS = {"welcome": "first exercise", "map": "F5", "lesson": "F5"}


class Taken(NamedTuple):
    """Seconds until the first screen stood: by the clock, and of the processor."""

    clock: float
    processor: float


def first_paint(arguments: list[str], words: str, environ: Mapping[str, str | None], *, rest: float) -> Taken:
    """Return what it took until these words stood on the screen; `rest` seconds later it is killed."""
    started = time.perf_counter()
    with Session(arguments, environ, (100, 30)) as terminal:
        while words not in plain(terminal.output):
            terminal.read(0.002)
            assert not terminal.ended, plain(terminal.output)
            assert time.perf_counter() - started < 30
        taken = Taken(time.perf_counter() - started, processor_seconds(terminal.pid))
        terminal.read(rest)
        return taken


def processor_seconds(pid: int) -> float:
    """Return the processor's seconds of all threads of a process by now."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in threads) / 1e9


def prepare(data: Path, start: str) -> None:
    """Write the record that leads to this start."""
    shutil.rmtree(data, ignore_errors=True)
    lesson = outlines(course_folder())[0]
    with Store.open(data) as store:
        if start == "map":
            store.append(*(Event(EventKind.STEP_DONE, lesson.slug, step.id) for step in lesson.steps))
            store.append(Event(EventKind.POSITION, lesson.slug, lesson.steps[-1].id))
        elif start == "lesson":
            store.append(Event(EventKind.POSITION, lesson.slug, lesson.steps[1].id))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    found: dict[str, list[tuple[Taken, Taken]]] = {start: [] for start in BARE}
    with tempfile.TemporaryDirectory() as folder:
        script, data = Path(folder) / "bare.py", Path(folder) / "data"
        environ = {
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": None,
            "PYTHONPYCACHEPREFIX": f"{folder}/compiled",
        }
        tutor = ["-m", "tutor", "--data", str(data), "--lang", "en"]
        for number in range(rounds + 1):
            rest = 0 if number else 5.0  # the first round fills the caches, the lesson behind the screen too
            for start, words in FIRST_WORDS.items():
                script.write_text(BARE[start])
                bare = first_paint([str(script)], "Enter open", environ, rest=rest)
                prepare(data, start)
                ours = first_paint(tutor, words, environ, rest=rest)
                if number:
                    found[start].append((ours, bare))
    sys.stdout.write("start     tutor  bare   tutor / bare: by the clock, of the processor\n")
    for start, pairs in found.items():
        times = [1000 * median(taken.clock for taken in takings) for takings in zip(*pairs, strict=True)]
        clock = median(ours.clock / bare.clock for ours, bare in pairs)
        processor = median(ours.processor / (bare.processor or 1) for ours, bare in pairs)
        sys.stdout.write(f"{start:8} {times[0]:4.0f} ms {times[1]:3.0f} ms  {clock:.2f}  {processor:.2f}\n")


if __name__ == "__main__":
    main()
