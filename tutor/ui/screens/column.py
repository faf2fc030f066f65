"""Screens of text, which stays in one column of readable width however wide the terminal is."""

from __future__ import annotations

from textual import events

from tutor.ui.screens.base import TutorScreen

WIDEST = 98
"""Cells of the column, its margins included."""


class ColumnScreen(TutorScreen):
    """A screen whose parts, docked ones too, share a column in the middle."""

    def on_resize(self, event: events.Resize) -> None:
        """Keep the column in the middle."""
        self.styles.padding = (0, max(0, (event.size.width - WIDEST) // 2))
