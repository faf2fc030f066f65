"""The key bar of the training screen: it has words of its own, and every key in it can be clicked."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content

from tutor.ui.screens.base import TutorScreen
from tutor.ui.widgets.key_bar import PRESSES, KeyBar, fitting

_PRESSES = {**PRESSES, "Space": "space", "Del": "delete", "↑↓": "up"}


class LabKeys(KeyBar):
    """A key bar whose words are looked for in the topic of the lab first."""

    DEFAULT_CSS = """
    LabKeys { dock: bottom; height: 1; width: 100%; padding: 0 1; color: $text-muted; }
    """

    def render(self) -> RenderResult:
        """Return the keys in one line."""
        return fitting([self._offer(key, name) for key, name in self.keys], self.content_size.width)

    def _offer(self, key: str, name: str) -> Content:
        screen = self.screen
        assert isinstance(screen, TutorScreen)
        text = screen.text
        label = text(f"training.key.{name}" if f"training.key.{name}" in text else f"keys.{name}")
        printed = text(f"keys.name.{key}") if f"keys.name.{key}" in text else key
        if screen.tutor.ascii_only:
            printed = printed.replace("↑↓", "Up/Down")
        press = _PRESSES.get(key)
        click = f" @click=app.simulate_key('{press}')" if press else ""
        return Content.assemble((printed, f"bold $text{click}"), (f" {label}", f"$text-muted{click}"))
