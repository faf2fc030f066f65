"""What the tutor found in an answer, in ids and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tutor.engine.formulas import ReadingError
from tutor.tutoring.transforms import Transformed


class Outcome(Enum):
    """The verdict on one blank."""

    CORRECT = "correct"
    ROUNDED = "rounded"
    """Right, but rounded somewhere in between."""
    MORE_DIGITS = "more_digits"
    """Right so far; more digits are wanted. Costs no attempt."""
    CONVENTION = "convention"
    """Right under another convention than the one here. Costs no attempt, and counts as a hint."""
    WRONG = "wrong"
    SHAPE = "shape"
    """An array of another shape than asked for."""
    UNREADABLE = "unreadable"
    """Not a number, with the place and the reason. Costs no attempt."""
    UNANSWERED = "unanswered"

    @property
    def is_right(self) -> bool:
        """Whether the blank counts as solved."""
        return self in (Outcome.CORRECT, Outcome.ROUNDED)

    @property
    def counts(self) -> bool:
        """Whether a right or wrong was judged, so that an attempt was used."""
        return self in (Outcome.CORRECT, Outcome.ROUNDED, Outcome.WRONG, Outcome.SHAPE)


@dataclass(frozen=True, slots=True)
class ConventionMatch:
    """A convention of the field under which an answer is right, and the node kind or recipe it is about."""

    id: str
    about: str


@dataclass(frozen=True, slots=True)
class BlankVerdict:
    """The verdict on one blank."""

    key: str
    outcome: Outcome
    typed: str = ""
    shown: str | None = None
    """What was read, where that is not obvious from what was typed."""
    misconceptions: tuple[str, ...] = ()
    """Every misconception that explains a wrong value, best first."""
    diagnosis: str | None = None
    """The one to speak of: the only one, or the only one among those that the exercise tells apart."""
    habit: bool = False
    """Whether the diagnosis explained answers to other items before."""
    transformed: Transformed | None = None
    """What was done to the right answer, where no misconception explains a wrong one."""
    convention: ConventionMatch | None = None
    follows: bool = False
    """Whether a wrong value follows correctly from the learner's own wrong values upstream."""
    led_astray: bool = False
    """Whether a wrong value follows from the learner's own ones, but these leave nothing to work out."""
    times_wrong: int = 0
    """How often this blank has been wrong so far, this time included."""
    refusal: ReadingError | None = None
    expected_shape: tuple[int, ...] = ()
    right_cells: tuple[bool, ...] = ()
    """Of a wrong array of the right shape: which of its entries are right, row by row."""
    missing: tuple[str, str] | None = None
    """Of an order: the first item that stands too early, and the one that it needs; or what is left out."""

    @property
    def is_unmatched(self) -> bool:
        """Whether the value is wrong and nothing that is known of explains it."""
        explained = self.misconceptions or self.transformed or self.follows or self.led_astray
        return self.outcome is Outcome.WRONG and not explained


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a whole answer, blank by blank."""

    blanks: tuple[BlankVerdict, ...]

    @property
    def solved(self) -> bool:
        """Whether every blank is right."""
        return all(blank.outcome.is_right for blank in self.blanks)

    @property
    def counts(self) -> bool:
        """Whether an attempt was used: by something wrong, or by all that is right; not by a right part."""
        return self.solved or any(
            blank.outcome.counts and not blank.outcome.is_right for blank in self.blanks
        )

    @property
    def cause(self) -> BlankVerdict | None:
        """The blank to talk about: the first that is wrong by itself, else the first that needs something."""
        own = [blank for blank in self.blanks if blank.outcome in (Outcome.WRONG, Outcome.SHAPE)]
        own = [blank for blank in own if not (blank.follows or blank.led_astray)] or own
        early = (Outcome.UNREADABLE, Outcome.MORE_DIGITS, Outcome.CONVENTION)
        rest = [blank for blank in self.blanks if blank.outcome in early]
        return next(iter(rest + own), None)

    @property
    def slips(self) -> int:
        """How many blanks are wrong by themselves, not by what stands in another."""
        wrong = (Outcome.WRONG, Outcome.SHAPE)
        return sum(blank.outcome in wrong and not blank.follows for blank in self.blanks)

    def __getitem__(self, key: str) -> BlankVerdict:
        return next(blank for blank in self.blanks if blank.key == key)
