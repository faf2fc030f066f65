"""What a lesson is: typed, checked for form, and never changed after it has been read.

pydantic is imported here and nowhere else; whoever only lists lessons does not import this module.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

MAX_STEPS = 40
MAX_STATEMENTS = 24
MAX_AXIS = 8

Tensor: TypeAlias = float | tuple[float, ...] | tuple[tuple[float, ...], ...]
"""A number, a vector or a matrix, as nested tuples."""


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("not_a_number", "not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise PydanticCustomError("infinite_number", "not finite")
    return number


def _tensor(value: object) -> Tensor:
    if not isinstance(value, tuple):
        return _number(value)
    if not 1 <= len(value) <= MAX_AXIS:
        raise PydanticCustomError("array_shape", "wrong length")
    if not any(isinstance(row, tuple) for row in value):
        return tuple(_number(entry) for entry in value)
    lengths = {len(row) if isinstance(row, tuple) else -1 for row in value}
    if len(lengths) != 1 or not 1 <= lengths.pop() <= MAX_AXIS:
        raise PydanticCustomError("array_shape", "ragged")
    return tuple(tuple(_number(entry) for entry in row) for row in value)


def _read_only(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


AnyTensor = Annotated[Any, BeforeValidator(_tensor)]
Inputs = Annotated[dict[str, AnyTensor], AfterValidator(_read_only)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]+$", max_length=40)]
Formula = Annotated[str, Field(min_length=1, max_length=400)]
Formulas = Annotated[tuple[Formula, ...], Field(max_length=MAX_STATEMENTS)]
Names = tuple[Formula, ...]
Digits = Annotated[int, Field(ge=1, le=8)]


@dataclass(frozen=True, slots=True)
class Prose:
    """The text of a step in one language, and of its parts by heading: `hint 1`, `why`, `option own`, `dx`.

    Fields stand as written; `tutor.course.mathematics.fill` puts the numbers in.
    """

    text: str
    parts: Mapping[str, str]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class _Step(_Strict):
    id: Slug
    review: bool = False
    """Whether the step is also used for review later."""
    covers: tuple[Word, ...] = ()
    """Rows of the coverage list that the step treats."""
    prose: Mapping[str, Prose] = Field(default_factory=dict)
    """By language; put in by the reader, never by lesson.toml."""


class _GraphStep(_Step):
    statements: Formulas = ()
    inputs: Inputs = Field(default_factory=dict)
    upstream: AnyTensor = None
    """The gradient that arrives at the output; None where the lesson says nothing, which means 1."""


class Worked(_GraphStep):
    """A worked example: the values and gradients in `show` are revealed one by one."""

    kind: Literal["worked"]
    statements: Annotated[Formulas, Field(min_length=1)]
    show: Annotated[Names, Field(min_length=1, max_length=24)]


class GraphFill(_GraphStep):
    """Blanks on the edges of the drawn graph."""

    kind: Literal["graph"]
    skill: Word
    statements: Annotated[Formulas, Field(min_length=1)]
    ask: Annotated[Names, Field(min_length=1, max_length=24)]
    mistakes: tuple[Word, ...] = ()
    digits: Digits = 3
    given: Literal["values", "inputs"] | None = None
    """What is shown beside the blanks; None: values when only gradients are asked, else inputs."""
    known: Names = ()
    """Gradients that are shown too."""


class NumberEntry(_GraphStep):
    """One number, or array, typed below the question."""

    kind: Literal["number"]
    skill: Word
    quantity: Formula
    magnitude: bool = False
    """Whether only the power of ten counts."""
    mistakes: tuple[Word, ...] = ()
    digits: Digits = 3


class Option(_Strict):
    """One answer to choose; at most one of `claim`, `mistake` and `keeps` says whether it is right."""

    id: Slug
    claim: Formula | None = None
    """A comparison; right exactly when it is true."""
    mistake: Word | None = None
    """A misconception that the option states; then it is wrong."""
    keeps: Word | None = None
    """A node kind; right exactly when the kind keeps what `id` says."""


class Choice(_GraphStep):
    """One right answer among several, or all that are right where `several` is set."""

    kind: Literal["choice"]
    skill: Word
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=9)]
    several: bool = False


class Ordering(_GraphStep):
    """The named nodes are put into an order in which a pass can visit them."""

    kind: Literal["order"]
    skill: Word | None = None
    statements: Annotated[Formulas, Field(min_length=1)]
    direction: Annotated[Literal["forward", "backward"], Field(alias="pass")]


class Reading(_GraphStep):
    """Prose, with an optional graph drawn in full."""

    kind: Literal["reading"]


Step: TypeAlias = Worked | GraphFill | NumberEntry | Choice | Ordering | Reading

STEP_MODELS: Mapping[str, type[_Step]] = {
    "worked": Worked,
    "graph": GraphFill,
    "number": NumberEntry,
    "choice": Choice,
    "order": Ordering,
    "reading": Reading,
}
"""The model of each kind of step."""


class Header(_Strict):
    """What lesson.toml says about the lesson as a whole."""

    format: Literal[1]
    minutes: Annotated[int, Field(ge=5, le=60)]
    needs: tuple[Slug, ...] = ()
    steps: Annotated[tuple[Any, ...], Field(min_length=1, max_length=MAX_STEPS)]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson that has been proved. Progress is kept by `slug` and step id."""

    slug: str
    number: int
    title: Mapping[str, str]
    intro: Mapping[str, str]
    keep: Mapping[str, str]
    minutes: int
    needs: tuple[str, ...]
    steps: tuple[Step, ...]

    def step(self, step_id: str) -> Step | None:
        """Return the step with this id."""
        return next((step for step in self.steps if step.id == step_id), None)


def required_parts(step: Step) -> tuple[str, ...]:
    """Return the `###` headings that the prose of a step has to have, and no others."""
    match step:
        case Worked():
            return tuple(dict.fromkeys(step.show))
        case Choice():
            options = tuple(f"option {option.id}" for option in step.options)
            return ("hint 1", "hint 2", "why", *dict.fromkeys(options))
        case GraphFill() | NumberEntry() | Ordering():
            return ("hint 1", "hint 2", "why")
        case Reading():
            return ()
