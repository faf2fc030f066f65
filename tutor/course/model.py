"""What a lesson is: typed, checked for form, and never changed after it has been read.

Importing this module imports pydantic, so a list of the lessons has to do without it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias, TypeGuard, get_args

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
Gate = Literal[
    "add",
    "mul",
    "relu",
    "sigmoid",
    "affine",
    "softmax-with-loss",
    "batch-norm",
    "momentum",
    "adam",
    "clip-grad-norm",
    "numerical-gradient",
]


@dataclass(frozen=True, slots=True)
class Prose:
    """The text of a step in one language, and of its parts by heading: `hint 1`, `why`, `option own`, `dx`.

    Fields stand as written; `tutor.course.mathematics.fill` puts the numbers in.
    """

    text: str
    parts: Mapping[str, str]


class StrictTable(BaseModel):
    """A table of a TOML file: an unknown key or a wrong type is a fault, never dropped or converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Step(StrictTable):
    id: Slug
    review: bool = False
    """The mark of a review item, for authors alone: practice brings skills back with other numbers."""
    covers: tuple[Word, ...] = ()
    """Rows of the coverage list that the step treats."""
    try_first: bool = False
    """Whether a first try that is right makes the worked example after the step needless."""
    fade: Slug | None = None
    """The group of steps, from worked to blank, in which a right first try leads to the last one."""
    prose: Mapping[str, Prose] = Field(default_factory=dict)
    """By language; put in by the reader, never by lesson.toml."""


class _GraphStep(_Step):
    statements: Formulas = ()
    inputs: Inputs = Field(default_factory=dict)
    upstream: AnyTensor = None
    """The gradient that arrives at the output; None where the lesson says nothing, which means 1."""
    picture: Literal["graph", "formulas", "values"] = "graph"
    """How the graph is shown: drawn, as a sheet of its formulas, or as a sheet without them."""


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


class Option(StrictTable):
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
    form: Literal["plain", "teach_back", "compare", "predict"] = "plain"
    """What is chosen: a friend's way out of a confusion, one of two solutions, or what will happen."""
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=9)]
    several: bool = False


class Ordering(_GraphStep):
    """The named nodes are put into an order in which a pass can visit them."""

    kind: Literal["order"]
    skill: Word | None = None
    statements: Annotated[Formulas, Field(min_length=1)]
    direction: Annotated[Literal["forward", "backward"], Field(alias="pass")]


class FormulaEntry(_GraphStep):
    """A formula in one line, judged by its value at many points."""

    kind: Literal["formula"]
    skill: Word
    statements: Annotated[Formulas, Field(min_length=1)]
    quantity: Formula
    names: Names = ()
    """What may be used; none: what is known before the quantity is (see `tutor.course.mathematics`)."""
    mistakes: tuple[Word, ...] = ()


class ShapeFill(_GraphStep):
    """The shapes of values and gradients, such as 2x3."""

    kind: Literal["shape"]
    skill: Word
    statements: Annotated[Formulas, Field(min_length=1)]
    ask: Annotated[Names, Field(min_length=1, max_length=8)]
    mistakes: tuple[Word, ...] = ()


class SignFill(_GraphStep):
    """The sign of each value or gradient: +, - or 0, on the edges of the drawn graph."""

    kind: Literal["signs"]
    skill: Word
    statements: Annotated[Formulas, Field(min_length=1)]
    ask: Annotated[Names, Field(min_length=1, max_length=24)]
    mistakes: tuple[Word, ...] = ()


class SortItem(StrictTable):
    """One thing to be put into a bin."""

    id: Slug
    bin: Slug
    quantity: Formula | None = None
    """Computed, and shown as its number."""
    mistake: Word | None = None
    """What somebody seems to believe who puts it into another bin."""


class Sorting(_GraphStep):
    """Items are put into bins."""

    kind: Literal["sort"]
    skill: Word
    bins: Annotated[tuple[Slug, ...], Field(min_length=2, max_length=4)]
    items: Annotated[tuple[SortItem, ...], Field(min_length=2, max_length=9)]


class WrittenLine(StrictTable):
    """One line of a procedure: it comes after those it needs, or, with a mistake, it has to be left out."""

    id: Slug
    needs: tuple[Slug, ...] = ()
    mistake: Word | None = None


class LineOrder(_GraphStep):
    """The lines of a procedure are put into order, and those that state a mistake are left out."""

    kind: Literal["lines"]
    skill: Word
    lines: Annotated[tuple[WrittenLine, ...], Field(min_length=3, max_length=9)]


class FaultySolution(_GraphStep):
    """A worked solution with one misconception in it: its first wrong line is marked, then put right."""

    kind: Literal["bug"]
    skill: Word
    statements: Annotated[Formulas, Field(min_length=1)]
    mistake: Word
    show: Annotated[Names, Field(min_length=2, max_length=9)]
    digits: Digits = 3


class FaultyCode(_GraphStep):
    """Code with a planted line: it is marked, then a repair is chosen where there are any."""

    kind: Literal["code_bug"]
    skill: Word
    line: Annotated[int, Field(ge=1, le=40)]
    """The planted line of the code block, from 1; blank lines do not count."""
    mistake: Word
    fix: Annotated[tuple[Option, ...], Field(max_length=5)] = ()


class LabVisit(_GraphStep):
    """A lab is opened; done when a prediction was committed and compared with its run."""

    kind: Literal["lab"]
    lab: Slug


class Drill(_GraphStep):
    """Items of mastered skills against the clock; the record is the learner's own and feeds no mastery."""

    kind: Literal["drill"]
    skills: Annotated[tuple[Word, ...], Field(min_length=1, max_length=12)]
    count: Annotated[int, Field(ge=3, le=30)] = 12
    seconds: Annotated[int, Field(ge=20, le=300)] = 90


class CodeTask(_GraphStep):
    """Code that is written in the learner's own editor; `gate` names what it has to pass in `tutor code`."""

    kind: Literal["code"]
    skill: Word
    gate: Gate
    optional: bool = False
    """Whether the lesson goes on without it."""


class Reading(_GraphStep):
    """Prose, with an optional graph drawn in full."""

    kind: Literal["reading"]


AnsweredStep: TypeAlias = (
    GraphFill
    | NumberEntry
    | FormulaEntry
    | ShapeFill
    | SignFill
    | Choice
    | Ordering
    | Sorting
    | LineOrder
    | FaultySolution
    | FaultyCode
)
"""A step that is answered and judged on the lesson screen."""

Step: TypeAlias = AnsweredStep | Worked | LabVisit | Drill | CodeTask | Reading

STEP_MODELS: Mapping[str, type[_Step]] = {
    "worked": Worked,
    "graph": GraphFill,
    "number": NumberEntry,
    "formula": FormulaEntry,
    "shape": ShapeFill,
    "signs": SignFill,
    "choice": Choice,
    "order": Ordering,
    "sort": Sorting,
    "lines": LineOrder,
    "bug": FaultySolution,
    "code_bug": FaultyCode,
    "lab": LabVisit,
    "drill": Drill,
    "code": CodeTask,
    "reading": Reading,
}
"""The model of each kind of step."""

ENTRY_MODELS: Mapping[str, type[StrictTable]] = {
    "options": Option,
    "fix": Option,
    "items": SortItem,
    "lines": WrittenLine,
}
"""The model of the tables in an array of a step, by the key of the array."""


class Header(StrictTable):
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


def is_answered(step: Step) -> TypeGuard[AnsweredStep]:
    """Return whether a step is answered and judged on the lesson screen."""
    return isinstance(step, get_args(AnsweredStep))


_LADDER = ("hint 1", "hint 2", "why")


def required_parts(step: Step) -> tuple[str, ...]:
    """Return the `###` headings that the prose of a step has to have, and no others."""
    match step:
        case Worked():
            return tuple(dict.fromkeys(step.show))
        case Choice(options=options) | FaultyCode(fix=options):
            named = [f"option {option.id}" for option in options]
        case Sorting(bins=bins, items=items):
            named = [*(f"bin {name}" for name in bins), *(f"item {item.id}" for item in items)]
        case LineOrder(lines=lines):
            named = [f"line {line.id}" for line in lines]
        case LabVisit() | Drill() | CodeTask() | Reading():
            return ()
        case _:
            named = []
    return (*_LADDER, *dict.fromkeys(named))
