"""A run that stands is opened as its graph: one gradient by hand, judged, and two runs that part from it."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from lab_harness import LabApp, commit, run_to_the_end
from textual.pilot import Pilot
from ui_harness import screen_text, settled

from tutor.engine.training import Training
from tutor.engine.training_file import PRESETS
from tutor.text import LANGUAGES
from tutor.tutoring.freeze import freeze
from tutor.tutoring.frozen_exercise import askable, exercise_of
from tutor.ui import fork_run
from tutor.ui.screens.freeze import FreezeScreen
from tutor.ui.screens.training import TrainingScreen


def standing(steps: int = 100) -> Training:
    training = Training(replace(PRESETS["xor"], steps=600))
    training.advance(steps)
    return training


async def opened(app: LabApp, pilot: Pilot[None]) -> FreezeScreen:
    screen = FreezeScreen(standing())
    await app.push_screen(screen)
    await settled(pilot)
    return screen


async def type_gradient(screen: FreezeScreen, pilot: Pilot[None], text: str) -> None:
    screen.graph.canvas.blanks[f"d{screen.node}"].value = text
    await pilot.press("enter")
    await settled(pilot)


async def driven(screen: FreezeScreen, pilot: Pilot[None]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fork_run, "PAUSE", 0.0)
        await _driven(screen, pilot)


async def _driven(screen: FreezeScreen, pilot: Pilot[None]) -> None:
    await pilot.press("f6")
    for _ in range(500):
        if screen.run is not None and screen._thread is None:
            break
        await pilot.pause(0.02)
    assert screen.run is not None
    await settled(pilot)


def test_the_exercise_is_the_graph_of_one_sample_rounded_to_what_is_shown() -> None:
    frozen = freeze(standing())
    exercise = exercise_of(frozen, "h1")
    assert exercise is not None
    assert np.allclose(exercise.blanks[0].truth, frozen.truth("h1"), rtol=1e-2)
    assert set(askable(frozen)) >= {"z1", "h1", "z2", "W1", "b1", "W2", "b2"}


def test_a_network_too_large_to_be_shown_asks_for_nothing() -> None:
    training = Training(PRESETS["digits"])
    assert askable(freeze(training)) == ()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_the_true_gradient_is_right_and_both_runs_stay_together(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        truth = screen.exercise.blanks[0].truth
        await type_gradient(screen, pilot, f"{truth.item():.5g}")
        assert screen.verdict is not None
        assert screen.verdict.solved
        await driven(screen, pilot)
        assert screen.run is not None
        mine, true = screen.run.ends
        assert mine == true
        for _ in range(100):  # the plot draws when its own clock says so
            if app.text("freeze.yours").rstrip(":") in screen_text(app):
                break
            await pilot.pause(0.02)
        assert app.text("freeze.yours").rstrip(":") in screen_text(app)


async def test_a_wrong_gradient_drives_the_runs_apart_and_the_way_back_is_open() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        truth = screen.exercise.blanks[0].truth
        await type_gradient(screen, pilot, f"{-truth.item():.5g}")
        assert screen.verdict is not None
        assert not screen.verdict.solved
        await driven(screen, pilot)
        assert screen.run is not None
        mine, true = screen.run.ends
        assert mine > true
        assert np.array_equal(screen.run.fork.mine.losses[:101], screen.run.fork.true.losses[:101])
        await pilot.press("escape")
        assert app.screen is screen
        await pilot.press("f2")
        await settled(pilot)
        assert screen.node != "y"


async def test_a_row_alone_will_do_for_an_array_of_one_row() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        while screen.node != "h1":
            await pilot.press("f2")
            await settled(pilot)
        numbers = [f"{value:.5g}" for value in screen.exercise.blanks[0].truth.ravel()]
        for text in (", ".join(numbers), f"[{', '.join(numbers)}]", f"[[{', '.join(numbers)}]]"):
            await type_gradient(screen, pilot, text)
            assert screen.verdict is not None
            assert screen.verdict.solved, text
            await screen._show_node()


async def test_nothing_goes_on_after_leaving() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        threads = threading.active_count()
        screen = await opened(app, pilot)
        await type_gradient(screen, pilot, "5")
        await pilot.press("f6", "escape", "escape")
        await settled(pilot)
        assert threading.active_count() <= threads
        assert isinstance(app.screen, TrainingScreen)


async def test_a_paused_training_is_frozen_by_its_key() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await commit(pilot)
        await pilot.press("f6", "f3")
        await settled(pilot)
        assert isinstance(app.screen, FreezeScreen)
        assert app.screen.frozen.step == 1
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, TrainingScreen)


async def test_a_finished_run_is_frozen_in_its_last_state_and_has_nothing_left_to_drive() -> None:
    app = LabApp("en")
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await commit(pilot)
        assert "F3" in screen_text(app)
        await run_to_the_end(pilot)
        assert "F3" in screen_text(app)
        await pilot.press("f3")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, FreezeScreen)
        assert screen.frozen.training.finished
        assert "F6" not in screen_text(app)
        await pilot.press("f6")
        await settled(pilot)
        assert screen.run is None


@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_it_is_said_what_to_type_and_where_a_wrong_gradient_leads(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        assert app.text("freeze.type_number") in screen_text(app)
        truth = screen.exercise.blanks[0].truth
        await type_gradient(screen, pilot, f"{-2 * truth.item():.6g}")
        await driven(screen, pilot)
        assert screen._times_wrong == {"dy": 1}
        said = " ".join(screen_text(app).split())
        assert app.text("freeze.course.against", asked="dy", factor="2").replace("`", "") in said
        assert app.text("keys.to_node") in said
        assert app.text("keys.check") not in said
        await pilot.press("f6", "f2", "f2")
        await settled(pilot)
        assert screen.node == "h1"
        said = " ".join(screen_text(app).split())
        assert app.text("freeze.type_row", columns=4).replace("`", "") in said
        await type_gradient(screen, pilot, "1, 2")
        assert app.text("freeze.may_drive") not in " ".join(screen_text(app).split())
