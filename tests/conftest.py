"""Settings of every test run."""

import asyncio
import os
from time import monotonic

# As the program itself does before numpy is imported: two threads on small matrices wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import pytest
import textual.app
import textual.pilot
from textual._context import active_app
from textual.worker import WorkerState

GLANCE = 1 / 500
"""Seconds between two looks at the event loop."""

LOOKS = 2
"""Looks in a row that must find nothing to do: a message may set off another."""


async def wait_for_quiet(min_sleep: float = GLANCE, max_sleep: float = 1.0) -> None:
    """Wait until the app has nothing to do: no event, no painting, no animation, no worker.

    This stands in for textual's own wait, which takes the CPU time of the process for the app's: a training
    in a thread keeps it waiting for as long as it may, and a busy machine lets it look idle when it is not.
    """
    started, quiet = monotonic(), 0
    while quiet < LOOKS or monotonic() - started < min_sleep:
        await asyncio.sleep(GLANCE)
        quiet = 0 if _has_something_to_do() else quiet + 1
        if monotonic() - started >= max_sleep:
            return


def _has_something_to_do() -> bool:
    if getattr(asyncio.get_running_loop(), "_ready", ()):
        return True
    app = active_app.get(None)
    if app is None or not app.screen_stack:
        return False
    screen, animator = app.screen, app.animator
    return bool(
        screen._callbacks
        or screen._dirty_widgets
        or screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or animator._animations
        or animator._scheduled
        or any(worker.state in (WorkerState.PENDING, WorkerState.RUNNING) for worker in app.workers)
    )


vars(textual.app)["wait_for_idle"] = vars(textual.pilot)["wait_for_idle"] = wait_for_quiet

# How long an example takes says more about the machine and its load than about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture
def english_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is set to English and to colours."""
    monkeypatch.setenv("TUTOR_LANG", "en")
    monkeypatch.delenv("NO_COLOR", raising=False)
