"""Keys that arrive faster than they are handled take effect in the order in which they were pressed.

In Textual a field inserts a printable key at once, while a key with a binding first travels up to the app. Of
Backspace and 1 that arrive together the 1 would be inserted first, and a number after Tab would land in the
field before.
"""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import Any

from textual.app import App
from textual.events import Event, Key
from textual.message_pump import MessagePump

STUCK = 1.0
"""Seconds after which a key that never came back, as with a widget that was removed, holds no other."""


class KeysInOrder(App[None]):
    """An app that looks at a key only when the key before has been handled, by a widget or a binding."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._held: deque[Key] = deque()
        self._sent: float | None = None
        """When the key that is under way was sent; None where none is."""

    async def on_event(self, event: Event) -> None:
        """Send a key on its way, or hold it while another one is under way."""
        if not isinstance(event, Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self._held.append(event)
        if self._sent is None or monotonic() - self._sent >= STUCK:
            await self._send_next()

    async def _send_next(self) -> None:
        self._sent = monotonic() if self._held else None
        if self._held:
            target: MessagePump = self.focused or self.screen
            await super().on_event(self._held.popleft())
            self._follow(target)

    def _follow(self, pump: MessagePump) -> None:
        """Go the way of a key, from one queue of messages to the next, and send the next key at its end."""
        above = pump._parent
        step = self._send_next if above is None else lambda: self._follow(above)
        if not pump.call_later(step) and pump is not self:
            self._follow(self)
