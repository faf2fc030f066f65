"""What a lesson says by the kind of its step: what to do, what to look at again, what is right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tutor.course.arrangements import one_line_order
from tutor.course.mathematics import compute, usable_names
from tutor.course.model import (
    Choice,
    CodeTask,
    Drill,
    FaultyCode,
    FaultySolution,
    FormulaEntry,
    GraphFill,
    LabVisit,
    LineOrder,
    NumberEntry,
    Ordering,
    ShapeFill,
    SignFill,
    Sorting,
    Worked,
)
from tutor.course.prose import code_blocks
from tutor.engine.written_numbers import array_text
from tutor.tutoring.exercise import MARKED, Exercise
from tutor.tutoring.verdict import BlankVerdict, Verdict

if TYPE_CHECKING:
    from tutor.ui.lesson_words import LessonWords

Sentence: TypeAlias = tuple[str, dict[str, object]]
"""The name of a sentence, and what it is filled in with."""

PICKED = (Choice, Ordering, Sorting, LineOrder, FaultySolution, FaultyCode)
"""Kinds in which nothing is typed at first."""

ON_THE_EDGES = (GraphFill, ShapeFill, SignFill)
"""Kinds that have several blanks, each with a name of its own."""


def begin(exercise: Exercise) -> Sentence:
    """Return the name of the sentence that says what to do, and what it is filled in with."""
    fields: dict[str, object] = {}
    match exercise.step:
        case NumberEntry(magnitude=True):
            name = "estimate"
        case GraphFill():
            axes = max(blank.truth.ndim for blank in exercise.blanks)
            name = ("graph", "vector", "matrix")[axes]
        case NumberEntry():
            name = ("number", "cells", "grid")[exercise.blanks[0].truth.ndim]
        case FormulaEntry() as step:
            assert exercise.graph is not None
            name, fields = "formula", {"names": _listed(usable_names(step, exercise.graph))}
        case Choice(several=several, form=form):
            name = "several" if several else "choice" if form == "plain" else form
        case ShapeFill():
            name = "shape"
        case SignFill():
            name = "signs"
        case Ordering():
            name = "order"
        case Sorting():
            name = "sort"
        case LineOrder():
            name = "lines"
        case FaultySolution():
            name = "bug"
        case FaultyCode():
            name = "code_bug"
        case Worked():
            name = "worked"
        case LabVisit():
            name = "lab"
        case Drill(count=count, seconds=seconds):
            name, fields = "drill", {"count": count, "seconds": seconds}
        case CodeTask(optional=optional):
            name = "code_optional" if optional else "code"
        case _:
            name = "reading"
    return name, fields


def _listed(names: Iterable[str]) -> str:
    shown = [name for name in names if name != "upstream"]
    return ", ".join(f"`{name}`" for name in shown)


def found(exercise: Exercise, verdict: Verdict) -> Sentence | None:
    """Return the sentence for what is right so far and goes on; None where something is wrong."""
    if verdict.solved or verdict.cause is not None:
        return None
    match exercise.step:
        case FaultyCode() if verdict[MARKED].outcome.is_right:
            return "found_code", {}
        case FaultySolution() if verdict[MARKED].outcome.is_right:
            return "found", {"line": exercise.wrong_line}
        case Sorting():
            return "sort_open", {}
        case _:
            return None


def again(words: LessonWords, exercise: Exercise, blank: BlankVerdict) -> Sentence | None:
    """Return what to look at again in a wrong answer that no misconception explains."""
    match exercise.step:
        case NumberEntry(magnitude=True):
            return "estimate_again", {}
        case Choice(several=True):
            return "mark_again", {}
        case Choice(form="plain"):
            return ("choose_again" if exercise.graph is not None else "choose_again_words"), {}
        case Choice(form=form):
            return f"{form}_again", {}
        case Ordering():
            early, needed = blank.missing or ("", "")
            return "order_again", {"early": early, "needed": needed}
        case LineOrder():
            early, needed = blank.missing or ("", "")
            if not needed:
                return "line_missing" if blank.missing else "line_extra", {}
            return "lines_again", {
                "early": words.part(f"line {early}"),
                "needed": words.part(f"line {needed}"),
            }
        case Sorting():
            return "sort_again", {
                "item": words.part(f"item {blank.key}"),
                "bin": words.part(f"bin {blank.typed}"),
            }
        case FaultyCode() if blank.key == MARKED:
            return "code_again", {}
        case FaultyCode():
            return "repair_again", {}
        case FaultySolution() as step if blank.key == MARKED:
            late = step.show.index(blank.typed) > step.show.index(exercise.wrong_line)
            return ("bug_late" if late else "bug_fine"), {"line": blank.typed}
        case FormulaEntry():
            return "formula_again", {}
        case ShapeFill():
            swapped = "x".join(map(str, blank.expected_shape[::-1]))
            typed = blank.typed.replace(" ", "").strip("()").replace(",", "x").replace("×", "x")
            return ("shape_swapped" if typed == swapped else "shape_again"), {"key": blank.key}
        case SignFill():
            return "sign_again", {"key": blank.key}
        case _:
            return None


def right_answer(words: LessonWords, exercise: Exercise) -> Sentence | None:
    """Return the sentence that gives away what is right where nothing is computed."""
    match exercise.step:
        case Choice() | FaultyCode():
            right = exercise.right_options()
            texts = [words.part(f"option {option.id}") for option in exercise.options if option.id in right]
            options = " / ".join(texts)
            if isinstance(exercise.step, FaultyCode):
                return "right_code", {"line": exercise.wrong_line, "options": options}
            return "right_options", {"options": options}
        case LineOrder(lines=lines):
            order = [words.part(f"line {id_}") for id_ in one_line_order(lines)]
            return "right_lines", {
                "lines": "\n".join(f"{at}. {line}" for at, line in enumerate(order, start=1))
            }
        case Sorting(bins=bins, items=items):
            sorted_ = [
                f"- **{words.part(f'bin {bin_}')}**: "
                + "; ".join(words.part(f"item {item.id}") for item in items if item.bin == bin_)
                for bin_ in bins
            ]
            return "right_bins", {"bins": "\n".join(sorted_)}
        case _:
            return None


def solution_lines(words: LessonWords, exercise: Exercise) -> list[str]:
    """Return the lines that are searched for the planted mistake."""
    if isinstance(exercise.step, FaultySolution):
        return [f"`{name} = {array_text(value + 0.0)}`" for name, value in exercise.solution.items()]
    code = code_blocks(words.prose_text)[0]
    return [f"{line[: -len(bare)]}`{bare}`" if (bare := line.strip()) else "" for line in code]


def sort_item(words: LessonWords, exercise: Exercise, id_: str) -> str:
    """Return the text of an item, and its number where it has one."""
    assert isinstance(exercise.step, Sorting)
    item = next(item for item in exercise.step.items if item.id == id_)
    text = " ".join(words.part(f"item {id_}").split())
    if item.quantity is None:
        return text
    value = np.asarray(compute(item.quantity, exercise.namespace)) + 0.0
    return f"{text}: `{array_text(value)}`"


def without_code(text: str) -> str:
    """Return a text without its code block, which stands below it as lines to mark."""
    kept, fence = list[str](), ""
    for line in text.split("\n"):
        mark = line.strip()[:3]
        if mark in ("```", "~~~") and (not fence or mark == fence):
            fence = "" if fence else mark
        elif not fence:
            kept.append(line)
    return "\n".join(kept).strip()
