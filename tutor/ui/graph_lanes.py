"""How the wires run between two neighbouring columns: a track of its own for every vertical run.

A net comes in from the left in one row and leaves to the right in one row per branch.  Two nets meet only
where a horizontal run of the one crosses a vertical run of the other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Net:
    """All wires of one source between two columns."""

    source: int
    entry: int
    exits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Vertical:
    """A run on a track, rows `top` to `bottom`."""

    net: Net
    track: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Horizontal:
    """A run along a row between two tracks; None is the left or the right edge."""

    net: Net
    row: int
    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Routes:
    """The runs between two columns; tracks are numbered from the left."""

    tracks: int
    verticals: tuple[Vertical, ...]
    horizontals: tuple[Horizontal, ...]


@dataclass(eq=False, slots=True)
class _Piece:
    """One vertical run with the row it is reached in and the rows it leaves in."""

    net: Net
    entry: int
    exits: tuple[int, ...]
    after: _Piece | None = None  # the piece that leads here, for a net that takes two steps
    straight: bool = False  # the entry row goes on to the right as well
    track: int = -1

    @property
    def top(self) -> int:
        return min(self.entry, *self.exits)

    @property
    def bottom(self) -> int:
        return max(self.entry, *self.exits)


def route(nets: list[Net]) -> Routes:
    """Tracks for the vertical runs of `nets`, whose entries are distinct, and whose exits are distinct."""
    pieces: list[_Piece] = []
    horizontals = []
    for net in nets:
        above = tuple(row for row in net.exits if row < net.entry)
        below = tuple(row for row in net.exits if row > net.entry)
        if net.entry not in net.exits:
            pieces.append(_Piece(net, net.entry, above + below))
            continue
        # Two pieces, since a branch to all four sides would look like a crossing.
        pieces += [_Piece(net, net.entry, rows, straight=True) for rows in (above, below) if rows]
        horizontals.append(Horizontal(net, net.entry, None, None))
    order = _sequence(pieces, _taken_rows(nets))
    _pack(order)
    for piece in order:
        if not piece.straight:
            start = piece.after.track if piece.after else None
            horizontals.append(Horizontal(piece.net, piece.entry, start, piece.track))
        if not any(piece is later.after for later in order):
            horizontals += [Horizontal(piece.net, row, piece.track, None) for row in piece.exits]
    verticals = tuple(Vertical(piece.net, piece.track, piece.top, piece.bottom) for piece in order)
    return Routes(1 + max((run.track for run in verticals), default=-1), verticals, tuple(horizontals))


def _taken_rows(nets: list[Net]) -> set[int]:
    return {row for net in nets for row in (net.entry, *net.exits)}


def _must_precede(left: _Piece, right: _Piece) -> bool:
    """Whether both use a row that only works with `left` on the left: it arrives where the other leaves."""
    if right.after is left:
        return True
    return left.net is not right.net and left.after is None and left.entry in right.exits


def _crossings(left: _Piece, right: _Piece) -> int:
    """Crossings of two pieces in this order of their tracks."""
    return (left.top < right.entry < left.bottom) + sum(right.top < row < right.bottom for row in left.exits)


def _sequence(pieces: list[_Piece], taken: set[int]) -> list[_Piece]:
    """The pieces from left to right, with few crossings; a cycle of demands is broken by a second step."""
    waiting = list(pieces)
    order: list[_Piece] = []
    while waiting:
        free = [piece for piece in waiting if not _predecessors(piece, waiting)]
        if not free:
            piece = _on_a_cycle(waiting)
            waiting.remove(piece)
            waiting += _two_steps(piece, taken)
            continue
        chosen = min(free, key=lambda piece: (_cost_of_going_first(piece, waiting), piece.entry, piece.top))
        waiting.remove(chosen)
        order.append(chosen)
    return order


def _predecessors(piece: _Piece, waiting: list[_Piece]) -> list[_Piece]:
    return [other for other in waiting if other is not piece and _must_precede(other, piece)]


def _cost_of_going_first(piece: _Piece, waiting: list[_Piece]) -> int:
    others = [other for other in waiting if other is not piece]
    return sum(_crossings(piece, other) - _crossings(other, piece) for other in others)


def _on_a_cycle(waiting: list[_Piece]) -> _Piece:
    """A piece that waits for itself and has not been given its second step yet."""
    walked: list[_Piece] = []
    piece = waiting[0]
    while piece not in walked:
        walked.append(piece)
        piece = _predecessors(piece, waiting)[0]
    cycle = [one for one in walked[walked.index(piece) :] if one.after is None]
    return min(cycle, key=lambda one: (len(one.exits), one.bottom - one.top, one.entry))


def _two_steps(piece: _Piece, taken: set[int]) -> tuple[_Piece, _Piece]:
    """The piece by way of a row that nobody else uses, which is then taken."""
    nearest = min(piece.exits, key=lambda row: abs(row - piece.entry))
    middle = (piece.entry + nearest) // 2
    row = next(
        row
        for distance in range(len(taken) + 1)
        for row in (middle + distance, middle - distance)
        if row >= 0 and row not in taken
    )
    taken.add(row)
    first = _Piece(piece.net, piece.entry, (row,))
    return first, _Piece(piece.net, row, piece.exits, after=first)


def _pack(order: list[_Piece]) -> None:
    """Pieces whose rows are apart share a track."""
    for place, piece in enumerate(order):
        near = [
            other
            for other in order[:place]
            if other.top <= piece.bottom + 1 and piece.top <= other.bottom + 1
        ]
        piece.track = 1 + max((other.track for other in near), default=-1)
