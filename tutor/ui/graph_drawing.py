"""A computation graph in terminal cells: values above the wires, gradients below, blanks in place.

Inputs are a name with a dot, operations are boxes; each port owns three rows: value, wire, gradient.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tutor.ui.graph_lanes import Net, Routes, route
from tutor.ui.graph_layout import Box, Item, Label, Layout, Wire, lay_out, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Box", "Drawing", "Label", "Place", "Rectangle", "Segment", "Wire", "draw_graph"]

_LEFT, _RIGHT, _UP, _DOWN = 1, 2, 4, 8
_LIGHT = {
    _LEFT | _RIGHT: "─",
    _UP | _DOWN: "│",
    _RIGHT | _DOWN: "┌",
    _LEFT | _DOWN: "┐",
    _RIGHT | _UP: "└",
    _LEFT | _UP: "┘",
    _LEFT | _RIGHT | _DOWN: "┬",
    _LEFT | _RIGHT | _UP: "┴",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤",
}


@dataclass(frozen=True, slots=True)
class _Glyphs:
    lines: dict[int, str]
    crossing: str
    arrow: str
    dot: str
    corners: str
    across: str
    down: str


_UNICODE = _Glyphs(_LIGHT, "┼", "▶", "●", "╭╮╰╯", "─", "│")
# A crossing is drawn as the vertical run alone, so that `+` always means a bend or a branch.
_ASCII_LINES = {arms: {"─": "-", "│": "|"}.get(line, "+") for arms, line in _LIGHT.items()}
_ASCII = _Glyphs(_ASCII_LINES, "|", ">", "*", "++++", "-", "|")


@dataclass(frozen=True, slots=True)
class _Spacing:
    lead: int  # cells between a box and the first track
    track: int  # from one track to the next
    margin: int  # blank cells on both sides of a label
    padding: int  # blank cells on both sides of the symbol in a box
    run: int  # least length of the last run of a wire, with its arrow


# From calm to tight: the first that fits is used, else the last.
_SPACINGS = (
    _Spacing(lead=2, track=2, margin=2, padding=2, run=4),
    _Spacing(lead=1, track=2, margin=1, padding=2, run=3),
    _Spacing(lead=1, track=1, margin=1, padding=1, run=2),
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a row in one role.

    It is the role of a label or a node, or "prefix", "name" (of an output), "wire", "arrow", "box" (a frame),
    or "" where nothing is drawn.
    """

    text: str
    role: str


@dataclass(frozen=True, slots=True)
class Place:
    """The cells kept for a label with a key."""

    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True)
class Rectangle:
    """The cells of a node, the label below it left out."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """The painted graph; every row is exactly `width` cells wide."""

    width: int
    height: int
    rows: tuple[tuple[Segment, ...], ...]
    places: dict[str, Place]
    boxes: dict[str, Rectangle]

    def plain(self) -> list[str]:
        """The rows as text without blanks at their ends."""
        return ["".join(segment.text for segment in row).rstrip() for row in self.rows]


def draw_graph(
    boxes: Iterable[Box],
    wires: Iterable[Wire],
    *,
    ascii: bool = False,  # noqa: A002
    max_width: int | None = None,
) -> Drawing:
    """Draw the graph, in narrower columns when it would be wider than `max_width`; nothing is left out.

    Raises ValueError for a graph that cannot be drawn, see `lay_out`, and for a key used twice.
    """
    layout = lay_out(tuple(boxes), tuple(wires))
    glyphs = _ASCII if ascii else _UNICODE
    gaps = _gaps(layout)
    for spacing in _SPACINGS:
        plan = _measure(layout, gaps, spacing)
        if max_width is None or plan.width <= max_width:
            break
    return _paint(layout, gaps, plan, glyphs)


# Columns and gaps


def _gaps(layout: Layout) -> list[Routes]:
    """The routes to the right of each column."""
    items = layout.items
    exits: dict[tuple[int, int], list[int]] = {}
    for link in layout.links:
        row = items[link.right].row + items[link.right].ports[link.port]
        exits.setdefault((items[link.left].layer, link.left), []).append(row)
    nets: list[list[Net]] = [[] for _ in layout.columns]
    for (layer, left), rows in exits.items():
        entry = items[left].row + items[left].out
        nets[layer].append(Net(left, entry, tuple(sorted(rows))))
    return [route(here) for here in nets]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where columns stand, and the cells of their boxes, of their gaps' first cells and of the labels."""

    spacing: _Spacing
    width: int
    column: list[int]
    inner: list[int]
    gap: list[int]
    zone: list[int]


def _measure(layout: Layout, gaps: list[Routes], spacing: _Spacing) -> _Plan:
    column, inner, gap, zone = [], [], [], []
    x = 0
    for at, members in enumerate(layout.columns):
        items = [layout.items[number] for number in members]
        column.append(x)
        inner.append(max((_box_width(item, spacing) for item in items), default=0))
        x += max([inner[-1], *(_item_width(item) for item in items)])
        gap.append(x)
        after = layout.columns[at + 1] if at + 1 < len(layout.columns) else []
        following = [layout.items[number] for number in after]
        zone.append(max((label.cells for item in following for label in _wire_labels(item)), default=0))
        if after:
            x += _gap_width(following, gaps[at], zone[-1], spacing)
    return _Plan(spacing, x, column, inner, gap, zone)


def _wire_labels(item: Item) -> list[Label]:
    return [label for wire in item.wires for label in (wire.above, wire.below) if label is not None]


def _box_width(item: Item, spacing: _Spacing) -> int:
    if item.box is None or item.box.role != "operation":
        return 0
    return cell_len(printable(item.box.label)) + 2 + 2 * spacing.padding


def _item_width(item: Item) -> int:
    if item.end is not None:
        return 1 + cell_len(printable(item.end.name))
    if item.box is None:
        return 0
    below = item.box.below.cells if item.box.below else 0
    return below if item.box.role == "operation" else max(below, cell_len(printable(item.box.label)) + 2)


def _gap_width(following: list[Item], routes: Routes, zone: int, spacing: _Spacing) -> int:
    """Cells between two columns, so that no label comes near a run that passes its rows."""
    last_track = spacing.lead + (routes.tracks - 1) * spacing.track if routes.tracks else -1
    width = max(last_track + 1 + spacing.run, spacing.lead + spacing.run)
    for item in following:
        for wire, port in item.arguments():
            room = max((label.cells for label in (wire.above, wire.below) if label), default=0)
            if not room:
                continue
            obstacle = _obstacle(item.row + port, routes, spacing)
            tail = 1 + spacing.margin + zone - (zone - room) // 2
            width = max(width, obstacle + 1 + spacing.margin + tail)
    return width


def _obstacle(row: int, routes: Routes, spacing: _Spacing) -> int:
    """The last cell of a gap, counted from its start, that something else uses near `row`; -1 for none."""
    near = range(row - 2, row + 3)
    tracks = [run.track for run in routes.verticals if run.top <= near[-1] and run.bottom >= near[0]]
    return max((spacing.lead + track * spacing.track for track in tracks), default=-1)


# Paint


@dataclass(slots=True)
class _Canvas:
    glyphs: _Glyphs
    width: int
    cells: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    arms: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def write(self, x: int, y: int, text: str, role: str) -> int:
        """Put a text down as one piece and return the cell after it."""
        text = printable(text)
        width = cell_len(text)
        for cell in range(x, x + width):
            if (cell, y) in self.cells:
                raise AssertionError(f"cell {cell}, {y} is drawn twice")
            self.cells[cell, y] = ("", role)
        if width:
            self.cells[x, y] = (text, role)
        return x + width

    def label(self, x: int, y: int, label: Label) -> None:
        """Write a label; one with a key is not written over later, even where it is blank."""
        at = self.write(x, y, label.prefix, "prefix")
        end = self.write(at, y, label.text, label.role)
        if label.key is None:
            return
        if label.key in self.places:
            raise ValueError(f"the key {label.key!r} is used twice")
        self.places[label.key] = Place(at, y, label.room)
        self.write(end, y, " " * (at + label.room - end), label.role)

    def across(self, net: int, y: int, x: int, stop: int) -> None:
        """Run along a row from the middle of one cell to the middle of another."""
        for cell in range(x, stop + 1):
            self._add(net, cell, y, (_LEFT if cell > x else 0) | (_RIGHT if cell < stop else 0))

    def down(self, net: int, x: int, y: int, stop: int) -> None:
        """Run along a column from the middle of one cell to the middle of another."""
        for cell in range(y, stop + 1):
            self._add(net, x, cell, (_UP if cell > y else 0) | (_DOWN if cell < stop else 0))

    def open_end(self, net: int, x: int, y: int, arm: int) -> None:
        """Let a run reach the edge of its cell, where a box or the next gap takes over."""
        self._add(net, x, y, arm)

    def _add(self, net: int, x: int, y: int, arms: int) -> None:
        here = self.arms.setdefault((x, y), {})
        here[net] = here.get(net, 0) | arms

    def finish_wires(self, heads: set[tuple[int, int]]) -> None:
        """Turn the arms of every cell into a line."""
        for (x, y), nets in self.arms.items():
            if (x, y) in heads:
                self.write(x, y, self.glyphs.arrow, "arrow")
            elif len(nets) == 1:
                self.write(x, y, self.glyphs.lines[next(iter(nets.values()))], "wire")
            elif sorted(nets.values()) == [_LEFT | _RIGHT, _UP | _DOWN]:
                self.write(x, y, self.glyphs.crossing, "wire")
            else:
                raise AssertionError(f"two wires share cell {x}, {y}")

    def rows(self) -> tuple[tuple[Segment, ...], ...]:
        height = 1 + max((y for _, y in self.cells), default=-1)
        return tuple(self._row(y) for y in range(height))

    def _row(self, y: int) -> tuple[Segment, ...]:
        cells = [self.cells.get((x, y), (" ", "")) for x in range(self.width)]
        return tuple(
            Segment("".join(text for text, _ in run), role)
            for role, run in groupby(cells, key=lambda cell: cell[1])
        )


def _paint(layout: Layout, gaps: list[Routes], plan: _Plan, glyphs: _Glyphs) -> Drawing:
    canvas = _Canvas(glyphs, plan.width)
    sources = _sources(layout)
    heads: set[tuple[int, int]] = set()
    boxes: dict[str, Rectangle] = {}
    for number, item in enumerate(layout.items):
        if item.box is not None:
            boxes[item.box.id] = _paint_node(canvas, item, item.box, plan)
        elif item.end is not None:
            x = plan.column[item.layer]
            canvas.write(x + 1, item.row + item.ports[0], item.end.name, "name")
        _paint_through(canvas, sources.get(number, number), item, plan, boxes)
        heads |= _paint_arguments(canvas, item, plan)
    for at, routes in enumerate(gaps):
        _paint_gap(canvas, sources, routes, at, plan)
    canvas.finish_wires(heads)
    rows = canvas.rows()
    return Drawing(plan.width, len(rows), rows, canvas.places, boxes)


def _sources(layout: Layout) -> dict[int, int]:
    """The source of the net that leaves each item."""
    return {link.left: link.source for link in layout.links}


def _paint_node(canvas: _Canvas, item: Item, box: Box, plan: _Plan) -> Rectangle:
    x = plan.column[item.layer]
    edge = plan.gap[item.layer]
    if box.role != "operation":
        start = edge - 2 - cell_len(printable(box.label))
        canvas.write(start, item.row, f"{box.label} {canvas.glyphs.dot}", box.role)
        if box.below:
            canvas.label(edge - box.below.cells, item.row + 1, box.below)
        return Rectangle(start, item.row, edge - start, 1)
    width = plan.inner[item.layer]
    height = item.height - (1 if box.below else 0)
    _paint_frame(canvas, Rectangle(x, item.row, width, height))
    indent = (width - cell_len(printable(box.label))) // 2
    canvas.write(x + indent, item.row + item.out, box.label, box.role)
    if box.below:
        canvas.label(x + max(0, (width - box.below.cells) // 2), item.row + height, box.below)
    return Rectangle(x, item.row, width, height)


def _paint_frame(canvas: _Canvas, frame: Rectangle) -> None:
    glyphs = canvas.glyphs
    right, bottom = frame.x + frame.width - 1, frame.y + frame.height - 1
    canvas.write(
        frame.x, frame.y, glyphs.corners[0] + glyphs.across * (frame.width - 2) + glyphs.corners[1], "box"
    )
    for y in range(frame.y + 1, bottom):
        canvas.write(frame.x, y, glyphs.down, "box")
        canvas.write(right, y, glyphs.down, "box")
    canvas.write(
        frame.x, bottom, glyphs.corners[2] + glyphs.across * (frame.width - 2) + glyphs.corners[3], "box"
    )


def _paint_through(canvas: _Canvas, net: int, item: Item, plan: _Plan, boxes: dict[str, Rectangle]) -> None:
    """The wire of a lane across its column, and the wire of a narrow box to the edge of its column."""
    start = plan.column[item.layer]
    if item.end is not None:
        return
    if item.box is not None:
        start = boxes[item.box.id].x + boxes[item.box.id].width
    y = item.row + item.out
    for x in range(start, plan.gap[item.layer]):
        canvas.open_end(net, x, y, _LEFT | _RIGHT)


def _paint_arguments(canvas: _Canvas, item: Item, plan: _Plan) -> set[tuple[int, int]]:
    """The labels of the wires that end here; returns the cells of their arrow heads."""
    heads = set()
    for wire, port in item.arguments():
        x, y = plan.column[item.layer] - 1, item.row + port
        heads.add((x, y))
        zone = plan.zone[item.layer - 1]
        start = x - plan.spacing.margin - zone
        for label, row in ((wire.above, y - 1), (wire.below, y + 1)):
            if label is not None:
                canvas.label(start + (zone - label.cells) // 2, row, label)
    return heads


def _paint_gap(canvas: _Canvas, sources: dict[int, int], routes: Routes, at: int, plan: _Plan) -> None:
    first = plan.gap[at]
    edge = plan.column[at + 1] - 1 if at + 1 < len(plan.column) else first

    def cell(track: int) -> int:
        return first + plan.spacing.lead + track * plan.spacing.track

    for run in routes.verticals:
        canvas.down(sources[run.net.source], cell(run.track), run.top, run.bottom)
    for line in routes.horizontals:
        net = sources[line.net.source]
        start = first if line.start is None else cell(line.start)
        stop = edge if line.stop is None else cell(line.stop)
        canvas.across(net, line.row, start, stop)
        if line.start is None:
            canvas.open_end(net, start, line.row, _LEFT)
        if line.stop is None:
            canvas.open_end(net, stop, line.row, _RIGHT)
