"""Checks the numbers in the prose of a lesson: computed, true, and the same in every language."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tutor.course.faults import FaultCode
from tutor.course.mathematics import DOUT, UPSTREAM, answers, compute
from tutor.course.model import Choice, FormulaEntry, NumberEntry, ShapeFill, Sorting, Step
from tutor.course.prose import KEEP, Field, Section, fields, numerals, stray_brace
from tutor.course.reader import LessonFiles
from tutor.course.step_proofs import StepProof, reading_data
from tutor.engine.nodes import Array
from tutor.engine.reading_errors import ReadingError
from tutor.engine.tolerance import agrees
from tutor.engine.written_numbers import array_text

FREE = frozenset({0.0, 1.0, 2.0})
"""Numbers that prose may use without computing them."""
HINTS = ("hint 1", "hint 2")
_SAME = 1e-12
"""How far two readings of the same number may lie apart."""

_CODE_SPAN = re.compile(r"`([^`\n]+)`")
_SHAPE = re.compile(r"(?<![\d.])(\d)\s*(?:[x×]|,|by)\s*(\d)(?!\.?\d)")
_WRITTEN = re.compile(r"(?<![A-Za-z0-9_.])(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


@dataclass
class StepWording:
    """The check of one step's prose; `proof` holds the step's graph."""

    files: LessonFiles
    proof: StepProof

    @property
    def step(self) -> Step:
        """The step that the prose belongs to."""
        return self.proof.step

    def check(self) -> None:
        """Check every section of the step in every language, then the languages against each other."""
        for language, document in self.files.documents.items():
            section = document.section(self.step.id)
            for piece in _pieces(section):
                self._check_piece(language, piece)
        compare_languages(self.files, self.step.id)

    @cached_property
    def _given(self) -> frozenset[float]:
        """The sizes of the numbers that the step gives away, in its data or its formulas."""
        formulas = [*self.step.statements]
        if isinstance(self.step, NumberEntry | FormulaEntry):
            formulas.append(self.step.quantity)
        if isinstance(self.step, Choice):
            formulas += [option.claim for option in self.step.options if option.claim]
        if isinstance(self.step, Sorting):
            formulas += [item.quantity for item in self.step.items if item.quantity]
        written = {float(match.group()) for formula in formulas for match in _WRITTEN.finditer(formula)}
        data = [np.asarray(value, dtype=np.float64) for value in self.step.inputs.values()]
        if self.step.upstream is not None:
            data.append(np.asarray(self.step.upstream, dtype=np.float64))
        lengths = {float(length) for value in data for length in value.shape}
        entries = {abs(entry) for value in data for entry in value.reshape(-1).tolist()}
        return frozenset(written | lengths | entries)

    @property
    def _can_compute(self) -> bool:
        # Where the graph is at fault, that fault is reported, and not again at each of its uses.
        return self.proof.graph is not None or not self.step.statements

    def _check_piece(self, language: str, piece: Section) -> None:
        def note(start: int, code: FaultCode, **data: object) -> None:
            self.files.prose_fault(language, line_of(piece, start), code, **data)

        stray = stray_brace(piece.text)
        if stray is not None:
            note(stray, FaultCode.UNBALANCED_BRACE)
        check_numerals(piece, self._given, note, called=self._called)
        shown = list(self._check_fields(piece, note)) if self._can_compute else []
        if piece.name in HINTS:
            self._check_hint(piece, shown, note)

    def _called(self, size: float) -> str:
        """Return the name of a single number of this size, for the field that could stand in its place."""
        numbers = {name: float(x) for name, x in self.proof.names.items() if x.ndim == 0}
        return next((name for name, x in numbers.items() if abs(abs(x) - size) < _SAME), "…")

    def _check_fields(self, piece: Section, note: Callable[..., None]) -> Iterator[tuple[Field, Array]]:
        for written in fields(piece.text):
            try:
                value = compute(written.formula, self.proof.names)
            except ReadingError as error:
                data = reading_data(written.formula, error)
                note(written.start, FaultCode.UNREADABLE_FORMULA, **data)
                continue
            yield written, value
            if written.claimed is None:
                continue
            try:
                claimed = compute(written.claimed, {})
            except ReadingError as error:
                data = reading_data(written.claimed, error)
                note(written.start, FaultCode.UNREADABLE_FORMULA, **data)
                continue
            if not bears_out(value, claimed, written.claimed):
                data = {"formula": written.formula, "claimed": written.claimed, "value": array_text(value)}
                note(written.start, FaultCode.FALSE_CLAIM, **data)

    # -- hints -----------------------------------------------------------------------------------------

    @cached_property
    def _answers(self) -> Mapping[str, Array]:
        try:
            return answers(self.step, self.proof.graph) if self._can_compute else {}
        except (KeyError, ReadingError):
            return {}  # What is asked has a fault of its own.

    def _check_hint(
        self, piece: Section, shown: list[tuple[Field, Array]], note: Callable[..., None]
    ) -> None:
        plain = {*self.step.inputs, UPSTREAM} - set(self._answers)
        for written, value in shown:
            asked = self._answered(value)
            if asked and written.formula not in plain:
                note(written.start, FaultCode.ANSWER_IN_HINT, name=asked, number=f"{{{written.formula}}}")
        for numeral in numerals(piece.text):
            asked = self._answered(np.asarray(numeral.value)) or self._answered(np.asarray(-numeral.value))
            if asked and numeral.value not in self._given | FREE:
                note(numeral.start, FaultCode.ANSWER_IN_HINT, name=asked, number=numeral.text)

        if isinstance(self.step, FormulaEntry):
            self._check_formulas(piece, self.step.quantity, note)
        if isinstance(self.step, ShapeFill):
            self._check_shapes(piece, note)

    def _check_formulas(self, piece: Section, quantity: str, note: Callable[..., None]) -> None:
        """Note code that is a formula for what is asked; a name alone is none."""
        known = {**self.proof.names, DOUT: self.proof.names.get(UPSTREAM, np.asarray(1.0))}
        for match in _CODE_SPAN.finditer(piece.text):
            written = match.group(1).rpartition("=")[2].strip()
            try:
                value = np.asarray(0.0) if written in known else compute(written, known)
            except ReadingError:
                continue
            if written not in known and self._answered(value):
                note(match.start(), FaultCode.ANSWER_IN_HINT, name=quantity, number=written)

    def _check_shapes(self, piece: Section, note: Callable[..., None]) -> None:
        """Note a shape that is asked for, unless a given array has it too."""
        given = {np.shape(value) for value in self.step.inputs.values()}
        asked = {truth.shape: name for name, truth in self._answers.items() if truth.shape not in given}
        for match in _SHAPE.finditer(piece.text):
            name = asked.get((int(match.group(1)), int(match.group(2))))
            if name:
                note(match.start(), FaultCode.ANSWER_IN_HINT, name=name, number=match.group())

    def _answered(self, value: Array) -> str | None:
        digits = self.step.digits if hasattr(self.step, "digits") else 3
        return next((asked for asked, truth in self._answers.items() if agrees(value, truth, digits)), None)


def check_lesson_prose(files: LessonFiles) -> None:
    """Check the text before the first step and the sentence to keep, which have no fields."""
    for language, document in files.documents.items():
        for piece in (document.title, *_pieces(document.section(KEEP))):

            def note(start: int, code: FaultCode, language: str = language, **data: object) -> None:
                files.prose_fault(language, line_of(piece, start), code, **data)  # noqa: B023

            brace = re.search(r"[{}]", piece.text)
            if brace:
                note(brace.start(), FaultCode.FIELD_NOT_ALLOWED)
            check_numerals(piece, frozenset(), note, FaultCode.NUMBER_NOT_ALLOWED)
    compare_languages(files, KEEP)


def check_numerals(
    piece: Section,
    given: Collection[float],
    note: Callable[..., None],
    code: FaultCode = FaultCode.BARE_NUMBER,
    called: Callable[[float], str] = lambda _: "…",
) -> None:
    """Note every numeral that is neither given nor free; in code only decimal ones, which indices are not.

    `called` names what has a size, so that the fault can tell the field to write.
    """
    for numeral in numerals(piece.text):
        if numeral.in_code and "." not in numeral.text:
            continue
        if numeral.value not in FREE and not any(abs(numeral.value - size) < _SAME for size in given):
            note(numeral.start, code, number=numeral.text, field=called(numeral.value))


def compare_languages(files: LessonFiles, name: str) -> None:
    """Note, for each section and part, fields and numbers that one language has and another has not."""
    found = [
        (language, section)
        for language, document in files.documents.items()
        if (section := document.section(name)) is not None
    ]
    for language, other in found[1:]:
        first, section = found[0]
        pairs = [(section, other)]
        pairs += [(part, twin) for part in section.parts if (twin := other.part(part.name))]
        for left, right in pairs:
            _compare(files, language, right, first, left)


def _compare(files: LessonFiles, language: str, piece: Section, first: str, reference: Section) -> None:
    for code, read in ((FaultCode.FIELDS_DIFFER, _field_keys), (FaultCode.NUMBERS_DIFFER, _numbers)):
        own, wanted = read(piece), read(reference)
        missing = ", ".join(key for key in wanted if key not in own)
        extra = ", ".join(key for key in own if key not in wanted)
        # One language may spell out what the other writes in digits; a number on either side is a slip.
        differ = missing and extra if code is FaultCode.NUMBERS_DIFFER else missing or extra
        if differ:
            details = {
                "name": piece.name,
                "language": first,
                "missing": missing or "–",
                "extra": extra or "–",
            }
            files.prose_fault(language, piece.line, code, **details)


def _field_keys(piece: Section) -> dict[str, None]:
    return dict.fromkeys(f"{{{written.key}}}" for written in fields(piece.text))


def _numbers(piece: Section) -> dict[str, None]:
    return dict.fromkeys(
        f"{numeral.value:g}" for numeral in numerals(piece.text) if numeral.value not in FREE
    )


def bears_out(value: Array, claimed: Array, written: str) -> bool:
    """Return whether a computed value is the number as written: rounded to its digits, exact where whole."""
    if value.shape != claimed.shape:
        return False
    places = max((_places(match.group()) for match in _WRITTEN.finditer(written)), default=0)
    exact = places <= 0 and "e" not in written.casefold()
    room = 1e-9 * np.maximum(1.0, np.abs(claimed)) if exact else 0.5 * 10.0**-places * (1 + 1e-9)
    return bool(np.all(np.abs(value - claimed) <= room))


def _places(numeral: str) -> int:
    """Return the power of ten of the last digit written, negated: 0.8808 has 4, 4.5e-5 has 6."""
    mantissa, _, exponent = numeral.casefold().partition("e")
    return len(mantissa.partition(".")[2]) - max(-300, min(300, int(exponent or 0)))


def line_of(piece: Section, start: int) -> int:
    """Return the line on which a place in a section's text stands."""
    return piece.text_line + piece.text.count("\n", 0, start)


def _pieces(section: Section | None) -> tuple[Section, ...]:
    return () if section is None else (section, *section.parts)
