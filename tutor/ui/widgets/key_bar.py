"""The last row of a screen: the keys that matter now. A click on one is a press of it."""

from __future__ import annotations

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.style import Style
from textual.widget import Widget

from tutor.ui.screens.base import TutorScreen

GAP = "   "

NEVER_LEFT_OUT = ("Esc", "F1")

PRESS = "press"
"""What marks the cells of a key that a click can press."""

PRESSES = {"Enter": "enter", "Esc": "escape", "Tab": "tab", "Ctrl+Q": "ctrl+q"} | {
    f"F{number}": f"f{number}" for number in range(1, 13)
}
"""Textual's names of the printed keys that a click can press."""


class KeyBar(Widget):
    """Shows `keys`, by default the screen's KEYS, as many as there is room for.

    A key whose printed form is a name in `keys.name` (`arrows`) is written in the learner's language. The way
    back and the help, at the end of KEYS, are never left out for want of room.
    """

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; width: 100%; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, keys: tuple[tuple[str, str], ...] | None = None) -> None:
        super().__init__()
        self._keys = keys

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """The keys shown: printed form and name of the sentence in `keys`."""
        screen = self.screen
        return (
            self._keys if self._keys is not None else screen.KEYS if isinstance(screen, TutorScreen) else ()
        )

    @keys.setter
    def keys(self, keys: tuple[tuple[str, str], ...]) -> None:
        self._keys = keys
        self.refresh()

    def relabel(self) -> None:
        """Write the words anew."""
        self.refresh()

    def render(self) -> RenderResult:
        """Return the keys in one line."""
        offers = [self._offer(key, name) for key, name in self.keys]
        return fitting(
            offers, self.content_size.width, max(1, sum(key in NEVER_LEFT_OUT for key, _ in self.keys[-2:]))
        )

    def _offer(self, key: str, name: str) -> Content:
        screen = self.screen
        assert isinstance(screen, TutorScreen)
        label = screen.text(f"keys.{name}")
        printed = screen.text(f"keys.name.{key}") if f"keys.name.{key}" in screen.text else key
        offer = Content.assemble((printed, "bold $foreground"), (f" {label}", "$text-muted"))
        # A link would bring its own colours; this only marks the cells.
        return offer.stylize(Style.from_meta({PRESS: PRESSES[key]})) if key in PRESSES else offer

    async def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        event.stop()
        key = event.style.meta.get(PRESS)
        if key:
            await self.app.action_simulate_key(key)


def fitting(offers: list[Content], width: int, kept_last: int = 1) -> Content:
    """Join the offers that fit, the first ones first; where some must go, the last `kept_last` stay."""
    last = offers[max(0, len(offers) - kept_last) :]
    room = width - sum(offer.cell_length for offer in last) - len(GAP) * (len(last) - 1)
    kept: list[Content] = []
    for offer in offers[: len(offers) - len(last)]:
        room -= offer.cell_length + len(GAP)
        if room < 0:
            break
        kept.append(offer)
    return Content(GAP).join([*kept, *last])
