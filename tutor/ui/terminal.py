"""What must happen around the app: before Textual is imported, when a signal comes, and after the end.

Textual is imported only once the environment has been prepared, because it reads it at import.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from tutor.student.faults import StoreError
from tutor.student.store import Store
from tutor.text import Text

if TYPE_CHECKING:
    from tutor.ui.app import TutorApp
    from tutor.ui.practice_wish import PracticeWish

DONE, CRASHED, USAGE = 0, 1, 2

HANGUP = 129
"""The exit code when the terminal is gone."""

GRACE = 2.0
"""Seconds that an orderly end may take before the process ends all the same."""

KITTY_DROPS_TYPED_TEXT = ("iTerm.app", "WezTerm")
"""Terminals that lose what an input method composes when asked to report every key."""

RESET = (
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Ends every mode that the app sets: paste, wrap, resize, mouse, keyboard, screen, cursor, focus."""


def open_app(
    store: Store,
    *,
    language: str | None,
    ascii_only: bool,
    text: Text,
    practice: PracticeWish | None = None,
    course: Path | None = None,
) -> int:
    """Run the app in this terminal and return the exit code, with the terminal as it was found."""
    if not can_draw(os.environ):
        _refuse(text)
        return USAGE
    try:
        chosen = language or store.settings().language or text.language
        prepare(os.environ, chosen)
        _write_utf_8()
        app = _build(store, language, ascii_only, practice, course)
    except StoreError as error:
        sentence = text(f"student.fault.{error.fault.value}", path=error.path or "")
        sys.stderr.write(f"tutor: {sentence}\n")
        return CRASHED
    with terminal_restored(), orderly_end(app):
        app.run()
    if app.crash is not None:
        sys.stderr.write(_apology(app, store))
    return app.return_code or DONE


def _refuse(text: Text) -> None:
    """Say where the learner sees it that the app cannot draw here."""
    streams = [stream for stream in (sys.stderr, sys.stdout) if stream is not None and not stream.closed]
    seen = next((stream for stream in streams if stream.isatty()), None)
    print(f"tutor: {text('cli.fault.no_app_terminal')}", file=seen or sys.stderr)


def can_draw(environ: MutableMapping[str, str]) -> bool:
    """Return whether the app can draw here: a terminal at both ends, and one that knows its sequences."""
    if environ.get("TEXTUAL_DRIVER"):
        return True
    streams = (sys.__stdin__, sys.__stderr__)
    if not all(stream is not None and not stream.closed and stream.isatty() for stream in streams):
        return False
    return os.name == "nt" or environ.get("TERM", "") not in ("", "dumb")


def prepare(environ: MutableMapping[str, str], language: str) -> None:
    """Set what Textual reads at its import."""
    for name in ("COLUMNS", "LINES"):  # they would hide every later change of the size
        environ.pop(name, None)
    environ.setdefault("TEXTUAL_FPS", "240")
    terminal = environ.get("TERM_PROGRAM", "")
    if language == "ko" or terminal in KITTY_DROPS_TYPED_TEXT or environ.get("LC_TERMINAL") == "iTerm2":
        environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    if environ.get("NO_COLOR"):
        environ["TEXTUAL_THEME"] = "ansi-dark"
    else:
        environ.pop("NO_COLOR", None)  # the standard wants it non-empty, Textual only wants it there


def _write_utf_8() -> None:
    if isinstance(sys.__stderr__, io.TextIOWrapper):
        sys.__stderr__.reconfigure(encoding="utf-8", errors="replace")


def _build(
    store: Store,
    language: str | None,
    ascii_only: bool,
    practice: PracticeWish | None = None,
    course: Path | None = None,
) -> TutorApp:
    # What is imported stays: looking through it for garbage again and again would cost the first screen
    # and, later, the answer to a key now and then.
    gc.disable()
    try:
        from tutor.course.loader import course_folder
        from tutor.ui.app import TutorApp

        driver = None
        if os.name != "nt" and not os.environ.get("TEXTUAL_DRIVER"):
            from tutor.ui.terminal_driver import TerminalDriver

            driver = TerminalDriver
    finally:
        gc.freeze()
        gc.enable()
    return TutorApp(
        store,
        course or course_folder(),
        language=language,
        ascii_only=ascii_only,
        practice=practice,
        driver_class=driver,
    )


# -- endings ---------------------------------------------------------------------------------------------


@contextmanager
def orderly_end(app: TutorApp) -> Iterator[None]:
    """Let signals and a lost terminal end the app in order: drafts kept, terminal restored, code 128 + n."""

    def end(code: int) -> None:
        watch_over_the_end(code)
        app.end(code)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        end(128 + number)

    former: dict[int, signal.Handlers | Callable[[int, FrameType | None], object] | int | None] = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            former[number] = signal.signal(number, on_signal)
    app.terminal_lost = lambda: end(HANGUP)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def watch_over_the_end(code: int) -> None:
    """End the process after the grace time, whatever it may be waiting for."""
    for delay, act in ((GRACE, _restore_and_leave), (GRACE + 0.3, os._exit)):
        timer = threading.Timer(delay, act, [code])  # the second one does not touch the terminal
        timer.daemon = True
        timer.start()


def _restore_and_leave(code: int) -> None:
    _reset_modes()
    for restore in _RESTORES:
        restore()
    os._exit(code)


_RESTORES: list[Callable[[], None]] = []


@contextmanager
def terminal_restored() -> Iterator[None]:
    """Give the terminal back with the attributes it had, also after an exception."""
    restore = _attributes_keeper()
    _RESTORES.append(restore)
    try:
        yield
    except BaseException:
        _reset_modes()
        raise
    finally:
        restore()
        _RESTORES.remove(restore)


def _attributes_keeper() -> Callable[[], None]:
    """Return a function that gives the terminal the attributes it has now."""
    try:
        import termios

        assert sys.__stdin__ is not None
        descriptor = sys.__stdin__.fileno()
        found = termios.tcgetattr(descriptor)
    except Exception:  # no termios on Windows, no terminal under another driver
        return lambda: None

    def restore() -> None:
        with suppress(termios.error):
            if termios.tcgetattr(descriptor) != found:
                termios.tcsetattr(descriptor, termios.TCSANOW, found)

    return restore


def _reset_modes() -> None:
    if sys.__stderr__ is not None and os.name != "nt":
        with suppress(OSError, ValueError):
            os.write(sys.__stderr__.fileno(), RESET.encode())


def _apology(app: TutorApp, store: Store) -> str:
    where = store.path or app.text("app.crash.memory")
    return f"{app.text('app.crash.sorry')}\n{app.text('app.crash.record', path=where)}\n{_place(app.crash)}\n"


def _place(error: BaseException | None) -> str:
    """Return the kind of an exception and the line it came from, for a report of the fault."""
    trace = error.__traceback__ if error else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    line = f" {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return f"({type(error).__name__}{line})"
