"""Textual's driver for Unix terminals, made to survive what terminals really send, and their loss."""

from __future__ import annotations

import os
import selectors
import signal
import termios
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.keys import Keys
from textual.message import Message

from tutor.ui.pasting import Pasted, PasteReader

if TYPE_CHECKING:
    from tutor.ui.app import TutorApp


WIDTH_QUESTION = "\x1b[2;1H∂\x1b[6n"
"""Draws a sign that is one column wide or two, as the terminal is set, and asks where the cursor is now.

Not in the first row: an answer from there could be F3 with Shift or Alt.
"""

WIDE = (2, 1)
"""The cursor after that sign where it is wide, as column and row from 0."""


class TolerantParser(XTermParser):
    """A parser that skips what it cannot make sense of; Textual's own raises."""

    def parse_mouse_code(self, code: str) -> Message | None:
        """Return the mouse event, or None for numbers that describe none."""
        with suppress(ValueError, ArithmeticError, LookupError):
            return super().parse_mouse_code(code)
        return None

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        try:
            keys = list(super()._sequence_to_key_events(sequence, alt))
        except (ValueError, ArithmeticError, LookupError):
            return _skipped(sequence)
        return keys if all(_is_text(key.character) for key in keys) else _skipped(sequence)


def _skipped(sequence: str) -> list[events.Key]:
    """Return what ends a sequence without a key; a single sign needs no end."""
    return [events.Key(Keys.Ignore, None)] if len(sequence) > 1 else []


def _is_text(character: str | None) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in character or "")


class LastingFile:
    """A stream whose loss is noticed and survived: what is written afterwards goes nowhere.

    Textual's writer thread dies with the stream otherwise, and the app waits for that thread for ever.
    """

    def __init__(self, file: IO[str], driver: TerminalDriver) -> None:
        self._file = file
        self._driver = driver
        self._lost = False

    def write(self, text: str) -> None:
        """Write, or drop the text where nobody can see it."""
        self._attempt(lambda: self._file.write(text))

    def flush(self) -> None:
        """Flush what is written."""
        self._attempt(self._file.flush)

    def fileno(self) -> int:
        """Return the descriptor of the stream."""
        return self._file.fileno()

    def _attempt(self, act: Any) -> None:
        if self._lost:
            return
        try:
            act()
        except (OSError, ValueError):
            self._lost = True
            self._driver.lose_terminal()


class TerminalDriver(LinuxDriver):
    """The driver of the tutor.

    Beyond Textual's: bytes that are not UTF-8 are replaced, sequences that mean nothing are skipped, a paste
    is one message whether or not the terminal marks it, a terminal that is gone ends the app, one that draws
    ∂ two columns wide gets ASCII signs, and a process that was stopped from outside comes back whole.
    """

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._file = cast(Any, LastingFile(cast(IO[str], self._file), self))
        self._pastes = PasteReader()
        self._suspended = False
        self._gone = False
        self._width_is_asked = False

    def lose_terminal(self) -> None:
        """Tell the app, once, that nobody is there any more; called on any thread."""
        if not self._gone:
            self._gone = True
            cast("TutorApp", self._app).terminal_lost()

    # -- input -----------------------------------------------------------------------------------------

    def run_input_thread(self) -> None:
        """Read keys and mouse until told to stop."""
        parser = TolerantParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = selector.select(0.1)
                if ready and not self._read(parser, decode):
                    return
                self._take(parser, self._pastes.tick())
                for message in parser.tick():
                    self.process_message(message)

    def _read(self, parser: TolerantParser, decode: Any) -> bool:
        """Handle what has arrived and return whether the terminal is still there."""
        try:
            received = os.read(self.fileno, 4096)
        except OSError:
            received = b""
        if not received:
            self.lose_terminal()
            return False
        text = decode(received)
        self._take(parser, self._pastes.feed(text) if text else ())
        return True

    def _take(self, parser: TolerantParser, pieces: Iterable[str | Pasted]) -> None:
        for piece in pieces:
            messages = [events.Paste(piece.text)] if isinstance(piece, Pasted) else parser.feed(piece)
            for message in messages:
                if isinstance(message, events.CursorPosition):
                    self._take_width(message)
                elif not isinstance(message, events.Paste) or message.text:  # the parser sees the marks alone
                    self.process_message(message)

    def _ask_width(self) -> None:
        if not self._width_is_asked and self._writer_thread is not None:
            self._width_is_asked = True
            self.write(WIDTH_QUESTION)
            self.flush()

    def _take_width(self, cursor: events.CursorPosition) -> None:
        if (cursor.x, cursor.y) == WIDE:
            app = cast("TutorApp", self._app)
            app.call_later(app.avoid_wide_signs)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)

    # -- coming and going ------------------------------------------------------------------------------

    def _disable_mouse_support(self) -> None:
        super()._disable_mouse_support()
        if self._mouse_pixels:
            self.write("\x1b[?1016l")
            self._mouse_pixels = False

    def suspend_application_mode(self) -> None:
        """Give the terminal back until the process goes on."""
        self._suspended = True
        super().suspend_application_mode()

    def start_application_mode(self) -> None:
        """Take the terminal over, once the shell has given it."""
        while self._is_in_background():
            os.kill(os.getpid(), signal.SIGSTOP)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._suspended = False
        self._ask_width()

    def _sigcont_application(self, *_: object) -> None:
        if not self._auto_restart or self._writer_thread is None:
            return
        if self._is_in_background():  # touching the terminal from there would stop us half-way
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if not self._suspended:
            # Stopped from outside, without notice: the shell has had the terminal in between.
            self._must_signal_resume = True
            with suppress(termios.error):
                self.suspend_application_mode()
        self.resume_application_mode()

    def _is_in_background(self) -> bool:
        try:
            return os.tcgetpgrp(self.fileno) != os.getpgrp()
        except OSError:
            return False
