"""The bug hunt: two runs to compare, a few checks to buy, and the rule is named from a menu."""

from __future__ import annotations

import threading

import pytest
from lab_harness import LabApp
from textual.pilot import Pilot
from ui_harness import screen_text, settled

from tutor.student.events import EventKind
from tutor.text import LANGUAGES
from tutor.tutoring.bug_hunt import CASES, POINTS, PROBE_COST, PROBES, WRONG_COST
from tutor.ui.screens.bug_hunt import BugHuntScreen
from tutor.ui.screens.training import TrainingScreen


async def opened(app: LabApp, pilot: Pilot[None]) -> BugHuntScreen:
    screen = BugHuntScreen(seed=3)
    await app.push_screen(screen)
    await settled(pilot)
    return screen


async def choose(screen: BugHuntScreen, pilot: Pilot[None], id_: str) -> None:
    while screen.menu.ids[screen.menu.cursor] != id_:
        await pilot.press("down")
    await pilot.press("enter")
    await settled(pilot)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_a_wrong_name_may_be_corrected_and_the_right_one_is_explained(language: str) -> None:
    app = LabApp(language)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        wrong = next(id_ for id_ in screen.hunt.options if id_ != screen.hunt.answer)
        await choose(screen, pilot, wrong)
        assert app.text("bug_hunt.not_that_one")[:20] in screen_text(app)
        await choose(screen, pilot, screen.hunt.answer)
        assert app.text("bug_hunt.found") in screen_text(app)
        assert screen.hunt.points == POINTS - WRONG_COST
        assert f"{POINTS - WRONG_COST}" in screen_text(app).splitlines()[0]
        assert [event.data["found"] for event in app.recorded(EventKind.RUN)] == [False, True]


async def test_checks_are_bought_until_there_are_none_left() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        for bought in range(1, PROBES + 2):
            await pilot.press("f6")
            await settled(pilot)
            assert len(screen.hunt.probes) == min(bought, PROBES)
            assert screen.hunt.points == POINTS - PROBE_COST * min(bought, PROBES)
        assert app.text("bug_hunt.no_probes") in screen_text(app)
        assert screen.plot.size.height >= 7
        assert len({(probe.parameter, probe.index) for probe in screen.hunt.probes}) == PROBES


async def test_another_hunt_starts_anew_and_leaving_stops_everything() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        threads = threading.active_count()
        screen = await opened(app, pilot)
        first = screen.hunt
        await pilot.press("f6", "f5")
        await settled(pilot)
        assert screen.hunt is not first
        assert not screen.hunt.probes
        await pilot.press("escape")
        await settled(pilot)
        assert threading.active_count() <= threads
        assert isinstance(app.screen, TrainingScreen)


@pytest.mark.parametrize("size", [(60, 20), (140, 45)])
async def test_the_menu_and_both_runs_are_in_sight_at_every_size(size: tuple[int, int]) -> None:
    app = LabApp("ko", ascii_only=True)
    async with app.run_test(size=size) as pilot:
        screen = await opened(app, pilot)
        await pilot.pause(0.2)
        assert screen.plot.size.height >= 4
        assert screen.menu.size.height >= 4
        assert app.text("bug_hunt.sick") in screen_text(app)


async def test_what_was_named_wrongly_is_crossed_out_and_costs_once() -> None:
    app = LabApp(ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        wrong = next(id_ for id_ in screen.hunt.options if id_ != screen.hunt.answer)
        await choose(screen, pilot, wrong)
        await pilot.press("enter")
        await settled(pilot)
        assert "(x) " in screen_text(app)
        assert screen.hunt.points == POINTS - WRONG_COST


async def test_the_networks_come_in_their_order_and_enter_leads_from_hunt_to_hunt() -> None:
    app = LabApp()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        won = 0
        for number, case in enumerate(CASES, start=1):
            assert screen.hunt.healthy.config.layers == case.layers
            assert f"Bug hunt {number}: {POINTS} points" in screen_text(app)
            if number == 2:
                await pilot.press("f6")
            await choose(screen, pilot, screen.hunt.answer)
            won += screen.hunt.points
            assert f"all hunts together: {won} of {POINTS * number}" in screen_text(app)
            await pilot.press("enter")
            await settled(pilot)
        assert won == POINTS * len(CASES) - PROBE_COST
