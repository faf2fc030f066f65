"""Proves what a lab says before anything of it runs: its arms, its claims and its prose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tutor.course.faults import FaultCode, nearest
from tutor.course.lab_model import PREDICTED, LabTable
from tutor.course.mathematics import read_formula
from tutor.course.prose import KEEP, Section, fields, stray_brace
from tutor.course.prose_proofs import check_numerals, compare_languages, line_of
from tutor.course.reader import LessonFiles
from tutor.course.step_proofs import reading_data
from tutor.engine.experiments import KINDS, ExperimentError
from tutor.engine.expressions import Call
from tutor.engine.misconceptions import CATALOGUE
from tutor.engine.nodes import Array
from tutor.engine.reading_errors import ReadingError

_NUMBER = re.compile(r"(?<![A-Za-z_0-9.])[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


def prove_lab(files: LessonFiles, table: LabTable) -> None:
    """Note what makes no run, what says nothing of a run, and numbers in the prose that nothing gives."""
    for key, ids in (
        ("arms", [arm.id for arm in table.arms]),
        ("reasons", [reason.id for reason in table.reasons]),
        ("prediction", [option.id for option in table.prediction.options]),
        ("ideas", [idea.id for idea in table.ideas]),
    ):
        for index, name in enumerate(ids):
            if name in ids[:index]:
                files.fault((key,), FaultCode.REPEATED_ID, name=name)
    _check_arms(files, table)
    _check_prediction(files, table)
    _check_own(files, table)
    if sum(reason.is_right for reason in table.reasons) != 1:
        files.fault(("reasons",), FaultCode.ONE_RIGHT_REASON)
    for key, mistakes in (
        ("reasons", [reason.mistake for reason in table.reasons]),
        ("ideas", [idea.mistake for idea in table.ideas]),
    ):
        for index, mistake in enumerate(mistakes):
            if mistake is not None and mistake not in CATALOGUE:
                path, near = (key, index, "mistake"), nearest(mistake, CATALOGUE)
                files.fault(path, FaultCode.UNKNOWN_MISCONCEPTION, name=mistake, **near)
    _check_ideas(files, table)
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
    names = {name: np.ones(()) for name in table.reading_names}
    asked = table.prediction
    measured = asked.quantity is not None and (asked.near is None) != (asked.within is None)
    if (len(asked.options) < 2) if asked.kind == "choice" else not measured or bool(asked.options):
        files.fault(("prediction",), FaultCode.CLAIM_NEEDED)
    for index, option in enumerate(asked.options):
        _check_claim(files, ("prediction", "options", index), option.claim, names)
    if asked.quantity is not None:
        _check_formula(files, ("prediction", "quantity"), asked.quantity, names)


def _check_ideas(files: LessonFiles, table: LabTable) -> None:
    names = {name: np.ones(()) for name in (*table.reading_names, PREDICTED)}
    options = [option.id for option in table.prediction.options]
    for index, idea in enumerate(table.ideas):
        if (not idea.options) if options else (idea.when is None) or bool(idea.options):
            files.fault(("ideas", index), FaultCode.IDEA_FITS_NOTHING, name=idea.id)
        for name in idea.options if options else ():
            if name not in options:
                files.fault(
                    ("ideas", index, "options"),
                    FaultCode.NOT_ONE_OF,
                    key="options",
                    value=name,
                    choices=", ".join(options),
                )
        if idea.when is not None:
            _check_claim(files, ("ideas", index, "when"), idea.when, names)


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
    reads = KINDS[table.kind].reads
    for path, reading in ((("own", "reading"), own.reading), (("compared",), table.compared)):
        if reading is not None and reading not in reads:
            files.fault(path, FaultCode.NOT_ONE_OF, key=path[-1], value=reading, choices=", ".join(reads))
    for value in own.choices or (own.low, own.high):
        whole = int(value) if own.whole and isinstance(value, float) else value
        _try(files, table, ("own",), table.own_settings(whole))


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
    names = {name: np.ones(()) for name in table.reading_names}
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
    for name in (*table.sections, KEEP):
        compare_languages(files, name)


def _noting(files: LessonFiles, language: str, piece: Section) -> Callable[..., None]:
    def note(start: int, code: FaultCode, **data: object) -> None:
        files.prose_fault(language, line_of(piece, start), code, **data)

    return note
