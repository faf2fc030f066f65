"""Pasted text, taken out of what a terminal sends: marked as pasted or not, with its end or without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START

START, END = BRACKETED_PASTE_START, BRACKETED_PASTE_END
ESCAPE = "\x1b"

BURST = 64
"""Characters that arrive at once and cannot have been typed."""

QUIET_AFTER_BURST = 0.1
"""Seconds without input after which text that came without marks is complete."""

QUIET_WITHOUT_END = 1.0
"""Seconds without input after which a paste is not waited for any longer."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """Text that was pasted, not typed."""

    text: str


class PasteReader:
    """Divides input into what was typed and what was pasted.

    Textual's parser reads a paste sign by sign, waits for its end for ever, and takes one that the terminal
    does not mark for so many keys. The marks themselves are passed on, so that it knows of every paste.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._marked = False
        self._before = ""
        """The end of what was passed on, in which a mark may have begun."""
        self._since = 0.0

    @property
    def _is_pasting(self) -> bool:
        return self._marked or bool(self._parts)

    def feed(self, received: str) -> Iterator[str | Pasted]:
        """Yield what is in `received`, as far as it is known what it is."""
        self._since = monotonic()
        if self._marked:
            yield from self._go_on_with_marked(received)
        elif ESCAPE not in received and (self._parts or _is_burst(received)):
            self._parts.append(received)
        else:
            if self._parts:
                yield self._whole()
            yield from self._look_for_mark(received)

    def tick(self) -> Iterator[str | Pasted]:
        """Yield a paste to which nothing more has come for a while, sooner after Esc; called often."""
        escaped = self._marked and bool(self._parts) and self._parts[-1].endswith(ESCAPE)
        patience = QUIET_WITHOUT_END if self._marked and not escaped else QUIET_AFTER_BURST
        if self._is_pasting and monotonic() - self._since >= patience:
            if escaped:
                self._parts[-1] = self._parts[-1].removesuffix(ESCAPE)
            yield from self._close()

    def _look_for_mark(self, received: str) -> Iterator[str | Pasted]:
        joined = self._before + received
        place = joined.find(START)
        if place < 0:
            self._before = joined[-len(START) + 1 :]
            yield received
            return
        opened = place + len(START) - len(self._before)
        yield received[:opened]
        self._marked, self._before = True, ""
        yield from self._go_on_with_marked(received[opened:])

    def _go_on_with_marked(self, received: str) -> Iterator[str | Pasted]:
        text, mark, rest = (self._take_back(len(END) - 1) + received).partition(END)
        if text:
            self._parts.append(text)
        if mark:
            yield from self._close()
        if rest:
            yield from self._look_for_mark(rest)

    def _take_back(self, count: int) -> str:
        """Return the last signs of the paste, in which its end may have begun, and take them out of it."""
        taken = ""
        while self._parts and len(taken) < count:
            taken = self._parts.pop() + taken
        if len(taken) > count:
            self._parts.append(taken[:-count])
            taken = taken[-count:]
        return taken

    def _close(self) -> Iterator[str | Pasted]:
        if self._marked:
            self._marked = False
            yield END
        yield self._whole()

    def _whole(self) -> Pasted:
        text = "".join(self._parts).replace("\x00", "")
        self._parts.clear()
        return Pasted(text)


def _is_burst(received: str) -> bool:
    return len(received) >= BURST and sum(map(str.isprintable, received)) >= BURST
