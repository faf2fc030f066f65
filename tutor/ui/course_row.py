"""A lesson in one row of the course map: its title on the left, how far the learner is on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

GAP = 2
"""Cells between the columns."""


@dataclass(frozen=True, slots=True)
class CourseRow:
    """What is said about one entry; the columns are given from the one that is dropped last."""

    lead: Content
    title: str
    note: Content
    """Stands behind the title, such as which lesson comes next."""
    columns: tuple[Content, ...]
    joined: bool = False
    """Whether the columns are one text, as wide as it needs to be."""


def lay_out(rows: Sequence[CourseRow], width: int) -> list[Content]:
    """Return each entry in one row of a width; as many columns as the longest title leaves room for.

    The first column stands to the left of the second one, and so on; all but dots are flush right.
    """
    regular = [row for row in rows if not row.joined]
    widths = [
        max((row.columns[at].cell_length for row in regular), default=0)
        for at in range(max((len(row.columns) for row in regular), default=0))
    ]
    title = max((row.lead.cell_length + cell_len(row.title) for row in regular), default=0)
    while len(widths) > 1 and title + sum(GAP + column for column in widths) > width:
        widths.pop()
    return [_row(row, widths, width) for row in rows]


def _row(row: CourseRow, widths: list[int], width: int) -> Content:
    pieces = row.columns if row.joined else _aligned(row.columns, widths)
    right = Content(" " * GAP).join(pieces)
    left = Content.assemble(row.lead, (row.title, "bold"))
    note = Content.assemble(" " * GAP, row.note) if row.note.cell_length else Content("")
    room = max(0, width - right.cell_length - GAP - note.cell_length)
    if left.cell_length > room:
        left = left.truncate(room, ellipsis=True)
    left += note
    return Content.assemble(left, " " * max(GAP, width - left.cell_length - right.cell_length), right)


def _aligned(columns: Sequence[Content], widths: list[int]) -> list[Content]:
    return [
        Content.assemble(" " * (column - text.cell_length), text)
        for text, column in zip(columns, widths, strict=False)
    ]
