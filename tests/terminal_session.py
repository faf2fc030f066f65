"""The program in a real pseudo-terminal. Unix only."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE = 40.0
"""Seconds to wait for what should come soon; only a failing test waits that long."""

_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?<>$]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9])")


class Session:
    """A process with a terminal of its own, of 80 columns and 24 rows."""

    def __init__(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str | None] | None = None,
        size: tuple[int, int] = (80, 24),
    ) -> None:
        self.output = b""
        self._returned: int | None = None
        own, other = pty.openpty()
        ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.before = termios.tcgetattr(other)
        self.pid = os.fork()
        if self.pid == 0:
            _become(own, other, arguments, environ or {})
        self.descriptor, self._other = own, other

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._returned is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        for descriptor in (self.descriptor, self._other):
            if descriptor >= 0:
                os.close(descriptor)

    @property
    def attributes(self) -> list[Any]:
        """The attributes of the terminal as they are now."""
        return termios.tcgetattr(self._other)

    def type(self, keys: str | bytes) -> None:
        """Send what a keyboard sends."""
        os.write(self.descriptor, keys.encode() if isinstance(keys, str) else keys)

    def type_all(self, keys: str) -> None:
        """Send more than the terminal holds at once, while taking in what is written."""
        left = keys.encode()
        while left:
            readable, writable, _ = select.select([self.descriptor], [self.descriptor], [], PATIENCE)
            assert readable or writable
            if readable:
                self.output += os.read(self.descriptor, 65536)
            if writable:
                left = left[os.write(self.descriptor, left[:1024]) :]

    def signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def read(self, seconds: float = 0.05) -> None:
        """Take in what is written during this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.descriptor], [], [], left)[0]:
                self.output += os.read(self.descriptor, 65536)

    def expect(self, words: str, since: int = 0) -> None:
        """Wait until words have been written after the first `since` bytes."""
        end = time.monotonic() + PATIENCE
        while words not in plain(self.output[since:]):
            assert time.monotonic() < end, f"no {words!r} in {plain(self.output[since:])[-2000:]!r}"
            assert not self.ended, (
                f"ended ({self._returned}) before {words!r}: {plain(self.output)[-2000:]!r}"
            )
            self.read()

    def settle(self, quiet: float = 0.4) -> None:
        """Wait until nothing has been written for a while."""
        seen = -1
        while seen != len(self.output):
            seen = len(self.output)
            self.read(quiet)

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        if self._returned is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._returned = os.waitstatus_to_exitcode(status)
        return self._returned is not None

    def wait(self) -> int:
        """Wait for the end and return the exit code, negative for the signal that killed it."""
        end = time.monotonic() + PATIENCE
        while not self.ended:
            assert time.monotonic() < end, f"still running: {plain(self.output)[-2000:]!r}"
            self.read()
        self.read(0.1)
        assert self._returned is not None
        return self._returned

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._other)
        os.close(self.descriptor)
        self._other = self.descriptor = -1


def _become(own: int, other: int, arguments: Sequence[str], environ: Mapping[str, str | None]) -> None:
    os.close(own)
    os.login_tty(other)
    wanted = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environ}
    left_out = ("TEXTUAL_DRIVER", "TUTOR_LANG", "NO_COLOR", "COLUMNS", "LINES", "LC_ALL")
    clean = {
        name: value
        for name, value in wanted.items()
        if value is not None and (name in environ or name not in left_out)
    }
    os.chdir(Path(__file__).parent)
    os.execve(sys.executable, [sys.executable, *arguments], clean)


def plain(output: bytes) -> str:
    """Return what was written without its control sequences."""
    return _SEQUENCE.sub("", output.decode("utf-8", "replace"))


def modes(output: bytes) -> set[str]:
    """Return the private modes that are still set after all that was written, keyboard levels as `kitty`."""
    still: set[str] = set()
    for name, switch in re.findall(r"\x1b\[\?(\d+)([hl])", output.decode("utf-8", "replace")):
        (still.add if switch == "h" else still.discard)(name)
    pushed = len(re.findall(rb"\x1b\[>\d+u", output)) - len(re.findall(rb"\x1b\[<u", output))
    # The cursor and the wrapping of lines are on by themselves; here set means "as found".
    return still - {"25", "7"} | ({"kitty"} if pushed > 0 else set())


def switched_off(output: bytes) -> set[str]:
    """Return the modes that terminals have on by themselves and that were left off: cursor 25, wrapping 7."""
    last = dict(re.findall(r"\x1b\[\?(25|7)([hl])", output.decode("utf-8", "replace")))
    return {name for name, switch in last.items() if switch == "l"}
