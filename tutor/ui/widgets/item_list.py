"""A list of items for the keyboard: the cursor, the marks, and rows that wrap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Static

from tutor.ui.lesson_words import Tone
from tutor.ui.widgets.answer import AnswerSubmitted

TONE_STYLES = {
    Tone.RIGHT: "bold $success",
    Tone.WRONG: "bold $error",
    Tone.NEAR: "bold $warning",
    Tone.UNREAD: "bold $warning",
    Tone.HINT: "bold $accent",
    Tone.WORK: "bold $accent",
    Tone.PLAIN: "$foreground",
}


_GAP = "   "


def side_by_side(pieces: Sequence[Content], width: int) -> list[Content]:
    """Return pieces in as few rows as their order allows, broken only where one is wider than a row."""
    rows: list[Content] = []
    for piece in pieces:
        if rows and rows[-1].cell_length + len(_GAP) + piece.cell_length <= width:
            rows[-1] = Content.assemble(rows[-1], _GAP, piece)
        else:
            rows.append(piece)
    return [part for row in rows for part in row.wrap(width)]


class ItemList(Widget, can_focus=True):
    """Items below each other, each with a mark in front; scrolls to the cursor where it is too long."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("space", "mark", show=False),
        Binding("enter", "submit", show=False),
        *(Binding(str(digit), f"digit({digit})", show=False) for digit in range(1, 10)),
    ]

    DEFAULT_CSS = """
    ItemList {
        height: auto;
        min-width: 8;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > Static { height: auto; text-wrap: nowrap; text-overflow: clip; }
    }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.cursor = 0
        self.settled = False
        self._body = Static(markup=False)
        self._width = 1
        self._starts: list[int] = []

    def compose(self) -> ComposeResult:
        """The rows."""
        yield self._body

    # -- what a list of one kind is made of --------------------------------------------------------------

    def count(self) -> int:
        """Return how many items there are."""
        raise NotImplementedError

    def lead(self, position: int) -> Content:
        """Return what stands before an item, as wide for every one of them."""
        raise NotImplementedError

    def body(self, position: int) -> Content:
        """Return the text of an item."""
        raise NotImplementedError

    def choose(self, position: int) -> None:
        """Mark an item, or take the mark away."""
        raise NotImplementedError

    def heading(self) -> Sequence[Content]:
        """Return what stands above the items; none of it is broken in two where it fits a row."""
        return ()

    # -- rows --------------------------------------------------------------------------------------------

    def fit(self, width: int) -> int:
        """Wrap the items for a width and return the rows that they need."""
        self._width = max(1, width)
        heading = side_by_side(self.heading(), self._width - len(_GAP))
        rows = [Content.assemble(_GAP, row) for row in heading]
        self._starts = []
        for position in range(self.count()):
            self._starts.append(len(rows))
            rows += self._item(position)
        self._body.update(Content("\n").join(rows))
        return len(rows)

    def redraw(self, *, ascii_only: bool) -> None:
        """Draw the items anew."""
        self.ascii_only = ascii_only
        self.show()

    def show(self) -> None:
        """Paint the items anew and keep the cursor in sight."""
        self.fit(self._width)
        if self._starts and self.is_attached:
            start = self._starts[self.cursor]
            following = [*self._starts[1:], start + 1]
            self.scroll_to_region(Region(0, start, 1, max(1, following[self.cursor] - start)), animate=False)

    def _item(self, position: int) -> list[Content]:
        arrow = ">" if self.ascii_only else "▸"
        here = position == self.cursor and self.has_focus and not self.settled
        lead = Content.assemble((f" {arrow} ", "bold $accent") if here else "   ", self.lead(position))
        width = self._width - lead.cell_length
        text = self.body(position)
        rows = list(text.wrap(width)) if width > 4 else [text]
        style = "bold" if here else ""
        indent = " " * cell_len(lead.plain)
        return [
            Content.assemble(lead if number == 0 else indent, row.stylize(style) if style else row)
            for number, row in enumerate(rows or [Content("")])
        ]

    # -- keys and mouse ----------------------------------------------------------------------------------

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show the cursor while the list has the focus; the focus events come before it is known."""
        super().watch_has_focus(has_focus)
        self.show()

    def take_focus(self, field: str | None = None) -> None:
        """Take the focus, as long as there is something to answer."""
        if not self.settled:
            self.screen.set_focus(self)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.cursor = (self.cursor + by) % self.count()
        self.show()

    def action_mark(self) -> None:
        """Mark the item at the cursor."""
        if not self.settled:
            self.choose(self.cursor)
            self.show()

    def action_digit(self, digit: int) -> None:
        """Mark an item by its number."""
        if not self.settled and digit <= self.count():
            self.choose_digit(digit)
            self.show()

    def choose_digit(self, digit: int) -> None:
        """Go to the item with this number and mark it."""
        self.cursor = digit - 1
        self.choose(self.cursor)

    def action_submit(self) -> None:
        """Have the answer checked."""
        self.post_message(AnswerSubmitted())

    def on_click(self, event: events.Click) -> None:
        """Mark the item under the mouse."""
        row = event.screen_y - self.region.y + round(self.scroll_y)
        hit = [position for position, start in enumerate(self._starts) if start <= row]
        if hit and not self.settled:
            self.cursor = hit[-1]
            self.choose(self.cursor)
            self.show()
