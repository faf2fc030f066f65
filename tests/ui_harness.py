"""The app with one screen on it, for tests that need no more of it, and what they do with an app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textual import on
from textual.app import App
from textual.events import Mount
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen

from tutor.course.loader import course_folder
from tutor.course.model import Lesson
from tutor.student.events import Event, EventKind
from tutor.student.store import Store
from tutor.ui.app import TutorApp
from tutor.ui.screens.lesson import LessonScreen


class BareApp(TutorApp):
    """The tutor with nothing on it but one screen; a subclass notes in `told` what the screen tells it."""

    def __init__(self, store: Store, only: Screen[Any], **options: Any) -> None:
        super().__init__(store, course_folder(), **options)
        self.only = only
        self.told: list[Message] = []

    @on(Mount)
    def _open_the_screen(self, event: Mount) -> None:
        event.prevent_default()
        self.screen_change_signal.subscribe(self, self._complete_screen)
        self.push_screen(self.only)

    def recorded(self, kind: EventKind) -> list[Event]:
        """Return what has been stored of one kind."""
        return [event for event in self.store.events() if event.kind is kind]


class OneScreenApp(BareApp):
    """Shows one lesson and notes what it tells the shell."""

    def __init__(self, store: Store, lesson: Lesson, *, start: str | None = None, **options: Any) -> None:
        self.lesson_screen = LessonScreen(lesson, start)
        super().__init__(store, self.lesson_screen, **options)

    @on(LessonScreen.Finished)
    @on(LessonScreen.Left)
    def _note(self, event: Message) -> None:
        event.prevent_default()
        self.told.append(event)


def screen_text(app: App[Any]) -> str:
    """Return what stands on the screen, row by row, without blanks at the ends."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


async def settled(pilot: Pilot[None]) -> None:
    """Wait for what is being loaded, and for what that brings onto the screen."""
    await pilot.app.workers.wait_for_complete()
    for _ in range(4):
        await pilot.pause()


async def type_text(pilot: Pilot[None], text: str) -> None:
    """Press the key of every character."""
    names = {" ": "space", "-": "minus", ".": "full_stop", ",": "comma", "/": "slash", ";": "semicolon"}
    await pilot.press(*(names.get(character, character) for character in text))


def lesson_folders() -> Iterator[Path]:
    """Yield the folders of the lessons that come with the product."""
    return (path for path in sorted(course_folder().iterdir()) if (path / "lesson.toml").is_file())
