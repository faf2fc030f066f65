"""The app as a whole: the first minute, coming back, the way through the course, and faults of the record."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList
from ui_harness import screen_text, settled

from tutor.course.loader import course_folder, load_lesson, outlines
from tutor.student.database import Notice, NoticeKind
from tutor.student.events import Event, EventKind, attempt
from tutor.student.faults import Fault, StoreError
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.ui.app import TutorApp
from tutor.ui.lab_messages import OpenLab
from tutor.ui.screens.course_map import TRAINING, CourseMap
from tutor.ui.screens.done import DoneScreen
from tutor.ui.screens.guided_lab import GuidedLabScreen
from tutor.ui.screens.help import HelpScreen
from tutor.ui.screens.lab_list import LabList
from tutor.ui.screens.lesson import LessonScreen
from tutor.ui.screens.progress import ProgressScreen
from tutor.ui.screens.settings import SettingsScreen
from tutor.ui.screens.training import TrainingScreen
from tutor.ui.screens.welcome import WelcomeScreen

pytestmark = pytest.mark.usefixtures("english_system")

COURSE = course_folder()
FIRST = "forward-pass"
SECOND, LAST = outlines(COURSE)[1], outlines(COURSE)[-1]


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(None) as opened:
        yield opened


@asynccontextmanager
async def running(
    store: Store, *, course: Path = COURSE, size: tuple[int, int] = (80, 24), **options: Any
) -> Any:
    app = TutorApp(store, course, **options)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot


def the_app(pilot: Pilot[None]) -> TutorApp:
    assert isinstance(pilot.app, TutorApp)
    return pilot.app


def steps_of(slug: str) -> list[str]:
    return [step.id for outline in outlines(COURSE) if outline.slug == slug for step in outline.steps]


def finish(store: Store, slug: str) -> None:
    for step in steps_of(slug):
        store.append(Event(EventKind.POSITION, slug, step), Event(EventKind.STEP_DONE, slug, step))


# -- the first minute ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("keys", "language"), [([], "en"), (["right"], "ko"), (["2"], "ko"), (["1"], "en")])
async def test_three_keys_lead_from_the_first_start_to_the_first_lesson(
    store: Store, keys: list[str], language: str
) -> None:
    async with running(store) as pilot:
        app = the_app(pilot)
        assert isinstance(app.screen, WelcomeScreen)
        for code in LANGUAGES:
            assert Text(code)("welcome.which") in screen_text(app)
        await pilot.press(*keys, *([] if keys and keys[0].isdigit() else ["enter"]))
        await settled(pilot)
        assert Text(language)("welcome.what_1") in screen_text(app)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.lesson.slug == FIRST
        assert app.screen.lesson.title[language] in screen_text(app)
        assert store.settings().language == language
        assert app.learner.progress.position == (FIRST, steps_of(FIRST)[0])


async def test_the_choice_of_a_language_begins_at_the_systems(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUTOR_LANG", "ko")
    async with running(store) as pilot:
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "ko"


async def test_a_language_given_is_not_asked_for(store: Store) -> None:
    async with running(store, language="ko") as pilot:
        assert Text("ko")("welcome.what_1") in screen_text(the_app(pilot))
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, LessonScreen)
    assert store.settings().language == "ko"


async def test_who_knows_the_beginning_goes_from_the_welcome_to_the_course(store: Store) -> None:
    async with running(store) as pilot:
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(pilot.app.screen, WelcomeScreen)
        await pilot.press("1", "escape")
        await settled(pilot)
        assert isinstance(pilot.app.screen, CourseMap)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, LessonScreen)


async def test_who_left_during_the_welcome_is_welcomed_again(store: Store) -> None:
    async with running(store) as pilot:
        await pilot.press("2", "ctrl+q")
    async with running(store) as pilot:
        assert Text("ko")("welcome.ready") in screen_text(the_app(pilot))


def test_the_welcome_is_painted_before_the_heavy_libraries_are_imported() -> None:
    script = (
        "import asyncio, sys\n"
        "from tutor.course.loader import course_folder\n"
        "from tutor.student.store import Store\n"
        "from tutor.ui.app import TutorApp\n"
        "loaded = []\n"
        "class Watched(TutorApp):\n"
        "    def make_ready(self, outline): loaded.extend(sys.modules)\n"
        "async def main():\n"
        "    async with Watched(Store.open(None), course_folder()).run_test() as pilot:\n"
        "        await pilot.pause()\n"
        "asyncio.run(main())\n"
        "assert loaded\n"
        "print(*{name.split('.')[0] for name in loaded})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert not {"numpy", "pydantic", "plotext"} & set(done.stdout.split())


# -- coming back -----------------------------------------------------------------------------------------


async def test_the_app_opens_at_the_exercise_where_it_was_left_with_what_was_typed(store: Store) -> None:
    store.append(Event(EventKind.POSITION, FIRST, "gift-box"))
    store.save_draft(FIRST, "gift-box", "t", "17")
    async with running(store) as pilot:
        app = the_app(pilot)
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.loop.step.id == "gift-box"
        assert "17" in [field.value for field in app.screen.query(Input)]
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, CourseMap)


async def test_after_a_completed_lesson_the_map_opens_with_the_next_one_chosen(store: Store) -> None:
    finish(store, FIRST)
    async with running(store) as pilot:
        app = the_app(pilot)
        assert isinstance(app.screen, CourseMap)
        assert chosen(app) == SECOND.slug


async def test_a_place_that_is_no_longer_in_the_course_leads_to_the_map(store: Store) -> None:
    store.append(Event(EventKind.POSITION, "a-lesson-of-old", "first"))
    async with running(store) as pilot:
        assert isinstance(pilot.app.screen, CourseMap)


async def test_a_language_nobody_speaks_any_more_is_asked_for_again(store: Store) -> None:
    store.save_settings(replace(store.settings(), language="tlh"))
    async with running(store) as pilot:
        assert Text("en")("welcome.which") in screen_text(the_app(pilot))


# -- the course map --------------------------------------------------------------------------------------


def chosen(app: TutorApp) -> str:
    option = app.screen.query_one(OptionList).highlighted_option
    return option.id or "" if option else ""


async def on_the_map(pilot: Pilot[None]) -> TutorApp:
    app = the_app(pilot)
    app.back_to_map()
    await settled(pilot)
    return app


async def test_any_lesson_may_be_opened(store: Store) -> None:
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        await pilot.press("end", "up", "up", "up")
        assert chosen(app) == LAST.slug
        needed = ", ".join(
            f"{outline.number} {outline.title['en']}"
            for outline in outlines(COURSE)
            if outline.slug in LAST.needs
        )
        assert Text("en")("course_map.not_yet", lessons=needed) in flowing(screen_text(app))
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.lesson.slug == LAST.slug


def flowing(text: str) -> str:
    return " ".join(text.split())


async def test_the_map_tells_how_far_each_lesson_is(store: Store) -> None:
    finish(store, FIRST)
    steps = steps_of("add-and-multiply")
    for step in steps[:3]:
        store.append(Event(EventKind.STEP_DONE, "add-and-multiply", step))
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        shown = screen_text(app)
        first = next(line for line in shown.splitlines() if app.outlines[0].title["en"] in line)
        assert "✓ done" in first
        assert f"{app.outlines[0].minutes} min" in first
        assert f"3/{len(steps)}" in shown
        following = f"{SECOND.number}  {SECOND.title['en'][:20]}"
        assert "next" in next(line for line in shown.splitlines() if following in line)


async def test_practice_labs_and_progress_stand_below_the_lessons_with_their_keys(store: Store) -> None:
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        await pilot.press("end")
        await settled(pilot)
        last = screen_text(app).splitlines()
        for name, key in (("Practice", "F6"), ("Labs", "F5"), ("Progress", "F7")):
            assert any(name in line and line.rstrip().endswith(key) for line in last)
        assert any(app.outlines[-1].title["en"] in line for line in last)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, ProgressScreen)


async def test_the_map_shows_the_progress_made_in_a_lesson(store: Store) -> None:
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, LessonScreen)
        app.record([Event(EventKind.STEP_DONE, FIRST, steps_of(FIRST)[0])])
        await pilot.press("escape")
        await settled(pilot)
        assert f"1/{len(steps_of(FIRST))}" in screen_text(app)


@pytest.mark.parametrize("keys", [["end", "up", "enter"], ["f5"]])
async def test_the_training_opens_from_the_map_and_comes_back_to_it(store: Store, keys: list[str]) -> None:
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        await pilot.press(*keys)
        await settled(pilot)
        assert isinstance(app.screen, LabList)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, TrainingScreen)
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert isinstance(app.screen, CourseMap)


async def test_the_training_opened_in_a_lesson_comes_back_to_the_lesson(store: Store) -> None:
    store.append(Event(EventKind.POSITION, FIRST, "gift-box"))
    async with running(store) as pilot:
        await pilot.press("f5")
        await settled(pilot)
        assert isinstance(pilot.app.screen, LabList)
        await pilot.press("enter", "escape", "escape")
        await settled(pilot)
        assert isinstance(pilot.app.screen, LessonScreen)


async def test_the_labs_are_listed_opened_and_marked_once_compared(store: Store) -> None:
    store.append(Event(EventKind.RUN, "lab", "learning-rate", {"kept": False}))
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        await pilot.press("f5")
        await app.workers.wait_for_complete()
        await settled(pilot)
        lab = (await app.read_labs())["learning-rate"]
        row = next(row for row in screen_text(app).splitlines() if lab.title["en"] in row)
        assert app.text("labs.compared") in row
        visits = {step.lab: lesson.number for lesson in app.outlines for step in lesson.steps}
        listed = [option.id for option in app.screen.query_one("#labs", OptionList).options]
        numbers = [visits[slug] for slug in listed if slug in visits]
        assert numbers == sorted(numbers)
        assert set(await app.read_labs()) <= set(listed)
        assert app.text("labs.lesson", number=visits["learning-rate"]) in row
        app.screen.post_message(OpenLab("learning-rate"))
        await settled(pilot)
        await app.workers.wait_for_complete()
        await settled(pilot)
        assert isinstance(app.screen, GuidedLabScreen)
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, LabList)


@pytest.fixture
def damaged_course(tmp_path: Path) -> Path:
    """Return a course whose first lesson has no readable file and whose third is not what it claims."""
    course = tmp_path / "lessons"
    shutil.copytree(COURSE, course)
    (course / "01-forward-pass" / "lesson.toml").write_text("format = [", encoding="utf-8")
    prose = course / "03-add-and-multiply" / "ko.md"
    prose.write_text(prose.read_text(encoding="utf-8").replace("## keep", "## kept"), encoding="utf-8")
    return course


@pytest.mark.parametrize("language", list(LANGUAGES))
async def test_a_damaged_lesson_stays_closed_and_says_why(
    store: Store, damaged_course: Path, language: str
) -> None:
    text = Text(language)
    async with running(store, course=damaged_course, language=language) as pilot:
        app = await on_the_map(pilot)
        await pilot.press("home")
        await settled(pilot)
        assert chosen(app) == FIRST
        assert flowing(text("course_map.damaged_about"))[:30] in flowing(screen_text(app))
        assert text("course_map.damaged") in screen_text(app)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, CourseMap)


async def test_a_lesson_that_fails_its_proof_is_told_and_marked(store: Store, damaged_course: Path) -> None:
    async with running(store, course=damaged_course, language="en") as pilot:
        app = await on_the_map(pilot)
        await pilot.press("home", "down", "down", "enter")
        await settled(pilot)
        assert isinstance(app.screen, CourseMap)
        assert "Add and multiply nodes cannot be read" in flowing(screen_text(app))
        await pilot.press("f8")
        await settled(pilot)
        assert screen_text(app).count("✗ cannot be read") == 2


async def test_a_folder_without_lessons_still_opens(store: Store, tmp_path: Path) -> None:
    async with running(store, course=tmp_path, language="en") as pilot:
        await pilot.press("enter")
        await settled(pilot)
        app = the_app(pilot)
        assert isinstance(app.screen, CourseMap)
        assert chosen(app) == TRAINING
        assert "There are no lessons in" in screen_text(app)


# -- after a lesson --------------------------------------------------------------------------------------


async def test_a_finished_lesson_is_summed_up_and_leads_to_the_next(store: Store) -> None:
    steps = steps_of(FIRST)
    store.append(attempt(FIRST, "gift-box", right=True, entries={}, outcomes={}, milliseconds=61_000))
    store.append(Event(EventKind.HINT, FIRST, "fruit", {"level": 1}))
    store.append(attempt(FIRST, "fruit", right=True, entries={}, outcomes={}, hints=1, milliseconds=59_000))
    for step in steps:
        store.append(Event(EventKind.STEP_DONE, FIRST, step))
    store.append(Event(EventKind.POSITION, FIRST, steps[0]))
    async with running(store, language="en") as pilot:
        app = the_app(pilot)
        assert isinstance(app.screen, LessonScreen)
        app.screen.post_message(LessonScreen.Finished(FIRST))
        await settled(pilot)
        assert isinstance(app.screen, DoneScreen)
        shown = flowing(screen_text(app))
        lesson = load_lesson(next(COURSE.glob(f"*-{FIRST}")))
        assert flowing(lesson.keep["en"]) in shown
        assert "Right at the first try 1 of 2" in shown  # what was passed over was not tried
        assert "Hints taken 1" in shown
        assert "Time on exercises 2 min" in shown
        assert f"{SECOND.number} {SECOND.title['en']}" in shown
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.lesson.slug == SECOND.slug
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, CourseMap)


async def test_after_the_last_lesson_the_map_is_offered(store: Store) -> None:
    for outline in outlines(COURSE):
        finish(store, outline.slug)
    async with running(store, language="en") as pilot:
        app = the_app(pilot)
        assert isinstance(app.screen, CourseMap)
        assert chosen(app) == TRAINING
        app.push_screen(DoneScreen(load_lesson(next(COURSE.glob("*-sigmoid")))))
        await settled(pilot)
        assert flowing(Text("en")("done.all_done")) in flowing(screen_text(app))
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, CourseMap)


async def test_the_next_lesson_stands_behind_the_last_one_where_there_is_one(store: Store) -> None:
    async with running(store) as pilot:
        app = the_app(pilot)
        finish(store, "add-and-multiply")
        from tutor.student.progress import Progress

        app.learner.progress = Progress.from_events(store.events())
        following = app.recommended(after="add-and-multiply")
        assert following is not None
        assert following.slug == "chain-rule"


# -- words, settings, help -------------------------------------------------------------------------------


async def test_the_language_changes_everywhere_and_keeps_what_is_typed(store: Store) -> None:
    store.append(Event(EventKind.POSITION, FIRST, "gift-box"))
    async with running(store, language="en") as pilot:
        app = the_app(pilot)
        await pilot.press("4", "2")
        focused = app.focused
        assert isinstance(focused, Input)
        await pilot.press("f9")
        await settled(pilot)
        assert app.focused is focused
        assert focused.value == "42"
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.lesson.title["ko"] in screen_text(app)
        await pilot.press("escape")
        await settled(pilot)
        assert "순전파와 계산 그래프" in screen_text(app)
        assert store.settings().language == "ko"


async def test_every_setting_applies_at_once_and_is_there_the_next_time(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        async with running(store, language="en") as pilot:
            app = await on_the_map(pilot)
            await pilot.press("f4")
            assert isinstance(app.screen, SettingsScreen)
            await pilot.press("right", "down", "right", "down", "right", "down", "right")
            await settled(pilot)
            assert (app.text.language, app.theme, app.ascii_only) == ("ko", "tutor-light", True)
            assert app.animation_level == "none"
            assert Text("ko")("settings.title") in screen_text(app)
            await pilot.press("escape")
            await settled(pilot)
            assert isinstance(app.screen, CourseMap)
    with Store.open(tmp_path) as store:
        async with running(store) as pilot:
            app = the_app(pilot)
            assert (app.text.language, app.theme, app.ascii_only) == ("ko", "tutor-light", True)
            assert app.animation_level == "none"


async def test_a_setting_turns_in_both_directions_and_by_a_click(store: Store) -> None:
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        await pilot.press("f4", "down", "left")
        assert app.theme == "tutor-light"
        await pilot.press("left")
        assert app.theme == "tutor-dark"
        await pilot.click("#theme", offset=(31, 0))
        assert app.theme == "tutor-light"


async def test_an_override_for_this_run_outlives_a_change_of_something_else(store: Store) -> None:
    store.save_settings(replace(store.settings(), language="en"))
    async with running(store, language="ko", ascii_only=True) as pilot:
        app = the_app(pilot)
        app.change_settings(motion=False)
        assert app.ascii_only
        assert app.text.language == "ko"


async def test_without_colour_the_theme_of_the_terminal_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        before = app.theme
        await pilot.press("f4", "down", "right")
        assert app.theme == before
        app.change_settings(theme="tutor-light")
        assert app.theme == before


async def test_help_lists_the_keys_of_the_screen_it_is_asked_from(store: Store) -> None:
    async with running(store, language="en", size=(80, 60)) as pilot:
        app = await on_the_map(pilot)
        await pilot.press("f1")
        await settled(pilot)
        assert isinstance(app.screen, HelpScreen)
        shown = screen_text(app)
        for key, name in CourseMap.KEYS:
            assert any(
                line.split() == [key, *app.text(f"keys.{name}").split()] for line in shown.splitlines()
            )
        assert "dx is short for dL/dx" in shown
        assert "ReLU′(0) = 0" in shown
        await pilot.press("f1")
        await settled(pilot)
        assert isinstance(app.screen, CourseMap)


async def test_keys_in_the_key_bar_can_be_clicked(store: Store) -> None:
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        row = screen_text(app).splitlines()[-1]
        await pilot.click(offset=(row.index("progress"), 23))
        await settled(pilot)
        assert isinstance(app.screen, ProgressScreen)


async def test_the_key_bar_keeps_help_where_room_is_short(store: Store) -> None:
    async with running(store, language="en", size=(60, 20)) as pilot:
        row = screen_text(await on_the_map(pilot)).splitlines()[-1]
        assert row.endswith("F1 help")
        assert "Enter open" in row


async def test_settings_and_help_do_not_pile_up(store: Store) -> None:
    async with running(store, language="en") as pilot:
        app = await on_the_map(pilot)
        await pilot.press("f4", "f4", "f1", "f4", "f1", "f1", "escape")
        await settled(pilot)
        assert isinstance(app.screen, CourseMap)


async def test_control_c_says_how_to_quit(store: Store) -> None:
    async with running(store, language="en") as pilot:
        await pilot.press("ctrl+c")
        await settled(pilot)
        assert Text("en")("app.how_to_quit") in screen_text(the_app(pilot))


# -- faults of the record --------------------------------------------------------------------------------


def failing(*_: object) -> int:
    raise StoreError(Fault.FULL, Path("progress.sqlite3"))


@pytest.mark.parametrize("language", list(LANGUAGES))
async def test_a_record_that_cannot_be_written_is_told_until_read_and_stops_nobody(
    store: Store, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    store.append(Event(EventKind.POSITION, FIRST, "gift-box"))
    async with running(store, language=language) as pilot:
        app = the_app(pilot)
        monkeypatch.setattr(store, "append", failing)
        monkeypatch.setattr(store, "save_settings", failing)
        monkeypatch.setattr(store, "save_draft", failing)
        await pilot.press("1", "8", "0", "tab", "1", "9", "8", "enter")
        await settled(pilot)
        sentence = flowing(app.text("student.fault.full"))
        assert sentence in flowing(screen_text(app))
        assert app.learner.progress.step(FIRST, "gift-box").done
        await pilot.press("escape")
        await settled(pilot)
        assert sentence in flowing(screen_text(app))
        await pilot.press("f8")
        await settled(pilot)
        assert sentence not in flowing(screen_text(app))


async def test_what_was_found_on_opening_the_record_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notice = Notice(NoticeKind.DAMAGED, tmp_path / "set-aside-1")
    monkeypatch.setattr(Store, "notice", notice)
    async with running(store, language="en") as pilot:
        app = the_app(pilot)
        assert "The record was damaged" in screen_text(app)
        await pilot.press("f9")
        await settled(pilot)
        assert "기록이 손상되어" in screen_text(app)


async def test_the_end_keeps_what_is_typed_and_gives_its_code(store: Store) -> None:
    store.append(Event(EventKind.POSITION, FIRST, "gift-box"))
    app = TutorApp(store, COURSE, language="en")
    async with app.run_test() as pilot:
        await settled(pilot)
        await pilot.press("5")
        app.end(143)
        await pilot.pause()
    assert app.return_code == 143
    assert store.drafts(FIRST, "gift-box") == {"t": "5"}
