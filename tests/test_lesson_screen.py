"""The lesson screen: every kind of step from the first key to the last, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.events import Key, Paste
from textual.pilot import Pilot
from ui_harness import OneScreenApp, lesson_folders, screen_text, type_text

from tutor.course.loader import load_lesson
from tutor.course.model import Lesson
from tutor.plain.lines import without_marks
from tutor.student.events import EventKind
from tutor.student.faults import Fault, StoreError
from tutor.student.store import Store
from tutor.text import LANGUAGES
from tutor.tutoring import lesson_loop
from tutor.ui.lesson_rows import share_rows
from tutor.ui.lesson_words import Line, Tone
from tutor.ui.screens.lesson import LessonScreen
from tutor.ui.widgets.blank import Blank
from tutor.ui.widgets.feedback import Feedback
from tutor.ui.widgets.graph_view import GraphCanvas, GraphView
from tutor.ui.widgets.node_order import NodeOrder
from tutor.ui.widgets.option_choice import OptionChoice
from tutor.ui.widgets.prose import inline, lay_out

FOLDER = Path(__file__).parent / "data" / "lesson_screen" / "01-every-kind"
SIZES = [(60, 20), (80, 24), (140, 45)]
SAMPLE = [((60, 20), "ko"), ((80, 24), "en")]
TINY = [(1, 1), (2, 2), (3, 1), (4, 3), (7, 24), (20, 5), (80, 2), (40, 12)]

Opened = Callable[..., AbstractAsyncContextManager["Learner"]]


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return load_lesson(FOLDER)


class Learner:
    """Someone at the keyboard, in front of a lesson."""

    def __init__(self, app: OneScreenApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        self.screen: LessonScreen = app.lesson_screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await type_text(self.pilot, text)
        await self.pilot.pause()

    async def answer(self, *texts: str) -> None:
        """Fill the blanks from the focused one on, and have them checked."""
        for position, text in enumerate(texts):
            if position:
                await self.press("down")
            await self.type(text)
        await self.press("enter")

    async def go_to(self, step: str) -> None:
        while self.step != step:
            await self.press("pagedown")

    @property
    def step(self) -> str:
        return self.screen.loop.step.id

    @property
    def said(self) -> str:
        return self.screen.query_one(Feedback).plain

    @property
    def blanks(self) -> dict[str, Blank]:
        return {blank.key: blank for blank in self.screen.query(Blank)}

    @property
    def fixed(self) -> dict[str, str]:
        """The numbers that stand where blanks were."""
        return {key: text for canvas in self.screen.query(GraphCanvas) for key, text in canvas.fixed.items()}

    @property
    def text(self) -> str:
        return screen_text(self.app)

    def recorded(self, kind: EventKind) -> int:
        return sum(event.kind is kind for event in self.app.store.events())


@pytest.fixture
def opened(lesson: Lesson) -> Opened:
    @asynccontextmanager
    async def open_(
        start: str | None = None,
        *,
        language: str = "en",
        size: tuple[int, int] = (80, 24),
        store: Store | None = None,
        ascii_only: bool = False,
    ) -> AsyncIterator[Learner]:
        app = OneScreenApp(
            store or Store.open(None), lesson, start=start, language=language, ascii_only=ascii_only
        )
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Learner(app, pilot)

    return open_


async def solve(learner: Learner) -> None:
    """Give the right answer of the step on the screen, by the keyboard."""
    match learner.step:
        case "example":
            await learner.press("enter", "right", "f3")
        case "multiply":
            await learner.answer("-10", "7,5")
        case "chain":
            await learner.answer("-3.3", "-3.3", "6.6")
        case "matrix":
            await learner.answer("1 0 3; 0 5 0")
        case "slope":
            await learner.answer("0.105")
        case "passes":
            await learner.press("2", "enter")
        case "larger":
            await learner.press("1", "3", "enter")
        case "order":
            digits = {"z": 0, "t": 0, "a": 0}
            rows = learner.screen.query_one(NodeOrder).entries()["arranged"].split()
            for name in digits:
                await learner.press(str(rows.index(name) + 1))
            await learner.press("enter")


# -- a whole lesson ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_lesson_is_walked_from_the_first_key_to_the_last(
    opened: Opened, lesson: Lesson, language: str
) -> None:
    async with opened(language=language) as learner:
        for step in lesson.steps:
            assert learner.step == step.id
            await solve(learner)
            assert learner.screen.loop.may_advance, step.id
            await learner.press("enter")
        (told,) = learner.app.told
        assert isinstance(told, LessonScreen.Finished)
        assert told.slug == "every-kind"
        assert learner.app.learner.progress.done("every-kind") == {step.id for step in lesson.steps}


async def test_the_end_with_open_steps_leads_to_the_first_of_them(opened: Opened) -> None:
    async with opened("last") as learner:
        await learner.press("enter")
        assert learner.step == "example"
        assert "still open" in learner.said
        assert not learner.app.told


async def test_escape_leaves_and_keeps_what_was_typed(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.type("12")
        await learner.press("escape")
        assert isinstance(learner.app.told[0], LessonScreen.Left)
        assert learner.app.store.drafts("every-kind", "multiply") == {"dx": "12"}


# -- blanks on the edges ----------------------------------------------------------------------------------


async def test_a_blank_lies_exactly_where_the_drawing_keeps_room(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.type("1234")
        row = next(row for row in learner.text.splitlines() if "dx ▕" in row)
        assert "dx ▕1234    ▏" in row
        assert learner.blanks["dx"].region.x == row.index("▕") + 1


async def test_every_blank_gets_its_own_verdict(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.answer("7.5", "7.5")
        assert "▕7.5     ✗" in learner.text
        assert learner.fixed == {"dy": "7.5"}
        assert "✗ dx not yet   ✓ dy correct" in learner.said
        assert learner.blanks["dx"].has_focus


async def test_only_what_is_filled_in_is_checked(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.answer("-10")
        assert learner.fixed == {"dx": "-10"}
        assert "dy" not in learner.said
        assert learner.blanks["dy"].has_focus
        assert learner.recorded(EventKind.STEP_DONE) == 0


async def test_a_right_answer_says_why_and_enter_goes_on(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.answer("-10", "15/2")
        assert learner.said.startswith("✓ correct  Upstream gradient times the other input.")
        assert "dy was read as 7.5" in learner.said
        await learner.press("enter")
        assert learner.step == "chain"


async def test_tab_and_arrows_move_among_the_blanks(opened: Opened) -> None:
    async with opened("multiply") as learner:
        for key, expected in [
            ("tab", "dy"),
            ("shift+tab", "dx"),
            ("down", "dy"),
            ("down", "dx"),
            ("up", "dy"),
        ]:
            await learner.press(key)
            assert learner.blanks[expected].has_focus, key


async def test_a_sign_goes_once_its_text_changes(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.answer("7.5")
        assert "✗" in learner.text.split("▎")[0]
        await learner.press("backspace")
        assert "✗" not in learner.text.split("▎")[0]


async def test_nothing_typed_is_no_attempt(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.press("enter")
        assert "Nothing is typed yet" in learner.said
        assert learner.recorded(EventKind.ATTEMPT) == 0


async def test_a_wide_matrix_is_typed_in_one_row(opened: Opened) -> None:
    async with opened("matrix") as learner:
        await learner.answer("1 0 3; 0 5 0")
        assert learner.fixed == {"dx": "[[1, 0, 3], [0, 5, 0]]"}
        assert "dx [[1, 0, 3], [0, 5, 0]]" in learner.text


async def next_step(learner: Learner, left: str) -> None:
    """Wait for the keys that were posted to have led away from a step, however busy the machine is."""
    for _ in range(200):
        await learner.pilot.pause()
        if learner.step != left:
            break
    await learner.pilot.pause()


async def test_whoever_types_fast_loses_no_character(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.answer("-10", "7.5")
        for key in (Key("enter", "\r"), Key("minus", "-"), Key("3", "3")):
            learner.app.post_message(key)
        await next_step(learner, "multiply")
        assert learner.step == "chain"
        assert learner.blanks["ds"].has_focus
        assert learner.blanks["ds"].value == "-3"
    async with opened("slope") as learner:
        await solve(learner)
        for key in (Key("enter", "\r"), Key("2", "2")):
            learner.app.post_message(key)
        await next_step(learner, "slope")
        assert learner.screen.query_one(OptionChoice).entries() == {"chosen": "whole"}


# -- feedback ---------------------------------------------------------------------------------------------


async def test_first_a_question_then_the_rule_then_the_worked_step(opened: Opened) -> None:
    async with opened("multiply") as learner:
        text = learner.app.text
        said = []
        for typed in ("7.5", "7.50", "7.500"):
            await learner.press("home", "ctrl+k")
            await learner.answer(typed)
            said.append(learner.said)
        assert text("misconceptions.mul_no_swap.ask") in said[0]
        assert text("misconceptions.mul_no_swap.looks_like") in said[1]
        assert text("misconceptions.mul_no_swap.principle") in said[1]
        assert "-10" not in said[0] + said[1]
        assert "dx = dz · y = 2.5 · (-4) = -10" in said[2]
        assert learner.recorded(EventKind.STEP_SHOWN) == 1
        assert learner.recorded(EventKind.ATTEMPT) == 3


async def test_an_unexplained_answer_is_met_with_the_check(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.answer("123")
        assert "move x by 0.001 and compare (3 → 3.001)" in learner.said
        assert "÷ dout (2.5) × 0.001 = 0.0492" in learner.said


async def test_what_follows_from_a_slip_is_not_a_second_slip(opened: Opened) -> None:
    async with opened("chain") as learner:
        await learner.answer("2.2", "2.2")
        assert "✗ ds not yet" in learner.said
        assert "≈ dx follows correctly from your ds" in learner.said


async def test_too_few_digits_cost_no_attempt(opened: Opened) -> None:
    async with opened("slope") as learner:
        await learner.answer("0.1")
        assert "more digits" in learner.said
        assert "costs no attempt" in learner.said
        assert learner.recorded(EventKind.ATTEMPT) == 0


@pytest.mark.parametrize("typed", ["abc", "1//2", "12)", "--", "한글", "[[", "1,2,3", "*`x`*", "0x1F"])
async def test_what_cannot_be_read_keeps_its_text_and_costs_nothing(opened: Opened, typed: str) -> None:
    async with opened("multiply") as learner:
        learner.blanks["dx"].insert_text_at_cursor(typed)
        await learner.press("enter")
        assert "? dx not readable yet" in learner.said
        assert "costs no attempt" in learner.said
        assert learner.blanks["dx"].value == typed
        assert learner.blanks["dx"].has_focus
        assert learner.recorded(EventKind.ATTEMPT) == 0


async def test_a_wrong_shape_is_said_in_words(opened: Opened) -> None:
    async with opened("matrix") as learner:
        await learner.answer("1, 2, 3")
        assert "has the shape 2×3: rows × columns" in learner.said


async def test_full_width_digits_are_read_and_repeated(opened: Opened) -> None:
    async with opened("multiply") as learner:
        learner.blanks["dx"].insert_text_at_cursor("－１２．５")
        await learner.press("enter")
        assert "dx was read as -12.5" in learner.said
        assert learner.blanks["dx"].value == "－１２．５"


async def test_a_choice_names_the_mistake_of_the_option(opened: Opened) -> None:
    async with opened("passes") as learner:
        text = learner.app.text
        for part in ("ask", "looks_like", "principle"):
            await learner.press("2", "1", "enter")
            await learner.press("2")
            assert text(f"misconceptions.add_half.{part}") in learner.said
            if part == "principle":
                assert "Right: The whole upstream gradient" in learner.said
                return
            learner.screen.loop.state.checked = {}  # the same option again is an attempt here
        pytest.fail("the worked step was not opened")


async def test_an_order_names_the_node_that_stands_too_early(opened: Opened) -> None:
    async with opened("order") as learner:
        before = learner.screen.query_one(NodeOrder).entries()
        await learner.press("enter")
        assert "stands before" in learner.said
        await learner.press("space", "down", "enter")
        assert learner.screen.query_one(NodeOrder).entries() != before


# -- hints and worked steps -------------------------------------------------------------------------------


async def test_the_hint_ladder_ends_with_the_worked_step(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson_loop, "HINT_PAUSE", 0.0)
    async with opened("multiply") as learner:
        await learner.press("f2")
        assert learner.said.startswith("Hint 1  Which input says")
        await learner.press("f2")
        assert learner.said.startswith("Hint 2  Hold y at -4")
        await learner.press("tab", "f2")
        assert "dy = dz · x = 2.5 · 3 = 7.5" in learner.said
        assert learner.recorded(EventKind.HINT) == 3
        assert learner.recorded(EventKind.STEP_SHOWN) == 1


@pytest.mark.parametrize("step", ["passes", "larger", "order"])
async def test_a_worked_step_without_numbers_says_what_is_right(opened: Opened, step: str) -> None:
    async with opened(step) as learner:
        await learner.press("f3")
        assert "ight" in learner.said
        assert learner.recorded(EventKind.STEP_SHOWN) == 1


async def test_an_example_reveals_value_by_value(opened: Opened) -> None:
    async with opened() as learner:
        assert learner.fixed == {}
        await learner.press("enter")
        assert learner.fixed == {"z": "6"}
        assert "Forward: 2 × 3 = 6." in learner.said
        await learner.press("right")
        assert learner.fixed == {"z": "6", "dx": "4.5"}
        assert "dx = dz · y = 1.5 · 3 = 4.5" in learner.said
        assert "The local gradient for x is the other input." in learner.said


async def test_a_blank_has_room_for_a_sign_and_three_digits_where_narrower_ones_would_not_fit_either(
    opened: Opened,
) -> None:
    async with opened("chain") as learner:
        await learner.type("-0.0315")
        await learner.press("enter")
        assert "-0.0315" in learner.text


async def test_values_and_upstream_are_shown_as_the_step_says(opened: Opened) -> None:
    async with opened("chain", size=(90, 24)) as learner:
        assert "s = 2" in learner.text
        assert "1.1" in learner.text
        await learner.go_to("order")
        assert "z = t · v" in learner.text
        assert "a = 6" not in learner.text


# -- what is kept -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_change_of_language_keeps_focus_and_text(opened: Opened, language: str) -> None:
    async with opened("multiply", language=language) as learner:
        await learner.answer("7.5", "1")
        await learner.press("tab")
        assert learner.blanks["dy"].has_focus
        await learner.press("end")
        await learner.type("0")
        focused, said = learner.screen.focused, learner.said
        await learner.press("f9")
        assert learner.screen.focused is focused
        assert {key: blank.value for key, blank in learner.blanks.items()} == {"dx": "7.5", "dy": "10"}
        assert learner.said != said
        await learner.press("f9")
        assert learner.said == said


async def test_the_next_start_is_at_the_same_step_with_what_was_typed(opened: Opened, tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        async with opened(store=store) as learner:
            await learner.go_to("multiply")
            await learner.type("-1e")
            await learner.pilot.pause(0.35)
            assert store.drafts("every-kind", "multiply") == {"dx": "-1e"}
            await learner.press("tab")
            await learner.type("7")
    with Store.open(tmp_path) as store:
        async with opened(store=store) as learner:
            assert learner.step == "multiply"
            assert {key: blank.value for key, blank in learner.blanks.items()} == {"dx": "-1e", "dy": "7"}


async def test_marks_and_orders_are_kept_too(opened: Opened, tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        async with opened("larger", store=store) as learner:
            await learner.press("1", "2", "pagedown", "3")
            order = learner.screen.query_one(NodeOrder).entries()
    with Store.open(tmp_path) as store:
        async with opened("larger", store=store) as learner:
            assert "1 [x]" in learner.text
            assert "2 [x]" in learner.text
            await learner.press("pagedown")
            assert learner.screen.query_one(NodeOrder).entries() == order


async def test_a_solved_step_shows_its_answers_and_keeps_no_draft(opened: Opened, tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        async with opened("multiply", store=store) as learner:
            await solve(learner)
            assert store.drafts("every-kind", "multiply") == {}
    with Store.open(tmp_path) as store:
        async with opened("chain", store=store) as learner:
            await learner.press("pageup")
            assert learner.fixed == {"dx": "-10", "dy": "7.5"}
            assert "Upstream gradient times the other input." in learner.said


async def test_a_long_paste_is_refused_in_words_and_changes_nothing(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.type("12")
        learner.blanks["dx"].post_message(Paste("9" * 500))
        await learner.pilot.pause()
        assert learner.blanks["dx"].value == "12"
        assert "500 characters" in learner.said


async def test_a_pasted_matrix_may_have_one_row_per_line(opened: Opened) -> None:
    async with opened("matrix") as learner:
        learner.blanks["dx"].post_message(Paste("1 0 3\n0 5 0\n"))
        await learner.pilot.pause()
        assert learner.blanks["dx"].value == "1 0 3; 0 5 0"
        await learner.press("enter")
        assert learner.screen.loop.state.solved


async def test_a_full_disk_is_said_and_the_answer_stays(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened("multiply") as learner:

        def fail(*_: object) -> None:
            raise StoreError(Fault.FULL)

        monkeypatch.setattr(learner.app.store, "append", fail)
        monkeypatch.setattr(learner.app.store, "save_draft", fail)
        await learner.answer("-10", "8")
        assert learner.app.text("student.fault.full", path="") in learner.text
        assert learner.fixed == {"dx": "-10"}
        assert learner.blanks["dy"].value == "8"


# -- room -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "language"),
    [
        pytest.param(size, language, marks=[] if (size, language) in SAMPLE else pytest.mark.long)
        for size in SIZES
        for language in LANGUAGES
    ],
)
async def test_every_step_fits_its_screen(
    opened: Opened, lesson: Lesson, size: tuple[int, int], language: str
) -> None:
    async with opened(size=size, language=language) as learner:
        for step in lesson.steps:
            await learner.go_to(step.id)
            assert learner.screen.size == size
            question = learner.screen.query_one("#question")
            assert question.max_scroll_y == 0, step.id
            assert f"{lesson.number} {lesson.title[language]}" in learner.text
            assert "Enter" in learner.text.splitlines()[-1]
            assert learner.screen.max_scroll_x == learner.screen.max_scroll_y == 0


@pytest.mark.parametrize("tiny", [TINY[:1], pytest.param(TINY, marks=pytest.mark.long)])
async def test_no_size_is_too_small_to_live(
    opened: Opened, lesson: Lesson, tiny: list[tuple[int, int]]
) -> None:
    async with opened() as learner:
        for step in lesson.steps:
            await learner.go_to(step.id)
            for size in tiny:
                await learner.pilot.resize_terminal(*size)
            await learner.pilot.resize_terminal(80, 24)
        assert learner.step == "last"


async def test_a_change_of_size_keeps_text_and_focus(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.press("tab")
        await learner.type("42")
        for size in [(60, 20), (10, 3), (140, 45)]:
            await learner.pilot.resize_terminal(*size)
            await learner.pilot.pause()
        assert learner.blanks["dy"].has_focus
        assert "dy ▕42      ▏" in learner.text


async def test_a_graph_that_is_too_wide_scrolls_to_the_focused_blank(opened: Opened) -> None:
    async with opened("chain", size=(60, 20)) as learner:
        view = learner.screen.query_one(GraphView)
        assert view.max_scroll_x > 0
        for name in ("dv", "ds", "dx", "dv"):
            while not learner.blanks[name].has_focus:
                await learner.press("tab")
            assert f"{name} ▕" in learner.text
            assert view.region.contains_region(learner.blanks[name].region)


async def test_a_click_chooses_an_option(opened: Opened) -> None:
    async with opened("larger") as learner:
        await learner.pilot.click(OptionChoice, offset=(12, 2))
        assert learner.screen.query_one(OptionChoice).entries() == {"chosen": "y"}


async def test_an_array_is_repeated_only_where_it_may_mean_something_else(opened: Opened) -> None:
    async with opened("matrix") as learner:
        await learner.answer("1 0 3; 0 5 1")
        assert "read as" not in learner.said
        await learner.press("home", "ctrl+k")
        await learner.answer("1/2 0 3; 0 5 1")
        assert "dx was read as [[0.5, 0, 3], [0, 5, 1]]" in learner.said


async def test_ascii_draws_nothing_else(opened: Opened, lesson: Lesson) -> None:
    async with opened(ascii_only=True) as learner:
        for step in lesson.steps:
            await learner.go_to(step.id)
            frame = learner.text.replace("한국어", "").replace("×", "")
            assert frame.isascii(), (step.id, [c for c in frame if not c.isascii()])
            if step.id == "multiply":
                await learner.answer("7.5", "7.5")
                assert "dx [7.5     x" in learner.text
                assert "7.5 +" in learner.text


async def test_the_first_key_replaces_a_number_that_was_found_wrong(opened: Opened) -> None:
    async with opened("multiply") as learner:
        await learner.answer("7.5", "1")
        await learner.type("-10")
        assert learner.blanks["dx"].value == "-10"
        await learner.press("tab", "tab")
        await learner.type("5")
        assert learner.blanks["dx"].value == "-105"  # what was typed since is not replaced
        await learner.press("tab", "left")
        await learner.type("-")
        assert learner.blanks["dy"].value == "-1"


async def test_digits_that_are_missing_are_added(opened: Opened) -> None:
    async with opened("slope") as learner:
        await learner.answer("0.1")
        assert learner.app.text("lesson.outcome.more_digits") in learner.said
        await learner.answer("05")
        assert learner.screen.loop.state.solved


async def test_all_that_the_tutor_says_can_be_read(opened: Opened) -> None:
    async with opened("chain", size=(60, 20)) as learner:
        assert "F8" not in learner.text
        words = [f"word{number}" for number in range(100)]
        learner.screen._say(lambda _: [Line(Tone.PLAIN, " ".join(words))])
        await learner.pilot.pause()
        feedback = learner.screen.query_one(Feedback)
        assert "F8" in learner.text.splitlines()[-1]
        seen = learner.text.split()
        while feedback.scroll_y < feedback.max_scroll_y:
            await learner.press("f8")
            seen += learner.text.split()
        assert set(words) <= set(seen)  # whole words: a scroll bar covers none of them
        await learner.press("f8")
        assert feedback.scroll_y == 0


async def test_a_right_number_gets_all_its_cells(opened: Opened) -> None:
    async with opened("chain", size=(60, 20)) as learner:
        canvas = learner.screen.query_one(GraphCanvas)
        canvas.fix("ds", "-0.0012345")
        learner.screen._make_room()
        await learner.pilot.pause()
        learner.screen.query_one(GraphView).show_place("ds")
        await learner.pilot.pause()
        assert "ds -0.0012345" in learner.text


def test_what_the_tutor_says_has_room_under_a_high_graph() -> None:
    rows = share_rows(24, prose=2, graph=19, answer=0, feedback=7)
    assert rows.feedback == 7
    assert rows.graph >= 10


ORDINARY = {"01-forward-pass", "10-affine", "16-optimizers"}


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(path, id=path.name, marks=() if path.name in ORDINARY else pytest.mark.long)
        for path in lesson_folders()
    ],
)
async def test_a_lesson_opens_with_its_intro_above_the_whole_first_step(folder: Path) -> None:
    lesson = load_lesson(folder)
    app = OneScreenApp(Store.open(None), lesson, language="en")
    async with app.run_test(size=(80, 24)) as pilot:
        for language in ("en", "ko"):
            intro, question = app.lesson_screen.query_one("#intro"), app.lesson_screen.query_one("#question")
            assert lesson.intro[language].split()[0] in screen_text(app)
            assert 0 < intro.region.bottom < question.region.y
            canvases = app.lesson_screen.query(GraphCanvas)
            assert all(canvas.size.height >= canvas.rows_needed(80) for canvas in canvases)
            await pilot.press("f9")
            await pilot.pause()


async def test_the_intro_stands_until_something_was_done_and_comes_back_till_then(tmp_path: Path) -> None:
    lesson = load_lesson(next(lesson_folders()))
    with Store.open(tmp_path) as store:
        for keys, stands in (("", True), ("enter", False), ("enter enter pageup", False)):
            app = OneScreenApp(store, lesson, language="en")
            async with app.run_test(size=(80, 24)) as pilot:
                await pilot.pause()
                assert ("one long formula" in screen_text(app)) is (not app.lesson_screen.loop.done)
                await pilot.press(*keys.split())
                await pilot.pause()
                assert ("one long formula" in screen_text(app)) is stands


async def test_after_a_step_that_was_left_open_enter_leads_to_the_next_open_one(opened: Opened) -> None:
    async with opened() as learner:
        steps = [step.id for step in learner.screen.lesson.steps]
        learner.screen.loop.done |= set(steps) - {steps[0], steps[-1]}
        await solve(learner)
        await learner.press("enter")
        assert learner.step == steps[-1]


def test_the_intro_gives_way_to_every_other_part() -> None:
    low, high = (share_rows(height, intro=3, prose=4, graph=8, answer=0, feedback=1) for height in (20, 24))
    assert (low.intro, high.intro) == (0, 3)
    assert (low.prose, low.graph) == (high.prose, high.graph) == (4, 8)
    assert high.used + high.spare <= 22


def test_rows_are_never_more_than_there_are() -> None:
    for height in range(60):
        for graph in (0, 3, 13, 30):
            rows = share_rows(height, intro=2, prose=4, graph=graph, answer=5, feedback=9)
            assert rows.used + rows.spare <= max(0, height - 2)
            assert min(rows.prose, rows.graph, rows.answer, rows.feedback, rows.spare) >= 0


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("the *input* of", "the input of"),
        ("*입력*의 **기울기**만", "입력의 기울기만"),
        ("2*x*y, x*y*가", "2*x*y, x*y*가"),
    ],
)
def test_an_emphasis_may_have_a_korean_particle_and_a_product_is_none(written: str, read: str) -> None:
    assert inline(written).plain == read == without_marks(written)


def test_prose_is_measured_in_cells() -> None:
    rows = lay_out("상류에서 온 **기울기**에 `dout` 곱해요.\n\n- 하나 둘 셋 넷 다섯 여섯 일곱\n- 둘", 20)
    assert all(row.cell_length <= 20 for row in rows)
    assert [row.plain for row in rows if row.plain.startswith(("•", " "))] == [
        "• 하나 둘 셋 넷 다섯",
        "  여섯 일곱",
        "• 둘",
    ]


def test_a_short_formula_stays_in_one_row_and_a_long_one_breaks_between_its_sides() -> None:
    short = [row.plain for row in lay_out("The value enters twice in b = a + a here.", 30)]
    assert short == ["The value enters twice in", "b = a + a here."]
    long = [row.plain for row in lay_out("- the value f = (x + y) / (σ(x) + (x + y)²), and so on", 40)]
    assert long == ["• the value f = (x + y) /", "  (σ(x) + (x + y)²), and so on"]
    assert all(row.cell_length <= 12 for row in lay_out("`a + b + c + d` and more", 12))


# -- golden screens ---------------------------------------------------------------------------------------

GOLDEN = {
    "graph": ("multiply", ()),
    "wrong": ("multiply", ("7", ".", "5", "tab", "7", ".", "5", "enter")),
    "worked": ("example", ("enter", "enter")),
    "choice": ("passes", ("down",)),
    "order": ("order", ("space", "down")),
    "number": ("slope", ("0", ".", "1", "enter")),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", GOLDEN)
async def test_screen_looks_as_it_did(
    opened: Opened, snapshot: SnapshotAssertion, name: str, language: str
) -> None:
    step, keys = GOLDEN[name]
    async with opened(step, language=language) as learner:
        for key in keys:
            await learner.press("full_stop" if key == "." else key)
        assert learner.text == snapshot
