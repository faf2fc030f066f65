"""One sentence about the learner's record, kept on the screen until it has been read."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tutor.ui.screens.base import TutorScreen


class Notice(Widget):
    """Shows the app's notice over the first row, and nothing where there is none. A click puts it away."""

    DEFAULT_CSS = """
    Notice {
        layer: _toastrack; display: none; dock: top; width: 100%; height: auto; max-height: 4;
        padding: 0 1; background: $panel; color: $text;
    }
    """

    def on_mount(self) -> None:
        """Show what has been waiting."""
        self.show()

    def show(self) -> None:
        """Follow the app's notice."""
        screen = self.screen
        self.display = isinstance(screen, TutorScreen) and screen.tutor.notice is not None
        self.refresh(layout=True)

    def on_click(self, event: events.Click) -> None:
        """Take a click as "read"."""
        event.stop()
        self.app.action_notice_read()  # type: ignore[attr-defined]

    def render(self) -> RenderResult:
        """Return the sentence and the key that puts it away."""
        screen = self.screen
        assert isinstance(screen, TutorScreen)
        if screen.tutor.notice is None:
            return Content("")
        name, fields = screen.tutor.notice
        sentence = Content(f"! {screen.text(name, **fields)}  ")
        return sentence + Content.styled("F8 ", "bold") + Content(screen.text("keys.notice_read"))
