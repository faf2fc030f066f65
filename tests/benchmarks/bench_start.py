"""The time from the start of the program to its first screen, beside a bare Textual app with such widgets.

Both are started in a pseudo-terminal of 100 × 30, in turn; the numbers are medians. The bare app has a
heading, a list of options, a text and a row of keys, as the course map has.

    python tests/benchmarks/bench_start.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from terminal_session import Session, plain  # noqa: E402 - its folder is known only now

BARE = """
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


def seconds(arguments: list[str], words: str, environ: dict[str, str | None]) -> float:
    """Return the seconds until these words stand on the screen."""
    started = time.perf_counter()
    with Session(arguments, {"PYTHONPATH": str(ROOT), **environ}, (100, 30)) as terminal:
        while words not in plain(terminal.output):
            terminal.read(0.002)
            assert not terminal.ended, plain(terminal.output)
            assert time.perf_counter() - started < 30
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        script, data = Path(folder) / "bare.py", Path(folder) / "data"
        script.write_text(BARE)
        tutor = ["-m", "tutor", "--data", str(data), "--lang", "en"]
        starts: dict[str, list[float]] = {"bare": [], "tutor": []}
        for number in range(rounds + 1):
            bare = seconds([str(script)], "Enter open", {})
            ours = seconds(tutor, "Enter", {})
            if number:  # the first round fills the caches of the file system
                starts["bare"].append(bare)
                starts["tutor"].append(ours)
    for name, found in starts.items():
        sys.stdout.write(f"{name:6} {1000 * median(found):6.0f} ms\n")
    ratio = median(a / b for a, b in zip(starts["tutor"], starts["bare"], strict=True))
    sys.stdout.write(f"tutor / bare {ratio:.2f}\n")


if __name__ == "__main__":
    main()
