"""One lesson, step by step: present, answer, verdict, hint, next.

A plain object that knows nothing of screens; every interface drives it, and a test can walk a whole lesson
with it. What happens is recorded as events before the call that caused it returns.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from tutor.course.fading import passed_over
from tutor.course.model import (
    CodeTask,
    FormulaEntry,
    GraphFill,
    LabVisit,
    Lesson,
    NumberEntry,
    Step,
    Worked,
    is_answered,
)
from tutor.student.clock import wall_clock
from tutor.student.events import Event, EventKind, attempt
from tutor.student.habits import Habits, ItemId
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.generating import SEEDS, Item, code_of
from tutor.tutoring.insertions import (
    MOST_TWINS,
    Inserted,
    Purpose,
    Word,
    restored,
    separating,
    twin,
    twin_template,
)
from tutor.tutoring.judges import judge_of
from tutor.tutoring.recurring import remembering
from tutor.tutoring.verdict import BlankVerdict, Outcome, Verdict
from tutor.tutoring.worked_step import WorkedLine, work_out

WRITTEN_HINTS = 2
"""Levels of the ladder that the lesson's author wrote; the level after them is the worked step."""

OPENS_AT = 3
"""How often a blank is wrong before its worked step is opened."""

TYPED = frozenset({"graph", "number", "formula", "shape", "bug"})
"""The kinds of step that are answered by typing; the others are chosen or arranged, and easier to guess."""

HINT_PAUSE = 4.0
"""Seconds for which a hint stands before the next can be taken: the time to read it."""

SLOW = 2.0
"""How many times the own usual time for a blank counts as hesitating."""

_FEWEST_TIMES = 3

Record = Callable[[Sequence[Event]], None]
"""Stores events, all or none, and returns when they are sure to survive."""


@dataclass(slots=True)
class StepState:
    """Where the learner stands in one step."""

    revealed: int = 0
    """How many values of a worked example are on the screen."""
    hints: int = 0
    """How many levels of the hint ladder were taken."""
    shown: bool = False
    solved: bool = False
    verdict: Verdict | None = None
    times_wrong: dict[str, int] = field(default_factory=dict)
    checked: dict[str, str] = field(default_factory=dict)
    """What was in the blanks when they were last checked."""
    told: set[str] = field(default_factory=set)
    """Conventions under which an answer was right."""
    hesitated: bool = False
    """Whether the right answer came late, after a help or after another answer."""
    twins: int = 0
    """How many twins were given after the worked step."""
    separated: bool = False
    """Whether an item was asked that tells apart what explained an answer."""


class LessonLoop:
    """A learner at work in one lesson, or in any sequence of steps made into one.

    `done` holds the ids of steps completed before, `owed` those of steps that still wait for their twin;
    `start` is the step to begin with, by default the first that is not done.

    Where `word` is given, the loop inserts generated steps of its own: a twin after a step whose worked step
    was opened, and on request (`separate`) an item that tells apart the misconceptions behind an answer.
    `step`, `state` and `exercise` are then those of the inserted step, `inserted` says what it is for, and
    `index` and the dots stay at the lesson step, to which `advance` and `back` return. `resume` is the code
    and the purpose of an inserted step to begin with, as `Progress.inserted` has them; `seed` makes the
    numbers of inserted steps repeatable.

    `habits` is what is known of the misconceptions of this learner; the loop adds what happens. `clock`
    counts seconds, `now` tells the time.
    """

    def __init__(
        self,
        lesson: Lesson,
        record: Record,
        *,
        done: frozenset[str] = frozenset(),
        owed: frozenset[str] = frozenset(),
        start: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        word: Word | None = None,
        resume: tuple[str, str] | None = None,
        seed: int | None = None,
        habits: Habits | None = None,
        now: Callable[[], datetime] = wall_clock,
    ) -> None:
        self.lesson = lesson
        self._record = record
        self._clock = clock
        self._word = word
        self._random = random.Random(seed)
        self._habits = Habits() if habits is None else habits
        self._now = now
        self._hinted = -HINT_PAUSE
        self._times: list[float] = []
        self.inserted: Inserted | None = None
        """The generated step on the screen, if it is one."""
        self.done = set(done)
        self._states = {
            step.id: StepState(solved=step.id in done, shown=step.id in owed) for step in lesson.steps
        }
        ids = [step.id for step in lesson.steps]
        first = next((id_ for id_ in ids if id_ not in done), ids[0])
        self._index = ids.index(start) if start in ids else ids.index(first)
        if resume is not None:
            self.inserted = self._resumed(*resume)
        self._enter()

    # -- present ---------------------------------------------------------------------------------------

    @property
    def step(self) -> Step:
        """The step on the screen."""
        return self.inserted.step if self.inserted is not None else self.lesson.steps[self._index]

    @property
    def index(self) -> int:
        """The position of the step of the lesson, from 0."""
        return self._index

    @property
    def state(self) -> StepState:
        """Where the learner stands in this step."""
        return self._states.setdefault(self.step.id, StepState())

    @property
    def finished(self) -> bool:
        """Whether every step is done."""
        return all(step.id in self.done for step in self.lesson.steps)

    @property
    def may_end_here(self) -> bool:
        """Whether the step is a lab or code to be left for later, and only such steps are still open."""
        still_open = [step for step in self.lesson.steps if step.id not in self.done]
        return self.step in still_open and all(isinstance(step, LabVisit | CodeTask) for step in still_open)

    @property
    def is_opening(self) -> bool:
        """Whether the first step is on the screen and nothing was done in it yet."""
        state = self.state
        touched = state.revealed or state.hints or state.shown or state.solved or state.verdict is not None
        return self._index == 0 and self.inserted is None and not touched

    @property
    def revealed(self) -> tuple[str, ...]:
        """The values of a worked example that are on the screen."""
        return tuple(self.step.show[: self.state.revealed]) if isinstance(self.step, Worked) else ()

    def make_ready(self) -> None:
        """Work out what the misconceptions lead to here, while the learner is still reading."""
        if is_answered(self.step):
            _ = self.exercise.wrong_answers, self.exercise.conventional_answers

    # -- answer ----------------------------------------------------------------------------------------

    def check(self, entries: Mapping[str, str]) -> Verdict:
        """Judge what was typed, by blank; an attempt that counts is recorded before this returns."""
        state = self.state
        verdict = self._remembering(judge_of(self.step)(self.exercise, entries, state.times_wrong))
        repeated = dict(entries) == state.checked
        state.verdict, state.checked = verdict, dict(entries)
        self._note_conventions(verdict)
        if not verdict.counts or (repeated and not verdict.solved):
            return verdict
        if verdict.solved:
            self._note_time(verdict)
        state.times_wrong |= {blank.key: blank.times_wrong for blank in verdict.blanks if blank.times_wrong}
        events = [self._attempt(entries, verdict)]
        self._habits.add(events[0], self._now())
        if verdict.solved and not state.solved and self.inserted is None:
            events.append(self._event(EventKind.STEP_DONE))
        self._record(events)
        if verdict.solved:
            self._complete()
        return verdict

    def _remembering(self, verdict: Verdict) -> Verdict:
        now, item = self._now(), ItemId(self.lesson.slug, self.step.id)
        return remembering(
            verdict, lambda id_: self._habits.is_habit(id_, now, besides=item), self.exercise.mistakes
        )

    def _note_conventions(self, verdict: Verdict) -> None:
        """Record what was told of other conventions, as the help that it is."""
        for blank in verdict.blanks:
            if blank.convention is not None and blank.convention.id not in self.state.told:
                self.state.told.add(blank.convention.id)
                self._record([self._event(EventKind.HINT, convention=blank.convention.id)])

    def _note_time(self, verdict: Verdict) -> None:
        state = self.state
        each = (self._clock() - self._entered) / max(1, len(verdict.blanks))
        slow = len(self._times) >= _FEWEST_TIMES and each > SLOW * median(self._times)
        state.hesitated = slow or bool(state.hints or state.told or state.shown or state.times_wrong)
        self._times.append(each)

    def hint(self) -> int:
        """Take the next hint and return its level: 1 and 2 are the lesson's, 3 is the worked step.

        While the hint before has to be read (`hint_is_fresh`) nothing is taken and its level is returned.
        """
        state = self.state
        if state.hints <= WRITTEN_HINTS and not self.hint_is_fresh:
            self._record([self._event(EventKind.HINT, level=state.hints + 1)])
            state.hints += 1
            self._hinted = self._clock()
        return state.hints

    @property
    def hint_is_fresh(self) -> bool:
        """Whether the last hint of this step was taken less than HINT_PAUSE seconds ago."""
        return 0 < self.state.hints <= WRITTEN_HINTS and self._clock() - self._hinted < HINT_PAUSE

    def show_step(self, key: str | None = None) -> tuple[WorkedLine, ...]:
        """Work out one blank, by default the first that is not right yet; empty where nothing is computed.

        Where nothing is computed there are no numbers, but seeing what is right counts as help there too.
        """
        blanks = {blank.key: blank for blank in self.exercise.blanks}
        wanted = blanks.get(key or "") or next((blanks[open_] for open_ in self.open_blanks), None)
        if wanted is None and not is_answered(self.step):
            return ()
        self._record([self._event(EventKind.STEP_SHOWN, blank=wanted.key if wanted else "")])
        self.state.shown = True
        return work_out(self.exercise, wanted) if wanted else ()

    @property
    def open_blanks(self) -> tuple[str, ...]:
        """The blanks that are not right yet."""
        verdict = self.state.verdict
        right = {blank.key for blank in verdict.blanks if blank.outcome.is_right} if verdict else set()
        return tuple(blank.key for blank in self.exercise.blanks if blank.key not in right)

    @property
    def opened(self) -> str | None:
        """The blank that has been wrong so often that its worked step is opened."""
        cause = self.state.verdict.cause if self.state.verdict is not None else None
        if cause is None or not cause.outcome.counts or cause.times_wrong < OPENS_AT:
            return None
        return cause.key

    def reveal(self) -> str | None:
        """Show the next value of a worked example and return its name; None where all are shown."""
        if not isinstance(self.step, Worked) or self.state.revealed >= len(self.step.show):
            return None
        self.state.revealed += 1
        return self.step.show[self.state.revealed - 1]

    # -- next ------------------------------------------------------------------------------------------

    @property
    def may_advance(self) -> bool:
        """Whether the step needs no more answer."""
        step = self.step
        if (
            is_answered(step)
            or isinstance(step, LabVisit)
            or (isinstance(step, CodeTask) and not step.optional)
        ):
            return self.state.solved
        return not isinstance(self.step, Worked) or self.state.revealed >= len(self.step.show)

    def advance(self, *, over_done: bool = True) -> bool:
        """Go to the next step; False at the end of the lesson. A step only to be read is then done.

        A right first try passes over the steps that it makes needless; after a step that was worked out, a
        twin comes first. With `over_done` the next step is one that is still open, and False is the answer
        where none follows; a lesson that is read again once all is done goes on step by step.
        """
        if self.inserted is not None and self.inserted.purpose is Purpose.SEPARATE:
            return self.back()
        if self.may_advance and not self.state.solved:
            self._record([self._event(EventKind.STEP_DONE)])
            self._complete()
        if self._insert_twin():
            return True
        rest: Sequence[Step] = self.lesson.steps[self._index + 1 + len(self._pass_over()) :]
        if over_done and not self._read_again:
            rest = [step for step in rest if step.id not in self.done]
        if not rest:
            self.inserted = None
            return False
        self.go_to(rest[0].id)
        return True

    def go_to_open_step(self) -> bool:
        """Go to the first step that is still open; False where all are done."""
        still_open = next((step.id for step in self.lesson.steps if step.id not in self.done), None)
        if still_open is not None:
            self.go_to(still_open)
        return still_open is not None

    # -- inserted steps ----------------------------------------------------------------------------------

    @property
    def twin_follows(self) -> bool:
        """Whether the next step will be a twin of this one: it is solved, but its worked step was opened."""
        if self._word is None or not (self.state.solved and self.state.shown):
            return False
        if self._host_state.twins >= MOST_TWINS:
            return False
        if self.inserted is not None:
            return self.inserted.purpose is Purpose.TWIN
        return twin_template(self.step) is not None

    @property
    def may_separate(self) -> bool:
        """Whether there is an item that tells apart the misconceptions behind the answer last checked."""
        return self._separating_item() is not None

    def separate(self) -> bool:
        """Insert the item that tells the misconceptions apart; False where there is none."""
        item = self._separating_item()
        if item is None:
            return False
        self.state.separated = True
        return self._insert(item, Purpose.SEPARATE)

    def _separating_item(self) -> Item | None:
        state = self.state
        cause = state.verdict.cause if state.verdict is not None else None
        unsure = cause is not None and cause.diagnosis is None and cause.convention is None
        several = cause is not None and len(cause.misconceptions) > 1 and unsure
        if cause is None or not several or self._word is None or state.separated or state.shown:
            return None
        if self.inserted is not None or not isinstance(self.step, GraphFill | NumberEntry | FormulaEntry):
            return None
        return separating(cause.misconceptions, self.step, self._index)

    def _insert_twin(self) -> bool:
        if not self.twin_follows:
            return False
        self._host_state.twins += 1
        return self._insert(twin(self.step, self._random.randrange(SEEDS)), Purpose.TWIN)

    def _insert(self, item: Item | None, purpose: Purpose) -> bool:
        inserted = self._worded(item, purpose)
        if inserted is None:
            return False
        self.inserted = inserted
        self._states.pop(inserted.step.id, None)
        self._enter()
        return True

    def _resumed(self, code: str, purpose: str) -> Inserted | None:
        known = {known.value: known for known in Purpose}
        return self._worded(restored(code), known[purpose]) if purpose in known else None

    def _worded(self, item: Item | None, purpose: Purpose) -> Inserted | None:
        if item is None or self._word is None:
            return None
        return Inserted(item, self._word(item), purpose)

    @property
    def _host_state(self) -> StepState:
        return self._states[self.lesson.steps[self._index].id]

    @property
    def right_at_first(self) -> bool:
        """Whether the step was solved just now, at the first try and without help."""
        state = self.state
        helped = bool(state.hints or state.shown or state.times_wrong or self.inserted)
        return state.verdict is not None and state.verdict.solved and not helped

    def done_elsewhere(self, step_id: str) -> None:
        """Take a step as done that is worked elsewhere: a lab, a drill, code in an editor."""
        if step_id not in self.done:
            self._record([Event(EventKind.STEP_DONE, self.lesson.slug, step_id, {})])
            self._states[step_id].solved = True
            self.done.add(step_id)

    def _pass_over(self) -> tuple[str, ...]:
        """Count the steps that a right first try makes needless as done, and return them; once only."""
        needless = passed_over(self.lesson.steps, self._index) if self.right_at_first else ()
        if self.done.issuperset(needless):
            return ()
        self._record(
            [Event(EventKind.STEP_DONE, self.lesson.slug, id_, {"passed_over": True}) for id_ in needless]
        )
        for id_ in needless:
            self._states[id_].solved = True
            self.done.add(id_)
        return needless

    def back(self) -> bool:
        """Go to the step before, from an inserted one to the step it belongs to; False at the first."""
        if self.inserted is not None:
            self.go_to(self.lesson.steps[self._index].id)
            if self.state.verdict is not None:
                self.state.verdict = self._remembering(self.state.verdict)
            return True
        if self._index == 0:
            return False
        self.go_to(self.lesson.steps[self._index - 1].id)
        return True

    def go_to(self, step_id: str) -> None:
        """Go to any step of the lesson; an inserted step is then over."""
        self.inserted = None
        self._index = [step.id for step in self.lesson.steps].index(step_id)
        self._enter()

    def _enter(self) -> None:
        self.exercise = Exercise(self.step)
        self._read_again = self.finished
        self._entered = self._clock()
        self._record([self._position()])

    def _position(self) -> Event:
        """Return the event of a step on the screen: the place in the lesson, and what is inserted there."""
        data = (
            {}
            if self.inserted is None
            else {"inserted": self.inserted.code, "purpose": self.inserted.purpose.value}
        )
        return Event(EventKind.POSITION, self.lesson.slug, self.lesson.steps[self._index].id, data)

    def _complete(self) -> None:
        self.state.solved = True
        if self.inserted is None:
            self.done.add(self.step.id)

    def _event(self, kind: EventKind, **data: object) -> Event:
        return Event(kind, self.lesson.slug, self.step.id, data)

    def _attempt(self, entries: Mapping[str, str], verdict: Verdict) -> Event:
        judged = [blank for blank in verdict.blanks if blank.outcome is not Outcome.UNANSWERED]
        return attempt(
            self.lesson.slug,
            self.step.id,
            right=verdict.solved,
            entries={blank.key: entries.get(blank.key, "") for blank in judged},
            outcomes={blank.key: _name(blank) for blank in judged},
            misconceptions={blank.key: blank.misconceptions for blank in judged if blank.misconceptions},
            hints=self.state.hints + len(self.state.told),
            milliseconds=round((self._clock() - self._entered) * 1000),
            seed=code_of(self.step) or 0,
            skill=getattr(self.step, "skill", None) or "",
            typed=self.step.kind in TYPED,
            diagnosis={blank.key: blank.diagnosis for blank in judged if blank.diagnosis},
            graph=None if verdict.solved else _graph_of(self.step),
            unmatched=[blank.key for blank in judged if blank.is_unmatched],
            hesitated=verdict.solved and self.state.hesitated,
        )


def _graph_of(step: Step) -> dict[str, object] | None:
    """Return what a wrong answer was given to, so that it can be understood without the lesson."""
    if not step.statements:
        return None
    return {"statements": step.statements, "inputs": step.inputs, "upstream": step.upstream}


def _name(blank: BlankVerdict) -> str:
    return "follows" if blank.follows else blank.outcome.value
