"""The app in every environment that a terminal may hand it: it paints, answers and leaves in order."""

from __future__ import annotations

import random
import struct
import sys
import termios
from collections.abc import Mapping
from fcntl import ioctl
from itertools import product
from pathlib import Path

import pytest
from terminal_session import Session, modes, plain

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


@pytest.mark.parametrize("steps", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_a_storm_of_sizes_loses_neither_focus_nor_text(tmp_path: Path, steps: int) -> None:
    chance = random.Random(5)
    with Session(["-m", "tutor", "--data", str(tmp_path), "--lang", "en"]) as session:
        session.expect("Press Enter")
        session.type("\r")
        session.settle()
        sizes = list(product((5, 20, 24, 60), (10, 40, 60, 80, 200)))
        for _ in range(steps):
            rows, columns = chance.choice(sizes)
            ioctl(session.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            session.read(0.01)
        ioctl(session.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        session.settle()
        session.type("\x11")
        assert session.wait() == 0
