"""How the rows of the lesson screen are shared among its parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

_FIXED = 2  # heading and key bar

_ROOM_TO_SPEAK = 6
"""Rows kept for what the tutor says, where there are enough."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for each part, and empty rows above each of them; `spare` stays empty above the key bar."""

    prose: int
    graph: int
    answer: int
    feedback: int
    gaps: tuple[int, int, int, int] = (1, 1, 1, 1)
    spare: int = 0
    intro: int = 0
    """Rows of what stands above the prose, with one empty row between; the first gap is then above it."""

    @property
    def used(self) -> int:
        """Rows of all parts and the gaps above those that are there."""
        return self.prose + self.graph + self.answer + self.feedback + sum(self.gaps) + _with_gap(self.intro)


def share_rows(height: int, *, prose: int, graph: int, answer: int, feedback: int, intro: int = 0) -> Rows:
    """Share the height of a screen among parts that need so many rows.

    What does not fit is taken from the gaps first, then from the part that can scroll best; room that is
    left goes to wider gaps. The intro stands above the prose where every other part has all its rows, or
    not at all.
    """
    if intro:
        rows = share_rows(
            height - _with_gap(intro), prose=prose, graph=graph, answer=answer, feedback=feedback
        )
        given = (rows.prose, rows.graph, rows.answer)
        if given == (prose, graph, answer) and rows.feedback >= feedback:
            return replace(rows, intro=intro)
    room = max(0, height - _FIXED)
    gaps = (1, *(1 if part else 0 for part in (graph, answer, feedback)))
    for reserved in (3, 2):
        rows = Rows(prose, graph, answer, max(feedback, reserved), (gaps[0], gaps[1], gaps[2], gaps[3]))
        rows = _shrunk(rows, room) if rows.used > room else _spread(rows, room)
        if rows.graph == graph:
            break
    return rows


def _with_gap(rows: int) -> int:
    return rows + 1 if rows else 0


# From the part that can spare rows best; the last rows of all go only on a screen too small to work in.
# What the tutor says is read once, so the graph, which scrolls to the blank in hand, gives way to it.
_FLOORS = (
    ("feedback", 10),
    ("gaps", 0),
    ("graph", 10),
    ("feedback", 7),
    ("prose", 3),
    ("feedback", 6),
    ("graph", 7),
    ("feedback", 3),
    ("graph", 6),
    ("answer", 4),
    ("graph", 4),
    ("prose", 2),
    ("feedback", 2),
    ("answer", 2),
    ("prose", 1),
    ("graph", 3),
    ("feedback", 1),
    ("prose", 0),
    ("graph", 0),
    ("feedback", 0),
    ("answer", 0),
)


def _shrunk(rows: Rows, room: int) -> Rows:
    for part, floor in _FLOORS:
        excess = rows.used - room
        if excess <= 0:
            break
        rows = _without_gaps(rows, excess) if part == "gaps" else _lowered(rows, part, floor, excess)
    return rows


def _lowered(rows: Rows, part: str, floor: int, excess: int) -> Rows:
    def low(name: str, here: int) -> int:
        return max(min(here, floor), here - excess) if name == part else here

    return replace(
        rows,
        prose=low("prose", rows.prose),
        graph=low("graph", rows.graph),
        answer=low("answer", rows.answer),
        feedback=low("feedback", rows.feedback),
    )


def _without_gaps(rows: Rows, excess: int) -> Rows:
    gaps = list(rows.gaps)
    for position in (2, 3, 1, 0):
        if excess > 0 and gaps[position]:
            gaps[position] = 0
            excess -= 1
    return replace(rows, gaps=(gaps[0], gaps[1], gaps[2], gaps[3]))


def _spread(rows: Rows, room: int) -> Rows:
    """Give the feedback room to grow, widen the gaps, and move all of it down a little on a high screen."""
    below = 1 if rows.feedback >= _ROOM_TO_SPEAK else 0  # a long text does not touch the key bar
    feedback = min(max(rows.feedback, _ROOM_TO_SPEAK), rows.feedback + room - rows.used)
    rows = replace(rows, feedback=feedback)
    gaps = list(rows.gaps)
    for position in (1, 2, 3) * 2:
        if gaps[position] and sum(gaps) - sum(rows.gaps) < room - rows.used - below:
            gaps[position] += 1
    spare = room - rows.used - (sum(gaps) - sum(rows.gaps))
    top = spare // 4
    return replace(rows, gaps=(gaps[0] + top, gaps[1], gaps[2], gaps[3]), spare=spare - top)
