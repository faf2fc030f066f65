"""The app in every environment that a terminal may hand it: it paints, answers and leaves in order."""

from __future__ import annotations

import random
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping
from fcntl import ioctl
from itertools import product
from pathlib import Path

import pytest
from terminal_session import Session, modes, plain

from tutor.student.events import Event, EventKind
from tutor.student.store import Store
from tutor.text import Text

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")

Environ = Mapping[str, str | None]

TERMS: tuple[Environ, ...] = tuple(
    {"TERM": term}
    for term in ("xterm", "xterm-256color", "screen-256color", "tmux-256color", "linux", "vt100", "rxvt")
)
COLOURS: tuple[Environ, ...] = (
    {"COLORTERM": "truecolor"},
    {"COLORTERM": None},
    {"COLORTERM": "24bit"},
    {"NO_COLOR": "1"},
    {"NO_COLOR": ""},
    {"FORCE_COLOR": "1"},
    {"TERM": "xterm", "COLORTERM": None, "NO_COLOR": "1"},
)
LOCALES: tuple[Environ, ...] = (
    {"LANG": "C"},
    {"LANG": "POSIX"},
    {"LANG": None},
    {"LANG": "ko_KR.UTF-8"},
    {"LC_ALL": "C"},
    {"LC_ALL": "C.UTF-8"},
    {"LC_ALL": "en_US.ISO-8859-1"},
    {"PYTHONUTF8": "0", "LC_ALL": "C"},
    {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONIOENCODING": "cp949"},
    {"PYTHONIOENCODING": "ascii:strict"},
    {"PYTHONUTF8": "1"},
)
PLACES: tuple[Environ, ...] = (
    {"HOME": None},
    {"HOME": ""},
    {"HOME": "/nonexistent"},
    {"HOME": "/dev/null"},
    {"XDG_DATA_HOME": "relative"},
    {"XDG_DATA_HOME": "/nonexistent/data"},
    {"TMPDIR": "/nonexistent"},
)
PROGRAMS: tuple[Environ, ...] = (
    {"TERM_PROGRAM": "iTerm.app"},
    {"TERM_PROGRAM": "WezTerm"},
    {"TERM_PROGRAM": "Apple_Terminal"},
    {"TERM_PROGRAM": "vscode"},
    {"LINES": "3", "COLUMNS": "9"},
    {"PYTHONOPTIMIZE": "2"},
)
ENVIRONMENTS = (*TERMS, *COLOURS, *LOCALES, *PLACES, *PROGRAMS)


def named(environ: Environ) -> str:
    return " ".join(f"{name}={value}" for name, value in environ.items())


def cases() -> list[object]:
    everyday = random.Random(1).sample(range(len(ENVIRONMENTS)), 3)
    return [
        pytest.param(environ, id=named(environ), marks=[] if k in everyday else pytest.mark.long)
        for k, environ in enumerate(ENVIRONMENTS)
    ]


def test_there_are_thirty_nine() -> None:
    assert len({named(environ) for environ in ENVIRONMENTS}) == 39


@pytest.mark.parametrize("environ", cases())
def test_the_app_paints_answers_and_leaves(tmp_path: Path, environ: Environ) -> None:
    with Session(["-m", "tutor", "--data", str(tmp_path), "--lang", "ko"], environ) as session:
        session.expect(Text("ko")("welcome.what_1")[:8])
        assert "\\u" not in plain(session.output)
        assert "Traceback" not in plain(session.output)
        session.settle()
        session.type("\r")
        session.settle()
        session.type("\x11")
        assert session.wait() == 0
        assert session.attributes == session.before
        assert modes(session.output) == set()


# -- storms of sizes -------------------------------------------------------------------------------------

STORM = pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
SIZES = tuple(product((5, 20, 24, 60), (10, 40, 60, 80, 200)))


def storm(session: Session, count: int) -> None:
    """Give the terminal a new size many times, and then its first one."""
    chance = random.Random(5)
    for _ in range(count):
        resize(session, *chance.choice(SIZES))
        session.read(0.01)
    resize(session, 24, 80)


def resize(session: Session, rows: int, columns: int) -> None:
    ioctl(session.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@pytest.fixture
def at_an_exercise(tmp_path: Path) -> Path:
    """Return a data folder whose learner stands at an exercise with two blanks."""
    with Store.open(tmp_path) as store:
        store.append(Event(EventKind.POSITION, "forward-pass", "gift-box"))
    return tmp_path


@STORM
def test_a_storm_of_sizes_loses_neither_focus_nor_text(at_an_exercise: Path, count: int) -> None:
    with Session(["-m", "tutor", "--data", str(at_an_exercise), "--lang", "en"]) as session:
        session.expect("F3")
        press(session, "27")
        storm(session, count)
        press(session, "1", "\x0c")
        assert "271" in plain(session.output)[-3000:]
        session.signal(signal.SIGTERM)
        assert session.wait() == 143
    with Store.open(at_an_exercise) as store:
        assert store.drafts("forward-pass", "gift-box") == {"t": "271"}


@pytest.mark.long
@STORM
def test_a_storm_of_sizes_while_a_network_trains_keeps_keys_quick_and_memory_small(
    at_an_exercise: Path, count: int
) -> None:
    text = Text("en")
    with Session(["-m", "tutor", "--data", str(at_an_exercise), "--lang", "en"]) as session:
        session.expect("F3")
        press(session, "27", F5, "\r")
        begin_a_long_run(session)
        before = resident(session.pid)
        storm(session, count)
        seen = len(session.output)
        paused = time.monotonic()
        session.type(" ")
        session.expect(text("keys.single_step"), since=seen)
        assert time.monotonic() - paused < 0.5
        assert resident(session.pid) - before < 40
        for key in ("\x1b", "\x1b", "1"):  # Esc and a key at once would be Alt and that key
            press(session, key)
        session.signal(signal.SIGTERM)
        assert session.wait() == 143
    with Store.open(at_an_exercise) as store:
        assert store.drafts("forward-pass", "gift-box") == {"t": "271"}


F5, UP, LEFT, CLEAR = "\x1b[15~", "\x1b[A", "\x1b[D", "\x15"


def begin_a_long_run(session: Session) -> None:
    """Set up a network that trains for minutes, predict, and run it at full speed."""
    text = Text("en")
    layers = (CLEAR, "10", "\t")
    units = (CLEAR, "64", "\t")
    rate = (CLEAR, "0.001", "\t")  # so small that it does not diverge and end
    steps = (CLEAR, "20000", "\t")
    batch = ("\r", CLEAR, "1000")  # behind the row that opens more
    past_the_surfaces = (LEFT,) * 3
    press(session, *past_the_surfaces, "\t", *layers, *units, "\t", "\t", "\t", *rate, *steps, *batch)
    seen = len(session.output)
    ready = text("training.ready")[:12]
    for _ in range(12):  # through the rest of the form and both questions
        press(session, "\r")
        if ready in " ".join(plain(session.output[seen:]).split()):
            break
    else:
        raise AssertionError(plain(session.output[seen:]))
    for key in ("\r", UP, UP):  # while it runs there is no quiet to wait for
        session.type(key)
        session.read(0.3)


def press(session: Session, *keys: str) -> None:
    for key in keys:
        session.type(key)
        session.settle(0.06)
    session.settle(0.25)


def resident(pid: int) -> float:
    """Return the memory that a process holds, in MB; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)
