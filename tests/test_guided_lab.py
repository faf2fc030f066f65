"""A lab of the course: nothing runs before a prediction, and the own setting is predicted too."""

from __future__ import annotations

import pytest
from lab_harness import run_to_the_end
from textual import on
from textual.message import Message
from textual.pilot import Pilot
from ui_harness import BareApp, screen_text, settled

from tutor.course.labs import LABS, lab_slugs, load_lab
from tutor.course.loader import course_folder
from tutor.engine.experiments import KINDS
from tutor.student.events import EventKind
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.tutoring.laboratory import Stage as Visit
from tutor.ui.lab_steps import Pace
from tutor.ui.screens.guided_lab import GuidedLabScreen
from tutor.ui.screens.lab import Stage

SLUGS = lab_slugs(course_folder())
LAB = "learning-rate"


class LabApp(BareApp):
    """The tutor with nothing but one lab."""

    def __init__(self, slug: str = LAB, language: str = "en", *, ascii_only: bool = False) -> None:
        self.lab = GuidedLabScreen(load_lab(course_folder() / LABS / slug))
        super().__init__(Store.open(None), self.lab, language=language, ascii_only=ascii_only)

    @on(GuidedLabScreen.Compared)
    def _note(self, message: Message) -> None:
        self.told.append(message)


def stage_of(app: LabApp) -> Stage:
    return app.lab.stage


async def commit(pilot: Pilot[None], answer: int = 0, reason: int = 0) -> None:
    app = pilot.app
    assert isinstance(app, LabApp)
    if app.lab.asked.options is None:
        await pilot.press("2", "enter")
    else:
        await pilot.press(*["down"] * answer, "enter")
    await pilot.press(*["down"] * reason, "enter")
    await settled(pilot)


async def test_each_option_has_its_sketch_until_the_prediction_is_committed() -> None:
    app = LabApp(slug="learning-rate")
    async with app.run_test(size=(140, 45)) as pilot:
        await settled(pilot)
        asked = app.lab.asked
        assert asked.options is not None
        for option in app.lab.lab.options:
            words = app.lab.said.option(option.id)
            assert screen_text(app).count(words) == 2, "in the list and below its sketch"
        await pilot.press("down", "enter")
        assert asked.sketches.chosen == app.lab.lab.options[1].id
        await pilot.press("enter")
        await settled(pilot)
        assert not asked.sketches.display


async def test_nothing_runs_before_a_prediction_and_a_reason() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for keys in (["space"], ["f6"], ["f5"], ["b"], ["tab", "tab"]):
            await pilot.press(*keys)
            assert stage_of(app) is Stage.SETUP
            assert app.lab.bench.stage is Visit.PREDICT
        app.lab.asked.first.focus()
        await pilot.press("enter")
        assert stage_of(app) is Stage.SETUP
        await pilot.press("enter")
        await settled(pilot)
        assert stage_of(app) is Stage.READY
        assert [event.step for event in app.recorded(EventKind.PREDICTION)] == [LAB]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_the_prediction_stays_beside_the_outcome_and_the_reason_gets_its_reply(language: str) -> None:
    app = LabApp(language=language)
    async with app.run_test(size=(140, 45)) as pilot:
        await settled(pilot)
        await commit(pilot, answer=0, reason=1)
        await run_to_the_end(pilot)
        found = app.lab.bench.comparison
        assert found is not None
        text = " ".join(screen_text(app).split())
        said = app.lab.said
        assert found.prediction.answer == app.lab.lab.options[0].id
        assert "●" in text
        assert isinstance(found.right, str)
        assert app.text("lab.miss", predicted="")[:8] in text
        await pilot.press("enter")
        await settled(pilot)
        text = " ".join(screen_text(app).split())
        idea = app.lab.bench.idea
        assert idea is not None
        for words in (said.idea(idea.id), said.reason(app.lab.lab.reasons[1].id), app.text("lab.because")):
            assert words[:20] in text
        assert app.lab.views.region, "the picture stays where there is room"
        event = app.recorded(EventKind.IDEA)[0]
        assert (event.step, event.data["idea"]) == (LAB, idea.id)
        assert [type(message) for message in app.told] == [GuidedLabScreen.Compared]
        event = app.recorded(EventKind.RUN)[0]
        assert (event.step, event.data["kept"]) == (LAB, False)


async def test_the_own_setting_is_predicted_run_and_compared() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot, answer=1)
        await run_to_the_end(pilot)
        await pilot.press("enter", "enter")
        await settled(pilot)
        assert stage_of(app) is Stage.SETUP
        await pilot.press("enter")
        assert stage_of(app) is Stage.SETUP  # no value yet
        await pilot.press("0", "full_stop", "5", "enter")
        await pilot.press("0", "enter")
        await settled(pilot)
        assert stage_of(app) is Stage.READY
        await run_to_the_end(pilot)
        assert app.lab.bench.stage is Visit.OWN_COMPARED
        assert app.text("lab.keep") in " ".join(screen_text(app).split())
        assert len(app.told) == 1
        await pilot.press("enter")
        await settled(pilot)
        assert stage_of(app) is Stage.SETUP  # and another one


@pytest.mark.parametrize("key", ["pagedown", "escape"])
async def test_the_question_for_the_idea_can_be_passed_over(key: str) -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot, answer=3)
        await run_to_the_end(pilot)
        ideas = app.lab.asked.ideas
        assert ideas.has_focus
        assert app.lab.said.idea(ideas.ids[0])[:20] in screen_text(app)
        await pilot.press(key)
        await settled(pilot)
        assert stage_of(app) is Stage.ENDED
        assert not app.recorded(EventKind.IDEA)
        assert app.lab.said.reason(app.lab.lab.right_reason)[:20] in screen_text(app)


async def test_a_right_prediction_is_asked_for_no_idea_and_enter_tells_why() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot, answer=1)
        await run_to_the_end(pilot)
        assert app.text("lab.which_idea") not in screen_text(app)
        assert app.lab.views.region
        await pilot.press("enter")
        await settled(pilot)
        report = app.lab.query_one("#report")
        assert report.virtual_size.height <= report.size.height, "the explanation is seen whole"
        assert "45.26" in screen_text(app)
        assert not app.lab.views.region
        for key in ("tab", "1"):
            await pilot.press(key)
            await settled(pilot)
            assert app.lab.views.region, "the picture is there again"
            assert app.lab.views.view == "loss"
            await pilot.press("enter")
            await settled(pilot)


@pytest.mark.parametrize(
    ("typed", "name", "asked"),
    [
        ("27", "hit", False),
        ("27.4", "number.hit", False),
        ("28", "number.close", False),
        ("21", "number.miss", True),
    ],
)
async def test_a_number_is_told_beside_the_one_that_came(typed: str, name: str, asked: bool) -> None:
    app = LabApp("order-of-backward")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press(*("full_stop" if sign == "." else sign for sign in typed), "enter", "enter")
        await settled(pilot)
        await run_to_the_end(pilot)
        assert app.text(f"lab.{name}", predicted=typed, right="27") in " ".join(screen_text(app).split())
        assert app.lab.asked.ideas.has_focus == asked


async def test_leaving_stops_the_thread_and_records_the_run_as_stopped() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot)
        app.lab.pace = Pace.SLOW
        await pilot.press("enter")
        await pilot.pause(0.1)
        thread = app.lab._thread
        assert thread is not None
        await pilot.press("escape")
        await settled(pilot)
        assert not thread.alive
        assert app.recorded(EventKind.RUN)[0].data["stopped"] is True


@pytest.mark.parametrize(
    ("slug", "language"),
    [
        pytest.param(slug, language, marks=[] if language == "en" and slug == LAB else pytest.mark.long)
        for slug in SLUGS
        for language in sorted(LANGUAGES)
    ],
)
async def test_every_lab_can_be_played_with_every_view_at_every_size(slug: str, language: str) -> None:
    app = LabApp(slug, language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot)
        await run_to_the_end(pilot)
        for size in ((60, 20), (80, 24), (140, 45)):
            await pilot.resize_terminal(*size)
            for digit in range(1, len(app.lab.views.names) + 1):
                await pilot.press(str(digit))
                await settled(pilot)
        assert app.lab.bench.comparison is not None


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_setting_reading_and_choice_of_a_lab_has_its_words(language: str) -> None:
    text = Text(language)
    for kind in KINDS.values():
        for reading in kind.reads:
            assert reading.startswith("error_") or f"lab_views.reading.{reading}" in text, reading
    for slug in SLUGS:
        lab = load_lab(course_folder() / LABS / slug)
        assert f"lab.variable.{lab.variable}" in text, lab.variable
        assert f"lab.variable.{lab.own.variable or lab.variable}" in text, slug
        assert all(f"lab.value.{choice}" in text for choice in lab.own.choices), slug
        assert all(f"lab_views.view.{view}" in text for view in lab.views), slug


@pytest.mark.parametrize(
    ("slug", "language"),
    [
        pytest.param(
            slug, language, marks=[] if slug in ("dying-relu", "broken-backprop") else pytest.mark.long
        )
        for slug in SLUGS
        for language in sorted(LANGUAGES)
    ],
)
async def test_the_whole_question_of_a_lab_is_seen_in_80_by_24(slug: str, language: str) -> None:
    app = LabApp(slug, language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for part in (*map(app.lab.query_one, ("#question", "#form", "#why")), app.lab.asked.reasons):
            assert not part.max_scroll_y, part


async def test_every_arm_is_seen_among_the_bars_and_in_the_table_by_moving_on() -> None:
    app = LabApp("optimizer-race")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot, answer=0)
        await run_to_the_end(pilot)
        await pilot.press("tab")
        await settled(pilot)
        for arm in app.lab.lab.labels:
            assert any(f"{app.lab.said.arm(arm)} " in row[30:] for row in screen_text(app).splitlines()), arm
        await pilot.press("pagedown", "4")
        await settled(pilot)
        for heads in (["a", "b", "c"], ["b", "c", "d"]):
            assert heads in [row.split()[-3:] for row in screen_text(app).splitlines()]
            await pilot.press("right")
            await settled(pilot)


async def test_in_20_rows_the_question_stands_alone_and_the_explanation_has_the_screen() -> None:
    app = LabApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        said = app.lab.said
        assert said.prose(app.lab.lab.intro)[:20] not in screen_text(app)
        assert not app.lab.query_one("#question").max_scroll_y
        await commit(pilot)
        await run_to_the_end(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert app.lab.query_one("#report").size.height >= 15
        await pilot.press("enter")
        await settled(pilot)
        assert app.lab.asked.own_first.region, "the field of the own setting is seen"


async def test_the_view_of_bars_shows_the_reading_that_was_predicted_of_every_arm() -> None:
    app = LabApp("dying-relu", "en")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot, answer=2)
        await run_to_the_end(pilot)
        bars = [row for row in screen_text(app).splitlines() if "⠶" in row]
        assert [row.split()[-1] for row in bars] == ["9.75", "15.9"]
        assert 0.5 < bars[0].count("⠶") / bars[1].count("⠶") < 0.7
        assert any(row.split()[-1] == "0.05" for row in screen_text(app).splitlines() if row.strip())


async def test_ascii_mode_draws_no_other_sign() -> None:
    app = LabApp("optimizer-race", "en", ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert all(row.isascii() for row in screen_text(app).splitlines()[1:])
        await commit(pilot)
        await run_to_the_end(pilot)
        for digit in range(1, len(app.lab.views.names) + 1):
            await pilot.press(str(digit))
            await pilot.pause(0.15)
            await settled(pilot)
            assert all(row.isascii() for row in screen_text(app).splitlines()[1:]), digit
