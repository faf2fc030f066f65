"""One blank: a field of a single row that keeps what was typed."""

from __future__ import annotations

import unicodedata

from textual import events
from textual.message import Message
from textual.widgets import Input
from textual.widgets.input import Selection

from tutor.ui.widgets.answer import TextRefused

LIMIT = 200
"""Characters that a blank holds."""


class Blank(Input):
    """A field without a frame; whoever places it draws its edges.

    `rows_join` is what stands for a line break in a pasted text: a matrix has one row per line.
    """

    DEFAULT_CSS = """
    Blank, Blank:focus {
        position: absolute;
        height: 1;
        border: none;
        padding: 0;
        background: $panel;
        color: $foreground;
        text-style: none;
    }
    Blank:focus { background: $accent 30%; text-style: bold; }
    Blank > .input--selection { background: $accent 60%; color: $foreground; }
    Blank > .input--cursor { background: $accent; color: $background; text-style: none; }
    Blank:ansi > .input--selection { background: ansi_default; color: ansi_default; text-style: reverse; }
    Blank:ansi > .input--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    """

    class Moved(Message):
        """The learner left the blank with an arrow key: 1 for down, -1 for up."""

        def __init__(self, direction: int) -> None:
            super().__init__()
            self.direction = direction

    def __init__(self, key: str, *, joint: str = " ") -> None:
        super().__init__(max_length=LIMIT, compact=True, select_on_focus=False)
        self.key = key
        self.cursor_blink = False
        self._joint = joint

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        lines = [line.strip() for line in unicodedata.normalize("NFC", event.text).splitlines()]
        joint = " " if "[" in event.text else self._joint
        text = joint.join(line for line in lines if line).replace("\t", " ")
        selected = abs(self.selection.end - self.selection.start)
        if len(self.value) - selected + len(text) > LIMIT:
            self.post_message(TextRefused(len(text), LIMIT))
        elif text:
            self.replace(text, *self.selection)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put text in place of what stands there, with the letters of a Korean syllable composed (NFC)."""
        super().replace(text, start, end)
        composed = unicodedata.normalize("NFC", self.value)
        if composed != self.value:
            place = len(unicodedata.normalize("NFC", self.value[: self.cursor_position]))
            self.value, self.cursor_position = composed, place

    def restricted(self) -> None:
        """Say that a key was one too many."""
        self.post_message(TextRefused(None, LIMIT))

    def put(self, text: str) -> None:
        """Set the text, cut to what a blank holds, without telling anyone."""
        with self.prevent(Input.Changed):
            self.value = text[:LIMIT]
            self.cursor_position = len(self.value)

    def await_another(self) -> None:
        """Select all, so that the first key replaces it; an arrow key keeps it."""
        self.selection = Selection(len(self.value), 0)  # the caret at the start, so that a sign is in sight

    def key_up(self) -> None:
        """Go to the blank before."""
        self.post_message(self.Moved(-1))

    def key_down(self) -> None:
        """Go to the next blank."""
        self.post_message(self.Moved(1))
