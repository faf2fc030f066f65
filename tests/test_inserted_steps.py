"""Generated steps in the course of a lesson: the twin after a worked step, the item that separates."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from test_lesson_screen import Learner as AtTheKeyboard
from ui_harness import OneScreenApp, lesson_folders

from tutor.course.loader import load_lesson
from tutor.course.model import Choice, GraphFill, Lesson, NumberEntry, Step
from tutor.student.events import Event, EventKind
from tutor.student.progress import Progress
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.generating import Item, code_of, from_code, generate
from tutor.tutoring.insertions import MOST_TWINS, Purpose, separating, twin, twin_template
from tutor.tutoring.lesson_loop import LessonLoop

PROSE = {"en": Text("en")}


def word(item: Item) -> Step:
    return item.worded(PROSE)


def lesson_of(*steps: Step) -> Lesson:
    return Lesson("made-up", 0, {"en": "", "ko": ""}, {}, {}, 5, (), steps)


def product(**changes: object) -> GraphFill:
    step = GraphFill(
        id="product",
        kind="graph",
        skill="mul.backward",
        statements=("z = x * y",),
        inputs={"x": 3.0, "y": -4.0},
        upstream=2.5,
        ask=("dx", "dy"),
    )
    return step.model_copy(update={**changes, "prose": generate("mul", 0).worded(PROSE).prose})


def ambiguous() -> GraphFill:
    """On these numbers several rules write the same wrong values."""
    return product(id="ambiguous", inputs={"x": 3.0, "y": 5.0}, upstream=1.0, ask=("dx",))


class Working:
    """A learner in a lesson whose events are kept."""

    def __init__(self, *steps: Step, **options: object) -> None:
        self.events: list[Event] = []
        self.lesson = lesson_of(*steps)
        self.loop = LessonLoop(self.lesson, self.events.extend, **{"word": word, "seed": 1, **options})  # type: ignore[arg-type]

    def right(self) -> Mapping[str, str]:
        return {blank.key: repr(float(blank.truth)) for blank in self.loop.exercise.blanks}

    def solve(self) -> None:
        assert self.loop.check(self.right()).solved

    def last(self, kind: EventKind) -> Event:
        return next(event for event in reversed(self.events) if event.kind is kind)


def test_a_worked_step_is_followed_by_a_twin_and_the_lesson_goes_on() -> None:
    working = Working(product(), product(id="another"))
    loop = working.loop
    loop.show_step("dx")
    assert not loop.twin_follows
    working.solve()
    assert loop.twin_follows
    assert loop.advance()
    assert loop.inserted is not None
    assert loop.inserted.purpose is Purpose.TWIN
    assert loop.step.statements == ("z = x * y",)
    assert loop.step.inputs != product().inputs
    assert (loop.index, loop.may_advance) == (0, False)
    working.solve()
    attempt = working.last(EventKind.ATTEMPT)
    assert (attempt.step, attempt.data["seed"]) == (loop.step.id, loop.inserted.code)
    assert attempt.data["skill"] == "mul.backward"
    assert loop.advance()
    assert (loop.step.id, loop.inserted) == ("another", None)


def test_a_solved_step_without_help_has_no_twin() -> None:
    working = Working(product(), product(id="another"))
    working.solve()
    assert not working.loop.twin_follows
    working.loop.advance()
    assert working.loop.step.id == "another"


def test_inserted_steps_are_no_steps_of_the_lesson() -> None:
    working = Working(product())
    working.loop.show_step()
    working.solve()
    working.loop.advance()
    working.solve()
    assert not working.loop.advance()
    assert working.loop.finished
    progress = Progress.from_events(working.events)
    assert progress.done("made-up") == {"product"}


def test_a_twin_that_needed_help_too_is_followed_by_one_more_and_then_no_other() -> None:
    working = Working(product(), product(id="another"))
    codes = set()
    working.loop.show_step()
    working.solve()
    for _ in range(MOST_TWINS):
        assert working.loop.advance()
        assert working.loop.inserted is not None
        codes.add(working.loop.inserted.code)
        working.loop.show_step()
        working.solve()
    working.loop.advance()
    assert working.loop.step.id == "another"
    assert len(codes) == MOST_TWINS


def test_where_no_template_fits_the_lesson_goes_on() -> None:
    steps = (product(skill="nothing.known"), product(id="another"))
    for options in ({}, {"word": None}):
        working = Working(*steps, **options)
        working.loop.show_step()
        working.solve()
        assert not working.loop.twin_follows
        working.loop.advance()
        assert working.loop.step.id == "another"


def test_a_lesson_is_resumed_in_its_inserted_step() -> None:
    working = Working(product(), product(id="another"))
    working.loop.show_step()
    working.solve()
    working.loop.advance()
    progress = Progress.from_events(working.events)
    assert progress.position == ("made-up", "product")
    again = Working(
        *working.lesson.steps, done=progress.done("made-up"), start="product", resume=progress.inserted
    )
    assert again.loop.step == working.loop.step
    again.solve()
    again.loop.advance()
    assert again.loop.step.id == "another"
    assert Progress.from_events(again.events).inserted is None


def test_a_twin_that_is_owed_survives_a_kill_before_it_is_on_the_screen() -> None:
    working = Working(product(), product(id="another"))
    working.loop.show_step()
    working.solve()
    progress = Progress.from_events(working.events)
    assert progress.owed("made-up") == {"product"}
    again = Working(
        *working.lesson.steps, done=progress.done("made-up"), owed=progress.owed("made-up"), start="product"
    )
    assert again.loop.twin_follows
    again.loop.advance()
    assert again.loop.inserted is not None
    assert again.loop.inserted.purpose is Purpose.TWIN
    one_by_one = Progress.from_events(working.events)
    for event in again.events:
        one_by_one = one_by_one.with_event(event)
    assert not one_by_one.owed("made-up")
    assert not Progress.from_events([*working.events, *again.events]).owed("made-up")


def test_no_twin_is_owed_where_no_worked_step_was_shown_or_the_step_is_not_done() -> None:
    unaided = Working(product())
    unaided.solve()
    unsolved = Working(product())
    unsolved.loop.show_step()
    for working in (unaided, unsolved):
        assert not Progress.from_events(working.events).owed("made-up")


@pytest.mark.parametrize("resume", [("NONE-0000", "twin"), ("MUL-0001", "surprise"), ("", "")])
def test_what_cannot_be_resumed_is_left_out(resume: tuple[str, str]) -> None:
    working = Working(product(), start="product", resume=resume)
    assert working.loop.step.id == "product"


def test_several_rules_are_told_apart_by_an_item_and_the_step_waits() -> None:
    working = Working(ambiguous(), product())
    loop = working.loop
    cause = loop.check({"dx": "3"}).cause
    assert cause is not None
    assert len(cause.misconceptions) > 1
    assert cause.diagnosis is None
    assert loop.may_separate
    assert loop.separate()
    assert loop.inserted is not None
    assert loop.inserted.purpose is Purpose.SEPARATE
    written = {}
    for id_ in cause.misconceptions:
        wrong = loop.exercise.wrong_answers
        written[id_] = {key: float(found[id_][0]) for key, found in wrong.items() if id_ in found}
    assert all(one != other for one, other in zip(written.values(), list(written.values())[1:], strict=False))
    working.solve()
    loop.advance()
    assert (loop.step.id, loop.state.checked) == ("ambiguous", {"dx": "3"})
    assert not loop.may_separate
    assert not loop.separate()


def test_the_item_that_separates_is_as_like_its_step_as_can_be() -> None:
    item = separating(
        ("sig_y", "sig_1my"), product(skill="sigmoid.backward", statements=("y = sigmoid(x)",)), 1
    )
    assert item is not None
    assert item.skill == "sigmoid.backward"
    assert not any(source.shape for source in item.template.inputs.values())


def test_a_step_can_be_left_from_an_inserted_one() -> None:
    working = Working(ambiguous(), product())
    working.loop.check({"dx": "3"})
    working.loop.separate()
    assert working.loop.back()
    assert working.loop.step.id == "ambiguous"
    assert working.loop.inserted is None


def test_a_code_belongs_to_generated_steps_alone() -> None:
    item = generate("mul.backward", 5)
    assert code_of(item.step) == item.code
    assert from_code(code_of(item.step)).step == item.step
    assert code_of(product()) == ""
    assert code_of(product(id="mul-17", statements=("t = a * b",), inputs={"a": 1.0, "b": 2.0})) == ""


def test_most_typed_steps_of_the_course_have_a_twin_and_no_others() -> None:
    steps = [step for folder in lesson_folders() for step in load_lesson(folder).steps]
    typed = [step for step in steps if isinstance(step, GraphFill | NumberEntry)]
    missing = [step.id for step in typed if twin_template(step) is None]
    assert len(missing) <= len(typed) / 10, missing
    assert all(twin_template(step) is None for step in steps if isinstance(step, Choice))


def test_a_twin_has_other_numbers() -> None:
    for seed in range(3):
        item = twin(product(), seed)
        assert item is not None
        assert item.step.inputs != product().inputs
        assert Exercise(item.step).blanks


# -- on the screen ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_screen_inserts_a_twin_and_comes_back_after_a_restart(language: str) -> None:
    both = {code: Text(code) for code in LANGUAGES}
    prose = generate("mul", 0).worded(both).prose
    lesson = lesson_of(*(product(id=id_).model_copy(update={"prose": prose}) for id_ in ("one", "two")))
    store = Store.open(None)
    app = OneScreenApp(store, lesson, language=language)
    async with app.run_test(size=(80, 24)) as pilot:
        learner = AtTheKeyboard(app, pilot)
        await learner.press("f3")
        await learner.answer("-10", "7.5")
        assert Text(language)("lesson.twin_follows") in learner.said.replace("\n", " ")
        await learner.press("enter")
        code = learner.screen.loop.inserted
        assert code is not None
        assert Text(language)("lesson.twin") in learner.said.replace("\n", " ")
        await learner.type("12")
    app = OneScreenApp(store, lesson, language=language)
    async with app.run_test(size=(80, 24)) as pilot:
        learner = AtTheKeyboard(app, pilot)
        await pilot.pause()
        assert learner.screen.loop.inserted == code
        assert [blank.value for blank in learner.blanks.values()] == ["12", ""]
        await learner.press("pagedown")
        assert learner.step == "two"


async def test_enter_on_the_same_answer_opens_the_item_that_separates() -> None:
    both = {code: Text(code) for code in LANGUAGES}
    prose = generate("mul", 0).worded(both).prose
    lesson = lesson_of(ambiguous().model_copy(update={"prose": prose}))
    app = OneScreenApp(Store.open(None), lesson)
    async with app.run_test(size=(80, 24)) as pilot:
        learner = AtTheKeyboard(app, pilot)
        await learner.answer("3")
        assert "tells them apart" in learner.said.replace("\n", " ")
        await learner.press("enter")
        assert learner.screen.loop.inserted is not None
        await learner.press("pageup")
        assert learner.step == "ambiguous"
        assert learner.blanks["dx"].value == "3"
