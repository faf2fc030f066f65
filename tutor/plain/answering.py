"""Ask for the answer of a step: a question for each blank, numbers for what is chosen, ordered or marked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tutor.course.model import (
    Choice,
    FaultyCode,
    FaultySolution,
    FormulaEntry,
    GraphFill,
    LineOrder,
    NumberEntry,
    Ordering,
    ShapeFill,
    SignFill,
    Sorting,
    Step,
)
from tutor.plain.lines import Conversation, without_marks
from tutor.tutoring.exercise import ANSWER, ARRANGED, CHOSEN, MARKED, Exercise
from tutor.tutoring.problem import Blank
from tutor.ui.kind_words import solution_lines, sort_item
from tutor.ui.lesson_words import LessonWords

Entries = dict[str, str]


class Answering:
    """The questions of one step."""

    def __init__(
        self, talk: Conversation, exercise: Exercise, words: LessonWords, *, listed: bool = False
    ) -> None:
        self.talk, self.exercise, self.words = talk, exercise, words
        self._listed = listed

    def ask(self, right: Mapping[str, str]) -> Entries:
        """Return what was answered, by blank; `right` are those that are not asked again."""
        ask: Callable[[Any, Collection[str]], Entries] = _QUESTIONS[type(self.exercise.step)]
        return {**right, **ask(self, right)}

    def _list(self, kind: str, entries: Sequence[str]) -> None:
        """Print what can be chosen, unless it was heard a moment ago; the graph before it has numbers too."""
        if not self._listed:
            self.talk.tell(f"list.{kind}")
            self.talk.listed(entries)

    def _typed(self, right: Collection[str]) -> Entries:
        entries = {}
        for blank in self.exercise.blanks:
            if blank.key not in right:
                entries[blank.key] = self.talk.ask(self._prompt(blank))
        return entries

    def _prompt(self, blank: Blank, name: str = "") -> str:
        name = name or self.words.label(blank.key).strip("`")
        match self.exercise.step:
            case SignFill():
                kind = "sign"
            case ShapeFill():
                kind = "shape"
            case FormulaEntry():
                kind = "formula"
            case _:
                kind = ("number", "vector", "matrix")[blank.truth.ndim]
        return self.talk.text(f"plain.type.{kind}", name=name)

    def _chosen(self, right: Collection[str]) -> Entries:
        options = [option.id for option in self.exercise.options]
        self._list("choices", self.words.options())
        several = isinstance(self.exercise.step, Choice) and self.exercise.step.several
        if several:
            numbers = self.talk.ask_numbers(self.talk.text("plain.ask.several"), len(options))
        else:
            number = self.talk.ask_number(self.talk.text("plain.ask.choice"), len(options))
            numbers = [] if number is None else [number]
        return {CHOSEN: " ".join(options[k - 1] for k in sorted(numbers))}

    def _ordered(self, right: Collection[str]) -> Entries:
        items = self.exercise.items
        self._list("nodes", items)
        numbers = self.talk.ask_numbers(self.talk.text("plain.ask.order"), len(items))
        return {ARRANGED: " ".join(items[k - 1] for k in numbers)}

    def _lines(self, right: Collection[str]) -> Entries:
        items = self.exercise.items
        self._list("lines", [self.words.part(f"line {id_}") for id_ in items])
        numbers = self.talk.ask_numbers(self.talk.text("plain.ask.lines"), len(items))
        return {ARRANGED: " ".join(items[k - 1] for k in numbers)}

    def _sorted(self, right: Collection[str]) -> Entries:
        step = self.exercise.step
        assert isinstance(step, Sorting)
        self._list("bins", [self.words.part(f"bin {name}") for name in step.bins])
        entries = {}
        for item in step.items:
            if item.id not in right:
                said = without_marks(sort_item(self.words, self.exercise, item.id))
                prompt = self.talk.text("plain.ask.bin", item=said)
                number = self.talk.ask_number(prompt, len(step.bins))
                entries[item.id] = step.bins[number - 1] if number else ""
        return entries

    def _marked(self, right: Collection[str]) -> Entries:
        """Ask for the wrong line, and once it is found for what should stand there."""
        step = self.exercise.step
        entries = {}
        if MARKED not in right:
            lines = solution_lines(self.words, self.exercise)
            self._list("lines", lines)
            number = self.talk.ask_number(self.talk.text("plain.ask.wrong_line"), len(lines))
            names = list(step.show) if isinstance(step, FaultySolution) else list(map(str, range(1, 41)))
            entries[MARKED] = names[number - 1] if number else ""
            if entries[MARKED] != self.exercise.wrong_line:
                return entries
        if isinstance(step, FaultySolution):
            self.talk.tell("ask.number_there")
            (blank,) = self.exercise.blanks
            return entries | {ANSWER: self.talk.ask(self._prompt(blank, self.exercise.wrong_line))}
        if not self.exercise.options:
            return entries
        self.talk.tell("ask.repair")
        self._listed = False
        return entries | self._chosen(right)


_QUESTIONS: Mapping[type[Step], Callable[[Any, Collection[str]], Entries]] = {
    GraphFill: Answering._typed,
    NumberEntry: Answering._typed,
    FormulaEntry: Answering._typed,
    ShapeFill: Answering._typed,
    SignFill: Answering._typed,
    Choice: Answering._chosen,
    Ordering: Answering._ordered,
    LineOrder: Answering._lines,
    Sorting: Answering._sorted,
    FaultySolution: Answering._marked,
    FaultyCode: Answering._marked,
}
