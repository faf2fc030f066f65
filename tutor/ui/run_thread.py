"""A thread that works for a lab, so that the screen is never late.

It works in slices, and between two slices it stops at once when it is asked to, or looks at the work on
behalf of the screen: whoever draws then never waits for the work, and never reads it half way.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

Slice = Callable[[], float | None]
"""Works for a few milliseconds; returns the seconds until there is more to do, or None at the end."""


class RunThread:
    """One piece of work, from its start until it ends or is stopped."""

    def __init__(self, work: Slice) -> None:
        self._work = work
        self._stop = Event()
        self._wish: tuple[object, Callable[[], Any]] | None = None
        self._answer: tuple[object, Any] | None = None
        self.error: BaseException | None = None
        """What the work raised; it is a mistake of ours, for numbers that overflow raise nothing."""
        self._thread = Thread(target=self._run, name="lab run", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                pause = self._work()
                wish, self._wish = self._wish, None
                if wish is not None:
                    self._answer = (wish[0], wish[1]())
                if pause is None:
                    return
                if pause > 0:
                    self._stop.wait(pause)
        except BaseException as error:  # told to whoever joins
            self.error = error

    def ask(self, key: object, look: Callable[[], Any]) -> None:
        """Have something looked at between two slices; the last wish counts."""
        self._wish = (key, look)

    def answer(self) -> tuple[object, Any] | None:
        """Return the key and the result of the last wish that was fulfilled since the last call."""
        answer, self._answer = self._answer, None
        return answer

    @property
    def alive(self) -> bool:
        """Whether there is something left that may still run."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End after the present slice, and wait for it; raises what the work raised."""
        self._stop.set()
        self._thread.join()
        if self.error is not None:
            raise self.error
