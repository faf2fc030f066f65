"""What a lesson and a lab tell the shell of each other."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from textual.message import Message


class OpenLab(Message):
    """A lab is to be opened above the present screen."""

    def __init__(self, slug: str) -> None:
        super().__init__()
        self.slug = slug


@runtime_checkable
class WaitsForLab(Protocol):
    """A screen that wants to know when a prediction has been compared with its run."""

    def lab_compared(self, slug: str) -> None:
        """Take the comparison in the lab of this name as done."""
