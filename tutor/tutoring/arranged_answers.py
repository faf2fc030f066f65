"""Judge what is arranged by hand: items in bins, and the lines of a procedure."""

from __future__ import annotations

from collections.abc import Mapping

from tutor.course.model import LineOrder, Sorting, SortItem
from tutor.tutoring.exercise import ARRANGED, Exercise
from tutor.tutoring.verdict import BlankVerdict, Outcome, Verdict


def judge_sorting(exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]) -> Verdict:
    """Judge each item by its bin: entries have the item's id and the id of the bin."""
    assert isinstance(exercise.step, Sorting)

    def judged(item: SortItem) -> BlankVerdict:
        put = entries.get(item.id, "")
        if not put:
            return BlankVerdict(item.id, Outcome.UNANSWERED)
        if put == item.bin:
            return BlankVerdict(item.id, Outcome.CORRECT, put)
        return BlankVerdict(
            item.id,
            Outcome.WRONG,
            put,
            misconceptions=(item.mistake,) if item.mistake else (),
            diagnosis=item.mistake,
            times_wrong=times_wrong.get(item.id, 0) + 1,
        )

    return Verdict(tuple(judged(item) for item in exercise.step.items))


def judge_lines(exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]) -> Verdict:
    """Judge the ids of the lines that are kept, in order, with spaces between.

    Spoken of first is a line that states a mistake, then one that was left out, then the order.
    """
    step = exercise.step
    assert isinstance(step, LineOrder)
    kept = entries.get(ARRANGED, "").split()
    if not kept:
        return Verdict((BlankVerdict(ARRANGED, Outcome.UNANSWERED),))
    mistakes = tuple(line.mistake for line in step.lines if line.mistake and line.id in kept)
    left_out = [line.id for line in step.lines if line.mistake is None and line.id not in kept]
    missing = (left_out[0], "") if left_out else _early(step, kept)
    right = not mistakes and missing is None
    return Verdict(
        (
            BlankVerdict(
                ARRANGED,
                Outcome.CORRECT if right else Outcome.WRONG,
                entries[ARRANGED],
                misconceptions=mistakes,
                diagnosis=mistakes[0] if len(mistakes) == 1 else None,
                times_wrong=times_wrong.get(ARRANGED, 0) + (not right),
                missing=None if mistakes else missing,
            ),
        )
    )


def _early(step: LineOrder, kept: list[str]) -> tuple[str, str] | None:
    """Return the first line that stands before one it needs, and that one."""
    needs = {line.id: line.needs for line in step.lines}
    placed: set[str] = set()
    for id_ in kept:
        waiting = [needed for needed in needs[id_] if needed not in placed]
        if waiting:
            return id_, waiting[0]
        placed.add(id_)
    return None
