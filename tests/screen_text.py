"""What an app shows, as text."""

from __future__ import annotations

from typing import Any

from textual.app import App


def screen_text(app: App[Any]) -> str:
    """Return the rows on the screen, without the spaces at their ends."""
    screen = app.screen
    height = screen.size.height
    rows = screen._compositor.render_strips(screen.size)
    return "\n".join("".join(segment.text for segment in row).rstrip() for row in rows[:height])
