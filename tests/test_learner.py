"""One learner: what is recorded counts at once, and what was recorded before counts again."""

import pytest

from tutor.student.events import Event, EventKind
from tutor.student.faults import Fault, StoreError
from tutor.student.learner import Learner
from tutor.student.store import Store

DONE = Event(EventKind.STEP_DONE, "multiply", "a")
ANSWER = Event(
    EventKind.ATTEMPT,
    "multiply",
    "a",
    {"right": False, "skill": "mul.backward", "diagnosis": {"dx": "mul_no_swap"}},
)


def same(name: str) -> str:
    return name


def test_what_is_recorded_counts_now_and_after_the_next_start() -> None:
    with Store.open(None) as store:
        learner = Learner(store, same)
        assert learner.is_new
        learner.record([ANSWER, DONE])
        again = Learner(store, same)
        assert not again.is_new
        assert again.progress == learner.progress
        assert again.progress.done("multiply") == {"a"}
        for one in (learner, again):
            assert one.learning.record("mul.backward").count == 1
            assert [mistake.seq for mistake in one.learning.notebook.mistakes] == [1]


def test_the_mistakes_of_earlier_runs_may_be_habits() -> None:
    with Store.open(None) as store:
        store.append(ANSWER)
        learner = Learner(store, same)
        assert learner.habits.weight("mul_no_swap", learner.now()) == pytest.approx(1, abs=0.01)


def test_what_cannot_be_stored_counts_until_the_end_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Event) -> int:
        raise StoreError(Fault.FULL)

    with Store.open(None) as store:
        learner = Learner(store, same)
        monkeypatch.setattr(store, "append", full)
        with pytest.raises(StoreError):
            learner.record([DONE])
        assert learner.progress.done("multiply") == {"a"}
        assert Learner(store, same).is_new


def test_nothing_recorded_changes_nothing() -> None:
    with Store.open(None) as store:
        learner = Learner(store, same)
        before = learner.progress
        learner.record([])
        assert learner.progress is before
        assert not list(store.events())
