"""The tutor line by line: whole lessons over a pipe, in both languages, and nothing that a terminal obeys."""

from __future__ import annotations

import io
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, get_args

import pytest
from ui_harness import lesson_folders

from tutor.course.labs import load_lab
from tutor.course.loader import course_folder, load_lesson, outlines
from tutor.course.model import Gate, Lesson, is_answered
from tutor.plain.course import open_plain
from tutor.plain.graph_sentences import graph_sentences
from tutor.plain.hearing import heard
from tutor.plain.lab import visit
from tutor.plain.lesson import PlainLesson
from tutor.plain.lines import Conversation, Ended, Wish, Wished, without_marks
from tutor.plain.practising import worded
from tutor.student.events import Event, EventKind
from tutor.student.progress import CAPSTONE
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.tutoring.exercise import ARRANGED, CHOSEN, MARKED, Exercise
from tutor.tutoring.lesson_loop import LessonLoop
from tutor.ui.answer_area import right_answers

FIRST = next(lesson_folders())
GATES = get_args(Gate)
OTHER = Path(__file__).parent / "data" / "course"
LAB = course_folder() / "labs" / "learning-rate"


class Knowing(Conversation):
    """A learner who knows: each question is answered from what is right for the step at hand."""

    def __init__(self, text: Text, sink: io.StringIO, asked: Callable[[], Exercise]) -> None:
        super().__init__(text, io.StringIO(), sink)
        self._exercise = asked
        self._waiting: list[str] = []
        self._step = ""
        self._asked = 0

    def ask(self, prompt: str) -> str:
        exercise = self._exercise()
        if self._step != exercise.step.id:
            self._step, self._asked = exercise.step.id, 0
            self._waiting = list(_spoken(exercise)) if is_answered(exercise.step) else []
        answer = self._waiting.pop(0) if self._waiting else ""
        self._asked += 1
        assert self._asked < 200, f"asked again and again: {prompt}"
        self.say(f"{prompt} {answer}")
        return answer


def _spoken(exercise: Exercise) -> Iterator[str]:
    """Yield what somebody says who knows the answer, question by question."""
    step = exercise.step
    for field, right in right_answers(exercise).items():
        if field == CHOSEN:
            ids = [option.id for option in exercise.options]
            yield " ".join(str(ids.index(id_) + 1) for id_ in right.split())
        elif field == ARRANGED:
            yield " ".join(str(exercise.items.index(id_) + 1) for id_ in right.split())
        elif field == MARKED:
            shown = getattr(step, "show", None)
            yield right if shown is None else str(shown.index(right) + 1)
        elif hasattr(step, "bins"):
            yield str(step.bins.index(right) + 1)
        else:
            yield right


def walked(lesson: Lesson, language: str, **options: Any) -> tuple[str, LessonLoop]:
    """Return what is said in a lesson that somebody who knows walks to its end, and its loop."""
    sink = io.StringIO()
    loop = LessonLoop(lesson, lambda events: None, word=worded, seed=1, **options)
    talk = Knowing(Text(language), sink, lambda: loop.exercise)
    assert PlainLesson(talk, loop, lambda events: None, passed=lambda: GATES).run()
    return sink.getvalue(), loop


@pytest.mark.parametrize("language", LANGUAGES)
def test_steps_that_were_passed_over_come_before_the_end(language: str) -> None:
    lesson = load_lesson(FIRST)
    first, *rest = [step.id for step in lesson.steps]
    said, loop = walked(lesson, language, done=frozenset(rest[:-1]), start=rest[-1])
    assert Text(language)("lesson.still_open") in said
    assert loop.done == {first, *rest}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("folder", list(lesson_folders()), ids=lambda folder: folder.name)
def test_every_lesson_can_be_walked_to_its_end(
    folder: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.plain.lesson.visit", lambda *_: None)  # the labs have tests of their own
    said, loop = walked(load_lesson(folder), language)
    assert loop.finished
    assert all(character == "\n" or character.isprintable() for character in said)
    assert not re.search(r"(^|\s)\*\*\w|```|\{", said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_lesson_over_a_pipe(tmp_path: Path, language: str) -> None:
    lesson = load_lesson(FIRST)
    lines = [str(lesson.number)]
    for step in lesson.steps:
        if is_answered(step):
            lines += list(_spoken(Exercise(step)))
        lines += [""] * (1 + len(getattr(step, "show", ())) * (step.kind == "worked"))
    done = subprocess.run(
        [sys.executable, "-m", "tutor", "--plain", "--lang", language, "--data", str(tmp_path)],
        input="\n".join([*lines, "."]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    assert lesson.keep[language] in done.stdout
    with Store.open(tmp_path) as store:
        finished = {event.step for event in store.events() if event.kind is EventKind.STEP_DONE}
    assert finished == {step.id for step in lesson.steps}


def test_nothing_of_the_screen_is_needed(tmp_path: Path) -> None:
    script = (
        "import io, sys\nfrom pathlib import Path\nfrom tutor.plain.course import open_plain\n"
        "from tutor.student.store import Store\nfrom tutor.text import Text\n"
        f"with Store.open(Path({str(tmp_path)!r})) as store:\n"
        "    open_plain(store, Text('en'), io.StringIO('1\\n\\n\\n.\\n'), io.StringIO())\n"
        "print([name for name in ('textual', 'plotext') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def talked(store: Store, *lines: str, language: str = "en") -> str:
    """Return what is said when somebody types these lines and then closes the input."""
    sink = io.StringIO()
    open_plain(store, Text(language), io.StringIO("".join(f"{line}\n" for line in lines)), sink)
    return sink.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def test_a_wrong_answer_is_told_as_in_the_app(store: Store) -> None:
    text = Text("en")
    store.append(Event(EventKind.POSITION, "add-and-multiply", "multiply"))
    said = talked(store, "", "7.5", "-10")
    assert text("misconceptions.mul_no_swap.ask") in said
    said = talked(store, "", "?", "7.5", "-10", "!")
    assert text("lesson.hint", level=1) in said
    assert text("lesson.worked") in said


def test_a_hint_asked_for_at_once_again_is_put_off_in_words(store: Store) -> None:
    said = talked(store, "3", "?", "?")
    assert Text("en")("plain.hint_soon") in said


def test_a_list_is_read_out_again_when_it_is_wished_and_not_after_a_hint(store: Store) -> None:
    store.append(Event(EventKind.POSITION, "batch-affine", "double-batch"))
    first = "1. Both double"
    assert talked(store, "11").count(first) == 1
    assert talked(store, "11", "?", "!").count(first) == 1
    assert talked(store, "11", "?", "=").count(first) == 2


def test_the_lessons_are_listed_once_and_again_when_it_is_wished(store: Store) -> None:
    listed = Text("en")("plain.course")
    assert talked(store, "99", "99").count(listed) == 1
    assert talked(store, "99", "=").count(listed) == 2


def test_the_next_start_goes_on_where_the_last_one_ended(store: Store) -> None:
    talked(store, "1", ">", ">")
    said = talked(store, "")
    assert "Step 3 of" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lab_is_predicted_run_and_compared(language: str) -> None:
    sink, recorded = io.StringIO(), list[Event]()
    talk = Conversation(Text(language), io.StringIO("2\n1\n0.5\n0\n\n"), sink)
    visit(talk, LAB, recorded.extend)
    said = sink.getvalue()
    lab = load_lab(LAB)
    assert "0.0001329" in said
    assert without_marks(lab.keep[language]) in said
    assert [event.kind for event in recorded] == [EventKind.PREDICTION, EventKind.RUN] * 2
    assert [event.data["kept"] for event in recorded if event.kind is EventKind.RUN] == [True, True]


@pytest.mark.parametrize(("typed", "named"), [("1", "zigzag"), ("3", "none"), ("", None)])
def test_after_a_wrong_prediction_its_idea_is_asked_for(typed: str, named: str | None) -> None:
    sink, recorded = io.StringIO(), list[Event]()
    visit(Conversation(Text("en"), io.StringIO(f"4\n1\n{typed}\n\n"), sink), LAB, recorded.extend)
    assert [event.data["idea"] for event in recorded if event.kind is EventKind.IDEA] == [named] * bool(named)
    lab = load_lab(LAB)
    assert without_marks(lab.words["idea beyond"]["en"]) in sink.getvalue()
    assert ("jumped 20 times" in sink.getvalue()) == (named == "zigzag")


def test_a_number_in_plain_talk_is_told_beside_the_one_that_came() -> None:
    sink = io.StringIO()
    folder = LAB.with_name("order-of-backward")
    visit(Conversation(Text("en"), io.StringIO("28\n1\n\n"), sink), folder, lambda events: None)
    assert Text("en")("plain.lab.guess.close", predicted="28", came="27") in sink.getvalue()


def test_nothing_runs_before_a_prediction(store: Store) -> None:
    recorded: list[Event] = []
    talk = Conversation(Text("en"), io.StringIO("\n\n9\n"), io.StringIO())
    with pytest.raises(Ended):
        visit(talk, LAB, recorded.extend)
    assert not recorded


def test_code_waits_until_its_check_is_passed(store: Store) -> None:
    store.append(Event(EventKind.POSITION, CAPSTONE, "add"))
    said = talked(store, "", "", "")
    assert said.count(Text("en")("plain.code", gate="add")) == 3
    store.append(Event(EventKind.STEP_DONE, CAPSTONE, "add"))
    assert Text("en")("lesson.code_passed") in talked(store, "", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_wish_is_understood_by_sign_and_by_word_of_every_language(language: str) -> None:
    for other in LANGUAGES:
        for wish in Wish:
            word = Text(other)(f"plain.wish.{wish.value}")
            with pytest.raises(Wished) as wished:
                Conversation(Text(language), io.StringIO(f" {word.upper()} \n"), io.StringIO()).ask("?")
            assert wished.value.wish is wish


def test_what_cannot_be_read_is_told_and_asked_again(store: Store) -> None:
    said = talked(store, "99", "nonsense", "\x1b[31m1", "-")
    assert "There is no lesson 99" in said
    assert "nonsense" in said
    assert "\x1b" not in said


def test_practice_ends_with_what_was_learned(store: Store) -> None:
    said = talked(store, "p", *[">"] * 6, ".")
    assert Text("en")("plain.set_ended") in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_practice_of_a_skill_over_a_pipe(tmp_path: Path, language: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tutor", "practice", "mul.backward", "--count", "2", "--plain"),
            *("--lang", language, "--data", str(tmp_path)),
        ],
        input=">\n>\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert "\x1b" not in done.stdout
    assert Text(language)("plain.goodbye") in done.stdout


def test_the_lessons_may_be_those_of_another_folder(store: Store) -> None:
    sink = io.StringIO()
    open_plain(store, Text("en"), io.StringIO(""), sink, course=OTHER)
    assert outlines(OTHER)[0].title["en"] in sink.getvalue()
    assert load_lesson(FIRST).title["en"] not in sink.getvalue()


TYPED = (
    *("", "1", "2", "3", "-4", "0.5", "1/2", "2x3", "x + y", "1 2 3", "2,1,3", "[[1, 2], [3, 4]]", "p", "ㅔ"),
    *("?", "!", "<", ">", "=", ".", "hint", "도움", "nan", "1e400", "((((", "９", "½", "x" * 3000, "한글"),
    *("\x1b[31m1", "\x00", "\x9b2J", "\r", "\t", "\u202e1", "\ud7ff", "\U0001f600"),
)


@pytest.mark.parametrize("count", [4, pytest.param(2000, marks=pytest.mark.long)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_raises_or_is_answered_with_what_a_terminal_obeys(
    store: Store, language: str, count: int
) -> None:
    chance = random.Random(count)
    found = outlines(course_folder())
    for outline in chance.sample(found, min(count, len(found))):
        for _ in range(max(1, count // (10 * len(found)))):
            step = chance.choice(outline.steps)
            store.append(Event(EventKind.POSITION, outline.slug, step.id))
            said = talked(store, str(outline.number), *chance.choices(TYPED, k=10), language=language)
            assert all(ord(sign) >= 0x20 or sign in "\n\t" for sign in said)
            assert not {"\x7f", "\x9b", "\u202e"} & set(said)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell")
@pytest.mark.parametrize(
    ("redirected", "code"), [("< /dev/null | head -1", 0), ("<&-", 0), ("< /dev/null >&-", 0)]
)
def test_streams_that_are_closed_do_no_harm(tmp_path: Path, redirected: str, code: int) -> None:
    done = subprocess.run(
        f"{sys.executable} -m tutor --plain --lang en --data {tmp_path} {redirected}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")


def test_an_interruption_is_an_orderly_end(store: Store) -> None:
    class Interrupted(io.StringIO):
        def readline(self, *_: object) -> NoReturn:
            raise KeyboardInterrupt

    sink = io.StringIO()
    with pytest.raises(KeyboardInterrupt):  # the command turns it into its exit code
        open_plain(store, Text("en"), Interrupted(), sink)
    assert sink.getvalue().endswith(f"\n{Text('en')('plain.goodbye')}\n")


def test_the_graph_keeps_what_is_asked_to_itself() -> None:
    lesson = load_lesson(next(folder for folder in lesson_folders() if folder.name.startswith("03")))
    step = next(step for step in lesson.steps if step.id == "multiply")
    sentences = list(graph_sentences(Exercise(step), Text("en")))
    assert sentences[:2] == ["1. x is an input: 3.", "2. y is an input: -4."]
    assert sentences[2].endswith("The gradient that arrives here is 2.5.")
    assert not any("dx" in sentence or "dy" in sentence for sentence in sentences)


def test_a_value_that_is_asked_for_is_kept_too() -> None:
    step = next(step for step in load_lesson(OTHER / "02-gates").steps if step.id == "forward")
    exercise = Exercise(step)
    assert exercise.graph is not None
    assert exercise.graph.value("s") == exercise.graph.value("z") == 7
    sentences = list(graph_sentences(exercise, Text("en")))
    assert sentences[:2] == ["1. x is an input: 3.", "2. y is an input: 4."]
    assert not any("7" in sentence for sentence in sentences)


def test_a_formula_that_is_asked_for_is_not_said() -> None:
    lesson = load_lesson(next(folder for folder in lesson_folders() if folder.name.startswith("15")))
    step = next(step for step in lesson.steps if step.id == "five-layers")
    assert list(graph_sentences(Exercise(step), Text("en"))) == [
        "1. slope is an input: 0.25.",
        "2. depth is an input: 5.",
    ]


@pytest.mark.parametrize(
    ("line", "english", "korean"),
    [
        ("X = [[1, -2.5], [0, 4]].", "X = [row 1: 1, -2.5; row 2: 0, 4].", "X = [1행: 1, -2.5; 2행: 0, 4]."),
        ("[[1e-5, 2]]ᵀ @ [3, 4]", "[one row: 1e-5, 2].T @ [3, 4]", "[한 행: 1e-5, 2].T @ [3, 4]"),
        ("3 · x = [5, 7], x[0]", "3 × x = [5, 7], x[0]", "3 × x = [5, 7], x[0]"),
        ("덧셈·곱셈: 기울기 · 미분", "덧셈·곱셈: 기울기 × 미분", "덧셈·곱셈: 기울기 × 미분"),
    ],
)
def test_a_matrix_is_said_row_by_row_and_no_sign_is_lost(line: str, english: str, korean: str) -> None:
    assert heard(line, Text("en")) == english
    assert heard(line, Text("ko")) == korean


@pytest.mark.parametrize(
    ("written", "said"),
    [("a **bold** `x` here", "a bold x here"), ("```\nx = 1\n```", "x = 1"), ("2 * 3 ** 4", "2 * 3 ** 4")],
)
def test_prose_is_said_without_its_marks(written: str, said: str) -> None:
    assert without_marks(written) == said
