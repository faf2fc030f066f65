"""The first row of a screen: its title, and the language that F9 leads to."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.style import Style
from textual.widget import Widget

from tutor.text import LANGUAGES
from tutor.ui.screens.base import TutorScreen

_LANGUAGE = "language"


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
        marked = Content.styled(offer, "$text-muted").stylize(Style.from_meta({_LANGUAGE: True}))
        return Content.assemble(title, " " * gap, marked)

    def on_click(self, event: events.Click) -> None:
        """Switch the language by a click on its name."""
        event.stop()
        screen = self.screen
        if event.style.meta.get(_LANGUAGE) and isinstance(screen, TutorScreen):
            screen.tutor.action_switch_language()
