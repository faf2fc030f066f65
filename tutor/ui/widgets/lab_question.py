"""What a lab asks: one prediction with one reason, and later the learner's own setting with a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tutor.course.labs import Lab
from tutor.tutoring.laboratory import NO_IDEA
from tutor.ui.guided_lab_words import GuidedLabWords
from tutor.ui.sketches import SMALL, small_sketch
from tutor.ui.training_choice import read_number
from tutor.ui.widgets.lab_form import Cycle, Menu, NumberRow
from tutor.ui.widgets.trend_sketches import TrendSketches

PREDICTED, OWN, OWN_PREDICTED = "predicted", "own", "own_predicted"
"""The fields for a predicted number, for the learner's own value, and for what is predicted of it."""


class SketchedMenu(Menu):
    """A menu with a small sketch before each sentence; `sketches` names its shape by the sentence's id."""

    def __init__(self, name: str, ids: Sequence[str], sketches: Mapping[str, str]) -> None:
        super().__init__(name, ids)
        self._sketches = sketches

    def lead(self, position: int) -> Content:
        """Return the mark of a sentence and its sketch."""
        mark = super().lead(position)
        if not self._sketches:
            return mark
        name = self._sketches.get(self.ids[position])
        drawn = " " * SMALL if name is None else small_sketch(name, self.ascii_only)
        return Content.assemble(mark, (drawn, "$accent"), " ")


class IdeaMenu(Menu):
    """The ideas that fit a prediction, and none of them; which they are is known after a run."""

    def __init__(self) -> None:
        super().__init__("idea", [NO_IDEA])

    def offer(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Offer these ideas and, as the last one, none of them; `texts` has a sentence for each and that."""
        if self.ids != (*ids, NO_IDEA):
            self.ids, self.chosen, self.cursor = (*ids, NO_IDEA), None, 0
        self.write(texts)


class LabQuestion:
    """The widgets of a lab's questions, which stand in several places of the screen."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        chosen = lab.prediction.kind == "choice"
        ids = [option.id for option in lab.options]
        shapes = {option.id: option.sketch for option in lab.options if option.sketch is not None}
        self.options = SketchedMenu("option", ids, shapes) if chosen else None
        self.number = None if chosen else NumberRow(PREDICTED)
        self.ideas = IdeaMenu()
        self.reasons = Menu("reason", [reason.id for reason in lab.reasons])
        choices = lab.own.choices
        self.own: Cycle | NumberRow = Cycle(OWN, choices) if choices else NumberRow(OWN)
        self.own_number = NumberRow(OWN_PREDICTED)
        self.sketches = TrendSketches(shapes, id="sketches")
        self.arms = Static(id="arms")
        self.heads = {name: Static(classes="head") for name in ("changes", "predict", "own_setting")}

    def prediction_widgets(self) -> Iterator[Widget]:
        """The arms, and what is predicted of them."""
        yield self.heads["changes"]
        yield self.arms
        yield self.heads["predict"]
        if self.options is not None:
            yield self.options
        if self.number is not None:
            yield self.number

    def own_widgets(self) -> Iterator[Widget]:
        """The learner's own setting, and what is predicted of it."""
        yield self.heads["own_setting"]
        yield self.own
        yield self.own_number

    def write(self, words: GuidedLabWords, ascii_only: bool) -> None:
        """Write every word and sign in the learner's language."""
        self.heads["changes"].update(Content(words.variable()))
        self.heads["predict"].update(Content(words.say("predict")))
        self.heads["own_setting"].update(Content(words.say("own_setting")))
        self.arms.update(Content(" | ".join(words.arm(arm.id) for arm in self.lab.table.arms)))
        for menu in (self.reasons, self.ideas, *([self.options] if self.options else [])):
            menu.ascii_only = ascii_only
        self.reasons.write([words.reason(reason.id) for reason in self.lab.reasons])
        if self.options is not None:
            self.options.write([words.option(option.id) for option in self.lab.options])
            sketched = [
                (number, option.id) for number, option in enumerate(self.lab.options, 1) if option.sketch
            ]
            self.sketches.ascii_only = ascii_only
            self.sketches.write(
                [f"{number}" for number, _ in sketched], [words.option(option) for _, option in sketched]
            )
            self.sketches.choose(self.options.chosen)
        if self.number is not None:
            self.number.ascii_only = ascii_only
            self.number.write(words.say("your_number"))
        self.own.ascii_only = self.own_number.ascii_only = ascii_only
        if isinstance(self.own, Cycle):
            self.own.write(words.own_variable(), [words.value(choice) for choice in self.own.options])
        else:
            self.own.write(words.own_variable())
        self.own_number.write(words.reading())

    # -- answers ---------------------------------------------------------------------------------------

    @property
    def first(self) -> Widget:
        """Where a prediction begins."""
        if self.options is not None:
            return self.options
        assert self.number is not None
        return self.number.field

    @property
    def own_first(self) -> Widget:
        """Where the own setting begins."""
        return self.own if isinstance(self.own, Cycle) else self.own.field

    def answer(self) -> str | float | None:
        """Return what is predicted; None where that is missing or no number."""
        if self.options is not None:
            return self.options.chosen
        assert self.number is not None
        return read_number(self.number.field.value)

    def own_value(self) -> str | float | None:
        """Return the learner's own setting; None where it is no number of the range."""
        if isinstance(self.own, Cycle):
            return self.own.value
        value, own = read_number(self.own.field.value), self.lab.own
        if value is None or (own.whole and value != round(value)):
            return None
        low = -float("inf") if own.low is None else own.low
        high = float("inf") if own.high is None else own.high
        if not low <= value <= high:
            return None
        return int(value) if own.whole else value

    def own_answer(self) -> float | None:
        """Return what is predicted of the own setting."""
        return read_number(self.own_number.field.value)

    def settle(self, *, prediction: bool, own: bool) -> None:
        """Keep what is predicted, and the own setting, or let them be changed."""
        self.reasons.settle(prediction)
        if self.options is not None:
            self.options.settle(prediction)
        if self.number is not None:
            self.number.field.disabled = prediction
        self.own_first.disabled = self.own_number.field.disabled = own
