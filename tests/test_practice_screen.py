"""Practice in the app: a set on the lesson screen, what it brought, and another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList
from ui_harness import screen_text, settled, type_text

from tutor.course.loader import course_folder
from tutor.course.model import GraphFill
from tutor.student.events import EventKind, attempt
from tutor.student.store import Store
from tutor.text import LANGUAGES
from tutor.tutoring.practice import PRACTICE
from tutor.ui.app import TutorApp
from tutor.ui.exercise_picture import number
from tutor.ui.practice_wish import PracticeWish
from tutor.ui.screens.course_map import CourseMap
from tutor.ui.screens.practice import PracticeScreen
from tutor.ui.screens.practice_done import PracticeDoneScreen

pytestmark = pytest.mark.usefixtures("english_system")


def learner(*skills: str, at: datetime | None = None) -> Store:
    """Return a record in which each of these skills was answered right three times, mixed."""
    store = Store.open(None, *([lambda: at] if at else []))
    for turn in range(3):
        for skill in skills:
            store.append(
                attempt("a-lesson", f"{skill}/{turn}", right=True, entries={}, outcomes={}, skill=skill)
            )
    return store


@asynccontextmanager
async def practising(
    store: Store, wish: PracticeWish | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[None]]:
    app = TutorApp(store, course_folder(), language="en", practice=wish or PracticeWish())
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot


def screen_of(pilot: Pilot[None]) -> PracticeScreen:
    assert isinstance(pilot.app.screen, PracticeScreen)
    return pilot.app.screen


async def answer(pilot: Pilot[None], *, right: bool = True) -> None:
    """Type the answer to the item on the screen and go on."""
    exercise = screen_of(pilot).loop.exercise
    for blank in exercise.blanks:
        text = number(blank.truth) if right else "12345"
        await type_text(pilot, text.replace("−", "-"))
        await pilot.press("enter")
    await pilot.press("enter")
    await pilot.pause()


async def test_a_set_is_worked_to_its_end_and_another_follows() -> None:
    store = learner("add.backward", "div.backward")
    async with practising(store, PracticeWish("mul.backward", 3)) as pilot:
        first = screen_of(pilot)
        seen = {step.id for step in first.lesson.steps}
        for _ in range(3):
            assert "Practice" in screen_text(first.tutor).splitlines()[0]
            await answer(pilot)
        assert isinstance(pilot.app.screen, PracticeDoneScreen)
        shown = screen_text(first.tutor)
        assert "3 of 3 right at the first try" in shown
        assert "Back through ×" in shown
        await pilot.press("enter")
        await settled(pilot)
        assert not seen & {step.id for step in screen_of(pilot).lesson.steps}
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, CourseMap)
    recorded = [event for event in store.events() if event.lesson == PRACTICE]
    assert {event.kind for event in recorded} == {EventKind.ATTEMPT, EventKind.STEP_DONE}
    assert all(event.data["skill"] for event in recorded if event.kind is EventKind.ATTEMPT)


async def test_a_wrong_answer_is_recorded_with_its_graph() -> None:
    store = learner("add.backward")
    async with practising(store, PracticeWish("mul.backward", 1)) as pilot:
        step = screen_of(pilot).loop.step
        assert isinstance(step, GraphFill)
        for _ in step.ask:
            await type_text(pilot, "12345")
            await pilot.press("enter")
        app = screen_of(pilot).tutor
        (mistake,) = app.learner.learning.notebook.mistakes[-1:]
        assert mistake.statements == step.statements
        assert mistake.seq > 0
    assert app.learner.learning.record("mul.backward").count == 1


async def test_practice_opens_from_every_screen_and_leaves_the_place_in_the_course_alone() -> None:
    store = learner("add.backward")
    app = TutorApp(store, course_folder(), language="en")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        app.back_to_map()
        app.open_lesson("add-and-multiply")
        await settled(pilot)
        place = app.learner.progress.position
        assert place is not None
        await pilot.press("f6")
        await settled(pilot)
        assert isinstance(app.screen, PracticeScreen)
        await answer(pilot)
        assert app.learner.progress.position == place


async def test_what_is_due_is_said_at_the_start_and_never_again() -> None:
    store = learner("add.backward", "mul.backward", at=datetime.now(UTC) - timedelta(days=40))
    app = TutorApp(store, course_folder(), language="en")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Skills ready for review: 2" in screen_text(app)
        await pilot.press("f8")
        app.back_to_map()
        await pilot.pause()
        the_map = app.screen.query_one(OptionList)
        the_map.highlighted = the_map.get_option_index(PRACTICE)
        await pilot.pause()
        shown = screen_text(app)
        assert "ready for review" in shown
        assert "Back through ×" in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 45)])
async def test_the_end_of_a_set_fits_every_size(language: str, size: tuple[int, int]) -> None:
    store = learner("add.backward")
    async with practising(store, PracticeWish("mul.backward", 2), size) as pilot:
        app = screen_of(pilot).tutor
        app.change_settings(language=language)
        for _ in range(2):
            await answer(pilot)
        assert isinstance(app.screen, PracticeDoneScreen)
        shown = screen_text(app)
        assert app.text("skills.mul.backward") in shown
        assert app.text("keys.next_set") in shown
        assert app.text("practice.needed", skill="").strip(" :.")[:10] in " ".join(shown.split())
