"""The labs as data: read, proved, and given as plain values. No outcome is ever stored.

A lab is a folder `labs/<slug>` beside the lessons, with lab.toml, en.md and ko.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from tutor.course.faults import FaultCode, LessonError
from tutor.course.lab_model import IdeaTable, LabTable, OptionTable, OwnTable, PredictionTable, ReasonTable
from tutor.course.lab_proofs import prove_lab
from tutor.course.mathematics import compute
from tutor.course.prose import KEEP, LANGUAGES, Section, fill_fields
from tutor.course.reader import (
    Headings,
    LessonFiles,
    model_keys,
    note_invalid,
    note_strangers,
    read_prose,
    read_toml,
)
from tutor.engine.experiments import KINDS, Arm
from tutor.engine.nodes import Array
from tutor.engine.reading_errors import ReadingError
from tutor.engine.written_numbers import number_text

LABS, LAB_TOML = "labs", "lab.toml"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)

_MANY = 1e6
"""From here on a power of ten says more than the digits."""

Words = Mapping[str, str]
"""One text in every language."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that has been checked.

    `words` holds what each `option …`, `reason …` and `idea …` says, `replies` what is said to a reason (by
    its id) and to an `idea …`.
    """

    slug: str
    table: LabTable
    title: Words
    intro: Words
    question: Words
    words: Mapping[str, Words]
    variable_name: Words
    labels: Mapping[str, Words]
    explain: Words
    replies: Mapping[str, Words]
    own_text: Words
    keep: Words

    @property
    def variable(self) -> str:
        """The setting in which the arms differ."""
        return self.table.variable

    @property
    def views(self) -> tuple[str, ...]:
        """The views that show it, the most useful first."""
        return tuple(self.table.views)

    @property
    def compared(self) -> str:
        """The reading that is shown of every arm, side by side."""
        return self.table.compared or self.table.own.reading

    @property
    def prediction(self) -> PredictionTable:
        """What is to be predicted."""
        return self.table.prediction

    @property
    def options(self) -> tuple[OptionTable, ...]:
        """The options of a choice; empty for a number."""
        return self.table.prediction.options

    @property
    def reasons(self) -> tuple[ReasonTable, ...]:
        """The menu of reasons."""
        return self.table.reasons

    @property
    def ideas(self) -> tuple[IdeaTable, ...]:
        """What a wrong prediction may have come from."""
        return self.table.ideas

    @property
    def right_reason(self) -> str:
        """The reason that explains the outcome."""
        return next(reason.id for reason in self.reasons if reason.is_right)

    @property
    def own(self) -> OwnTable:
        """What the learner may set."""
        return self.table.own

    def arms(self) -> tuple[Arm, ...]:
        """Return the arms, none of which has run."""
        kind = KINDS[self.table.kind]
        return tuple(kind.make(arm.id, self.table.settings_of(arm)) for arm in self.table.arms)

    def own_arm(self, value: object) -> Arm:
        """Return the arm of the learner's own setting; ExperimentError where it makes no run."""
        return KINDS[self.table.kind].make("own", self.table.own_settings(value))


def readings_of(arms: Sequence[Arm]) -> dict[str, Array]:
    """Return every reading of every arm by the name that claims and prose use."""
    return {
        f"{name}_{arm.name}": np.asarray(value, dtype=np.float64)
        for arm in arms
        for name, value in arm.readings().items()
    }


def value_of(formula: str, readings: Mapping[str, Array]) -> float:
    """Return the value of a formula over readings; infinity where it is not finite."""
    try:
        return float(compute(formula, readings))
    except ReadingError as error:
        if error.code != "not_finite":
            raise
        return math.inf


def comes_true(claim: str, readings: Mapping[str, Array]) -> bool:
    """Return whether a claim holds of the readings; nothing holds of what is not known."""
    with np.errstate(all="ignore"):
        return bool(compute(claim, readings))


def filled(text: str, readings: Mapping[str, Array]) -> str:
    """Return a text with the value of every field put in."""
    return fill_fields(text, lambda written: reading_text(value_of(written.formula, readings)))


def reading_text(value: float) -> str:
    """Return a reading as people write it: 0.105, 45.26, 3.782e-6, 2.265e7, ∞."""
    if not math.isfinite(value):
        return "∞"
    if abs(value) < _MANY:
        return number_text(value)
    mantissa, _, exponent = f"{value:.3e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


# -- reading ---------------------------------------------------------------------------------------------


def lab_slugs(folder: Path) -> tuple[str, ...]:
    """Return the labs in a course folder by name; never raises."""
    try:
        return tuple(
            sorted(
                path.name
                for path in (folder / LABS).iterdir()
                if path.is_dir() and not path.name.startswith(".")
            )
        )
    except OSError:
        return ()


def load_lab(folder: Path) -> Lab:
    """Return the lab in a folder; LessonError with every fault where its form is wrong."""
    files, table = read_lab(folder)
    if files.faults or table is None:
        raise LessonError(files.faults)
    return _assemble(folder.name, table, files)


def read_lab(folder: Path) -> tuple[LessonFiles, LabTable | None]:
    """Read the three files of a lab, noting every fault of form; never raises."""
    files = LessonFiles(f"{LABS}/{folder.name}", table_name=LAB_TOML)
    if not _SLUG.fullmatch(folder.name):
        files.fault((), FaultCode.MALFORMED, key=LABS, value=folder.name[:40])
    note_strangers(folder, files)
    table = _read_table(folder, files)
    for language in LANGUAGES:
        document = read_prose(folder, language, files)
        if document is not None and table is not None:
            Headings(files, language, document, table.sections).check()
    if table is not None:
        with np.errstate(all="ignore"):
            prove_lab(files, table)
    return files, table


def _read_table(folder: Path, files: LessonFiles) -> LabTable | None:
    if not read_toml(folder, files):
        return None
    try:
        return LabTable.model_validate(files.table)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_context=True):
            note_invalid(files, (), details, model_keys(LabTable))
    return None


def _assemble(slug: str, table: LabTable, files: LessonFiles) -> Lab:
    documents = files.documents

    def section(language: str, name: str) -> Section:
        found = documents[language].section(name)
        assert found is not None
        return found

    def text(name: str) -> Words:
        return {language: section(language, name).text for language in LANGUAGES}

    def parts(name: str) -> Mapping[str, Words]:
        return {
            part.name: {
                language: next(p.text for p in section(language, name).parts if p.name == part.name)
                for language in LANGUAGES
            }
            for part in section(LANGUAGES[0], name).parts
        }

    return Lab(
        slug=slug,
        table=table,
        title={language: documents[language].title.name for language in LANGUAGES},
        intro={language: documents[language].title.text for language in LANGUAGES},
        question=text("question"),
        words=parts("question"),
        variable_name=text("arms"),
        labels=parts("arms"),
        explain=text("explain"),
        replies={name.removeprefix("reason "): words for name, words in parts("explain").items()},
        own_text=text("own"),
        keep=text(KEEP),
    )
