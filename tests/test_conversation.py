"""What the tutor makes of an answer: habits, conventions, checks, hints that wait, hesitation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from test_inserted_steps import Working, product
from test_lesson_screen import Learner as AtTheKeyboard
from ui_harness import OneScreenApp

from tutor.course.model import FormulaEntry, GraphFill, Lesson, NumberEntry
from tutor.engine.misconceptions.conventions import conventions
from tutor.engine.nodes import NODES
from tutor.engine.recipes import RECIPES
from tutor.student.events import Event, EventKind
from tutor.student.habits import HABIT, HALF_LIFE, Habits, ItemId
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.tutoring.generating import generate
from tutor.tutoring.lesson_loop import HINT_PAUSE
from tutor.tutoring.verdict import BlankVerdict, Outcome
from tutor.ui.lesson_words import LessonWords, Line
from tutor.ui.screens import lesson as lesson_screen

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def graph(statement: str, inputs: Mapping[str, object], ask: tuple[str, ...], **changes: object) -> GraphFill:
    return product(statements=tuple(statement.split("; ")), inputs=inputs, ask=ask, upstream=None, **changes)


def judged(step: GraphFill, **typed: str) -> BlankVerdict:
    verdict = Working(step).loop.check(typed)
    return next(blank for blank in verdict.blanks if blank.key == next(iter(typed)))


def words(working: Working, language: str = "en") -> LessonWords:
    prose = generate("mul", 0).worded({code: Text(code) for code in LANGUAGES}).prose
    working.loop.exercise.step = working.loop.step.model_copy(update={"prose": prose})
    return LessonWords(Text(language), working.loop.exercise)


def text_of(lines: list[Line]) -> str:
    return " ".join(part for line in lines for part in (line.word, line.text) if part)


# -- habits -----------------------------------------------------------------------------------------------


def seen(id_: str, step: str, at: datetime) -> tuple[Event, datetime]:
    return Event(EventKind.ATTEMPT, "made-up", step, {"diagnosis": {"dx": id_}}), at


def test_a_rule_seen_on_another_item_is_a_habit_and_fades() -> None:
    habits = Habits()
    habits.add(*seen("mul_no_swap", "one", NOW))
    assert not habits.is_habit("mul_no_swap", NOW, besides=ItemId("made-up", "one"))
    assert habits.is_habit("mul_no_swap", NOW, besides=ItemId("made-up", "two"))
    assert not habits.is_habit("no_upstream", NOW)
    assert habits.weight("mul_no_swap", NOW + HALF_LIFE) == pytest.approx(0.5)
    assert not habits.is_habit("mul_no_swap", NOW + 2 * HALF_LIFE)
    habits.add(*seen("mul_no_swap", "two", NOW))
    assert habits.is_habit("mul_no_swap", NOW + 2 * HALF_LIFE)
    assert habits.weight("mul_no_swap", NOW - timedelta(days=400)) <= 2 / HABIT * HABIT


def test_the_same_item_twice_is_one_sighting() -> None:
    habits = Habits()
    for minutes in range(5):
        habits.add(*seen("mul_no_swap", "one", NOW + timedelta(minutes=minutes)))
    assert habits.weight("mul_no_swap", NOW) == 1


def test_a_rule_is_guessed_first_and_named_when_it_returns() -> None:
    working = Working(product(), product(id="another", inputs={"x": 5.0, "y": 7.0}))
    first = working.loop.check({"dx": "7.5", "dy": "-10"})
    assert (first["dx"].diagnosis, first["dx"].habit) == ("mul_no_swap", False)
    assert "keeps appearing" not in text_of(words(working).verdict(first))
    working.loop.go_to("another")
    again = working.loop.check({"dx": "12.5", "dy": "17.5"})
    assert (again["dx"].diagnosis, again["dx"].habit) == ("mul_no_swap", True)
    said = text_of(words(working).verdict(again))
    assert "keeps appearing" in said
    assert "?" in said
    assert "2.5 · 7" not in said
    twice = text_of(words(working).verdict(working.loop.check({"dx": "12.50", "dy": "17.5"})))
    assert "keeps appearing" in twice
    assert "2.5 · 7" in twice
    assert "17.5" not in said.replace("`dx`", "")


def test_the_rule_that_agrees_with_the_other_answers_is_the_one_to_speak_of() -> None:
    step = graph("p = x * y; f = p * z", {"x": 3.0, "y": 5.0, "z": 2.0}, ("dp", "dx", "dy"))
    alone = Working(step).loop.check({"dx": "3"})["dx"]
    assert len(alone.misconceptions) > 1
    assert alone.diagnosis is None
    wrong = Working(step).loop.exercise.wrong_answers
    believed = "no_upstream_no_swap"
    assert believed in alone.misconceptions
    sheet = {
        key: repr(float(wrong[key][believed][0])) for key in ("dp", "dx", "dy") if believed in wrong[key]
    }
    assert Working(step).loop.check({**sheet, "dp": "2"})["dx"].diagnosis == believed


def test_a_rule_that_fits_everywhere_goes_before_one_that_fits_at_one_node_alone() -> None:
    step = graph("p = relu(u); q = relu(v); s = p + q", {"u": 3.0, "v": -2.0}, ("du", "dv"))
    step = step.model_copy(update={"upstream": -0.5, "mistakes": ("relu_pass", "relu_inverted")})
    open_gate = Working(step).loop.check({"du": "-0.5", "dv": "-0.5"})["dv"]
    assert {"relu_pass", "relu_inverted"} <= set(open_gate.misconceptions)
    assert open_gate.diagnosis == "relu_pass"
    assert Working(step).loop.check({"du": "0", "dv": "-0.5"})["dv"].diagnosis == "relu_inverted"


def test_habits_survive_in_the_log_and_rank_what_they_explain() -> None:
    step = product(inputs={"x": 3.0, "y": 5.0}, upstream=1.0, ask=("dx",))
    working = Working(step)
    several = working.loop.check({"dx": "3"})["dx"]
    assert several.diagnosis is None
    likely = several.misconceptions[-1]
    event, at = seen(likely, "elsewhere", NOW)
    habits = Habits.from_events([Event(event.kind, event.lesson, event.step, event.data, seq=1, at=at)])
    again = Working(step, habits=habits, now=lambda: NOW).loop.check({"dx": "3"})["dx"]
    assert again.misconceptions[0] == again.diagnosis == likely
    assert again.habit
    assert set(again.misconceptions) == set(several.misconceptions)


def test_an_item_that_separates_decides_what_its_step_looks_like() -> None:
    working = Working(product(id="ambiguous", inputs={"x": 3.0, "y": 5.0}, upstream=1.0, ask=("dx",)))
    loop = working.loop
    cause = loop.check({"dx": "3"})["dx"]
    assert loop.separate()
    blanks = {blank.key: blank for blank in loop.exercise.blanks}
    believed = cause.misconceptions[0]
    answers = {
        key: repr(float(found[believed][0]) if believed in found else float(blanks[key].truth))
        for key, found in loop.exercise.wrong_answers.items()
    }
    found = loop.check(answers)
    assert believed in {blank.diagnosis for blank in found.blanks}
    at_once = text_of(words(working).verdict(found, at_once=True))
    assert Text("en")(f"misconceptions.{believed}.looks_like") in at_once
    loop.back()
    assert loop.state.verdict is not None
    assert loop.state.verdict["dx"].diagnosis == believed
    assert loop.state.verdict["dx"].habit


# -- conventions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "inputs", "typed", "convention", "about"),
    [
        ("L = half_sse(y, t)", {"y": (0.5, 3.0), "t": (1.0, 1.0)}, {"dy": "-1, 4"}, "sum", "half_sse"),
        ("L = sse(y, t)", {"y": (0.5, 3.0), "t": (1.0, 1.0)}, {"dy": "-0.5, 2"}, "half_sum", "sse"),
        ("L = mse(y, t)", {"y": (1.0, 4.0, 2.0), "t": (0.0, 1.0, 0.0)}, {"dy": "2, 6, 4"}, "sum", "mse"),
        ("L = mse(y, t)", {"y": (1.0, 4.0, 2.0), "t": (0.0, 1.0, 0.0)}, {"L": "14"}, "sum", "mse"),
        ("y = relu(x)", {"x": 0.0}, {"dx": "1"}, "relu_one", "relu"),
        ("y = relu(x)", {"x": 0.0}, {"dx": "0.5"}, "relu_half", "relu"),
        ("z = max(x, y)", {"x": 4.0, "y": 4.0}, {"dx": "0", "dy": "1"}, "max_second", "max"),
        ("z = max(x, y)", {"x": 4.0, "y": 4.0}, {"dx": "0.5", "dy": "0.5"}, "max_shared", "max"),
        (
            "v1 = mu * v0 - lr * g; w1 = w0 + v1",
            {"mu": 0.9, "v0": 0.4, "lr": 0.1, "g": 3.0, "w0": 2.0},
            {"v1": "0.66", "w1": "1.34"},
            "velocity_up",
            "momentum",
        ),
    ],
)
def test_right_under_another_convention_is_told_and_costs_no_attempt(
    statement: str, inputs: Mapping[str, object], typed: Mapping[str, str], convention: str, about: str
) -> None:
    working = Working(graph(statement, inputs, tuple(typed)))
    verdict = working.loop.check(typed)
    for blank in verdict.blanks:
        assert blank.outcome is Outcome.CONVENTION
        assert blank.diagnosis is None
        assert blank.convention is not None
        assert (blank.convention.id, blank.convention.about) == (convention, about)
        assert blank.times_wrong == 0
    assert not verdict.solved
    assert not verdict.counts
    assert [event.kind for event in working.events].count(EventKind.ATTEMPT) == 0
    working.loop.check(typed)
    assert [event.kind for event in working.events].count(EventKind.HINT) == 1
    said = text_of(words(working).verdict(verdict))
    assert Text("en")(f"conventions.other.{convention}") in said
    assert Text("en")("lesson.costs_nothing") in said


def test_a_formula_is_told_its_convention_too() -> None:
    step = FormulaEntry(
        id="slope",
        kind="formula",
        skill="half_sse.backward",
        statements=("L = half_sse(y, t)",),
        inputs={"y": 3.0, "t": 1.0},
        quantity="dy",
        names=("y", "t"),
    )
    told = Working(step).loop.check({"answer": "2*(y - t)"})["answer"]
    assert told.outcome is Outcome.CONVENTION
    assert told.convention is not None
    assert told.convention.id == "sum"
    slipped = Working(step).loop.check({"answer": "3*(y - t)"})["answer"]
    assert (slipped.outcome, slipped.convention) == (Outcome.WRONG, None)
    assert Working(step).loop.check({"answer": "t - y"})["answer"].diagnosis == "mse_sign"
    assert Working(step).loop.check({"answer": "y - t"}).solved


def test_to_be_told_a_convention_is_help() -> None:
    working = Working(graph("y = relu(x)", {"x": 0.0}, ("dx",)))
    working.loop.check({"dx": "1"})
    assert working.loop.check({"dx": "0"}).solved
    assert working.last(EventKind.ATTEMPT).data["hints"] == 1
    assert working.loop.state.hesitated


def test_half_an_answer_in_another_convention_is_a_mistake() -> None:
    step = graph("L = half_sse(y, t)", {"y": 5.0, "t": 2.0}, ("L", "dy"))
    verdict = Working(step).loop.check({"L": "4.5", "dy": "6"})
    assert verdict["dy"].outcome is Outcome.WRONG
    assert verdict["dy"].convention is None
    assert "mse_factor2" in verdict["dy"].misconceptions
    both = Working(step).loop.check({"L": "9", "dy": "6"})
    assert {blank.outcome for blank in both.blanks} == {Outcome.CONVENTION}


def test_a_velocity_is_judged_together_with_the_update_that_uses_it() -> None:
    step = graph(
        "v1 = mu * v0 - lr * g; w1 = w0 + v1",
        {"w0": 1.0, "v0": 0.0, "mu": 0.9, "lr": 0.5, "g": 2.0},
        ("v1", "w1"),
    )
    uphill = Working(step).loop.check({"v1": "1", "w1": "2"})
    assert uphill["v1"].convention is None
    assert uphill["v1"].diagnosis == "mom_sign"
    assert uphill["w1"].follows
    downhill = Working(step).loop.check({"v1": "1", "w1": "0"})
    assert downhill["v1"].outcome is Outcome.CONVENTION
    assert downhill["w1"].outcome is Outcome.CORRECT


def test_a_factor_that_stands_in_the_formula_is_no_convention() -> None:
    step = graph("e = y - t; s = e ^ 2; L = s / 2", {"y": 5.0, "t": 2.0}, ("dy",))
    assert judged(step, dy="6").convention is None
    assert judged(step, dy="6").outcome is Outcome.WRONG


def test_every_convention_has_its_words_and_its_place() -> None:
    for language in LANGUAGES:
        text = Text(language)
        for convention in conventions():
            assert f"conventions.other.{convention.id}" in text
            for about in convention.about:
                assert f"conventions.here.{about}" in text
                assert about in NODES or about in {recipe.name for recipe in RECIPES}


# -- following through ------------------------------------------------------------------------------------


def test_a_blank_left_degenerate_by_ones_own_slip_earns_nothing_and_is_not_the_cause() -> None:
    step = graph("p = x * y; f = p * z", {"x": 2.0, "y": 3.0, "z": 5.0}, ("dx", "dy", "dp"))
    working = Working(step)
    verdict = working.loop.check({"dp": "0", "dx": "0", "dy": "0"})
    assert not any(blank.follows for blank in verdict.blanks)
    assert verdict["dx"].led_astray
    assert verdict.cause is not None
    assert verdict.cause.key == "dp"
    assert working.loop.state.times_wrong == {"dp": 1}


def test_an_array_left_equal_by_ones_own_slip_earns_nothing() -> None:
    inputs = {"x": (1.0, 2.0), "k": (3.0, 3.0), "w": (2.0, 5.0)}
    step = graph("p = x + k; q = p * w; f = sum(q)", inputs, ("dx", "dp"))
    verdict = Working(step).loop.check({"dp": "4, 4", "dx": "4, 4"})
    assert not verdict["dx"].follows
    assert verdict["dx"].led_astray


def test_what_follows_from_a_slip_is_not_counted_against_its_blank() -> None:
    step = graph("p = x * y; f = p * z", {"x": 2.0, "y": 3.0, "z": 5.0}, ("dx", "dp"))
    working = Working(step)
    verdict = working.loop.check({"dp": "7", "dx": "21"})
    assert verdict["dx"].follows
    assert working.loop.state.times_wrong == {"dp": 1}


def test_an_array_in_the_place_of_a_number_is_explained_by_its_shape() -> None:
    step = graph("y = x * w; L = sum(y)", {"x": 2.0, "w": (1.0, -3.0, 4.0)}, ("dx",))
    blank = judged(step, dx="[1, -3, 4]")
    assert blank.outcome is Outcome.SHAPE
    assert "broadcast_no_sum" in blank.misconceptions
    assert judged(step, dx="[1, -3, 5]").outcome is Outcome.UNREADABLE
    assert judged(step, dx="1, -3, 4").outcome is Outcome.UNREADABLE


# -- the principle beside the rule ------------------------------------------------------------------------


def test_the_principle_goes_back_to_what_is_known_and_leaves_the_result_out() -> None:
    step = graph("p = w * x; z = p + b; r = relu(z)", {"w": -2.0, "x": 1.5, "b": 1.0}, ("dw", "db"))
    working = Working(step.model_copy(update={"upstream": 5.0, "mistakes": ("relu_pass",)}))
    working.loop.check({"dw": "8", "db": "5"})
    verdict = working.loop.check({"dw": "7.5", "db": "5"})
    said = text_of(words(working).verdict(verdict)).replace("\n", " ")
    assert "dw = dp · x" in said
    assert "dz = dr · (z > 0) = 5 · (-2 > 0)" in said
    assert "0 · 1.5" not in said


def test_a_number_close_to_one_is_not_shown_as_one() -> None:
    working = Working(graph("y = sigmoid(x)", {"x": 10.0}, ("dx",)))
    (line,) = working.loop.show_step("dx")
    assert line.numbers.endswith("(1 − 0.999955)")


def test_another_convention_is_no_reason_to_tell_rules_apart() -> None:
    step = graph("r = relu(z)", {"z": 0.0}, ("dz",))
    working = Working(step)
    working.loop.check({"dz": "1"})
    assert not working.loop.may_separate


# -- in time ------------------------------------------------------------------------------------------


def test_what_misconceptions_lead_to_is_worked_out_while_the_learner_reads() -> None:
    working = Working(product())
    assert "wrong_answers" not in vars(working.loop.exercise)
    working.loop.make_ready()
    assert {"wrong_answers", "conventional_answers"} <= set(vars(working.loop.exercise))


def test_a_rule_about_the_pass_that_is_not_asked_for_is_not_executed() -> None:
    values = Working(graph("a = relu(z); p = a * w", {"z": 2.0, "w": 3.0}, ("p",))).loop.exercise
    gradients = Working(graph("a = relu(z); p = a * w", {"z": 2.0, "w": 3.0}, ("dz",))).loop.exercise
    assert "mul_no_swap" not in values.wrong_answers["p"]
    assert "mul_no_swap" in gradients.wrong_answers["dz"]


# -- where no rule explains -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unmatched_answer_is_checked_with_its_own_numbers_and_kept(language: str) -> None:
    working = Working(product())
    verdict = working.loop.check({"dx": "123.4", "dy": "7.5"})
    said = text_of(words(working, language).verdict(verdict))
    assert all(number in said for number in ("3.001", "2.5", "0.04936"))
    assert "-10" not in said
    assert working.last(EventKind.ATTEMPT).data["unmatched"] == ["dx"]


def test_one_gradient_typed_below_the_graph_is_checked_in_the_same_way() -> None:
    step = NumberEntry(
        id="below",
        kind="number",
        skill="mul.backward",
        statements=("z = x * y",),
        inputs={"x": 3.0, "y": -4.0},
        quantity="dx",
    )
    working = Working(step)
    said = text_of(words(working).verdict(working.loop.check({"answer": "123.4"})))
    assert "move x by 0.001 and compare (3 → 3.001)" in said
    assert "0.1234" in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("upstream", "end"), [(None, "cost"), (2.5, "L")])
def test_a_question_uses_the_names_of_the_graph(language: str, upstream: float | None, end: str) -> None:
    step = graph("cost = price + tax", {"price": 10.0, "tax": 5.0}, ("dprice",), mistakes=("value_as_grad",))
    working = Working(step.model_copy(update={"upstream": upstream}))
    said = text_of(words(working, language).verdict(working.loop.check({"dprice": "10"})))
    named = re.findall(r"[A-Za-z]+", said.partition("?")[0])
    assert "price" in named
    assert end in named
    assert "x" not in named


def test_an_explained_answer_is_not_marked_as_unmatched() -> None:
    working = Working(product())
    working.loop.check({"dx": "7.5", "dy": "-10"})
    assert "unmatched" not in working.last(EventKind.ATTEMPT).data


# -- hints and hesitation ---------------------------------------------------------------------------------


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_next_hint_waits_until_the_one_before_can_have_been_read() -> None:
    clock = Seconds()
    working = Working(product(), clock=clock)
    assert working.loop.hint() == 1
    clock.now = HINT_PAUSE - 0.1
    assert working.loop.hint_is_fresh
    assert working.loop.hint() == 1
    clock.now = HINT_PAUSE
    assert not working.loop.hint_is_fresh
    assert working.loop.hint() == 2


def test_hesitation_is_told_by_time_by_help_and_by_errors() -> None:
    clock = Seconds()
    steps = [product(id=f"step-{n}") for n in range(6)]
    working = Working(*steps, clock=clock, word=None)
    hesitated = []
    for took in (5, 6, 5, 40, 5):
        clock.now += took
        working.solve()
        hesitated.append(working.loop.state.hesitated)
        working.loop.advance()
    assert hesitated == [False, False, False, True, False]
    working.loop.check({"dx": "1"})
    working.solve()
    assert working.loop.state.hesitated
    assert working.last(EventKind.ATTEMPT).data["hesitated"] is True


def made_up(*steps: GraphFill) -> Lesson:
    prose = generate("mul", 0).worded({code: Text(code) for code in LANGUAGES}).prose
    worded = tuple(step.model_copy(update={"prose": prose}) for step in steps)
    return Lesson("made-up", 0, {"en": "", "ko": ""}, {}, {}, 5, (), worded)


async def test_the_screen_says_that_the_hint_waits_and_offers_help_unasked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lesson_screen, "STUCK_SECONDS", 0.2)
    app = OneScreenApp(Store.open(None), made_up(product()))
    async with app.run_test(size=(80, 24)) as pilot:
        learner = AtTheKeyboard(app, pilot)
        await learner.press("f2")
        await learner.press("f2")
        assert "press F2 again" in learner.said.replace("\n", " ")
        assert learner.recorded(EventKind.HINT) == 1
        await learner.type("12")
        await pilot.pause(0.4)
        assert learner.said.count("dx = 2.5 · ?") == 1
        await learner.press("1", "backspace")
        await pilot.pause(0.4)
        assert learner.said.count("dx = 2.5 · ?") == 1
        assert learner.blanks["dx"].has_focus
        assert learner.blanks["dx"].value == "12"
