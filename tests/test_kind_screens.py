"""Every kind of step beyond numbers, answered on the lesson screen with the keyboard alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.content import Content
from textual.pilot import Pilot
from ui_harness import OneScreenApp, lesson_folders, screen_text, type_text

from tutor.course.loader import load_lesson
from tutor.course.model import Lesson, Sorting
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.tutoring import lesson_loop
from tutor.tutoring.exercise import CHOSEN, Exercise
from tutor.tutoring.verdict import BlankVerdict, Outcome, Verdict
from tutor.ui.lesson_words import LessonWords
from tutor.ui.screens.lesson import LessonScreen
from tutor.ui.widgets.bin_sort import BinSort
from tutor.ui.widgets.feedback import Feedback
from tutor.ui.widgets.item_list import side_by_side

FORMS = Path(__file__).parent / "data" / "course" / "03-forms"
VECTORS = Path(__file__).parent / "data" / "course" / "02-gates"

RIGHT = {
    "try": ["type:dout * y", "enter"],
    "puzzle": ["type:X.T @ dout", "enter"],
    "shapes": ["type:2x2", "tab", "type:2 3", "tab", "type:(3, 2)", "enter"],
    "signs": ["type:+", "down", "type:-", "enter"],
    "sort": ["1", "2", "enter"],
    "procedure": ["3", "1", "2", "down", "delete", "enter"],
    "faulty": ["1", "enter", "type:-10", "enter"],
    "code": ["2", "enter", "1", "enter"],
    "friend": ["1", "enter"],
}
"""The keys that answer each step of the lesson."""


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return load_lesson(FORMS)


@asynccontextmanager
async def opened(
    lesson: Lesson, step: str, *, language: str = "en", size: tuple[int, int] = (80, 24), plain: bool = False
) -> AsyncIterator[tuple[OneScreenApp, Pilot[None]]]:
    app = OneScreenApp(Store.open(None), lesson, start=step, language=language, ascii_only=plain)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        if key.startswith("type:"):
            await type_text(pilot, key.removeprefix("type:"))
        else:
            await pilot.press(key)
        await pilot.pause()


def said(app: OneScreenApp) -> str:
    return app.screen.query_one(Feedback).plain


@pytest.mark.parametrize("step", RIGHT)
async def test_a_step_is_solved_by_the_keyboard(lesson: Lesson, step: str) -> None:
    async with opened(lesson, step) as (app, pilot):
        await press(pilot, *RIGHT[step])
        assert app.lesson_screen.loop.state.solved, screen_text(app)
        assert "correct" in said(app)


async def test_what_follows_from_one_of_several_slips_is_not_ascribed_to_the_first() -> None:
    chain = load_lesson(next(folder for folder in lesson_folders() if folder.name.startswith("13")))
    async with opened(chain, "half-chain") as (app, pilot):
        await press(pilot, "type:-0.3", "tab", "type:-0.06", "tab", "type:-0.18", "enter")
        assert "≈ dw1 follows correctly from your own numbers" in said(app)


async def test_a_list_shows_its_cursor_as_soon_as_the_lesson_comes_to_it(lesson: Lesson) -> None:
    async with opened(lesson, "signs") as (app, pilot):
        await press(pilot, *RIGHT["signs"], "enter")
        assert app.lesson_screen.loop.step.id == "sort"
        assert "▸" in screen_text(app)


@pytest.mark.parametrize("step", ["try", "procedure", "faulty", "code"])
async def test_a_solved_step_shows_its_answer_when_it_is_visited_again(lesson: Lesson, step: str) -> None:
    store = Store.open(None)
    for again in range(2):
        app = OneScreenApp(store, lesson, start=step, language="ko")
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            if again:
                assert "맞아요" in said(app)
            else:
                await press(pilot, *RIGHT[step])


@pytest.mark.parametrize("step", RIGHT)
async def test_the_three_levels_of_help_are_there(
    lesson: Lesson, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson_loop, "HINT_PAUSE", 0.0)
    async with opened(lesson, step, language="ko", size=(60, 20), plain=True) as (app, pilot):
        heard = []
        for _ in range(3):
            await press(pilot, "f2")
            heard.append(said(app))
        assert len(set(heard)) == 3
        assert all(heard)
        foreign = [character for character in screen_text(app) if 0x2500 <= ord(character) < 0x2800]
        assert foreign == []


async def test_a_lab_that_is_left_for_later_keeps_nobody_from_the_end(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(LessonScreen, "finish", lambda screen: ended.append(True))
    async with opened(lesson, "lab") as (app, pilot):
        loop = app.lesson_screen.loop
        loop.done |= {step.id for step in lesson.steps if step.id not in ("lab", "friend")}
        await press(pilot, "pagedown")
        assert not ended
        loop.go_to("friend")
        loop.done_elsewhere("friend")
        await app.lesson_screen._go_to_open_step()
        await pilot.pause()
        assert "PgDn ends the lesson" in said(app)
        await press(pilot, "pagedown")
    assert ended


WRONG = {
    "try": (["type:dout*x", "enter"], "multiply node"),
    "shapes": (["type:3", "enter"], "has the shape of its value"),
    "signs": (["type:-", "enter"], "multiply node"),
    "sort": (["1", "1", "enter"], "nothing arrives from the right"),
    "procedure": (["3", "1", "4", "2", "enter"], "With which weights"),
    "faulty": (["2", "enter"], "a line above it is off first"),
    "code": (["1", "enter"], "does what it should"),
}


@pytest.mark.parametrize("step", WRONG)
async def test_a_wrong_answer_is_asked_about_and_the_step_can_be_worked_out(
    lesson: Lesson, step: str
) -> None:
    keys, asked = WRONG[step]
    async with opened(lesson, step) as (app, pilot):
        await press(pilot, *keys)
        assert asked in said(app)
        assert "Worked step" not in said(app)
        await press(pilot, "f3")
        assert "Worked step" in said(app)


async def test_a_matrix_is_filled_cell_by_cell_or_in_one_go() -> None:
    gates = load_lesson(VECTORS)
    for keys in (
        ["type:-0.4", "right", "type:0", "tab", "type:.3", "down", "type:0", "enter"],
        ["type:-0.4, 0, 0.3, 0", "enter"],
        ["type:-0.4", "enter", "type:0", "enter", "type:0.3", "enter", "type:0", "enter"],
    ):
        async with opened(gates, "vector") as (app, pilot):
            await press(pilot, *keys)
            assert app.lesson_screen.loop.state.solved, screen_text(app)


async def test_a_lab_step_waits_until_its_prediction_was_compared(lesson: Lesson) -> None:
    async with opened(lesson, "lab") as (app, pilot):
        assert "open the lab" in said(app)
        assert not app.lesson_screen.loop.may_advance
        app.lesson_screen.lab_compared("another")
        assert not app.lesson_screen.loop.may_advance
        app.lesson_screen.lab_compared("learning-rate")
        await press(pilot, "enter")
        assert app.lesson_screen.loop.step.id == "drill"
        assert "lab" in app.lesson_screen.loop.done


async def test_enter_before_anything_is_sorted_says_again_how_to_sort(lesson: Lesson) -> None:
    async with opened(lesson, "sort") as (app, pilot):
        await press(pilot, "enter")
        assert "A digit puts the item at the arrow into a bin." in said(app)


async def test_what_is_sorted_so_far_is_said_to_be_right(lesson: Lesson) -> None:
    async with opened(lesson, "sort") as (app, pilot):
        await press(pilot, "1", "enter")
        assert "no bin yet" in said(app)
        assert app.lesson_screen.loop.state.times_wrong == {}


async def test_the_cells_of_a_wrong_array_are_marked_each() -> None:
    async with opened(load_lesson(VECTORS), "vector") as (app, pilot):
        await press(pilot, "type:-0.4", "tab", "type:0.7", "tab", "type:0.3", "tab", "type:0", "enter")
        row = next(line for line in screen_text(app).splitlines() if line.startswith(" dx ="))
        assert [mark for mark in row if mark in "✓✗"] == ["✓", "✗", "✓", "✓"]
        await press(pilot, "backspace")
        row = next(line for line in screen_text(app).splitlines() if line.startswith(" dx ="))
        assert not set(row) & set("✓✗")


async def test_a_wrong_array_that_was_typed_in_one_row_is_put_right_in_its_cells() -> None:
    async with opened(load_lesson(VECTORS), "vector") as (app, pilot):
        await press(pilot, "type:-0.4 5 7 0", "enter")
        row = next(line for line in screen_text(app).splitlines() if line.startswith(" dx ="))
        assert [mark for mark in row if mark in "✓✗"] == ["✓", "✗", "✗", "✓"]
        await press(pilot, "type:0", "tab", "type:0.3", "enter")
        assert app.lesson_screen.loop.state.solved


async def test_the_first_key_replaces_a_cell_that_was_found_wrong() -> None:
    async with opened(load_lesson(VECTORS), "vector") as (app, pilot):
        await press(pilot, "type:-0.4", "tab", "type:7", "tab", "type:0.3", "tab", "type:0", "enter")
        await press(pilot, "shift+tab", "shift+tab", "right", "type:5")
        assert app.lesson_screen._answer is not None
        assert app.lesson_screen._answer.entries() == {"answer": "-0.4, 75, 0.3, 0"}
        await press(pilot, "backspace", "enter", "type:0", "enter")
        assert app.lesson_screen.loop.state.solved


async def test_a_digit_goes_on_to_the_next_item_where_all_have_a_bin(lesson: Lesson) -> None:
    async with opened(lesson, "sort") as (app, pilot):
        items = app.screen.query_one(BinSort)
        await press(pilot, "2", "1")
        assert items.cursor == 0
        await press(pilot, "enter", "1", "2")
        assert app.lesson_screen.loop.state.checked == {"slope": "total", "arrives": "local"}
        await press(pilot, "enter")
        assert app.lesson_screen.loop.state.solved


def test_the_name_of_a_bin_stays_in_one_row() -> None:
    names = ["What the node alone gives", "What arrives from behind", "Neither of them"]
    pieces = [Content(name) for name in names]
    for width in range(26, 90):
        rows = [row.plain for row in side_by_side(pieces, width)]
        assert all(any(name in row for row in rows) for name in names)
        assert all(cell_len(row) <= width for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", ["friend", "code", "sort", "procedure"])
def test_words_and_code_are_not_to_be_moved_by_a_thousandth(lesson: Lesson, step: str, language: str) -> None:
    found = next(found for found in lesson.steps if found.id == step)
    words = LessonWords(Text(language), Exercise(found))
    key = found.items[0].id if isinstance(found, Sorting) else CHOSEN
    blank = BlankVerdict(
        key, Outcome.WRONG, found.bins[0] if isinstance(found, Sorting) else "x", times_wrong=1
    )
    said = " ".join(line.text for line in words.verdict(Verdict((blank,))))
    assert said
    assert "0.001" not in said


async def test_what_has_no_edge_cannot_stop_the_screen(lesson: Lesson) -> None:
    partly = next(step for step in lesson.steps if step.id == "partly")
    nowhere = partly.model_copy(
        update={
            "statements": ("a = x * u", "L = x + y"),
            "inputs": {"x": 2.0, "y": 3.0, "u": 3.0},
            "ask": ("dx", "a"),
            "known": (),
            "fade": None,
        }
    )
    alone = replace(lesson, steps=(nowhere,))
    async with opened(alone, "partly") as (app, pilot):
        await press(pilot, "type:1", "tab", "type:6", "enter")
        assert app.lesson_screen.loop.state.solved
