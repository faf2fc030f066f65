"""The training screen: nothing runs before a prediction, a run can be steered, and its outcome is said."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lab_harness import LabApp, commit, run_to_the_end, until
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion
from ui_harness import screen_text, settled

from tutor.engine.experiments.descent import DescentArm
from tutor.engine.experiments.surfaces import SURFACES
from tutor.engine.training import Training
from tutor.student.events import EventKind
from tutor.student.faults import Fault, StoreError
from tutor.text import LANGUAGES, Text, catalogue
from tutor.tutoring.predictions import Advice, Cause, Nearness, Prediction, Reason, Trend
from tutor.ui.app import TutorApp
from tutor.ui.lab_steps import SLICE, Pace
from tutor.ui.lab_words import LabWords
from tutor.ui.screens.lab import Stage
from tutor.ui.screens.training import TrainingScreen
from tutor.ui.training_choice import EXTRAS, OPTIONS, RANGES, Choice, changed, differences, read_setting
from tutor.ui.training_run import NetworkRun, run_of
from tutor.ui.views.network import NETWORK
from tutor.ui.widgets.lab_form import Menu

pytestmark = pytest.mark.filterwarnings("error")

LANGUAGE = pytest.mark.parametrize("language", sorted(LANGUAGES))
ENGLISH_FIRST = pytest.mark.parametrize("language", ["en", pytest.param("ko", marks=pytest.mark.long)])
KOREAN_FIRST = pytest.mark.parametrize("language", ["ko", pytest.param("en", marks=pytest.mark.long)])
"""One language every day, the other in the complete run."""


def one_line(app: TutorApp) -> str:
    """What stands on the right of the form, its rows put together."""
    rows = app.screen._compositor.render_strips()
    return " ".join(" ".join(strip.crop(30, 80).text.split()) for strip in rows)


def chosen(dataset: str, **changes: Any) -> Choice:
    return replace(Choice.preset(dataset), **changes)


def put(lab: TrainingScreen, **settings: Any) -> None:
    for name, value in settings.items():
        if name in OPTIONS:
            lab.form.cycles[name].put(value)
        else:
            lab.form.numbers[name].field.put(f"{value:g}")


def focused_id(app: TutorApp) -> str | None:
    return app.focused.id if app.focused else None


def training_of(lab: TrainingScreen) -> Training:
    assert isinstance(lab.run_now, NetworkRun)
    return lab.run_now.training


def losses(lab: TrainingScreen) -> list[float]:
    return [float(loss) for loss in training_of(lab).losses]


# -- the prediction ------------------------------------------------------------------------------------


@KOREAN_FIRST
async def test_a_run_starts_only_after_a_committed_prediction(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        run = app.text("keys.run")
        for keys in (["space"], ["f6"], ["f5"], ["enter"] * 3, ["r", "n", "l"], ["f6", "f5"]):
            await pilot.press(*keys)
            await settled(pilot)
            assert app.lab.stage is Stage.SETUP
            assert not app.lab.runs
            assert run not in screen_text(app).splitlines()[-1]
        assert not app.recorded(EventKind.PREDICTION)
        await pilot.press("enter")
        await settled(pilot)
        assert app.lab.stage is Stage.READY
        assert training_of(app.lab).step_number == 0
        assert f"Enter {run}" in screen_text(app).splitlines()[-1]
        assert [event.data["trend"] for event in app.recorded(EventKind.PREDICTION)] == ["solved"]


async def test_enter_goes_from_question_to_question_and_commits_at_the_last() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert focused_id(app) == "setting-dataset"
        await pilot.press("enter")
        assert focused_id(app) == "menu-trend"
        await pilot.press("down", "down", "enter", "full_stop", "5", "enter")
        assert focused_id(app) == "menu-reason"
        await pilot.press("down", "enter")
        await settled(pilot)
        assert app.lab.run_now.prediction == Prediction(Trend.FLAT, Reason.SIMPLE, 0.5)
        event = app.recorded(EventKind.PREDICTION)[0]
        assert (event.lesson, event.step) == ("training", "xor")
        assert event.data["loss"] == 0.5
        assert event.data["rate"] == 1


@ENGLISH_FIRST
async def test_the_trends_are_sketched_until_there_is_a_curve(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert not app.lab.views.display
        assert all(app.text(f"training.limit.{trend.value}") in one_line(app) for trend in Trend)
        await pilot.press("enter", "down", "enter")
        assert app.lab.sketches.chosen == "partly"
        await pilot.press("enter", "enter")
        await settled(pilot)
        assert app.lab.views.display
        assert not app.lab.sketches.display


REFUSED = [
    *(("hidden", typed) for typed in ("0", "65", "2.5", "many")),
    *(("rate", typed) for typed in ("0", "-1", "101", "1e999", "")),
    *(("steps", typed) for typed in ("9", "20001")),
    *(("seed", typed) for typed in ("-1", "1/0")),
]


@ENGLISH_FIRST
async def test_a_setting_out_of_range_is_refused_with_its_range(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for name, typed in REFUSED:
            field = app.lab.form.numbers[name].field
            before, field.value = field.value, typed
            app.lab.form.cycles["dataset"].focus()
            await pilot.press("enter")
            await pilot.pause()
            low, high = RANGES[name]
            said = screen_text(app).splitlines()[-2]
            assert app.text(f"training.setting.{name}") in said
            assert f"{low:g}" in said
            assert f"{high:g}" in said
            assert app.focused is field
            assert field.value == typed
            field.value = before


@LANGUAGE
def test_what_is_said_above_the_keys_fits_in_its_row(language: str) -> None:
    text = Text(language)
    fields = {
        "low": "0.0001",
        "high": "20000",
        "label": text("training.setting.rate"),
        "limit": 200,
        "most": 7,
        "step": 20_000,
    }
    fields |= {
        "names": ", ".join(text(f"training.setting.{name}") for name in ("activation", "optimizer", "rate"))
    }
    for name in catalogue(language):
        topic, _, rest = name.partition(".")
        if topic == "training" and rest.split(".")[0] in ("hint", "fault", "say", "look"):
            assert cell_len(text(name, count=9999, **fields)) <= 76, name
    words = LabWords(text)
    for dataset in OPTIONS["dataset"]:
        assert cell_len(words.caption(chosen(dataset, layers=10, hidden=64))) <= 48


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("rate", "1/4", 0.25),
        ("rate", "０．５", 0.5),
        ("rate", "0,5", 0.5),
        ("hidden", "8.0", 8),
        ("seed", "7", 7),
    ],
)
def test_numbers_are_read_as_in_every_blank(name: str, typed: str, value: float) -> None:
    assert read_setting(name, typed) == value


async def test_a_final_loss_that_is_no_loss_is_refused() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        app.lab.form.numbers["final"].field.value = "-1"
        await commit(pilot)
        assert app.lab.stage is Stage.SETUP
        assert app.text("training.fault.final") in screen_text(app)


async def test_the_data_set_brings_settings_that_work_until_there_is_a_run() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("right")
        await settled(pilot)
        assert app.lab.form.read() == Choice.preset("circle")
        assert "circle" in screen_text(app).splitlines()[0]
        await pilot.press("left")
        assert app.lab.form.read() == Choice.preset("xor")


# -- the whole path ------------------------------------------------------------------------------------


@LANGUAGE
async def test_from_the_settings_to_the_result(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=2000)
        await commit(pilot, final="0.01")
        await run_to_the_end(pilot)
        found = app.lab.run_now.assessment
        assert found is not None
        assert (found.trend, found.kept, found.reason_kept) == (Trend.SOLVED, True, True)
        assert found.nearness is Nearness.FACTOR_10
        said = one_line(app)
        words = LabWords(app.text)
        for line in words.report(app.lab.run_now, [app.lab.run_now.choice]):
            assert line.text in said
        assert "✓ " + words.say("kept", trend=words.trend(Trend.SOLVED)) in said
        assert "4/4" in said or "4 of 4" in said
        left = screen_text(app)
        assert "● " + words.trend(Trend.SOLVED, limits=True) in left
        assert "0.01" in left
        event = app.recorded(EventKind.RUN)[0]
        assert (event.lesson, event.step, event.data["kept"]) == ("training", "xor", True)


@KOREAN_FIRST
async def test_a_diverging_run_is_said_in_words(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        app.lab.form.put(chosen("circle", activation="identity", initializer="xavier", rate=50))
        await commit(pilot, trend=3, reason=3)
        await run_to_the_end(pilot)
        steps = training_of(app.lab).step_number
        assert math.isinf(losses(app.lab)[-1])
        said = one_line(app)
        assert app.text("training.outcome.infinite", at=steps) in said
        assert app.text("training.say.see_log") in screen_text(app)
        assert "✓ " in said
        assert "∞" in said
        event = app.recorded(EventKind.RUN)[0]
        assert event.data["diverged"] is True
        assert event.data["loss"] is None
        await pilot.press("l")
        await settled(pilot)
        assert app.lab.plot.logarithmic


@ENGLISH_FIRST
async def test_the_longest_report_is_seen_whole_in_a_small_terminal(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        app.lab.form.put(chosen("circle", rate=50))
        await commit(pilot, trend=3, reason=1, final="5")
        await run_to_the_end(pilot)
        report = app.lab.query_one("#report")
        assert report.virtual_size.height <= report.size.height
        assert app.text("training.advice.smaller_rate", rate="5") in " ".join(screen_text(app).split())
        assert app.lab.plot.region.height >= 8


async def test_circle_with_relu_and_a_rate_of_50_ends_in_words_and_not_in_a_crash() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        app.lab.form.put(chosen("circle", rate=50, seed=3))
        await commit(pilot, trend=0)
        await run_to_the_end(pilot)
        said = one_line(app)
        assert "✗ Prediction not kept" in said
        assert "100% of the ReLU units give 0" in said
        assert "Next: learning rate 5" in said


def every_report(words: LabWords) -> Sequence[str]:
    choice = chosen("xor", steps=20)
    run = NetworkRun(choice, Prediction(Trend.SOLVED, Reason.FITS, 0.1))
    run.advance(0, Pace.FULL, 10)
    found = run.assessment
    assert found is not None
    said = []
    for cause in Cause:
        for advice in Advice:
            run.assessment = replace(found, cause=cause, advice=advice)
            said += [line.text for line in words.report(run)]
    for trend in Trend:
        for near in Nearness:
            for last, at in ((0.5, 3), (math.inf, 3), (math.nan, 3), (0.5, None)):
                for blind in (True, False):
                    changes: dict[str, Any] = {"trend": trend, "nearness": near, "last": last, "at": at}
                    run.assessment = replace(
                        found, blind=blind and at is not None, diverged=trend is Trend.GROWS, **changes
                    )
                    if trend is not Trend.SOLVED or at is not None:
                        said += [line.text for line in words.report(run)]
    return said


@LANGUAGE
def test_there_are_words_for_every_outcome(language: str) -> None:
    said = every_report(LabWords(Text(language)))
    assert all(line.strip() and "None" not in line for line in said)
    assert all(row.isascii() for row in every_report(LabWords(Text("en"), ascii_only=True)))


# -- steering ------------------------------------------------------------------------------------------


async def test_a_run_can_be_paused_and_made_step_by_step() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot)
        app.lab.pace = Pace.SLOW
        await pilot.press("enter")
        await pilot.pause(0.15)
        await pilot.press("space")
        await settled(pilot)
        assert app.lab.stage is Stage.PAUSED
        before = training_of(app.lab).step_number
        await pilot.pause(0.1)
        assert training_of(app.lab).step_number == before
        for made, key in enumerate(("n", "ㅜ", "f6"), before + 1):
            await pilot.press(key)
            await pilot.pause()
            assert training_of(app.lab).step_number == made, key
            assert f"step {made} of" in screen_text(app)
            assert app.lab.run_now.curve.summary.points == made + 1
        await pilot.press("space")
        await pilot.pause(0.15)
        assert training_of(app.lab).step_number > made


async def test_a_restart_gives_the_same_curve() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=100, seed=3)
        await commit(pilot)
        await run_to_the_end(pilot)
        first, curve = losses(app.lab), app.lab.run_now.curve
        for key in ("r", "ㄱ", "f5"):
            await pilot.press(key)
            await until(pilot, Stage.ENDED)
            assert losses(app.lab) == first
            assert app.lab.run_now.curve is not curve, key
            again, curve = curve, app.lab.run_now.curve
            assert [part.values.tolist() for part in again.columns(60)] == [
                part.values.tolist() for part in curve.columns(60)
            ]
        assert len(app.recorded(EventKind.PREDICTION)) == 1


async def test_the_curve_holds_every_loss_however_the_run_was_made() -> None:
    run = NetworkRun(
        chosen("xor", activation="tanh", optimizer="momentum", rate=0.1, steps=200),
        Prediction(Trend.SOLVED, Reason.FITS),
    )
    run.step()
    for _ in range(5):
        run.advance(0.3, Pace.NORMAL, 1.0)
    run.step()
    run.advance(0, Pace.FULL, 10.0)
    assert run.finished
    assert run.curve.summary.points == 201
    drawn = run.curve.columns(10_000)[0]
    assert drawn.steps.tolist() == list(range(201))
    assert np.array_equal(drawn.values, run.training.losses)


def test_a_pace_spreads_a_run_over_its_time() -> None:
    for pace in (Pace.SLOW, Pace.NORMAL):
        run = NetworkRun(
            chosen("xor", activation="tanh", rate=0.1, steps=600), Prediction(Trend.SOLVED, Reason.FITS)
        )
        run.advance(pace.value / 2, pace, 10.0)
        assert run.training.step_number == 300
        run.advance(pace.value / 2, pace, 10.0)
        assert run.finished
    run = NetworkRun(
        chosen("xor", activation="tanh", rate=0.1, steps=600), Prediction(Trend.SOLVED, Reason.FITS)
    )
    run.advance(600, Pace.NORMAL, 0.0)
    assert run.training.step_number == 0


@pytest.mark.long
async def test_the_arrow_keys_change_the_speed() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot)
        await pilot.press("enter", "space")
        await settled(pilot)
        for key, pace in (("down", "slow"), ("down", "slow"), ("up", "normal"), ("up", "full")):
            await pilot.press(key)
            await settled(pilot)
            assert app.text("training.speed", pace=app.text(f"training.pace.{pace}")) in screen_text(app)


async def test_reduced_motion_shows_the_result_without_pacing() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.animation_level = "none"
        await settled(pilot)
        put(app.lab, steps=2000)
        await commit(pilot)
        app.lab.pace = Pace.SLOW
        await pilot.press("enter")
        assert app.lab.run_now.pace is Pace.FULL
        await until(pilot, Stage.ENDED)


async def test_the_axis_is_changed_by_letter_jamo_or_function_key() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot)
        for key, logarithmic in (("l", True), ("ㅣ", False), ("f7", True)):
            await pilot.press(key)
            await settled(pilot)
            assert app.lab.plot.logarithmic is logarithmic, key
            said = "training.say.log_axis" if logarithmic else "training.say.linear_axis"
            assert app.text(said) in screen_text(app)


# -- the second run ------------------------------------------------------------------------------------


@KOREAN_FIRST
async def test_a_second_run_is_laid_over_the_first_and_named_by_what_differs(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=300)
        await commit(pilot)
        await run_to_the_end(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert app.lab.stage is Stage.SETUP
        assert app.lab.form.trend.chosen is None
        put(app.lab, rate=0.1)
        await commit(pilot, trend=1, reason=2)
        await run_to_the_end(pilot)
        short = app.text("training.short.rate", value="1"), app.text("training.short.rate", value="0.1")
        assert tuple(app.lab.plot._series) == short
        legend = next(row for row in screen_text(app).splitlines() if "⠤⠤" in row)
        assert "▄▄" in legend
        assert all(name in legend for name in short)


async def test_only_one_thing_may_change() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=50)
        await commit(pilot)
        await run_to_the_end(pilot)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert app.text("training.say.nothing_differs") in screen_text(app)
        put(app.lab, rate=0.1, optimizer="momentum")
        await pilot.press("enter")
        await settled(pilot)
        said = screen_text(app).splitlines()[-2]
        assert "Optimizer, Learning rate" in said
        assert focused_id(app) == "setting-rate"
        put(app.lab, rate=1)
        await commit(pilot)
        assert len(app.lab.runs) == 2


@pytest.mark.long
async def test_a_fourth_run_takes_the_place_of_the_oldest() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=50)
        for seed in range(4):
            put(app.lab, seed=seed)
            await commit(pilot)
            await run_to_the_end(pilot)
            await pilot.press("enter")
            await settled(pilot)
        assert list(app.lab.plot._series) == ["seed 1", "seed 2", "seed 3"]


@pytest.mark.long
async def test_other_points_begin_a_new_plot() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=50)
        await commit(pilot)
        await run_to_the_end(pilot)
        await pilot.press("enter")
        await settled(pilot)
        app.lab.form.cycles["dataset"].focus()
        await pilot.press("right")
        await settled(pilot)
        await commit(pilot)
        assert [run.choice.dataset for run in app.lab.runs] == ["circle"]
        assert app.lab.runs[0].choice.steps == 50
        assert app.text("training.say.new_plot") in screen_text(app)


@pytest.mark.long
async def test_the_plot_can_be_cleared() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=50)
        await commit(pilot)
        await run_to_the_end(pilot)
        await pilot.press("delete")
        await settled(pilot)
        assert app.lab.stage is Stage.SETUP
        assert not app.lab.runs
        assert not app.lab.plot._series


@pytest.mark.long
async def test_a_run_that_is_dropped_leaves_no_curve() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot)
        await pilot.press("enter", "space", "delete")
        await settled(pilot)
        assert app.lab.stage is Stage.SETUP
        assert not app.lab.runs
        assert [event.data.get("stopped") for event in app.recorded(EventKind.RUN)] == [True]


def test_advice_is_one_change_and_stays_in_range() -> None:
    for advice in Advice:
        for rate in (0.0001, 1, 100):
            for hidden in (1, 64):
                choice = chosen("circle", hidden=hidden, activation="identity", rate=rate, seed=9999)
                following = changed(advice, choice)
                assert len(differences(choice, following)) <= 1
                for name, (low, high) in RANGES.items():
                    assert low <= float(following.values()[name]) <= high


# -- leaving, other sizes, other languages -------------------------------------------------------------


async def test_leaving_stops_everything_and_records_the_run_as_stopped() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        threads, tasks = threading.active_count(), len(asyncio.all_tasks())
        other = TrainingScreen()
        app.push_screen(other)
        app.lab = other
        await settled(pilot)
        await commit(pilot)
        app.lab.pace = Pace.SLOW
        await pilot.press("enter")
        await pilot.pause(0.15)
        run = other.run_now
        await pilot.press("escape")
        for _ in range(50):
            await pilot.pause(0.02)
            if not other.is_attached and len(asyncio.all_tasks()) <= tasks:
                break
        assert [type(message) for message in app.told] == [TrainingScreen.Left]
        made = run.step_number
        assert made > 0
        await pilot.pause(0.15)
        assert run.step_number == made
        assert threading.active_count() <= threads
        assert len(asyncio.all_tasks()) <= tasks
        event = app.recorded(EventKind.RUN)[0]
        assert event.data["stopped"] is True
        assert event.data["steps_made"] == made


@pytest.mark.long
async def test_a_run_pauses_under_another_screen() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot)
        app.lab.pace = Pace.SLOW
        await pilot.press("enter")
        await pilot.pause(0.1)
        await pilot.press("f1")
        await settled(pilot)
        assert app.screen is not app.lab
        assert app.lab.stage is Stage.PAUSED
        await pilot.press("escape")
        await settled(pilot)
        assert app.screen is app.lab


async def test_a_slice_of_work_is_short_whatever_is_asked() -> None:
    run = NetworkRun(
        chosen("circle", hidden=64, rate=0.1, steps=20_000), Prediction(Trend.SOLVED, Reason.FITS)
    )
    run.advance(1e9, Pace.FULL, SLICE)
    assert 0 < run.training.step_number < 20_000


async def test_a_record_that_cannot_be_written_does_not_stop_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)

        def fail(_: object) -> None:
            raise StoreError(Fault.FULL)

        monkeypatch.setattr(app, "record", fail)
        put(app.lab, steps=50)
        await commit(pilot)
        assert app.text("training.say.not_stored") in screen_text(app)
        await run_to_the_end(pilot)
        assert app.text("training.say.not_stored") in screen_text(app)


async def test_the_language_can_be_changed_at_any_stage() -> None:
    app = LabApp("en")
    async with app.run_test(size=(80, 24)) as pilot:

        async def change_it(stage: Stage) -> None:
            await settled(pilot)
            focused = app.focused
            await pilot.press("f9")
            await settled(pilot)
            assert app.lab.stage is stage
            assert app.focused is focused
            assert app.lab.form.numbers["rate"].field.value == "0.25"
            korean = screen_text(app)
            for name in ("training.network", "training.predict", "training.setting.rate"):
                assert app.text(name) in korean
            assert "Learning rate" not in korean
            assert "step " not in korean
            await pilot.press("f9")

        await settled(pilot)
        put(app.lab, steps=500, rate=0.25)
        await change_it(Stage.SETUP)
        await commit(pilot)
        await change_it(Stage.READY)
        app.lab.pace = Pace.SLOW
        await pilot.press("enter")
        await change_it(Stage.RUNNING)
        await pilot.press("space")
        await change_it(Stage.PAUSED)
        await run_to_the_end(pilot)
        await change_it(Stage.ENDED)


SIZES = [(60, 20), (80, 24), (80, 40), (120, 30), (140, 45)]
SAMPLE = [((60, 20), "ko"), ((80, 24), "en"), ((140, 45), "ko")]


@pytest.mark.parametrize(
    ("size", "language"),
    [
        pytest.param(size, language, marks=[] if (size, language) in SAMPLE else pytest.mark.long)
        for size in SIZES
        for language in sorted(LANGUAGES)
    ],
)
async def test_everything_fits_at_every_size_that_is_meant(size: tuple[int, int], language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        text = screen_text(app)
        rows = app.screen._compositor.render_strips()
        left = " ".join(" ".join(strip.crop(0, 30).text.split()) for strip in rows)
        words = LabWords(app.text)
        for name in Choice.preset("xor").values():
            app.lab.query_one(f"#setting-{name}").focus()  # which scrolls the form where it is low
            await pilot.pause()
            assert words.say(f"setting.{name}") in screen_text(app)
        app.lab.form.cycles["dataset"].focus()
        for trend in Trend:
            assert words.trend(trend, limits=True) in text
        for reason in Reason:
            said = words.say(f"reason.{reason.value}")
            assert said in text or said in left  # wrapped in a narrow column
        assert all(cell_len(row) <= size[0] for row in text.splitlines())
        put(app.lab, steps=200)
        await commit(pilot)
        await run_to_the_end(pilot)
        region = app.lab.plot.region
        assert region.width >= 40
        assert region.height >= 9
        text = " ".join(screen_text(app).split())
        assert words.trend(Trend.SOLVED) in text
        report = app.lab.query_one("#report")
        assert report.virtual_size.height <= report.size.height


@pytest.mark.long
async def test_tiny_terminals_and_a_storm_of_sizes_while_it_runs() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        sizes = [(1, 1), (2, 40), (140, 2), (4, 4), (12, 6), (59, 19), (60, 20), (200, 60)]
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
        await pilot.resize_terminal(80, 24)
        await commit(pilot)
        app.lab.pace = Pace.SLOW
        await pilot.press("enter")
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
            await pilot.pause(0.03)
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert app.lab.stage is Stage.RUNNING
        assert training_of(app.lab).step_number > 0


async def test_ascii_mode_draws_no_other_sign() -> None:
    app = LabApp("en", ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        rows = screen_text(app).splitlines()
        assert all(row.isascii() for row in rows[1:])
        put(app.lab, steps=50)
        await commit(pilot)
        await run_to_the_end(pilot)
        assert all(row.isascii() for row in screen_text(app).splitlines()[1:])


async def test_the_ascii_setting_reaches_form_and_plot_at_once() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        app.change_settings(ascii=True)
        await settled(pilot)
        assert all(row.isascii() for row in screen_text(app).splitlines()[1:])
        app.change_settings(ascii=False)
        put(app.lab, steps=50)
        await commit(pilot)
        await run_to_the_end(pilot)
        app.change_settings(ascii=True)
        await pilot.pause(0.15)
        await settled(pilot)
        assert all(row.isascii() for row in screen_text(app).splitlines()[1:])


async def test_the_last_question_stands_below_the_form_where_that_is_high_enough() -> None:
    app = LabApp()
    async with app.run_test(size=(140, 45)) as pilot:
        await settled(pilot)
        form, reason = app.lab.query_one("#form").region, app.lab.form.reason.region
        assert reason.x == form.x
        assert reason.y - form.bottom <= 2
        assert app.lab.query_one("#view").region.y == form.y
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert app.lab.form.reason.region.x >= app.lab.query_one("#form").region.right


async def test_help_names_every_key_of_the_lab() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 45)) as pilot:
        await settled(pilot)
        await pilot.press("f1")
        await settled(pilot)
        text = screen_text(app)
        for key, name in TrainingScreen.KEYS:
            assert any(app.text(f"keys.{name}") in row for row in text.splitlines()), key


async def test_every_key_of_the_bar_looks_alike() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        bar = list(app.screen._compositor.render_strips()[-1])
        styles = {(cell.style.color, cell.style.bold) for cell in bar if cell.text.strip() and cell.style}
        assert len(styles) == 2


async def test_the_cursor_of_a_menu_is_where_the_focus_is() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", "enter", "enter")
        await settled(pilot)
        arrows = [row for row in screen_text(app).splitlines() if "▸ ○" in row or "▸ ●" in row]
        assert len(arrows) == 1
        assert app.text("training.reason.fits") in arrows[0]
        assert sum(menu.has_focus for menu in app.lab.query(Menu)) == 1


@pytest.mark.parametrize("dataset", ["xor", "circle"])
@LANGUAGE
async def test_the_settings_on_the_screen(language: str, dataset: str, snapshot: SnapshotAssertion) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        if dataset != app.lab.form.cycles["dataset"].value:
            await pilot.press("right")
        await pilot.press("tab", "tab", "tab", "tab")
        await settled(pilot)
        assert screen_text(app) == snapshot


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_choice_of_the_form_has_its_words_and_makes_a_run(language: str) -> None:
    words = LabWords(Text(language))
    for name, options in OPTIONS.items():
        for option in options:
            assert words.option(name, option).strip()
            assert words.hint(name).strip()
    for dataset in OPTIONS["dataset"]:
        run = run_of(chosen(dataset, steps=10, layers=2), Prediction(Trend.SOLVED, Reason.FITS))
        run.advance(0, Pace.FULL, 10.0)
        assert run.finished


async def test_a_run_is_rewound_to_the_cursor_and_goes_on_to_the_same_end() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=400)
        await commit(pilot)
        await run_to_the_end(pilot)
        end = losses(app.lab)
        await pilot.press(*["left"] * 20)
        step = app.lab.views.cursor_step
        assert step is not None
        assert 0 < step < 400
        assert f"@ {step}" in screen_text(app)
        await pilot.press("backspace")
        await until(pilot, Stage.PAUSED)
        assert app.lab.run_now.step_number == step
        assert losses(app.lab) == end[: step + 1]
        await run_to_the_end(pilot)
        assert losses(app.lab) == end


async def test_every_view_of_a_training_is_chosen_by_its_digit_and_says_what_it_shows() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=200)
        await commit(pilot)
        await run_to_the_end(pilot)
        for digit, name in enumerate(app.lab.views.names, start=1):
            await pilot.press(str(digit))
            await settled(pilot)
            assert app.lab.views.view == name
            if name in NETWORK:
                assert len([row for row in app.lab.views.picture.rows if row]) >= 4, name
        await pilot.press("tab")
        assert app.lab.views.view == app.lab.views.names[0]


EXTRA = pytest.mark.parametrize(
    "size", [(80, 24), (60, 20), (140, 45)], ids=lambda size: f"{size[0]}x{size[1]}"
)


@EXTRA
async def test_the_extras_open_by_arrows_alone_and_close_behind_the_learner(size: tuple[int, int]) -> None:
    app = LabApp()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        lab = app.lab
        paged = lab.form.more.display
        assert paged == (size[1] < 36)
        for _ in lab.form.settings():
            if focused_id(app) == ("setting-more" if paged else "setting-batch"):
                break
            await pilot.press("down")
        if paged:
            assert not lab.form.cycles["clip"].display
            await pilot.press("right")
            await settled(pilot)
        assert focused_id(app) == "setting-batch"
        assert all(lab.form.field(name).region.height == 1 for name in ("batch_norm", "clip", "schedule"))
        await pilot.press("down", "down", "right", "down", "right", "right", "down", *["right"] * 4)
        choice = lab.form.read()
        assert isinstance(choice, Choice)
        assert (choice.batch_norm, choice.clip, choice.schedule) == ("on", "0.3", "cosine")
        assert choice.worth_saying[-3:] == ("batch_norm", "clip", "schedule")
        config = choice.config()
        assert (config.batch_norm, config.clip_norm, config.schedule) == (True, 0.3, "cosine")
        if paged:
            assert lab.form.more.value == "3 on"
            await pilot.press("escape")
            await settled(pilot)
            assert focused_id(app) == "setting-more"
            assert not app.told
            assert not lab.form.cycles["clip"].display
            await pilot.press("up")
            await settled(pilot)
        assert lab.form.cycles["dataset"].display
        await commit(pilot)
        assert lab.stage is Stage.READY
        assert training_of(lab).config.batch_norm
        await run_to_the_end(pilot)
        assert lab.run_now.assessment is not None


async def test_a_fault_behind_the_extras_is_shown_at_its_field() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, period=0)
        await pilot.press("enter")
        await settled(pilot)
        assert focused_id(app) == "setting-period"
        assert app.lab.form.field("period").region.height == 1
        assert "Period takes a number from 1 to 20000." in screen_text(app)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ({}, {"schedule": "step", "period": 50}, ("schedule",)),
        ({}, {"period": 50}, ()),
        ({"schedule": "step"}, {"schedule": "step", "period": 50}, ("period",)),
        ({"schedule": "cosine"}, {"schedule": "cosine", "period": 50}, ()),
        ({"clip": "1"}, {"clip": "0.1", "batch_norm": "on"}, ("batch_norm", "clip")),
    ],
)
def test_a_period_belongs_to_its_schedule(
    before: dict[str, Any], after: dict[str, Any], named: tuple[str, ...]
) -> None:
    assert differences(chosen("xor", **before), chosen("xor", **after)) == named


async def test_the_arrows_go_through_every_field_once() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        walked = [focused_id(app)]
        for _ in range(20):
            await pilot.press("down")
            await settled(pilot)
            if walked[-1] != focused_id(app):
                walked.append(focused_id(app))
        settings = [f"setting-{name}" for name in chosen("xor").values() if name not in EXTRAS]
        assert walked == [*settings, "setting-more", "menu-trend", "setting-final", "menu-reason", walked[0]]
        for _ in range(7):
            await pilot.press("up")
        await settled(pilot)
        assert focused_id(app) == "setting-final"


SURFACE = pytest.mark.parametrize("surface", list(SURFACES))


@SURFACE
def test_the_lowest_value_of_a_surface_is_0_and_the_walk_begins_inside(surface: str) -> None:
    walk = chosen(surface).walk()
    arm = DescentArm(surface, walk)
    across = [np.linspace(low, high, 400) for low, high in zip(walk.low, walk.high, strict=True)]
    heights = arm.surface.height(*np.meshgrid(*across))
    assert 0 <= heights.min() < 1e-2
    for seed in range(5):
        start = chosen(surface, seed=seed).walk().start
        assert all(low < place < high for low, place, high in zip(walk.low, start, walk.high, strict=True))
    assert chosen(surface, seed=3).walk() == chosen(surface, seed=3).walk() != chosen(surface).walk()


def test_a_walk_is_judged_as_a_training_is() -> None:
    def found(**changes: Any) -> tuple[Trend, Cause]:
        run = run_of(chosen(**changes), Prediction(Trend.SOLVED, Reason.FITS))
        run.advance(0, Pace.FULL, 10.0)
        assert run.assessment is not None
        return run.assessment.trend, run.assessment.cause

    assert found(dataset="valley") == (Trend.SOLVED, Cause.FITS)
    assert found(dataset="valley", rate=0.01) == (Trend.PARTLY, Cause.SLOW)
    assert found(dataset="valley", rate=1.2) == (Trend.GROWS, Cause.EXPLODES)
    # From the right, plain steps end in the higher well; momentum carries over the ridge.
    assert found(dataset="wells") == (Trend.PARTLY, Cause.PLATEAU)
    assert found(dataset="wells", optimizer="momentum") == (Trend.SOLVED, Cause.FITS)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_walks_down_a_surface_lie_over_each_other_on_its_contour_lines(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        lab = app.lab
        await pilot.press("left", "left")
        await settled(pilot)
        assert lab.form.cycles["dataset"].value == "valley"
        shown = [
            name
            for name in chosen("xor").values()
            if lab.form.field(name).region.height and name != "dataset"
        ]
        assert shown == ["optimizer", "rate", "steps", "seed"]
        assert len(lab.form.reason.ids) == 4
        for optimizer in ("sgd", "adam"):
            put(lab, optimizer=optimizer)
            await commit(pilot)
            assert lab.stage is Stage.READY
            await run_to_the_end(pilot)
            if optimizer == "sgd":
                assert app.text("training.surface.cause.fits") in one_line(app)
                await pilot.press("enter")
                await settled(pilot)
        await pilot.press("2")
        await settled(pilot)
        drawn = screen_text(app).splitlines()
        assert any("a SGD   b Adam" in row for row in drawn)
        assert any("aaa" in row for row in drawn)
        assert any("B" in row for row in drawn[8:])
        assert lab._freezable() is None
        await pilot.press("enter")
        await settled(pilot)
        lab.form.cycles["dataset"].focus()
        await pilot.press("right", "right")
        await settled(pilot)
        assert lab.form.cycles["dataset"].value == "xor"
        assert lab.form.read() == Choice.preset("xor")
        await commit(pilot)
        assert "6 " in screen_text(app).splitlines()[3]
        assert len(lab.runs) == 1


def test_what_is_left_away_is_not_said() -> None:
    plain = chosen("xor").worth_saying
    assert set(chosen("xor").values()) - set(plain) == {"dataset", "batch_norm", "clip", "schedule", "period"}
    assert chosen("xor", schedule="step").worth_saying == (*plain, "schedule", "period")
    assert chosen("xor", schedule="cosine", clip="1").worth_saying == (*plain, "clip", "schedule")
    assert chosen("valley").worth_saying == ("optimizer", "rate", "steps", "seed")


async def test_the_next_run_begins_at_the_setting_that_is_advised() -> None:
    asked = {Advice.MORE_UNITS: "hidden", Advice.BEND: "activation", Advice.OTHER_SEED: "seed"}
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        put(app.lab, steps=20, activation="tanh")
        await commit(pilot)
        await run_to_the_end(pilot)
        found = app.lab.run_now.assessment
        assert found is not None
        for advice in Advice:
            app.lab.run_now.assessment = replace(found, advice=advice)
            app.lab.enter(Stage.ENDED)
            await pilot.press("enter")
            await settled(pilot)
            name = asked.get(advice, "rate")
            assert focused_id(app) == f"setting-{name}"
            assert app.lab.form.field(name).region.height == 1
            assert app.text("training.say.change_one") in screen_text(app)
