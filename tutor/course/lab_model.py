"""What lab.toml may say, typed and checked for form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from tutor.course.model import Formula, StrictTable, Word
from tutor.engine.experiments import KINDS

MAX_ARMS = 9
PREDICTED = "predicted"
"""The name of the predicted number in the claims of ideas."""

ArmId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$", max_length=12)]
"""A part of the names that claims and prose use, such as `loss_small`."""
Plain = Annotated[str, Field(max_length=200)]
View = Literal[
    "loss", "boundary", "histograms", "thermometer", "path", "weights", "measured", "order", "table", "bars"
]
Curve = Literal["solved", "partly", "flat", "grows", "bounces", "wavy", "noisy", "falls"]
Course = Literal["dips_early", "dips", "dips_late", "hump", "climbs", "valley"]
Bars = Literal[
    "bars_low", "bars_ramp", "bars_jump", "bars_full", "bars_level", "bars_even", "bars_late", "bars_early"
]
Sketch = Curve | Course | Bars
"""The shape of a prediction, as a curve over time or place, or as bars."""


class ArmTable(StrictTable):
    """One arm: the value of the variable, and what has to go along with it."""

    id: ArmId
    value: Any
    settings: dict[str, Any] = Field(default_factory=dict)


class OptionTable(StrictTable):
    """One thing that can be predicted; `claim` is a comparison of readings."""

    id: ArmId
    claim: Formula
    sketch: Sketch | None = None


class PredictionTable(StrictTable):
    """What is to be predicted: one of several options, or a number."""

    kind: Literal["choice", "number"]
    options: Annotated[tuple[OptionTable, ...], Field(max_length=6)] = ()
    quantity: Formula | None = None
    near: Annotated[float, Field(gt=1)] | None = None
    within: Annotated[float, Field(gt=0)] | None = None


class ReasonTable(StrictTable):
    """One reason of the menu; the right one states no mistake and is not wrong."""

    id: ArmId
    mistake: Word | None = None
    wrong: bool = False

    @property
    def is_right(self) -> bool:
        """Whether it explains the outcome."""
        return self.mistake is None and not self.wrong


class IdeaTable(StrictTable):
    """An idea that leads to a wrong prediction: to one of `options`, or to a number of which `when` holds.

    `when` is a claim over the readings and `predicted`, the number that the learner expected.
    """

    id: ArmId
    options: Annotated[tuple[ArmId, ...], Field(max_length=6)] = ()
    when: Formula | None = None
    mistake: Word | None = None


class OwnTable(StrictTable):
    """What the learner may set afterwards, and what is predicted of it."""

    reading: Word
    variable: Word | None = None
    """Another setting than that of the arms."""
    settings: dict[str, Any] = Field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    whole: bool = False
    choices: Annotated[tuple[Plain, ...], Field(max_length=9)] = ()
    near: Annotated[float, Field(gt=1)] | None = 2.0
    within: Annotated[float, Field(gt=0)] | None = None


class LabTable(StrictTable):
    """All of lab.toml."""

    format: Literal[1]
    kind: Annotated[str, Field(pattern="^(" + "|".join(KINDS) + ")$")]
    minutes: Annotated[int, Field(ge=1, le=30)]
    variable: Word
    views: Annotated[tuple[View, ...], Field(min_length=1)]
    axis: Literal["log", "linear"] = "log"
    settings: dict[str, Any] = Field(default_factory=dict)
    arms: Annotated[tuple[ArmTable, ...], Field(min_length=1, max_length=MAX_ARMS)]
    prediction: PredictionTable
    reasons: Annotated[tuple[ReasonTable, ...], Field(min_length=2, max_length=6)]
    ideas: Annotated[tuple[IdeaTable, ...], Field(max_length=12)] = ()
    """What a wrong prediction may have come from; asked for after one."""
    own: OwnTable
    compared: Word | None = None
    """The reading of the view `bars`, where it is another than that of the own setting."""
    given: tuple[float, ...] = ()
    """Numbers that the prose may name, besides those of the settings."""

    def settings_of(self, arm: ArmTable) -> Mapping[str, Any]:
        """Return all settings of an arm."""
        return {**self.settings, **arm.settings, self.variable: arm.value}

    def own_settings(self, value: object) -> Mapping[str, Any]:
        """Return all settings of the learner's own arm."""
        return {**self.settings, **self.own.settings, self.own.variable or self.variable: value}

    @property
    def reading_names(self) -> tuple[str, ...]:
        """The names of all readings of the arms."""
        reads = KINDS[self.kind].reads
        return tuple(f"{name}_{arm.id}" for arm in self.arms for name in reads)

    @property
    def sections(self) -> Mapping[str, Sequence[str]]:
        """The sections that the prose needs besides the last one, and the parts of each."""
        options = [f"option {option.id}" for option in self.prediction.options]
        reasons = [f"reason {reason.id}" for reason in self.reasons]
        ideas = [f"idea {idea.id}" for idea in self.ideas]
        return {
            "question": [*options, *reasons, *ideas],
            "arms": [arm.id for arm in self.arms],
            "explain": [*reasons, *ideas],
            "own": (),
        }
