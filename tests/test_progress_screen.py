"""The progress page: skills, mistakes, time and predictions, at every size and in both languages."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from ui_harness import screen_text

from tutor.cli import run
from tutor.course.loader import course_folder, load_lesson
from tutor.course.skills import skill_of, skills
from tutor.student.events import Event, EventKind, attempt
from tutor.student.learning import Learning
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.tutoring.exercise import CHOSEN
from tutor.ui.app import TutorApp
from tutor.ui.screens.practice import PracticeScreen
from tutor.ui.screens.progress import NOTEBOOK, PAGES, TIME, ProgressScreen

NAMES = ("graph.forward", "add.backward", "mul.backward", "relu.backward")


def history(folder: Path | None = None, count: int = 40) -> Store:
    """Return the record of somebody who has practised for two weeks, ending a month ago."""
    clock, chance = [datetime.now(UTC) - timedelta(days=50)], random.Random(3)
    store = Store.open(folder, lambda: clock[0])
    graph = {"statements": ["z = x * y"], "inputs": {"x": 3, "y": -4}, "upstream": 2.5}
    for number in range(count):
        clock[0] += timedelta(days=2) if number % 8 == 0 else timedelta(seconds=90)
        right = chance.random() < 0.75
        store.append(
            attempt(
                "practice:",
                f"mul-{number}",
                right=right,
                entries={"dx": "7.5"},
                outcomes={"dx": "correct" if right else "wrong"},
                skill=NAMES[number % 4],
                diagnosis={} if right else {"dx": chance.choice(["mul_no_swap", "no_upstream"])},
                graph=None if right else graph,
            )
        )
    for kept in (True, True, False):
        store.append(Event(EventKind.RUN, "training", "xor", {"kept": kept, "reason_kept": not kept}))
    return store


@asynccontextmanager
async def progress_page(
    store: Store,
    page: str,
    *,
    size: tuple[int, int] = (80, 24),
    language: str = "en",
    ascii_only: bool = False,
) -> AsyncIterator[Pilot[None]]:
    app = TutorApp(store, course_folder(), language=language, ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        await app.workers.wait_for_complete()
        app.action_notice_read()
        app.push_screen(ProgressScreen(page))
        await pilot.pause()
        await pilot.pause()
        yield pilot


def shown(pilot: Pilot[None]) -> str:
    assert isinstance(pilot.app, TutorApp)
    return screen_text(pilot.app)


async def test_skills_stand_with_their_level_and_what_is_due() -> None:
    async with progress_page(history(), "skills") as pilot:
        text = shown(pilot)
        row = next(line for line in text.splitlines() if "Back through ×" in line)
        level = pilot.app.learner.learning.level("mul.backward").name.lower()  # type: ignore[attr-defined]
        assert level in row
        assert "ready for review" in row
        assert "Right at the first try" in text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_wrong_choice_is_told_with_its_lesson_and_without_ids(language: str) -> None:
    store = Store.open(None)
    wrong = {CHOSEN: "some-id"}
    store.append(
        attempt(
            "chain-rule",
            "more-links",
            right=False,
            entries=wrong,
            outcomes={CHOSEN: "wrong"},
            skill="chain.product",
        )
    )
    async with progress_page(store, "notebook", language=language) as pilot:
        assert "some-id" not in shown(pilot)
        assert CHOSEN not in shown(pilot)
        assert Text(language)("notebook.answered.chosen") in shown(pilot)
        assert load_lesson(course_folder() / "04-chain-rule").title[language] in shown(pilot)


async def test_a_row_opens_practice_of_its_skill() -> None:
    async with progress_page(history(), "skills") as pilot:
        await pilot.press("home", "enter")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, PracticeScreen)
        first = screen.lesson.steps[0].id
        assert screen.practised.plan[first].skill == next(iter(skills()))


async def test_the_notebook_shows_every_mistake_with_graph_entry_and_diagnosis() -> None:
    store = history()
    async with progress_page(store, NOTEBOOK) as pilot:
        app = pilot.app
        assert isinstance(app, TutorApp)
        first = shown(pilot)
        assert "beaten 0 of 2" in first
        await pilot.press("end")
        await pilot.pause()
        last = shown(pilot)
        assert "z = x * y" in last
        assert "x = 3, y = -4" in last
        assert "dx = 7.5" in last
        oldest = app.learner.learning.notebook.mistakes[0]
        (named,) = oldest.diagnosis.values()
        said = " ".join(last.split())
        assert app.text(f"misconceptions.{named}.looks_like")[:40] in said


async def test_an_empty_notebook_says_what_it_is_for() -> None:
    async with progress_page(Store.open(None), NOTEBOOK) as pilot:
        assert "Every answer that misses" in shown(pilot)
        await pilot.press("enter", "3", "1", "left", "right")
        assert isinstance(pilot.app.screen, ProgressScreen)


async def test_the_notebook_is_written_beside_the_record(tmp_path: Path) -> None:
    with history(tmp_path) as store:
        async with progress_page(store, NOTEBOOK) as pilot:
            await pilot.press("ㄷ")
            await pilot.pause()
            (written,) = tmp_path.glob("notebook-*.md")
            assert str(tmp_path) in "".join(shown(pilot).split("\n"))
    assert "z = x * y" in written.read_text("utf-8")


async def test_time_predictions_and_the_curve_of_mastery_are_shown() -> None:
    async with progress_page(history(), TIME, size=(80, 45)) as pilot:
        text = shown(pilot)
        for part in ("Time spent:", "2 of 3 runs (67 %)", "1 of 3 runs (33 %)", "Skills mastered:", "┤"):
            assert part in text


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 45)])
@pytest.mark.parametrize("page", PAGES)
async def test_every_page_fits(size: tuple[int, int], page: str) -> None:
    store = history(count=16)
    for language, ascii_only in (("ko", False), ("en", True)):
        async with progress_page(store, page, size=size, language=language, ascii_only=ascii_only) as pilot:
            text = shown(pilot)
            assert Text(language)(f"progress.page.{page}") in text
            assert "F1" in text.splitlines()[-1]
            if ascii_only:
                assert text.replace("한국어", "").isascii()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_tells_the_same(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with history(tmp_path) as store:
        learning = Learning.from_events(store.events(), skill_of)
    assert run(["progress", "--data", str(tmp_path), "--lang", language]) == 0
    out = capsys.readouterr().out
    for name in NAMES:
        assert Text(language)(f"skills.{name}") in out
    assert run(["progress", "--json", "--data", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {entry["skill"] for entry in found["skills"]} == set(NAMES)
    for entry in found["skills"]:
        record = learning.record(entry["skill"])
        assert (entry["level"], entry["answers"]) == (record.level.name.lower(), record.count)
    assert set(found["due"]) <= set(NAMES)
    assert found["due"]
    assert found["predictions"] == {"count": 3, "came_true": 2, "reason_right": 1}
    assert found["seconds"] == round(learning.seconds)
