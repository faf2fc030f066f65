"""The app in a terminal: what it asks of it, how it ends, and that the terminal is left as it was found."""

from __future__ import annotations

import io
import os
import random
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tutor.student.events import Event, EventKind
from tutor.student.store import Store
from tutor.text import Text
from tutor.ui import terminal

unix = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal needs Unix")

if sys.platform != "win32":
    from terminal_session import Session, modes, plain, switched_off

    from tutor.ui.pasting import BURST, END, START, PasteReader
    from tutor.ui.terminal_driver import TerminalDriver, TolerantParser

WELCOME = "Which language"
LESSON = "show a step"


# -- before Textual --------------------------------------------------------------------------------------


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "stdin", "stderr", "expected"),
    [
        ({"TERM": "xterm"}, Tty(), Tty(), True),
        ({"TERM": "xterm"}, io.StringIO(), Tty(), False),
        ({"TERM": "xterm"}, Tty(), io.StringIO(), False),
        ({"TERM": "xterm"}, None, Tty(), False),
        ({"TERM": "dumb"}, Tty(), Tty(), False),
        ({"TERM": ""}, Tty(), Tty(), False),
        ({}, Tty(), Tty(), False),
        ({"TEXTUAL_DRIVER": "web:Driver"}, io.StringIO(), io.StringIO(), True),
    ],
)
def test_a_terminal_to_draw_on_is_needed_at_both_ends(
    environ: dict[str, str], stdin: Any, stderr: Any, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "__stdin__", stdin)
    monkeypatch.setattr(sys, "__stderr__", stderr)
    monkeypatch.setattr(os, "name", "posix")
    assert terminal.can_draw(environ) is expected


def test_windows_has_no_term_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stdin__", Tty())
    monkeypatch.setattr(sys, "__stderr__", Tty())
    monkeypatch.setattr(os, "name", "nt")
    drawn = terminal.can_draw({})
    monkeypatch.undo()
    assert drawn


@pytest.mark.parametrize("language", ["en", "ko"])
def test_without_a_terminal_one_line_says_so(
    language: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "__stdin__", io.StringIO())
    text = Text(language)
    assert terminal.open_app(Store.open(None), language=None, ascii_only=False, text=text) == 2
    assert capsys.readouterr().err == f"tutor: {text('cli.fault.no_app_terminal')}\n"


@pytest.mark.parametrize("stderr", [io.StringIO(), None], ids=["redirected", "closed"])
def test_without_a_terminal_the_line_is_where_it_can_be_seen(
    stderr: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Tty()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(sys, "__stderr__", stderr)
    monkeypatch.setattr(sys, "stdout", seen)
    assert terminal.open_app(Store.open(None), language=None, ascii_only=False, text=Text("en")) == 2
    assert "tutor --plain" in seen.getvalue()


@pytest.mark.parametrize(
    ("found", "language", "expected"),
    [
        ({"COLUMNS": "10", "LINES": "5"}, "en", {"TEXTUAL_FPS": "240"}),
        ({"TEXTUAL_FPS": "30"}, "en", {"TEXTUAL_FPS": "30"}),
        ({}, "ko", {"TEXTUAL_FPS": "240", "TEXTUAL_DISABLE_KITTY_KEY": "1"}),
        (
            {"TEXTUAL_DISABLE_KITTY_KEY": "0"},
            "ko",
            {"TEXTUAL_FPS": "240", "TEXTUAL_DISABLE_KITTY_KEY": "0"},
        ),
        (
            {"TERM_PROGRAM": "WezTerm"},
            "en",
            {"TEXTUAL_FPS": "240", "TERM_PROGRAM": "WezTerm", "TEXTUAL_DISABLE_KITTY_KEY": "1"},
        ),
        (
            {"TERM_PROGRAM": "iTerm.app"},
            "en",
            {"TEXTUAL_FPS": "240", "TERM_PROGRAM": "iTerm.app", "TEXTUAL_DISABLE_KITTY_KEY": "1"},
        ),
        ({"TERM_PROGRAM": "kitty"}, "en", {"TEXTUAL_FPS": "240", "TERM_PROGRAM": "kitty"}),
        ({"NO_COLOR": "1"}, "en", {"TEXTUAL_FPS": "240", "NO_COLOR": "1", "TEXTUAL_THEME": "ansi-dark"}),
        ({"NO_COLOR": ""}, "en", {"TEXTUAL_FPS": "240"}),
    ],
)
def test_what_textual_reads_is_set_before_it_is_imported(
    found: dict[str, str], language: str, expected: dict[str, str]
) -> None:
    environ = dict(found)
    terminal.prepare(environ, language)
    assert environ == expected


# -- junk from the terminal ------------------------------------------------------------------------------


def junk(count: int, seed: int) -> Iterator[str]:
    """Yield sequences of the kinds that terminals send, with odd numbers in them."""
    draw = random.Random(seed)
    pieces = ["\x1b", "\x1b[", "\x1b]", "\x1bO", "\x1bP", *"<;:?u~MmRt", "$y"]
    numbers = ["0", "1", "48", "97", "200", "201", "1114112", "55296", "99999999999", "-1", "٣"]
    for _ in range(count):
        yield "".join(draw.choice([*pieces, *numbers]) for _ in range(draw.randint(1, 12)))


@unix
@pytest.mark.parametrize("count", [5_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_the_parser_survives_every_sequence(count: int) -> None:
    parser = TolerantParser()
    for sequence in junk(count, seed=7):
        list(parser.feed(sequence))
    list(parser.feed("\x1b[201~" + "\x1b\x1b" + "x" * 40))
    keys = [getattr(message, "key", None) for message in parser.feed("5")]
    assert keys == ["5"]


@unix
@pytest.mark.parametrize("sequence", ["\x1b[97;1:3u", "\x1b[1114112u", "\x1b[55296u", "\x1b[<0;1;1M"])
def test_a_key_after_a_sequence_that_means_nothing_arrives(sequence: str) -> None:
    parser = TolerantParser()
    messages = [*parser.feed(sequence), *parser.feed("7")]
    assert getattr(messages[-1], "key", None) == "7"
    for message in messages:
        assert "\ud800" not in (getattr(message, "character", "") or "")


@unix
def test_the_end_of_the_input_is_the_loss_of_the_terminal() -> None:
    losses: list[int] = []
    reading, writing = os.pipe()
    driver: Any = TerminalDriver.__new__(TerminalDriver)
    driver.fileno, driver._gone, driver._pastes = reading, False, PasteReader()
    driver._app = SimpleNamespace(terminal_lost=lambda: losses.append(1))
    os.close(writing)
    for _ in range(2):
        assert not driver._read(TolerantParser(), bytes.decode)
    assert losses == [1]
    os.close(reading)


# -- in a real pseudo-terminal ---------------------------------------------------------------------------


def start(folder: Path, *options: str, **environ: str | None) -> Session:
    return Session(["-m", "tutor", "--data", str(folder), *options], environ)


@pytest.fixture
def at_an_exercise(tmp_path: Path) -> Path:
    """Return a data folder whose learner stands at an exercise with two blanks."""
    with Store.open(tmp_path) as store:
        store.append(Event(EventKind.POSITION, "forward-pass", "gift-box"))
    return tmp_path


def assert_left_as_found(session: Session) -> None:
    assert session.attributes == session.before
    assert modes(session.output) == set()
    assert switched_off(session.output) == set()


@unix
@pytest.mark.parametrize(
    ("language", "first", "second"), [("en", WELCOME, "Type the"), ("ko", "언어로", "기울기")]
)
def test_it_starts_paints_answers_keys_and_leaves(
    tmp_path: Path, language: str, first: str, second: str
) -> None:
    with start(tmp_path, TUTOR_LANG=language) as session:
        session.expect(first)
        assert "1049" in modes(session.output)
        seen = len(session.output)
        session.type("\r")
        session.expect(second, since=seen)
        session.settle()
        seen = len(session.output)
        session.type("\x0c")
        session.expect(second, since=seen)
        session.type("\x11")
        assert session.wait() == 0
        assert_left_as_found(session)


@unix
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (getattr(signal, "SIGHUP", 1), 129), (signal.SIGINT, 130)]
)
def test_a_signal_ends_the_app_with_all_kept_and_the_terminal_as_found(
    at_an_exercise: Path, number: int, code: int
) -> None:
    with start(at_an_exercise, "--lang", "en") as session:
        session.expect(LESSON)
        session.settle()
        seen = len(session.output)
        session.type("314")
        session.expect("4", since=seen)
        session.signal(number)
        assert session.wait() == code
        assert_left_as_found(session)
    with Store.open(at_an_exercise) as store:
        assert store.drafts("forward-pass", "gift-box") == {"t": "314"}


@unix
@pytest.mark.parametrize("ignored", [False, True], ids=["told", "nohup"])
def test_a_closed_window_ends_the_app(tmp_path: Path, ignored: bool) -> None:
    script = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN);" if ignored else ""
    options = ["--lang", "en", "--data", str(tmp_path)]
    script += f"from tutor.cli import run; raise SystemExit(run({options!r}))"
    with Session(["-c", script]) as session:
        session.expect("Press Enter")
        session.settle()
        session.hang_up()
        assert wait_without_terminal(session) == 129


def wait_without_terminal(session: Session) -> int:
    for _ in range(400):
        if session.ended:
            break
        time.sleep(0.05)
    assert session.ended
    assert session._returned is not None
    return session._returned


@unix
def test_bytes_that_are_no_text_do_no_harm(at_an_exercise: Path) -> None:
    with start(at_an_exercise, "--lang", "en") as session:
        session.expect(LESSON)
        session.settle()
        korean = "한".encode("euc-kr"), "한".encode()[:2]
        for received in (b"\xff", *korean, b"\xe9", b"\x1b[97;1:3u", b"\x00"):
            session.type(received)
            session.read(0.1)
        clear(session)
        session.type("271")
        session.expect("271")
        session.type("\x11")
        assert session.wait() == 0
        assert_left_as_found(session)


@unix
def test_no_paste_makes_the_app_deaf(at_an_exercise: Path) -> None:
    with start(at_an_exercise, "--lang", "en") as session:
        session.expect(LESSON)
        session.settle()
        marked, unmarked, lines = f"{START}{'1' * 100_000}{END}", "2" * 4 * BURST, "1\r" * 2_000
        for sent, length in ((marked, 100_000), (unmarked, 4 * BURST), (lines, 3_999)):
            seen = len(session.output)
            session.type_all(sent)
            session.expect(f"{length} characters", since=seen)
        session.type(f"{START}271")
        session.expect("271")
        seen = len(session.output)
        session.type("82")
        session.expect("27182", since=seen)
        session.type("\x11")
        assert session.wait() == 0
        assert_left_as_found(session)


@unix
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_crash_says_sorry_and_where_the_record_is(tmp_path: Path, language: str) -> None:
    script = (
        "from tutor.cli import run; from tutor.ui.app import TutorApp\n"
        "def fail(self): raise KeyError('lost')\n"
        "TutorApp.action_help = fail\n"
        f"raise SystemExit(run(['--lang', {language!r}, '--data', {str(tmp_path)!r}]))"
    )
    text = Text(language)
    with Session(["-c", script]) as session:
        session.expect(text("welcome.ready"))
        session.type("\x1bOP")
        assert session.wait() == 1
        assert_left_as_found(session)
        said = plain(session.output)
        assert text("app.crash.sorry") in said
        assert str(tmp_path) in said
        assert "Traceback" not in said


@unix
def test_an_app_that_does_not_answer_ends_all_the_same(tmp_path: Path) -> None:
    script = (
        "import time; from tutor.cli import run; from tutor.ui.app import TutorApp\n"
        "TutorApp.action_help = lambda self: time.sleep(3600)\n"
        f"raise SystemExit(run(['--lang', 'en', '--data', {str(tmp_path)!r}]))"
    )
    with Session(["-c", script]) as session:
        session.expect("Press Enter")
        session.settle()
        session.type("\x1bOP")
        session.read(0.5)
        for number in (signal.SIGTERM, signal.SIGHUP):  # the first one counts
            session.signal(number)
            session.read(0.2)
        assert session.wait() == 143
        assert_left_as_found(session)


@unix
@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_is_told_so(tmp_path: Path, term: str) -> None:
    with start(tmp_path, "--lang", "en", TERM=term) as session:
        assert session.wait() == 2
        assert Text("en")("cli.fault.no_app_terminal") in " ".join(plain(session.output).split())
        assert b"\x1b" not in session.output


@unix
def test_without_colour_only_the_terminals_own_are_used(tmp_path: Path) -> None:
    with start(tmp_path, "--lang", "en", NO_COLOR="1") as session:
        session.expect("Type the")
        session.type("\x1b[20~")  # F9
        session.expect("기울기")
        session.type("\x11")
        session.wait()
        assert b"38;2;" not in session.output
        assert b"48;2;" not in session.output


@unix
def test_the_size_is_the_terminals_whatever_the_environment_says(tmp_path: Path) -> None:
    with start(tmp_path, "--lang", "en", COLUMNS="20", LINES="5") as session:
        session.expect("flow back along the edges of a computation graph")
        session.type("\x11")
        assert session.wait() == 0


@unix
@pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP] if sys.platform != "win32" else [])
def test_a_stopped_app_comes_back_whole(tmp_path: Path, stop: int) -> None:
    with start(tmp_path, "--lang", "en") as session:
        session.expect("Press Enter")
        if stop == signal.SIGTSTP:
            session.type("\x1a")
        else:
            session.signal(stop)
        session.read(1.0)
        if stop == signal.SIGTSTP:
            assert_left_as_found(session)
        seen = len(session.output)
        session.signal(signal.SIGCONT)
        session.expect("Press Enter", since=seen)
        session.expect("tutor", since=seen)
        session.type("\x11")
        assert session.wait() == 0
        assert_left_as_found(session)


@unix
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with job control")
@pytest.mark.parametrize(
    "by_key", [pytest.param(True, marks=pytest.mark.long), False], ids=["Ctrl+Z", "from outside"]
)
def test_an_app_sent_to_the_background_and_fetched_again_comes_back_whole(
    at_an_exercise: Path, by_key: bool
) -> None:
    with Session(["-c", "import os; os.execlp('bash', 'bash', '--norc', '-i')"]) as session:
        session.settle(0.2)
        app = f"{sys.executable} -m tutor --lang en --data {at_an_exercise}"
        session.type(f"sh -c 'echo job=$$; exec {app}'\n")
        session.expect(LESSON)
        job = int(re.findall(r"job=(\d+)", plain(session.output))[0])
        session.settle()
        seen = len(session.output)
        if by_key:
            session.type("\x1a")
        else:
            os.kill(job, signal.SIGSTOP)
        session.expect("Stopped", since=seen)
        for command, expected in (("bg\n", "&"), ("echo still here\n", "still here"), ("fg\n", LESSON)):
            seen = len(session.output)
            session.type(command)
            session.expect(expected, since=seen)
            session.settle(0.2)
        session.type("4")
        session.settle(0.2)
        seen = len(session.output)
        session.type("\x11")
        session.settle()
        session.type("echo code=$?\n")
        session.expect("code=0", since=seen)
        assert modes(session.output) <= {"2004"}  # the shell's own


@unix
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with job control")
def test_an_app_started_in_the_background_waits_to_be_fetched(at_an_exercise: Path) -> None:
    with Session(["-c", "import os; os.execlp('bash', 'bash', '--norc', '-i')"]) as session:
        session.settle(0.2)
        session.type(f"{sys.executable} -m tutor --lang en --data {at_an_exercise} &\n")
        session.expect("[1]")
        while "Stopped" not in plain(session.output):
            session.type("\n")
            session.read(0.2)
        session.type("fg\n")
        session.expect(LESSON)
        session.settle()
        seen = len(session.output)
        session.type("\x11")
        session.settle()
        session.type("echo code=$?\n")
        session.expect("code=0", since=seen)


@unix
def test_a_terminal_that_draws_signs_wide_gets_ascii_ones(at_an_exercise: Path) -> None:
    with start(at_an_exercise, "--lang", "en") as session:
        session.expect("∂")
        session.expect(LESSON)
        session.settle()
        seen = len(session.output)
        session.type("\x1b[2;3R")
        session.expect("ASCII signs", since=seen)
        session.settle()
        seen = len(session.output)
        session.type("\x0c")
        session.settle()
        assert plain(session.output[seen:]).replace("한국어", "").isascii()
        session.type("\x11")
        assert session.wait() == 0


@unix
def test_the_cursor_stands_at_the_caret_before_the_first_key(at_an_exercise: Path) -> None:
    with start(at_an_exercise, "--lang", "ko") as session:
        session.expect("F3")
        session.settle()
        row, column = cursor(session.output)
        session.type("3")
        session.settle()
        assert cursor(session.output) == (row, column + 1)


def cursor(output: bytes) -> tuple[int, int]:
    """Return where the cursor was put last, as row and column from 1."""
    row, column = re.findall(rb"\x1b\[(\d+);(\d+)H", output)[-1]
    return int(row), int(column)


# -- kills -----------------------------------------------------------------------------------------------


@unix
@pytest.mark.parametrize("kills", [2, pytest.param(60, marks=pytest.mark.long)])
def test_what_the_screen_has_confirmed_survives_every_kill(at_an_exercise: Path, kills: int) -> None:
    draw = random.Random(kills)
    confirmed: list[str] = []
    answer = 2000
    for kill in range(kills):
        number = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)[kill % 3]
        with start(at_an_exercise, "--lang", "en") as session:
            session.expect(LESSON)
            session.settle()
            session.type("\t")
            session.settle(0.1)
            for _ in range(draw.randint(1, 4)):
                answer += 1
                confirmed.append(answered(session, str(answer)))
            answer += 1
            clear(session)
            session.type(str(answer)[: draw.randint(1, 4)])
            session.read(draw.uniform(0, 0.3))
            if draw.random() < 0.5:
                session.type("\r")
                session.read(draw.uniform(0, 0.1))
            session.signal(number)
            code = session.wait()
            assert code == (-9 if number == signal.SIGKILL else 128 + number)
            if number != signal.SIGKILL:
                assert_left_as_found(session)
        with Store.open(at_an_exercise) as store:
            assert store.notice is None
            checked = [event for event in store.events() if event.kind is EventKind.ATTEMPT]
        kept = [event.data["entries"]["pay"] for event in checked]
        assert [entry for entry in kept if entry in set(confirmed)] == confirmed


def clear(session: Session) -> None:
    """Empty the blank; keys typed in the same moment would overtake this one."""
    session.type("\x15")
    session.settle(0.1)


def answered(session: Session, answer: str) -> str:
    """Type an answer in place of what stands in the blank, check it, and wait for the verdict."""
    clear(session)
    seen = len(session.output)
    session.type(answer)
    session.expect(answer[-1], since=seen)
    session.settle(0.1)
    seen = len(session.output)
    session.type("\r")
    session.expect("✗", since=seen)
    return answer
