"""An array as a grid of cells; a whole array may be typed into the first one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.events import DescendantBlur, DescendantFocus, Key
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from tutor.engine.nodes import Array
from tutor.tutoring.exercise import ANSWER
from tutor.tutoring.verdict import Outcome, Verdict
from tutor.ui.lesson_words import Tone, sign, tone_of
from tutor.ui.widgets.answer import AnswerChanged, AnswerSubmitted
from tutor.ui.widgets.blank import Blank

if TYPE_CHECKING:
    from tutor.ui.lesson_words import LessonWords

WIDEST, NARROWEST = 10, 4
"""Cells of one number."""

EDGES = 2
"""Cells of its edges."""

_SEPARATED = re.compile(r"[;\[\]]|[^\s,;+*/^(-][\s,]+[^\s,;+*/^)-]|[^\s,]\s+-\S")
_DECIMAL_COMMA = re.compile(r"([-+]?\d*),(\d+)")
_BETWEEN_NUMBERS = re.compile(r"\s*,\s*|\s+")


class MatrixGrid(Widget):
    """Arrow keys and Tab move between cells; `1 2; 3 4` in the first cell fills all of them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--label",
        "grid--edge",
        "grid--focus",
        "grid--right",
        "grid--wrong",
        "grid--unread",
    }

    DEFAULT_CSS = """
    MatrixGrid {
        width: 100%;
        & > .grid--label { color: $text-muted; }
        & > .grid--edge { color: $text-muted; }
        & > .grid--focus { color: $accent; text-style: bold; }
        & > .grid--right { color: $success; text-style: bold; }
        & > .grid--wrong { color: $error; text-style: bold; }
        & > .grid--unread { color: $warning; text-style: bold; }
    }
    """

    def __init__(self, truth: Array, shown: Array, *, ascii_only: bool = False) -> None:
        """Make a grid for an array of a shape; `shown` holds what each cell shows once it is right."""
        super().__init__()
        self._rows = len(truth) if truth.ndim == 2 else 1
        self._columns = int(truth.shape[-1])
        self._vector = truth.ndim == 1
        self._shown = [str(text) for text in shown.reshape(-1)]
        self._ascii = ascii_only
        self._label = ""
        self._width = WIDEST
        self._tone: Tone | None = None
        self._checked = ""
        self._right_cells: tuple[bool, ...] = ()
        self._refuted: Mapping[int, str] = {}
        self.settled = False
        self.cells = [Blank(f"{ANSWER} {number}", joint="; ") for number in range(self._rows * self._columns)]

    def compose(self) -> ComposeResult:
        """The cells, row by row."""
        yield from self.cells

    # -- room --------------------------------------------------------------------------------------------

    def say(self, words: LessonWords) -> None:
        """Write what is asked for."""
        self._label = f"{words.label(ANSWER).strip('`')} = "
        self._place()

    def fit(self, width: int) -> int:
        """Share a width among the columns and return the rows of the array."""
        room = width - cell_len(self._label) - 6
        self._width = max(NARROWEST, min(WIDEST, room // self._columns - EDGES))
        self._place()
        return self._rows

    def redraw(self, *, ascii_only: bool) -> None:
        """Draw the brackets anew."""
        self._ascii = ascii_only
        self.refresh()

    def _place(self) -> None:
        start = cell_len(self._label) + 2
        for number, cell in enumerate(self.cells):
            row, column = divmod(number, self._columns)
            cell.styles.offset = (start + column * (self._width + EDGES) + 1, row)
            cell.styles.width = self._width
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint the label, the brackets and the sign of the verdict."""
        base = self.rich_style
        if y >= self._rows:
            return Strip.blank(self.size.width, base)

        def part(text: str, name: str) -> Segment:
            return Segment(text, base + self.get_component_rich_style(f"grid--{name}", partial=True))

        label = self._label if y == (self._rows - 1) // 2 else " " * cell_len(self._label)
        pieces = [part(label, "label"), part("[ ", "edge")]
        for number in range(y * self._columns, (y + 1) * self._columns):
            pieces += self._cell(number, part)
        pieces.append(part("]", "edge"))
        if self._tone and not self._right_cells and y == (self._rows - 1) // 2:
            name = {Tone.RIGHT: "right", Tone.WRONG: "wrong"}.get(self._tone, "unread")
            pieces.append(part(f" {sign(self._tone, self._ascii)}", name))
        return Strip(pieces).adjust_cell_length(self.size.width, base)

    def _cell(self, number: int, part: Callable[[str, str], Segment]) -> list[Segment]:
        """Return a cell between its edges, or its number once the array is right."""
        if self.settled:
            return [Segment(f" {self._shown[number][: self._width].rjust(self._width)} ", self.rich_style)]
        name = "focus" if self.cells[number].has_focus else "edge"
        left, right = ("[", "]") if self._ascii else ("▕", "▏")
        end = part(right, name)
        if self._right_cells:
            tone = Tone.RIGHT if self._right_cells[number] else Tone.WRONG
            end = part(sign(tone, self._ascii), tone.value)
        return [part(left, name), Segment(" " * self._width, self.rich_style), end]

    # -- answer ------------------------------------------------------------------------------------------

    def _text(self) -> str:
        """Return what is typed as one array; the first cell alone where it holds all of it."""
        texts = [cell.value.strip() for cell in self.cells]
        if not any(texts[1:]) and (_SEPARATED.search(texts[0]) or not texts[0] or len(texts) == 1):
            return texts[0]
        single = [_DECIMAL_COMMA.sub(r"\1.\2", text).replace(" ", "") for text in texts]
        rows = [single[start : start + self._columns] for start in range(0, len(single), self._columns)]
        return "; ".join(", ".join(row) for row in rows)

    def _is_spread(self) -> bool:
        """Whether every cell holds a number of its own."""
        return all(cell.value.strip() for cell in self.cells)

    def entries(self) -> dict[str, str]:
        """Return the array as it would be typed in one row."""
        return {ANSWER: self._text()}

    def restore(self, entries: Mapping[str, str]) -> None:
        """Put typed numbers back into their cells."""
        text = entries.get(ANSWER, "")
        if not self._share_out(text):
            self.cells[0].put(text)

    def _share_out(self, text: str) -> bool:
        """Put an array written in one row into the cells, where it has a number for each."""
        rows = [_BETWEEN_NUMBERS.split(row.strip()) for row in text.split(";")]
        if len(rows) != self._rows or any(len(row) != self._columns for row in rows):
            return False
        for cell, number in zip(self.cells, chain(*rows), strict=True):
            cell.put(number)
        return True

    def show_verdict(self, verdict: Verdict) -> None:
        """Put a sign behind the array; a right one becomes fixed numbers."""
        judged = verdict[ANSWER]
        if judged.outcome is Outcome.UNANSWERED:
            return
        self._tone, self._checked = tone_of(judged), judged.typed
        if False in judged.right_cells and not self._is_spread() and self._share_out(self._text()):
            self._checked = self._text()
            self.cells[judged.right_cells.index(False)].focus()
        self._right_cells = judged.right_cells if self._is_spread() else ()
        self._refuted = {
            number: self.cells[number].value for number, right in enumerate(self._right_cells) if not right
        }
        if judged.outcome.is_right:
            self._fix()
        self._await_another()
        self.refresh()

    def _await_another(self) -> None:
        """Let the next key replace a number that was found wrong, unless it was changed since."""
        at = self._at
        if at is not None and self.cells[at].value == self._refuted.get(at):
            self.cells[at].await_another()

    def settle(self, answers: Mapping[str, str]) -> None:
        """Show the right numbers for good."""
        self._tone = Tone.RIGHT
        self._fix()

    def _fix(self) -> None:
        self.settled = True
        for cell in self.cells:
            cell.display = False
        self.refresh()

    def take_focus(self, field: str | None = None) -> None:
        """Stay in a cell, else go to the first empty one, else to the first."""
        if self.settled or any(cell.has_focus for cell in self.cells):
            return
        whole = not any(cell.value.strip() for cell in self.cells[1:]) and self.cells[0].value.strip()
        empty = [] if whole else [cell for cell in self.cells if not cell.value.strip()]
        self.screen.set_focus((empty or self.cells)[0])

    # -- keys --------------------------------------------------------------------------------------------

    @property
    def _at(self) -> int | None:
        return next((number for number, cell in enumerate(self.cells) if cell.has_focus), None)

    @on(Blank.Moved)
    def _walk(self, event: Blank.Moved) -> None:
        event.stop()
        if self._at is not None:
            step = event.direction * (1 if self._rows == 1 else self._columns)
            self.cells[(self._at + step) % len(self.cells)].focus()

    def on_key(self, event: Key) -> None:
        """Go to the cell beside where the cursor can go no further in this one."""
        at = self._at
        if at is None or event.key not in ("left", "right"):
            return
        cell = self.cells[at]
        edge = 0 if event.key == "left" else len(cell.value)
        if cell.selection.is_empty and cell.cursor_position == edge:
            event.stop()
            self.cells[(at + (1 if event.key == "right" else -1)) % len(self.cells)].focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._tone and self._text() != self._checked:
            self._tone, self._right_cells = None, ()
            self.refresh()
        self.post_message(AnswerChanged(ANSWER, self._text()))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Go on to the next empty cell, and have the array checked when none is left."""
        event.stop()
        at, whole = self._at, self._text() == self.cells[0].value.strip()
        empty = [number for number, cell in enumerate(self.cells) if not cell.value.strip()]
        following = [number for number in empty if at is not None and number > at] or empty
        if whole or not following:
            self.post_message(AnswerSubmitted())
        else:
            self.cells[following[0]].focus()

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _repaint(self) -> None:
        self._await_another()
        self.refresh()
