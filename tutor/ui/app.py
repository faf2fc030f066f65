"""The Textual app: it owns the learner's record, the course and the settings, and which screen is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.app import App

from tutor.course.loader import Outline, outlines
from tutor.student.events import Event
from tutor.student.progress import Progress
from tutor.student.settings import Settings
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text, default_language
from tutor.ui.screens.base import TutorScreen


class TutorApp(App[None]):
    """The tutor on the screen.

    `store` is open and stays the caller's to close. `language` and `ascii_only` override the settings for
    this run.
    """

    CSS_PATH = "tutor.tcss"

    def __init__(
        self, store: Store, course: Path, *, language: str | None = None, ascii_only: bool = False
    ) -> None:
        super().__init__()
        self.store = store
        self.course_folder = course
        self.outlines: tuple[Outline, ...] = outlines(course)
        self.settings: Settings = store.settings()
        self.progress = Progress.from_events(store.events())
        self.text = Text(language or self.settings.language or default_language())
        self.ascii_only = ascii_only or self.settings.ascii

    def record(self, events: Sequence[Event]) -> None:
        """Store events, all or none, and count them in; returns when they are sure to survive."""
        self.store.append(*events)
        for event in events:
            self.progress = self.progress.with_event(event)

    def change_settings(self, **changes: Any) -> None:
        """Change settings, store them and let every screen follow."""
        self.settings = replace(self.settings, **changes)
        self.store.save_settings(self.settings)
        self.ascii_only = self.settings.ascii
        self.text = Text(self.settings.language or self.text.language)
        self.relabel()

    def action_switch_language(self) -> None:
        """Go on in the next language."""
        languages = list(LANGUAGES)
        following = languages[(languages.index(self.text.language) + 1) % len(languages)]
        self.change_settings(language=following)

    def relabel(self) -> None:
        """Let every open screen write its words anew."""
        for screen in self.screen_stack:
            if isinstance(screen, TutorScreen):
                screen.relabel()
