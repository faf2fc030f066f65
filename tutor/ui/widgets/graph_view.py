"""A drawn graph with fields exactly over its blanks; scrolls to the focused one where it is larger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment as Cells
from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.events import DescendantBlur, DescendantFocus
from textual.geometry import Region, Spacing
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from tutor.tutoring.verdict import Outcome, Verdict
from tutor.ui.graph_drawing import Drawing, Place, Segment
from tutor.ui.lesson_words import Tone, sign, tone_of
from tutor.ui.widgets.answer import AnswerChanged, AnswerSubmitted
from tutor.ui.widgets.blank import Blank

EDGES = 2
"""Cells that a blank needs beside those for its text."""

MARK = 2
"""Cells for the sign of a verdict behind a number."""

SHORT = 12
"""Cells of a blank that holds a single number; longer answers are mended, not typed anew."""

_NOWHERE = Place(0, 0, 0)
"""Of what the drawing has no edge for; the check of a course refuses such a step."""

_REFUTED = (Outcome.WRONG, Outcome.SHAPE, Outcome.CONVENTION)

_DRAWN = ("value", "gradient", "wire", "arrow", "box", "operation", "input", "constant", "name", "prefix")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place of the drawing that something is written into: a value or a gradient, and how wide."""

    key: str
    role: str
    cells: int
    joint: str = " "
    typed: bool = True
    """Whether the learner types it; else it is only revealed."""


def single_row(prefix: str, slot: Slot) -> Drawing:
    """Return a drawing of one blank behind its name, for an answer without an edge of its own."""
    lead = f"{prefix} = "
    start = cell_len(lead)
    row = (Segment(lead, "prefix"), Segment(" " * (slot.cells + EDGES), "blank"))
    place = Place(start, 0, slot.cells + EDGES)
    return Drawing(start + slot.cells + EDGES, 1, (row,), {slot.key: place}, {})


class GraphCanvas(Widget):
    """The painted cells, the size of the drawing, and the blanks on top."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"graph--{role}" for role in _DRAWN),
        *(
            f"graph--{name}"
            for name in ("edge", "edge-focus", "right", "wrong", "near", "unread", "fixed", "new", "hidden")
        ),
    }

    DEFAULT_CSS = """
    GraphCanvas {
        & > .graph--value { color: $forward; }
        & > .graph--gradient { color: $backward; }
        & > .graph--wire { color: $text-muted; }
        & > .graph--arrow { color: $text-muted; }
        & > .graph--box { color: $text-muted; }
        & > .graph--operation { color: $foreground; text-style: bold; }
        & > .graph--input { color: $foreground; text-style: bold; }
        & > .graph--constant { color: $forward; }
        & > .graph--name { color: $foreground; text-style: bold; }
        & > .graph--prefix { color: $text-muted; }
        & > .graph--edge { color: $text-muted; }
        & > .graph--edge-focus { color: $accent; text-style: bold; }
        & > .graph--hidden { color: $text-muted; }
        & > .graph--fixed { text-style: bold; }
        & > .graph--new { text-style: bold reverse; }
        & > .graph--right { color: $success; text-style: bold; }
        & > .graph--wrong { color: $error; text-style: bold; }
        & > .graph--near { color: $warning; text-style: bold; }
        & > .graph--unread { color: $warning; text-style: bold; }
    }
    """

    def __init__(self, drawing: Drawing, slots: tuple[Slot, ...], *, ascii_only: bool) -> None:
        super().__init__()
        self._drawing = drawing
        self._ascii = ascii_only
        self.slots = {slot.key: slot for slot in slots}
        self.blanks = {slot.key: Blank(slot.key, joint=slot.joint) for slot in slots if slot.typed}
        self.tones: dict[str, Tone] = {}
        self.fixed: dict[str, str] = {}
        self.newest: str | None = None

    def compose(self) -> ComposeResult:
        """The blanks, where they belong."""
        yield from self.blanks.values()

    def on_mount(self) -> None:
        """Take the size of the drawing."""
        self._place()

    def redraw(self, drawing: Drawing, ascii_only: bool) -> None:
        """Show another drawing of the same graph; blanks keep their text and the focus."""
        self._drawing, self._ascii = drawing, ascii_only
        self._place()
        self.refresh(layout=True)

    def _place(self) -> None:
        self.styles.width, self.styles.height = self._drawing.width, self._drawing.height
        for key, blank in self.blanks.items():
            place = self._drawing.places.get(key, _NOWHERE)
            blank.styles.offset = (place.x + 1, place.y)
            blank.styles.width = max(0, place.width - EDGES)

    def rows_needed(self, width: int) -> int:
        """Return the rows of the drawing, and one for a scroll bar where it is wider than `width`."""
        return self._drawing.height + (self._drawing.width > width)

    def place(self, key: str) -> Region:
        """Return the cells of a blank with its edges, name and verdict."""
        place = self._drawing.places.get(key, _NOWHERE)
        return Region(place.x, place.y, place.width, 1)

    @property
    def is_cramped(self) -> bool:
        """Whether a number that was written in has less room than it needs."""
        return any(
            cell_len(text) + MARK > self._drawing.places[key].width
            for key, text in self.fixed.items()
            if self.slots[key].typed and key in self._drawing.places
        )

    def fix(self, key: str, text: str) -> None:
        """Write a number where a blank was."""
        self.fixed[key] = text
        if key in self.blanks:
            self.blanks[key].display = False
        self.refresh()

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _edges_changed(self) -> None:
        self.refresh()

    # -- paint -------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Paint one row of the drawing, and what stands in its places."""
        base = self.rich_style
        if y >= len(self._drawing.rows):
            return Strip.blank(self.size.width, base)
        cells = [Cells(segment.text, base + self._style(segment.role)) for segment in self._drawing.rows[y]]
        strip = Strip(cells, self._drawing.width)
        for key, place in self._drawing.places.items():
            if place.y == y and key in self.slots:
                before, after = strip.crop(0, place.x), strip.crop(place.x + place.width, self._drawing.width)
                strip = Strip.join([before, self._slot(self.slots[key], place), after])
        return strip

    def _style(self, *roles: str) -> Style:
        names = [f"graph--{role}" for role in roles if f"graph--{role}" in self.COMPONENT_CLASSES]
        return self.get_component_rich_style(*names, partial=True) if names else Style.null()

    def _slot(self, slot: Slot, place: Place) -> Strip:
        base = self.rich_style
        if slot.key in self.fixed:
            return self._written(slot, place)
        if not slot.typed:
            dots = set_cell_size("." if self._ascii else "·", place.width)
            return Strip([Cells(dots, base + self._style("hidden"))])
        blank = self.blanks[slot.key]
        edge = base + self._style("edge-focus" if blank.has_focus else "edge")
        left, right = ("[", "]") if self._ascii else ("▕", "▏")
        tone = self.tones.get(slot.key)
        end = Cells(right, edge)
        if tone is not None and tone is not Tone.PLAIN:
            end = Cells(sign(tone, self._ascii), base + self._style(tone.value))
        return Strip([Cells(left, edge), Cells(" " * (place.width - EDGES), edge), end])

    def _written(self, slot: Slot, place: Place) -> Strip:
        base = self.rich_style
        text = self.fixed[slot.key]
        tone = self.tones.get(slot.key)
        mark = f" {sign(tone, self._ascii)}" if tone is not None and slot.typed else ""
        room = place.width - cell_len(mark)
        if cell_len(text) > room:
            text = set_cell_size(text, room - 1) + ("~" if self._ascii else "…")
        style = base + self._style(slot.role, "new" if slot.key == self.newest else "fixed")
        pieces = [Cells(text, style), Cells(mark, base + self._style(tone.value if tone else "fixed"))]
        return Strip(pieces).extend_cell_length(place.width, base)


class GraphView(Widget):
    """A graph to look at, to reveal or to fill in."""

    DEFAULT_CSS = """
    GraphView {
        overflow: auto auto;
        align: center middle;
        scrollbar-size: 1 1;
    }
    """

    def __init__(self, drawing: Drawing, slots: tuple[Slot, ...] = (), *, ascii_only: bool = False) -> None:
        super().__init__()
        self.canvas = GraphCanvas(drawing, slots, ascii_only=ascii_only)
        self._checked: dict[str, str] = {}
        self._refuted: set[str] = set()
        self._numbers: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        """The canvas, scrolled where it is larger than this."""
        yield self.canvas

    # -- answers -----------------------------------------------------------------------------------------

    def know(self, numbers: Mapping[str, str]) -> None:
        """Tell how each answer is printed once it is right."""
        self._numbers = numbers

    def entries(self) -> dict[str, str]:
        """Return what is typed, by blank, in those that are right already too."""
        return {key: blank.value for key, blank in self.canvas.blanks.items()}

    def restore(self, entries: Mapping[str, str]) -> None:
        """Put typed text back."""
        for key, text in entries.items():
            if key in self.canvas.blanks and key not in self.canvas.fixed:
                self.canvas.blanks[key].put(text)

    def show_verdict(self, verdict: Verdict) -> None:
        """Put a sign beside every blank that was judged; right ones become fixed numbers."""
        for judged in verdict.blanks:
            if judged.key not in self.canvas.blanks or judged.outcome is Outcome.UNANSWERED:
                continue
            self._checked[judged.key] = judged.typed
            if judged.outcome in _REFUTED:
                self._refuted.add(judged.key)
            else:
                self._refuted.discard(judged.key)
            self.canvas.tones[judged.key] = tone_of(judged)
            if judged.outcome.is_right:
                self.canvas.fix(judged.key, self._numbers.get(judged.key, judged.typed))
        self.canvas.refresh()
        self._await_another()

    def _await_another(self) -> None:
        """Let the next key replace a number that was found wrong, unless it was changed since."""
        blank = self.focused
        if blank is None or blank.key not in self._refuted or self.canvas.slots[blank.key].cells > SHORT:
            return
        if blank.value == self._checked[blank.key]:
            blank.await_another()

    def settle(self, answers: Mapping[str, str]) -> None:
        """Show all right answers for good."""
        for key, text in answers.items():
            self.canvas.tones.setdefault(key, Tone.RIGHT)
            self.canvas.fix(key, text)

    def reveal(self, key: str, text: str, *, newest: bool) -> None:
        """Write a value of a worked example into its place."""
        self.canvas.newest = key if newest else self.canvas.newest
        self.canvas.fix(key, text)
        self.show_place(key)

    # -- focus -------------------------------------------------------------------------------------------

    @property
    def focused(self) -> Blank | None:
        """The blank with the focus."""
        return next((blank for blank in self.canvas.blanks.values() if blank.has_focus), None)

    @property
    def open(self) -> list[Blank]:
        """The blanks that are not right yet, in the order asked."""
        return [blank for key, blank in self.canvas.blanks.items() if key not in self.canvas.fixed]

    def take_focus(self, field: str | None = None) -> None:
        """Go to a blank; without one stay in one that is open, else go to the first empty, else the first."""
        waiting = self.open
        wanted = next((blank for blank in waiting if blank.key == field), None)
        if wanted is not None:
            self.screen.set_focus(wanted)
        if wanted is not None or self.focused in waiting or not waiting:
            return
        empty = [blank for blank in waiting if not blank.value.strip()]
        self.screen.set_focus((empty or waiting)[0])

    @on(Blank.Moved)
    def _walk(self, event: Blank.Moved) -> None:
        event.stop()
        waiting = self.open
        if self.focused in waiting:
            waiting[(waiting.index(self.focused) + event.direction) % len(waiting)].focus()

    @on(DescendantFocus)
    def _show_focused(self) -> None:
        if self.focused is not None:
            self._await_another()
            self.call_after_refresh(self.show_place, self.focused.key)

    def show_place(self, key: str) -> None:
        """Scroll so that a place and its surroundings are in sight."""
        if self.canvas.size.area:
            region = self.canvas.place(key).translate(self.canvas.virtual_region.offset)
            self.scroll_to_region(region, spacing=Spacing(1, 2, 1, 10), animate=False)

    # -- what is typed -----------------------------------------------------------------------------------

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        blank = event.input
        assert isinstance(blank, Blank)
        if self.canvas.tones.get(blank.key) and blank.value != self._checked.get(blank.key):
            del self.canvas.tones[blank.key]
            self.canvas.refresh()
        self.post_message(AnswerChanged(blank.key, blank.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(AnswerSubmitted())
