"""The first row of a screen: its title, and the language that F9 leads to."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tutor.text import LANGUAGES
from tutor.ui.screens.base import TutorScreen


class Heading(Widget):
    """One row; where it is short of room the language goes first."""

    DEFAULT_CSS = """
    Heading { dock: top; height: 1; width: 100%; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._title = ""

    def show(self, title: str) -> None:
        """Show a title, and the language anew."""
        self._title = title
        self.refresh()

    def render(self) -> RenderResult:
        """Return the row for the width at hand."""
        screen = self.screen
        assert isinstance(screen, TutorScreen)
        others = [name for code, name in LANGUAGES.items() if code != screen.text.language]
        offer = f"{others[0]} F9"
        gap = self.content_size.width - cell_len(self._title) - cell_len(offer)
        title = Content.styled(self._title, "bold")
        if gap < 2:
            return title
        return Content.assemble(title, " " * gap, (offer, "$text-muted @click=app.switch_language"))
