"""What a lesson says about an answer: from outcomes, ids and numbers to sentences in the learner's language.

Imports nothing of the screen. A line is written in the Markdown subset of the lessons, unless it is
literal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from tutor.course.mathematics import fill, gradient_name, gradient_target
from tutor.course.model import (
    CodeTask,
    FaultyCode,
    FaultySolution,
    GraphFill,
    LabVisit,
    NumberEntry,
    Ordering,
    Sorting,
)
from tutor.engine.written_numbers import array_text, shape_text
from tutor.text import Text
from tutor.tutoring.exercise import ANSWER, Asked, Blank, Exercise
from tutor.tutoring.insertions import Purpose
from tutor.tutoring.lesson_loop import OPENS_AT, LessonLoop
from tutor.tutoring.partly_filled import partly_filled
from tutor.tutoring.reading import SHAPES_APART
from tutor.tutoring.verdict import BlankVerdict, Outcome, Verdict
from tutor.tutoring.worked_step import WorkedLine, begun, gradients_in
from tutor.ui.gradient_checks import first_entry, goal, gradient_check
from tutor.ui.kind_words import (
    ON_THE_EDGES,
    PICKED,
    again,
    begin,
    found,
    right_answer,
    solution_lines,
    sort_item,
    without_code,
)


class Tone(Enum):
    """What a line is about; a screen gives each its colour, and some a sign."""

    RIGHT = "right"
    NEAR = "near"
    WRONG = "wrong"
    UNREAD = "unread"
    HINT = "hint"
    WORK = "work"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say: a word with a sign, a sentence, or both."""

    tone: Tone
    text: str = ""
    word: str = ""
    literal: bool = False
    """Whether the text stands as it is, without Markdown: work with numbers, and what repeats typed text."""


_SIGNS = {Tone.RIGHT: ("✓", "+"), Tone.NEAR: ("≈", "~"), Tone.WRONG: ("✗", "x"), Tone.UNREAD: ("?", "?")}

_ASCII = {"·": "*", "×": "*", "÷": "/", "≥": ">=", "≤": "<=", "σ": "sigmoid", "√": "sqrt"}
_ASCII |= {"ᵀ": ".T", "π": "pi", "²": "^2", "³": "^3", "⁻¹": "^-1"}


def sign(tone: Tone, ascii_only: bool) -> str:
    """Return the sign of a tone; empty where it has none."""
    return _SIGNS[tone][ascii_only] if tone in _SIGNS else ""


def plain_signs(formula: str, ascii_only: bool) -> str:
    """Return a formula with the minus of the drawing, and with ASCII signs alone where those are wanted."""
    formula = formula.replace("−", "-")
    if ascii_only:
        for pretty, plain in _ASCII.items():
            formula = formula.replace(pretty, plain)
    return formula


def tone_of(blank: BlankVerdict) -> Tone:
    """Return the tone of one verdict."""
    if blank.follows or blank.outcome in (Outcome.ROUNDED, Outcome.MORE_DIGITS, Outcome.CONVENTION):
        return Tone.NEAR
    if blank.outcome is Outcome.CORRECT:
        return Tone.RIGHT
    if blank.outcome is Outcome.UNREADABLE:
        return Tone.UNREAD
    return Tone.PLAIN if blank.outcome is Outcome.UNANSWERED else Tone.WRONG


class LessonWords:
    """The sentences of one step, in one language."""

    def __init__(self, text: Text, exercise: Exercise, ascii_only: bool = False) -> None:
        self._text = text
        self._exercise = exercise
        self._ascii = ascii_only
        self._prose = exercise.step.prose[text.language]
        self._at_once = self._separable = False
        self._found_right: set[str] = set()

    # -- the lesson's own words --------------------------------------------------------------------------

    @property
    def question(self) -> str:
        """The prose of the step, with its numbers."""
        text = self.prose_text
        return without_code(text) if isinstance(self._exercise.step, FaultyCode) else text

    @property
    def prose_text(self) -> str:
        """The whole prose of the step, a block of code to search included."""
        return fill(self._prose.text, self._exercise.graph)

    def part(self, name: str) -> str:
        """A part of the prose by its heading, with its numbers; empty where there is none."""
        return fill(self._prose.parts.get(name, ""), self._exercise.graph)

    def options(self) -> list[str]:
        """The options of a choice."""
        return [self.part(f"option {option.id}") for option in self._exercise.options]

    def sort_item(self, id_: str) -> str:
        """An item to be put into a bin."""
        return sort_item(self, self._exercise, id_)

    def solution_lines(self) -> list[str]:
        """The lines among which the wrong one is marked."""
        return solution_lines(self, self._exercise)

    # -- before and after --------------------------------------------------------------------------------

    def begin(self) -> list[Line]:
        """What to do in this step."""
        name, fields = begin(self._exercise)
        return [Line(Tone.PLAIN, self._text(f"lesson.begin.{name}", **fields))]

    def solved(self) -> list[Line]:
        """What is said at a step that was solved before."""
        if isinstance(self._exercise.step, LabVisit):
            return self.notice("lab_done", {})
        if isinstance(self._exercise.step, CodeTask):
            return self.notice("code_passed", {})
        return [Line(Tone.RIGHT, self.part("why"), self._text("lesson.outcome.correct"))]

    def hint(self, level: int) -> list[Line]:
        """A hint that the lesson's author wrote."""
        return [Line(Tone.HINT, self.part(f"hint {level}"), self._text("lesson.hint", level=level))]

    def revealed(self, name: str) -> list[Line]:
        """The prose of a value of a worked example."""
        return [Line(Tone.PLAIN, self.part(name))]

    # -- verdicts ----------------------------------------------------------------------------------------

    def verdict(
        self,
        verdict: Verdict,
        worked: Sequence[WorkedLine] = (),
        *,
        at_once: bool = False,
        separable: bool = False,
    ) -> list[Line]:
        """The verdict on each blank, then what helps with the first that needs it.

        `at_once` names a misconception at the first miss too, as where an item was asked to find it out;
        `separable` names none of several, as where there is an item that tells them apart.
        """
        self._at_once, self._separable = at_once, separable
        self._found_right = {blank.key for blank in verdict.blanks if blank.outcome.is_right}
        judged = [blank for blank in verdict.blanks if blank.outcome is not Outcome.UNANSWERED]
        if not judged:
            if isinstance(self._exercise.step, PICKED):
                return self.begin()
            return [Line(Tone.PLAIN, self._text("lesson.nothing_typed"))]
        if verdict.solved:
            return self._right(verdict)
        if sentence := found(self._exercise, verdict):
            name, fields = sentence
            return [Line(Tone.RIGHT, self._say(name, **fields), self._text("lesson.outcome.correct"))]
        cause = verdict.cause
        if isinstance(self._exercise.step, Sorting | FaultySolution | FaultyCode) and cause is not None:
            judged = [cause]  # the widget marks each of them
        lines = [Line(tone_of(blank), word=self._word(blank, verdict)) for blank in judged]
        advice = self._advice(cause, worked) if cause is not None else []
        if len(lines) == 1 and advice and advice[0].tone is Tone.PLAIN and not advice[0].literal:
            lines[0] = replace(lines[0], text=advice.pop(0).text)  # one verdict and its sentence in one row
        return lines + advice

    def _right(self, verdict: Verdict) -> list[Line]:
        rounded = any(blank.outcome is Outcome.ROUNDED for blank in verdict.blanks)
        outcome, tone = (Outcome.ROUNDED, Tone.NEAR) if rounded else (Outcome.CORRECT, Tone.RIGHT)
        lines = [Line(tone, self.part("why"), self._text(f"lesson.outcome.{outcome.value}"))]
        return lines + [line for blank in verdict.blanks for line in self._echo(blank)]

    def _word(self, blank: BlankVerdict, verdict: Verdict) -> str:
        name, cause = blank.outcome.value, verdict.cause
        if blank.follows and cause:
            name = "follows" if verdict.slips == 1 else "follows_several"
        if blank.refusal is not None and blank.refusal.code in SHAPES_APART:
            name = "shapes_apart"
        word = self._text(f"lesson.outcome.{name}", cause=cause.key if cause else "")
        return f"`{blank.key}` {word}" if isinstance(self._exercise.step, ON_THE_EDGES) else word

    def _echo(self, blank: BlankVerdict) -> list[Line]:
        shown = blank.shown
        if shown is None or _numbers(shown) == _numbers(blank.typed):
            return []
        if len(blank.expected_shape) == 1 and shown.startswith("[[") and shown.count("[") == 2:
            shown = shown[1:-1]  # one row: a vector
        key = self.label(blank.key)
        return [Line(Tone.PLAIN, self._text("lesson.read_as", key=key, value=f"`{shown}`"))]

    def _advice(self, blank: BlankVerdict, worked: Sequence[WorkedLine]) -> list[Line]:
        match blank.outcome:
            case Outcome.UNREADABLE:
                return [Line(Tone.PLAIN, self._unreadable(blank), literal=True)]
            case Outcome.CONVENTION:
                return [*self._echo(blank), Line(Tone.PLAIN, self._free(self._convention(blank)))]
            case Outcome.MORE_DIGITS:
                return [Line(Tone.PLAIN, self._free(self._say("more_digits", key=self.label(blank.key))))]
            case Outcome.SHAPE:
                return [*self._echo(blank), *self._other_shape(blank, worked)]
            case _:
                return [*self._echo(blank), *self._wrong(blank, worked)]

    def _wrong(self, blank: BlankVerdict, worked: Sequence[WorkedLine]) -> list[Line]:
        """First the question, then what the answer looks like, then the worked step."""
        if blank.times_wrong >= OPENS_AT:
            principle = self._catalogue(blank, "principle")
            lines = [Line(Tone.PLAIN, principle)] if principle else []
            return lines + self.worked(worked)
        if blank.times_wrong == 2 and (named := self._named(blank)):
            return named
        question = self._catalogue(blank, "ask") or self._transform(blank, "ask") or self._check(blank)
        if blank.diagnosis and (blank.habit or self._at_once):
            question = f"{self._looks_like(blank)} {question}"
        return [Line(Tone.PLAIN, question)]

    def _looks_like(self, blank: BlankVerdict) -> str:
        habit = self._say("habit") if blank.habit else ""
        return f"{self._catalogue(blank, 'looks_like')} {habit}".strip()

    def _named(self, blank: BlankVerdict) -> list[Line]:
        """The rule that the answer looks like, and the principle beside it with the learner's own numbers.

        Of several rules the likelier two; where no rule is known what was done to the right answer; empty
        where nothing can be said but the question again.
        """
        if blank.diagnosis:
            said = [self._looks_like(blank), self._catalogue(blank, "principle")]
        elif blank.misconceptions and self._separable:
            return []  # the item that tells them apart comes first
        elif blank.misconceptions:
            likely = blank.misconceptions[:_NAMED]
            said = [self._text(f"misconceptions.{id_}.looks_like") for id_ in likely]
            said[1:] = [self._say("or", sentence=sentence) for sentence in said[1:]]
        else:
            said = [self._transform(blank, "looks_like")]
        here = self._begun(blank)
        if here:
            said.append(self._say("here" if any(said) else "begin"))
        text = " ".join(sentence for sentence in said if sentence)
        return [
            *([Line(Tone.PLAIN, text)] if text else []),
            *(Line(Tone.WORK, line, literal=True) for line in here),
        ]

    def stuck(self, verdict: Verdict | None, key: str | None = None) -> list[Line]:
        """A step partly filled in, for whoever has waited long, by default that of the first open blank.

        Where nothing can be left out there is the offer to work it out alone.
        """
        right = {blank.key for blank in verdict.blanks if blank.outcome.is_right} if verdict else set()
        blanks = [blank for blank in self._exercise.blanks if blank.key not in right]
        blank = next((blank for blank in blanks if blank.key == key), next(iter(blanks), None))
        filled = None
        if blank is not None and isinstance(self._exercise.step, GraphFill):
            filled = partly_filled(self._exercise, blank, self._known(right))
        if filled is None:
            return self.notice("stuck", {})
        name, formula = filled
        work = Line(Tone.WORK, f"{name} = {plain_signs(formula, self._ascii)}", literal=True)
        return [*self.notice("stuck_partly", {}), work]

    def _known(self, right: Collection[str]) -> set[str]:
        """The gradients that stand on the screen, by name."""
        graph = self._exercise.graph
        arriving = {gradient_name(graph.label(graph.output))} if graph is not None else set()
        return {*getattr(self._exercise.step, "known", ()), *right, *arriving}

    def _begun(self, blank: BlankVerdict) -> list[str]:
        """The right work for a blank, without what comes out and without gradients that are not known yet."""
        step = self._exercise.step
        asked = self._asked(blank)
        if asked is None or self._exercise.graph is None or not isinstance(step, GraphFill | NumberEntry):
            return []
        known = self._known(self._found_right)
        lines = begun(self._exercise, asked, known)
        return [text for line in lines if (text := self._without_result(line, known))]

    def _without_result(self, line: WorkedLine, known: Collection[str]) -> str:
        steps = [self._name_of(line), line.formula]
        given = all(name in known for name in gradients_in(line.formula))
        short = len(line.numbers) <= _LONGEST_WORK
        if given and short and line.kind != "sum" and not _is_bare(line.numbers):
            steps.append(line.numbers)
        shown = dict.fromkeys(plain_signs(step, self._ascii) for step in steps if step)
        return "\n= ".join(shown) if len(shown) > 1 else ""

    def _catalogue(self, blank: BlankVerdict, part: str) -> str:
        name = f"misconceptions.{blank.diagnosis}.{part}"
        return self._text(name, **self._names(blank)) if blank.diagnosis and name in self._text else ""

    def _names(self, blank: BlankVerdict) -> dict[str, str]:
        """What the asked value and the end of the graph are called; x and L where they have no name.

        The end is the output, or L behind it where an upstream gradient arrives.
        """
        asked, graph = self._asked(blank), self._exercise.graph
        named = graph is not None and asked is not None and asked.node in graph.names
        ends = graph is not None and (bool(np.all(graph.upstream == 1)) or "L" in graph.names)
        return {
            "name": asked.node if asked is not None and named else "x",
            "output": graph.label(graph.output) if graph is not None and ends else "L",
        }

    def _transform(self, blank: BlankVerdict, part: str) -> str:
        """What was done to the right answer; the question is about gradients alone."""
        asked, graph, found = self._asked(blank), self._exercise.graph, blank.transformed
        if asked is None or graph is None or found is None:
            return ""
        if part == "ask" and asked.asked is not Asked.GRADIENT:
            return ""
        return self._text(
            f"transforms.{found.transform.value}.{part}",
            name=f"`{asked.node}`",
            entry=first_entry(self._text, asked),
            count=found.count,
            goal=goal(self._text, graph),
        )

    def _check(self, blank: BlankVerdict) -> str:
        """How the learner can find out by themselves where no single misconception explains the answer."""
        if sentence := again(self, self._exercise, blank):
            name, fields = sentence
            return self._say(name, **fields)
        asked = self._asked(blank)
        if asked is None or asked.asked is Asked.QUANTITY:
            return self._say("check_answer")
        key = self._exercise.quantity if blank.key == ANSWER and self._exercise.quantity else blank.key
        return self._check_graph(replace(blank, key=key), asked)

    def _asked(self, blank: BlankVerdict) -> Blank | None:
        """What a blank asks for, a gradient by the name of its node; None where there is no graph."""
        asked = next((asked for asked in self._exercise.blanks if asked.key == blank.key), None)
        graph = self._exercise.graph
        if asked is None or graph is None:
            return None
        target = gradient_target(graph, self._exercise.quantity)
        if asked.asked is Asked.QUANTITY and target is not None and not asked.magnitude:
            return replace(asked, node=target, asked=Asked.GRADIENT)
        return asked

    def _check_graph(self, blank: BlankVerdict, asked: Blank) -> str:
        assert self._exercise.graph is not None
        if asked.asked is Asked.VALUE:
            return self._say("check_value", key=f"`{blank.key}`")
        return gradient_check(self._text, self._exercise.graph, blank, asked)

    def _convention(self, blank: BlankVerdict) -> str:
        match = blank.convention
        assert match is not None
        return self._say(
            "convention",
            other=self._text(f"conventions.other.{match.id}"),
            here=self._text(f"conventions.here.{match.about}"),
        )

    def _unreadable(self, blank: BlankVerdict) -> str:
        refusal = blank.refusal
        assert refusal is not None
        sentence = self._text(f"reading.{refusal.code}", **refusal.fields)
        if isinstance(self._exercise.step, ON_THE_EDGES):
            sentence = f"{blank.key}: {sentence}"
        return self._free(sentence)

    def _other_shape(self, blank: BlankVerdict, worked: Sequence[WorkedLine]) -> list[Line]:
        """The shape that is wanted, then what helps with the numbers."""
        shape = Line(Tone.PLAIN, self._shape(blank))
        if blank.times_wrong >= 2:
            return [shape, *self._wrong(blank, worked)]
        ask = self._catalogue(blank, "ask") or self._transform(blank, "ask")
        return [replace(shape, text=f"{shape.text} {ask}".strip())]

    def _shape(self, blank: BlankVerdict) -> str:
        key = self.label(blank.key)
        match blank.expected_shape:
            case ():
                return self._say("shape_number", key=key)
            case (count,):
                return self._say("shape_vector", key=key, count=count)
            case (rows, columns, *_):
                return self._say("shape_matrix", key=key, rows=rows, columns=columns)
        raise AssertionError(blank.expected_shape)

    def _free(self, sentence: str) -> str:
        return f"{sentence} {self._text('lesson.costs_nothing')}"

    def _say(self, name: str, /, **fields: object) -> str:
        return self._text(f"lesson.say.{name}", **fields)

    def label(self, key: str) -> str:
        """Return what a blank is called: its own name, or what a number entry asks for."""
        if key != ANSWER:
            return f"`{key}`"
        step = self._exercise.step
        formula = self._exercise.wrong_line if isinstance(step, FaultySolution) else self._exercise.quantity
        # A longer formula would give away how the answer is found.
        plain_quotient = all(part.strip().isidentifier() for part in formula.split("/"))
        return f"`{formula}`" if plain_quotient else self._text("lesson.answer")

    # -- worked steps ------------------------------------------------------------------------------------

    def worked(self, lines: Sequence[WorkedLine]) -> list[Line]:
        """The worked step of a blank; of a choice or an order, what is right and why."""
        title = self._text("lesson.worked")
        if not lines:
            return [
                Line(Tone.WORK, word=title),
                Line(Tone.PLAIN, f"{self._right_answer()} {self.part('why')}"),
            ]
        return [Line(Tone.WORK, word=title), *self.worked_lines(lines)]

    def worked_lines(self, lines: Sequence[WorkedLine]) -> list[Line]:
        """The lines of a worked step alone."""
        return [Line(Tone.WORK, self.work(line), literal=True) for line in lines]

    def work(self, line: WorkedLine) -> str:
        """One worked line: name, formula, the numbers put in, the value."""
        if line.kind.startswith("shape_of"):
            return self._shape_work(line)
        value = array_text(line.value + 0.0)
        if not line.formula:
            why = self._text("lesson.given") if line.kind == "given" else ""
            return f"{line.name} = {value}  {why}".rstrip()
        steps = dict.fromkeys([line.formula, line.numbers, line.evaluated])
        name = self._name_of(line) if line.name != line.formula else ""
        shown = [name, *(plain_signs(step, self._ascii) for step in steps), value]
        return "\n= ".join(dict.fromkeys(step for step in shown if step))

    def _name_of(self, line: WorkedLine) -> str:
        """The name of a line, of a branch with the node that it goes through."""
        if not line.through:
            return line.name
        sentence = "branch_lane" if line.lane else "branch"
        return self._text(f"lesson.{sentence}", name=line.name, through=line.through, lane=line.lane)

    def _shape_work(self, line: WorkedLine) -> str:
        shape = shape_text(line.value.tolist())
        if line.kind == "shape_of_gradient":
            return self._text("lesson.shape_like", key=line.name, name=line.formula, shape=shape)
        return "\n= ".join((line.name, plain_signs(line.formula, self._ascii), line.numbers, shape))

    def _right_answer(self) -> str:
        if isinstance(self._exercise.step, Ordering):
            order = ", ".join(f"`{name}`" for name in one_order(self._exercise))
            return self._text("lesson.right_order", order=order) + "\n\n"
        if sentence := right_answer(self, self._exercise):
            name, fields = sentence
            return self._text(f"lesson.{name}", **fields) + "\n\n"
        return ""

    def after_drill_item(self, verdict: Verdict) -> list[Line]:
        """What is said about an item of a drill when the next one is there: a wrong one with its numbers."""
        outcome, tone = (Outcome.CORRECT, Tone.RIGHT) if verdict.solved else (Outcome.WRONG, Tone.WRONG)
        word = self._text(f"lesson.outcome.{outcome.value}")
        if verdict.solved:
            return [Line(tone, word=word)]
        truths = ", ".join(
            f"{self.label(blank.key)} = {array_text(blank.truth + 0.0)}" for blank in self._exercise.blanks
        )
        return [Line(tone, self._text("lesson.drill.was", truths=truths), word)]

    def notice(self, name: str, fields: Mapping[str, object]) -> list[Line]:
        """A sentence about the lesson itself."""
        return [Line(Tone.PLAIN, self._text(f"lesson.{name}", **fields))]


_LONGEST_WORK = 60
_NAMED = 2
"""Rules that are named where several explain an answer."""


def _is_bare(numbers: str) -> bool:
    """Return whether there is nothing to work out in a formula with its numbers put in."""
    return not any(sign in numbers.strip("-−") for sign in "+-−·×*/÷@^<>≤≥(²√")


Saying = Callable[[LessonWords], list[Line]]
"""What is said, in whichever language it is asked for."""


def spoken(loop: LessonLoop, verdict: Verdict, worked: Sequence[WorkedLine]) -> Saying:
    """Return what is said to the verdict on the present step, and which generated step it leads to."""
    names = ["twin_follows"] if loop.twin_follows else []
    names += ["may_separate"] if loop.may_separate else []
    at_once = loop.inserted is not None and loop.inserted.purpose is Purpose.SEPARATE
    separable = loop.may_separate
    return lambda words: [
        *words.verdict(verdict, worked, at_once=at_once, separable=separable),
        *(line for name in names for line in words.notice(name, {})),
    ]


def _numbers(text: str) -> list[str]:
    """Return what stands between the brackets, commas and spaces of an array."""
    return text.translate(str.maketrans("[],;", "    ")).split()


def one_order(exercise: Exercise) -> tuple[str, ...]:
    """Return one order of the nodes that is right."""
    assert exercise.graph is not None
    assert isinstance(exercise.step, Ordering)
    names = tuple(node.name for node in exercise.graph.nodes if node.name and not node.is_leaf)
    return names if exercise.step.direction == "forward" else names[::-1]
