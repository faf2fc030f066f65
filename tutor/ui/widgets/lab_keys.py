"""The key bar of the training screen: it has words of its own, and keys that only a lab has."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

from tutor.ui.screens.base import TutorScreen
from tutor.ui.widgets.key_bar import PRESS, PRESSES, KeyBar

_PRESSES = {**PRESSES, "Space": "space", "Del": "delete", "↑↓": "up", "←→": "left", "Bksp": "backspace"}


class LabKeys(KeyBar):
    """A key bar whose words are looked for in the topic of the lab first."""

    def _offer(self, key: str, name: str) -> Content:
        screen = self.screen
        assert isinstance(screen, TutorScreen)
        text = screen.text
        label = text(f"training.key.{name}" if f"training.key.{name}" in text else f"keys.{name}")
        printed = text(f"keys.name.{key}") if f"keys.name.{key}" in text else key
        if screen.tutor.ascii_only:
            printed = printed.replace("↑↓", "Up/Down").replace("←→", "Left/Right")
        offer = Content.assemble((printed, "bold $foreground"), (f" {label}", "$text-muted"))
        return offer.stylize(Style.from_meta({PRESS: _PRESSES[key]})) if key in _PRESSES else offer
