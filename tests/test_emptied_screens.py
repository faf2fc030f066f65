"""What comes late, when a screen has already lost its parts because the app ends, is no error."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lab_harness import LabApp, commit
from test_freeze_screen import standing
from ui_harness import settled

from tutor.course.labs import LABS, load_lab
from tutor.course.loader import course_folder, load_lesson
from tutor.ui.screens.bug_hunt import BugHuntScreen
from tutor.ui.screens.freeze import FreezeScreen
from tutor.ui.screens.guided_lab import GuidedLabScreen
from tutor.ui.screens.lesson import LessonScreen
from tutor.ui.screens.training import TrainingScreen

SCREENS: dict[
    str, Callable[[], TrainingScreen | GuidedLabScreen | FreezeScreen | BugHuntScreen | LessonScreen]
]
SCREENS = {
    "training": TrainingScreen,
    "lab": lambda: GuidedLabScreen(load_lab(course_folder() / LABS / "valleys")),
    "freeze": lambda: FreezeScreen(standing()),
    "hunt": lambda: BugHuntScreen(seed=1),
    "lesson": lambda: LessonScreen(load_lesson(course_folder() / "01-forward-pass")),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_without_its_parts_takes_words_sizes_and_ticks(name: str) -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = SCREENS[name]()
        await app.push_screen(screen)
        await settled(pilot)
        if isinstance(screen, TrainingScreen):
            await commit(pilot)
            await pilot.press("enter")
        await screen.remove_children()
        screen.relabel()
        if isinstance(screen, LessonScreen):
            await screen._enter()
            screen.on_resize()
        else:
            screen._tick()
            screen._halt()
        if isinstance(screen, TrainingScreen):
            screen.action_pause()
            screen.tell("say.keys_live")
            screen.on_loss_plot_notes_changed()
