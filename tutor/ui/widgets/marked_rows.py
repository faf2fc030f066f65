"""Rows of marks on the screen, in the colours of their roles; only rows that changed are painted anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment as Cells
from textual.app import RenderResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tutor.ui.views.picture import ROLES, Row


class MarkedRows(Widget):
    """Shows the rows that it was last given, cut or filled to its width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"rows--{role}" for role in ROLES}

    # The colours stay apart for all kinds of colour vision and have the contrast of 3 that lines need.
    DEFAULT_CSS = """
    MarkedRows {
        & > .rows--axis { color: $text-muted; }
        & > .rows--label { color: $foreground; }
        & > .rows--strong { color: $foreground; text-style: bold reverse; }
        & > .rows--first { color: #56B4E9; text-style: bold; }
        & > .rows--second { color: #E69F00; text-style: bold; }
        & > .rows--third { color: #FFFFFF; text-style: bold; }
        & > .rows--first-ground { color: #2E6A8E; }
        & > .rows--second-ground { color: #80590B; }
        & > .rows--third-ground { color: #70747E; }
        &:light > .rows--first { color: #0072B2; }
        &:light > .rows--second { color: #955F00; }
        &:light > .rows--third { color: #000000; }
        &:light > .rows--first-ground { color: #8FC3E2; }
        &:light > .rows--second-ground { color: #DDB878; }
        &:light > .rows--third-ground { color: #A5A8B0; }
        &:ansi > .rows--axis { color: ansi_default; }
        &:ansi > .rows--label { color: ansi_default; }
        &:ansi > .rows--strong { color: ansi_default; }
        &:ansi > .rows--first { color: ansi_default; }
        &:ansi > .rows--second { color: ansi_default; }
        &:ansi > .rows--third { color: ansi_default; }
        &:ansi > .rows--first-ground { color: ansi_default; text-style: dim; }
        &:ansi > .rows--second-ground { color: ansi_default; text-style: dim; }
        &:ansi > .rows--third-ground { color: ansi_default; text-style: dim; }
    }
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.rows: Sequence[Row] = ()
        self._strips: dict[int, Strip] = {}
        self._strip_width = 0

    def put_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows from now on."""
        old, self.rows = self.rows, rows
        if len(old) != len(rows):
            self._strips.clear()
            self.refresh()
            return
        changed = [y for y, row in enumerate(rows) if row != old[y]]
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def notify_style_update(self) -> None:
        """Forget what was painted in the old colours."""
        super().notify_style_update()
        self._strips.clear()

    def render(self) -> RenderResult:
        """Nothing: every line is made by `render_line`."""
        return ""

    def render_line(self, y: int) -> Strip:
        """Return a row as it was last given."""
        width = self.size.width
        if width != self._strip_width:
            self._strips, self._strip_width = {}, width
        if y not in self._strips:
            row = self.rows[y] if y < len(self.rows) else ()
            cells = [Cells(mark.text, self.get_component_rich_style(f"rows--{mark.role}")) for mark in row]
            self._strips[y] = Strip(cells).adjust_cell_length(width, self.rich_style)
        return self._strips[y]
