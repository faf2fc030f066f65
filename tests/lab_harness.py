"""The app with the screen of free training on it, and the keys that lead through any lab."""

from __future__ import annotations

from textual import on
from textual.pilot import Pilot
from ui_harness import BareApp, settled

from tutor.student.store import Store
from tutor.ui.lab_steps import Pace
from tutor.ui.screens.lab import LabScreen, Stage
from tutor.ui.screens.training import TrainingScreen


class LabApp(BareApp):
    """The tutor with nothing but the training screen."""

    def __init__(self, language: str = "en", *, ascii_only: bool = False) -> None:
        self.lab = TrainingScreen()
        super().__init__(Store.open(None), self.lab, language=language, ascii_only=ascii_only)

    @on(TrainingScreen.Left)
    def _note(self, event: TrainingScreen.Left) -> None:
        event.prevent_default()
        self.told.append(event)
        self.pop_screen()


async def commit(pilot: Pilot[None], trend: int = 0, reason: int = 0, final: str = "") -> None:
    """Press the keys of a whole prediction, from any field of the network."""
    await pilot.press("enter", *["down"] * trend, "enter")
    for sign in final:
        await pilot.press("full_stop" if sign == "." else sign)
    await pilot.press("enter", *["down"] * reason, "enter")
    await settled(pilot)


async def until(pilot: Pilot[None], stage: Stage) -> None:
    """Wait for the lab to reach a stage."""
    lab = lab_of(pilot)
    for _ in range(3000):
        if lab.stage is stage:
            break
        await pilot.pause(0.02)
    assert lab.stage is stage
    await settled(pilot)


async def run_to_the_end(pilot: Pilot[None]) -> None:
    """Start the predicted run at full speed and wait for its end."""
    lab_of(pilot).pace = Pace.FULL
    await pilot.press("enter")
    await until(pilot, Stage.ENDED)


def lab_of(pilot: Pilot[None]) -> LabScreen:
    """Return the lab that an app holds."""
    assert isinstance(pilot.app, BareApp)
    assert isinstance(pilot.app.only, LabScreen)
    return pilot.app.only
