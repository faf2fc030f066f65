"""The timed drill: mastered skills alone, one try for each item, a record that feeds no mastery."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from ui_harness import OneScreenApp, screen_text, type_text

from tutor.course.loader import load_lesson
from tutor.course.model import Drill, Lesson
from tutor.course.skills import skill_of
from tutor.student.events import Event, attempt
from tutor.student.learning import Learning
from tutor.student.mastery import Level
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.tutoring.drill import make_drill, mastered_skills
from tutor.ui.exercise_picture import number
from tutor.ui.screens.drill import DrillScreen
from tutor.ui.widgets.feedback import Feedback

FORMS = Path(__file__).parent / "data" / "course" / "03-forms"
SAY = {language: Text(language) for language in LANGUAGES}
TITLE = dict.fromkeys(LANGUAGES, "Drill")


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return load_lesson(FORMS)


def drill_of(lesson: Lesson) -> Drill:
    step = lesson.step("drill")
    assert isinstance(step, Drill)
    return step


def mastering(*skills: str) -> list[Event]:
    """Return what a learner does who masters these skills: right answers, mixed."""
    return [
        attempt("mixed", f"{skill}-{k}", right=True, entries={}, outcomes={}, misconceptions={}, hints=0,
                milliseconds=1000, skill=skill, typed=True)
        for k in range(4)
        for skill in skills
    ]  # fmt: skip


def test_only_mastered_skills_are_asked(lesson: Lesson) -> None:
    learning = Learning.from_events([], skill_of)
    assert make_drill(learning, drill_of(lesson), 1, SAY, TITLE) is None
    learning = Learning.from_events(mastering("mul.backward", "chain.product"), skill_of)
    assert mastered_skills(learning, drill_of(lesson)) == ("mul.backward",)
    items = make_drill(learning, drill_of(lesson), 1, SAY, TITLE)
    assert items is not None
    assert len(items.steps) == 12
    assert {skill_of(getattr(step, "skill", "")) for step in items.steps} == {"mul.backward"}


def test_the_same_seed_gives_the_same_items(lesson: Lesson) -> None:
    learning = Learning.from_events(mastering("mul.backward", "add.backward"), skill_of)
    drills = [make_drill(learning, drill_of(lesson), seed, SAY, TITLE) for seed in (7, 7, 8)]
    first, second, other = ([step.id for step in drill.steps] if drill else [] for drill in drills)
    assert first == second
    assert first != other


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


async def answer(app: OneScreenApp, pilot: Pilot[None], *, right: bool) -> None:
    screen = app.screen
    assert isinstance(screen, DrillScreen)
    for position, blank in enumerate(screen.loop.exercise.blanks):
        if position:
            await press(pilot, "tab")
        await type_text(pilot, number(blank.truth if right else blank.truth + 97))
    await press(pilot, "enter")


def store_of(events: Sequence[Event]) -> Store:
    store = Store.open(None)
    store.append(*events)
    return store


async def test_a_drill_is_played_and_its_record_kept(lesson: Lesson) -> None:
    app = OneScreenApp(store_of(mastering("mul.backward", "add.backward")), lesson, start="drill")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        before = app.learner.learning.record("mul.backward"), app.learner.learning.record("add.backward")
        await press(pilot, "enter")
        assert isinstance(app.screen, DrillScreen)
        assert "90 s left" in screen_text(app)
        for right in (True, True, False):
            await answer(app, pilot, right=right)
        assert "That one was" in app.screen.query_one(Feedback).plain
        await press(pilot, "f2", "f3", "pagedown", "escape")
        assert app.screen is app.lesson_screen
        assert "2 of 3 right: a record" in app.screen.query_one(Feedback).plain
        assert app.learner.learning.drills == {"forms/drill": 2}
        assert (
            app.learner.learning.record("mul.backward"),
            app.learner.learning.record("add.backward"),
        ) == before
        assert app.learner.progress.position is None or app.learner.progress.position.lesson == "forms"
        await press(pilot, "enter")
        assert app.lesson_screen.loop.step.id == "editor"


async def test_a_drill_ends_with_its_time(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    app = OneScreenApp(
        store_of(mastering("mul.backward", "add.backward")), lesson, start="drill", language="ko"
    )
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        await press(pilot, "enter")
        assert isinstance(app.screen, DrillScreen)
        app.screen._over_at = 0.0
        app.screen._tick()
        await pilot.pause()
        assert app.screen is app.lesson_screen
        assert "0문제" in app.screen.query_one(Feedback).plain


async def test_a_drill_of_nothing_mastered_lets_the_learner_go_on(lesson: Lesson) -> None:
    app = OneScreenApp(Store.open(None), lesson, start="drill")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "mastered" in app.screen.query_one(Feedback).plain
        await press(pilot, "enter")
        assert app.lesson_screen.loop.step.id == "editor"


def test_mastery_of_the_helper_is_mastery() -> None:
    learning = Learning.from_events(mastering("mul.backward", "add.backward"), skill_of)
    assert learning.level("mul.backward") is learning.level("add.backward") is Level.MASTERED
