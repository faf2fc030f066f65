"""The labs as data: read, checked for form, and given as plain values. No outcome is ever stored.

A lab is a folder `labs/<slug>` beside the lessons, with lab.toml, en.md and ko.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from tutor.course.faults import Fault, FaultCode, LessonError
from tutor.course.files import read_table, read_text
from tutor.course.lab_model import LabTable, OptionTable, OwnTable, PredictionTable, ReasonTable
from tutor.course.mathematics import compute, number_text, read_formula
from tutor.course.proofs import reading_data
from tutor.course.prose import KEEP, LANGUAGES, Section, fields, stray_brace
from tutor.course.reader import Headings, LessonFiles, frozen, model_keys, note_invalid, read_prose
from tutor.course.toml_lines import TomlLines
from tutor.course.wording import check_numerals, compare_languages, line_of
from tutor.engine.characters import ReadingError
from tutor.engine.experiments import KINDS, Arm, ExperimentError
from tutor.engine.expressions import Call
from tutor.engine.misconceptions import CATALOGUE
from tutor.engine.nodes import Array

LABS, LAB_TOML = "labs", "lab.toml"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_NUMBER = re.compile(r"(?<![A-Za-z_0-9.])[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

_MANY = 1e6
"""From here on a power of ten says more than the digits."""

Words = Mapping[str, str]
"""One text in every language."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that has been checked. `words` holds what is said of each `option …` and `reason …`."""

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
    def right_reason(self) -> str:
        """The reason that explains the outcome."""
        return next(reason.id for reason in self.reasons if _is_right(reason))

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
        return KINDS[self.table.kind].make("own", own_settings(self.table, value))


def own_settings(table: LabTable, value: object) -> Mapping[str, Any]:
    """Return all settings of the learner's own arm."""
    own = table.own
    return {**table.settings, **own.settings, own.variable or table.variable: value}


def _is_right(reason: ReasonTable) -> bool:
    return reason.mistake is None and not reason.wrong


def readings_of(arms: Sequence[Arm]) -> dict[str, Array]:
    """Return every reading of every arm by the name that claims and prose use."""
    return {
        f"{name}_{arm.name}": np.asarray(value, dtype=np.float64)
        for arm in arms
        for name, value in arm.readings().items()
    }


def reading_names(table: LabTable) -> tuple[str, ...]:
    """Return the names of all readings of the arms."""
    reads = KINDS[table.kind].reads
    return tuple(f"{name}_{arm.id}" for arm in table.arms for name in reads)


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
    pieces, end = [], 0
    for written in fields(text):
        value = value_of(written.formula, readings)
        pieces += [text[end : written.start], reading_text(value)]
        end = written.end
    return "".join([*pieces, text[end:]])


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
    _note_strangers(folder, files)
    table = _read_table(folder, files)
    for language in LANGUAGES:
        document = read_prose(folder, language, files)
        if document is not None and table is not None:
            Headings(files, language, document, _sections(table)).check()
    if table is not None:
        with np.errstate(all="ignore"):
            _check(files, table)
    return files, table


def _note_strangers(folder: Path, files: LessonFiles) -> None:
    expected = {LAB_TOML, *(f"{language}.md" for language in LANGUAGES)}
    try:
        present = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        files.fault((), FaultCode.UNREADABLE_FILE)
        return
    for name in present:
        if name not in expected:
            files.faults.append(Fault(f"{files.folder}/{name}", 1, FaultCode.EXTRA_FILE, {"name": name}))


def _read_table(folder: Path, files: LessonFiles) -> LabTable | None:
    try:
        text = read_text(folder / LAB_TOML, files.toml)
        raw = read_table(text, files.toml)
        files.lines = TomlLines(text)
        files.table = frozen(raw)
        return LabTable.model_validate(files.table)
    except LessonError as error:
        files.faults += error.faults
    except RecursionError:
        files.fault((), FaultCode.DEEP_NESTING, limit=0)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_context=True):
            note_invalid(files, (), details, model_keys(LabTable))
    return None


def _sections(table: LabTable) -> Mapping[str, Sequence[str]]:
    options = [f"option {option.id}" for option in table.prediction.options]
    reasons = [f"reason {reason.id}" for reason in table.reasons]
    return {
        "question": [*options, *reasons],
        "arms": [arm.id for arm in table.arms],
        "explain": reasons,
        "own": (),
    }


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


# -- checking --------------------------------------------------------------------------------------------


def _check(files: LessonFiles, table: LabTable) -> None:
    for key, ids in (
        ("arms", [arm.id for arm in table.arms]),
        ("reasons", [reason.id for reason in table.reasons]),
        ("prediction", [option.id for option in table.prediction.options]),
    ):
        for index, name in enumerate(ids):
            if name in ids[:index]:
                files.fault((key,), FaultCode.REPEATED_ID, name=name)
    _check_arms(files, table)
    _check_prediction(files, table)
    _check_own(files, table)
    if sum(_is_right(reason) for reason in table.reasons) != 1:
        files.fault(("reasons",), FaultCode.ONE_RIGHT_REASON)
    for index, reason in enumerate(table.reasons):
        if reason.mistake is not None and reason.mistake not in CATALOGUE:
            files.fault(("reasons", index, "mistake"), FaultCode.UNKNOWN_MISCONCEPTION, name=reason.mistake)
    _check_prose(files, table)


def _check_arms(files: LessonFiles, table: LabTable) -> None:
    for index, arm in enumerate(table.arms):
        _try(files, table, ("arms", index), table.settings_of(arm))


def _try(
    files: LessonFiles, table: LabTable, path: tuple[str | int, ...], settings: Mapping[str, Any]
) -> None:
    try:
        KINDS[table.kind].make("trial", settings)
    except ExperimentError as error:
        place = ("settings", error.setting) if error.setting in table.settings else path
        files.fault(
            place, FaultCode.IMPOSSIBLE_SETTING, key=error.setting[:40], reason=error.code.replace("_", " ")
        )


def _check_prediction(files: LessonFiles, table: LabTable) -> None:
    names = {name: np.ones(()) for name in reading_names(table)}
    asked = table.prediction
    measured = asked.quantity is not None and (asked.near is None) != (asked.within is None)
    if (len(asked.options) < 2) if asked.kind == "choice" else not measured or bool(asked.options):
        files.fault(("prediction",), FaultCode.CLAIM_NEEDED)
    for index, option in enumerate(asked.options):
        _check_claim(files, ("prediction", "options", index), option.claim, names)
    if asked.quantity is not None:
        _check_formula(files, ("prediction", "quantity"), asked.quantity, names)


def _check_claim(
    files: LessonFiles, path: tuple[str | int, ...], claim: str, names: Mapping[str, Array]
) -> None:
    try:
        expression = read_formula(claim, names)
    except ReadingError as error:
        files.fault(path, FaultCode.UNREADABLE_FORMULA, **reading_data(claim, error))
        return
    kinds = ("greater", "greater_equal", "less", "less_equal", "mul")
    if not isinstance(expression, Call) or expression.kind not in kinds:
        files.fault(path, FaultCode.NOT_A_COMPARISON, formula=claim)


def _check_formula(
    files: LessonFiles, path: tuple[str | int, ...], formula: str, names: Mapping[str, Array]
) -> None:
    try:
        read_formula(formula, names)
    except ReadingError as error:
        files.fault(path, FaultCode.UNREADABLE_FORMULA, **reading_data(formula, error))


def _check_own(files: LessonFiles, table: LabTable) -> None:
    own = table.own
    ranged = own.low is not None and own.high is not None and own.low < own.high
    if ranged == bool(own.choices) or (not ranged and (own.low is not None or own.high is not None)):
        files.fault(("own",), FaultCode.OWN_SETTING)
        return
    if own.reading not in KINDS[table.kind].reads:
        choices = ", ".join(KINDS[table.kind].reads)
        files.fault(
            ("own", "reading"), FaultCode.NOT_ONE_OF, key="reading", value=own.reading, choices=choices
        )
    for value in own.choices or (own.low, own.high):
        whole = int(value) if own.whole and isinstance(value, float) else value
        _try(files, table, ("own",), own_settings(table, whole))


def _numbers(value: Any) -> Iterator[float]:
    """Yield every number of a table, and those written in its formulas."""
    if isinstance(value, Mapping):
        for entry in value.values():
            yield from _numbers(entry)
    elif isinstance(value, tuple):
        for entry in value:
            yield from _numbers(entry)
    elif isinstance(value, str):
        yield from (float(found.group()) for found in _NUMBER.finditer(value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield abs(float(value))


def _check_prose(files: LessonFiles, table: LabTable) -> None:
    given = frozenset(_numbers(files.table))
    names = {name: np.ones(()) for name in reading_names(table)}
    for language, document in files.documents.items():
        for section in (document.title, *document.sections):
            for piece in (section, *section.parts):
                note = _noting(files, language, piece)
                stray = stray_brace(piece.text)
                if stray is not None:
                    note(stray, FaultCode.UNBALANCED_BRACE)
                check_numerals(piece, given, note)
                for written in fields(piece.text):
                    if section.name != "explain":
                        note(written.start, FaultCode.FIELD_NOT_ALLOWED)
                        continue
                    try:
                        read_formula(written.formula, names)
                    except ReadingError as error:
                        data = reading_data(written.formula, error)
                        note(written.start, FaultCode.UNREADABLE_FORMULA, **data)
    for name in (*_sections(table), KEEP):
        compare_languages(files, name)


def _noting(files: LessonFiles, language: str, piece: Section) -> Callable[..., None]:
    def note(start: int, code: FaultCode, **data: object) -> None:
        files.prose_fault(language, line_of(piece, start), code, **data)

    return note
