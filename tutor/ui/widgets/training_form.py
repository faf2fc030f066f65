"""The form of free training: the settings of a network, and what is predicted of its run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import Any

from textual.widget import Widget

from tutor.tutoring.predictions import Prediction, Reason, Trend
from tutor.ui.lab_words import LabWords
from tutor.ui.training_choice import (
    EXTRAS,
    ON_SURFACES,
    OPTIONS,
    RANGES,
    Choice,
    NumberFault,
    read_number,
    read_setting,
)
from tutor.ui.widgets.blank import Blank
from tutor.ui.widgets.lab_form import Cycle, Menu, NumberRow, Opener

FINAL = "final"
"""The field for the predicted loss."""


_REASONS_ON_SURFACES = (Reason.FITS, Reason.SLOW, Reason.OVERSHOOTS, Reason.START)


class Missing(Enum):
    """What a prediction still lacks."""

    TREND = "choose_trend"
    REASON = "choose_reason"
    FINAL = "final"


class TrainingForm:
    """The widgets of the form, which stand in several places of the screen, and what is written in them."""

    def __init__(self) -> None:
        self.cycles = {name: Cycle(name, ids) for name, ids in OPTIONS.items()}
        self.numbers = {name: NumberRow(name) for name in (*RANGES, FINAL)}
        self.more = Opener("more")
        self.trend = Menu("trend", [trend.value for trend in Trend])
        self.reason = Menu("reason", [reason.value for reason in Reason])

    def settings(self) -> Iterator[Widget]:
        """The rows of the network in the order of a choice; the extras stand behind a row of their own."""
        for name in Choice.preset("xor").values():
            row: Widget = self.cycles[name] if name in self.cycles else self.numbers[name]
            if name == EXTRAS[0]:
                yield self.more
            row.add_class("extra" if name in EXTRAS else "basic")
            row.set_class(name not in ON_SURFACES, "of-networks")
            yield row

    def field(self, name: str) -> Widget:
        """Return what takes the focus for a setting."""
        return self.cycles[name] if name in self.cycles else self.numbers[name].field

    @property
    def final(self) -> Blank:
        """The field for the predicted loss, which may stay empty."""
        return self.numbers[FINAL].field

    def write(self, words: LabWords, ascii_only: bool) -> None:
        """Write every word and sign in the learner's language."""
        for cycle in self.cycles.values():
            cycle.ascii_only = ascii_only
            cycle.write(
                words.say(f"setting.{cycle.setting}"),
                [words.option(cycle.setting, id_) for id_ in cycle.options],
            )
        for name, number in self.numbers.items():
            number.ascii_only = ascii_only
            number.write(words.say("final_loss" if name == FINAL else f"setting.{name}"))
        self.more.ascii_only = ascii_only
        self.write_more(words)
        for menu in (self.trend, self.reason):
            menu.ascii_only = ascii_only
        self.trend.write([words.trend(trend, limits=True) for trend in Trend])
        self.write_reasons(words)

    def write_more(self, words: LabWords) -> None:
        """Say how many of the extras are in use."""
        added = sum(self.cycles[name].value != OPTIONS[name][0] for name in EXTRAS if name in OPTIONS)
        used = words.say("extras.on", count=added) if added else words.say("extras.none", count=len(EXTRAS))
        self.more.write(words.say("setting.more"), used)

    def write_reasons(self, words: LabWords) -> None:
        """Offer the reasons that there can be for this data set."""
        begun = Choice.preset(self.cycles["dataset"].value)
        reasons = _REASONS_ON_SURFACES if begun.on_surface else tuple(Reason)
        self.reason.offer(
            [reason.value for reason in reasons],
            [words.say_of(begun, f"reason.{reason.value}") for reason in reasons],
        )

    def put(self, choice: Choice) -> None:
        """Write settings into the form."""
        for name, value in choice.values().items():
            if name in self.cycles:
                self.cycles[name].put(str(value))
            else:
                self.numbers[name].field.put(f"{value:g}")

    def read(self) -> Choice | tuple[str, NumberFault]:
        """Return the settings, or the first field that does not hold its number and why."""
        begun = Choice.preset(self.cycles["dataset"].value)
        values: dict[str, Any] = {}
        for name in begun.values():
            if name in self.cycles:
                values[name] = self.cycles[name].value
                continue
            number = read_setting(name, self.numbers[name].field.value)
            if isinstance(number, NumberFault):
                return name, number
            values[name] = number
        return replace(begun, **values)

    def prediction(self) -> Prediction | Missing:
        """Return what is predicted, or what is still missing."""
        typed = self.final.value.strip()
        loss = read_number(typed) if typed else None
        if self.trend.chosen is None:
            return Missing.TREND
        if self.reason.chosen is None:
            return Missing.REASON
        if typed and (loss is None or loss < 0):
            return Missing.FINAL
        return Prediction(Trend(self.trend.chosen), Reason(self.reason.chosen), loss)

    def forget_prediction(self) -> None:
        """Ask anew."""
        self.trend.put(None)
        self.reason.put(None)
        self.final.put("")

    def settle(self, settled: bool) -> None:
        """Keep what is written, or let it be changed."""
        for widget in (self.more, *self.cycles.values(), *(number.field for number in self.numbers.values())):
            widget.disabled = settled
        self.trend.settle(settled)
        self.reason.settle(settled)
