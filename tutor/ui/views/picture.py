"""Rows of marked text: what every view of a lab is made of.

A mark says by its role what it means; the widget gives the role its colour. No view needs the colour: what
differs in role differs in sign, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size
from textual.content import Content

if TYPE_CHECKING:
    from tutor.ui.lab_steps import Subject

_ROWS_WITH_WORDS = 10
"""From this height on a view has a row to spare for words."""

ROLES = (
    "axis",
    "label",
    "strong",
    "first",
    "second",
    "third",
    "first-ground",
    "second-ground",
    "third-ground",
)
"""What a mark can mean: a scale, words, what matters most, one of three series, or the ground of one."""

SERIES = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters of one role."""

    text: str
    role: str = "label"


Row = tuple[Mark, ...]


def row(*marks: Mark | str) -> Row:
    """Return a row of marks; plain text is a label."""
    return tuple(mark if isinstance(mark, Mark) else Mark(mark) for mark in marks)


def fitted(rows: Sequence[Row], width: int, height: int) -> list[Row]:
    """Cut or fill rows to exactly this size."""
    found = [_cut(one, width) for one in rows[:height]]
    return found + [()] * (height - len(found))


def _cut(marks: Row, width: int) -> Row:
    found: list[Mark] = []
    room = width
    for mark in marks:
        cells = cell_len(mark.text)
        if cells > room:
            found.append(Mark(set_cell_size(mark.text, room), mark.role))
            break
        found.append(mark)
        room -= cells
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Canvas:
    """The room that a view has, the place of its cursor, and the words of the learner's language."""

    width: int
    height: int
    cursor: int
    ascii_only: bool
    say: Callable[..., str]

    def words(self, name: str, most: int = 2, **fields: object) -> list[Row]:
        """Return what a view says of itself, in few rows; nothing where the picture needs them."""
        if self.height < _ROWS_WITH_WORDS:
            return []
        lines = Content(self.say(name, **fields)).wrap(max(8, self.width))
        return [row(Mark(line.plain, "axis")) for line in lines[:most]]


@dataclass(frozen=True, slots=True)
class View:
    """One view: `look` is asked beside the run, `draw` on the side of the screen.

    `look` returns None where there is nothing to see.
    """

    look: Callable[[Subject, int, int], Any]
    draw: Callable[[Any, Canvas], list[Row]]


def from_cells(cells: Iterable[tuple[str, str]]) -> Row:
    """Join single characters with their roles into marks."""
    return tuple(
        Mark("".join(sign for sign, _ in together), role)
        for role, together in groupby(cells, key=lambda cell: cell[1])
    )


def text_of(rows: Sequence[Row]) -> str:
    """Return rows as plain text."""
    return "\n".join("".join(mark.text for mark in one).rstrip() for one in rows)


def number_text(value: float, digits: int = 3) -> str:
    """Return a number as short as a view needs it."""
    return f"{value:.{digits}g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
