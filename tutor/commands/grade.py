"""`tutor grade`: mark worked answers and name the mistake."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tutor.commands.output import AT_FAULT, DONE, InputError, as_json
from tutor.commands.sentences import fault_sentence, graph_sentence
from tutor.course.faults import LessonError
from tutor.course.files import read_text
from tutor.engine.formulas import ReadingError
from tutor.engine.graph import GraphError
from tutor.text import Text
from tutor.tutoring.grading import GradeFileError, Mark, Marks, grade, outcome_name, read_grade_file


def run(options: argparse.Namespace, text: Text) -> int:
    """Mark every file in the order given; one at fault stops none of the others."""
    failed = False
    for name in options.files:
        try:
            marks = _marks(name, text)
        except InputError as fault:
            failed = True
            print(f"tutor: {fault}", file=sys.stderr)
            if options.json:
                print(json.dumps({"error": str(fault)}, ensure_ascii=False))
            continue
        if options.json:
            print(json.dumps(_marks_as_json(marks), ensure_ascii=False))
        else:
            _print_marks(name, marks, text, titled=len(options.files) > 1)
    return AT_FAULT if failed else DONE


_NAMED = 3
"""Mistakes that are named where several would give the same answer."""


def _marks(name: str, text: Text) -> Marks:
    try:
        return grade(read_grade_file(read_text(Path(name), name), name))
    except LessonError as error:
        raise InputError(fault_sentence(error.faults[0], text)) from error
    except GradeFileError as error:
        reason = text(f"grade.fault.{error.code}", key=error.key, detail=error.detail)
        raise InputError(f"{name}: {reason}") from error
    except ReadingError as error:
        raise InputError(f"{name}: nodes: {text(f'reading.{error.code}', **error.fields)}") from error
    except GraphError as error:
        raise InputError(f"{name}: nodes: {graph_sentence(error, text)}") from error


def _marks_as_json(marks: Marks) -> dict[str, Any]:
    def part(found: Mapping[str, Mark]) -> dict[str, Any]:
        return {
            name: {
                "outcome": outcome_name(mark.verdict.outcome),
                "misconceptions": list(mark.verdict.misconceptions),
                "follows": mark.verdict.follows,
                "expected": as_json(mark.expected),
            }
            for name, mark in found.items()
        }

    return {"answers": part(marks.answers)} | ({"forward": part(marks.forward)} if marks.forward else {})


def _print_marks(name: str, marks: Marks, text: Text, *, titled: bool) -> None:
    if titled:
        print(f"{name}:")
    labelled = [*marks.forward.items(), *((f"d{key}", mark) for key, mark in marks.answers.items())]
    for label, mark in labelled:
        verdict = mark.verdict
        outcome = "follows" if verdict.follows else verdict.outcome.value
        print(f"{label} = {verdict.typed or '—'}  {text(f'grade.{outcome}')}")
        if verdict.refusal:
            print(f"    {text(f'reading.{verdict.refusal.code}', **verdict.refusal.fields)}")
        if verdict.convention:
            other = text(f"conventions.other.{verdict.convention.id}")
            here = text(f"conventions.here.{verdict.convention.about}")
            print(f"    {text('grade.by_convention', other=other, here=here)}")
            continue
        if verdict.diagnosis:
            print(f"    {text(f'misconceptions.{verdict.diagnosis}.looks_like')}")
            print(f"    {text(f'misconceptions.{verdict.diagnosis}.principle')}")
        if verdict.transformed:
            name = f"transforms.{verdict.transformed.transform.value}.looks_like"
            print(f"    {text(name, count=verdict.transformed.count)}")
        likely = () if verdict.diagnosis else verdict.misconceptions
        for id_ in likely[:_NAMED]:
            print(f"    {text('grade.or', sentence=text(f'misconceptions.{id_}.looks_like'))}")
        if len(likely) > _NAMED:
            print(f"    {text('grade.more', count=len(likely) - _NAMED)}")
