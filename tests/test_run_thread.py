"""A thread works until it is stopped or done, looks between two slices, and leaves nothing running."""

from __future__ import annotations

import threading
import time

import pytest

from tutor.ui.run_thread import RunThread


def test_it_works_until_there_is_no_more_to_do() -> None:
    slices: list[int] = []

    def work() -> float | None:
        slices.append(1)
        return None if len(slices) == 3 else 0.0

    thread = RunThread(work)
    while thread.alive:
        time.sleep(0.001)
    thread.stop()
    assert len(slices) == 3
    assert not thread.alive


def test_stopping_ends_it_within_a_slice_however_long_it_would_wait() -> None:
    thread = RunThread(lambda: 60.0)
    started = time.monotonic()
    thread.stop()
    assert not thread.alive
    assert time.monotonic() - started < 30


def test_it_looks_between_two_slices_in_its_own_thread() -> None:
    thread = RunThread(lambda: 0.001)
    thread.ask("who", threading.get_ident)
    while (answer := thread.answer()) is None:
        time.sleep(0.001)
    thread.stop()
    assert answer[0] == "who"
    assert answer[1] != threading.get_ident()
    assert thread.answer() is None


def test_a_mistake_in_the_work_is_told_to_whoever_stops_it() -> None:
    def work() -> float | None:
        raise ZeroDivisionError

    thread = RunThread(work)
    with pytest.raises(ZeroDivisionError):
        thread.stop()
