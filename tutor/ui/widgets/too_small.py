"""One honest line over everything while the terminal is too small to work in."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tutor.ui.screens.base import TutorScreen

WIDTH, HEIGHT = 60, 20
"""The smallest terminal that the screens are made for."""


class TooSmall(Widget):
    """Covers the screen and leaves focus and text alone: a wider window shows all as it was."""

    DEFAULT_CSS = """
    TooSmall {
        layer: _tooltips; display: none; width: 100%; height: 100%; dock: top;
        background: $background; color: $text; content-align: center middle; text-align: center;
    }
    .-too-narrow TooSmall, .-too-low TooSmall { display: block; }
    """

    def render(self) -> RenderResult:
        """Return the size that is needed."""
        screen = self.screen
        assert isinstance(screen, TutorScreen)
        times = "x" if screen.tutor.ascii_only else "×"
        return Content(screen.text("app.too_small", needed=f"{WIDTH}{times}{HEIGHT}"))
