"""Where the boxes of a computation graph stand: columns from left to right, order and rows within a column.

The scheme is that of Sugiyama, Tagawa and Toda (1981): layers by longest path, lanes for wires that pass a
column, few crossings by barycentre sweeps, then rows that keep as many wires straight as possible.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right, insort
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from rich.cells import cell_len

Role = Literal["input", "constant", "operation"]

_SWEEPS = 8
_STRETCH = 4  # a box may grow by this many rows so that a wire reaches it without a bend


def printable(text: str) -> str:
    """The text as it is drawn: composed (NFC), and without characters that would move the cursor."""
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(char if char.isprintable() else " " for char in composed)


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside a wire or under a box; with a `key`, room for `width` cells whose place is reported."""

    text: str = ""
    width: int | None = None
    role: str = "value"
    key: str | None = None
    prefix: str = ""

    @property
    def room(self) -> int:
        """Cells of the text itself, at least `width`."""
        return max(cell_len(printable(self.text)), self.width or 0)

    @property
    def cells(self) -> int:
        """Cells of prefix and text."""
        return cell_len(printable(self.prefix)) + self.room


@dataclass(frozen=True, slots=True)
class Box:
    """A node of the graph; `below` is the total gradient, shown under a node with several users."""

    id: str
    label: str
    role: Role = "operation"
    below: Label | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """One argument of one node, or, without a target, the output called `name`."""

    source: str
    target: str | None
    slot: int = 0
    above: Label | None = None
    below: Label | None = None
    name: str = ""


@dataclass(slots=True)
class Item:
    """What stands in a column: a node, the end of an output, or a lane (neither) for a wire that passes."""

    layer: int
    box: Box | None = None
    end: Wire | None = None
    wires: tuple[Wire, ...] = ()
    ports: list[int] = field(default_factory=list)
    out: int = 0
    height: int = 1
    row: int = 0

    @property
    def is_lane(self) -> bool:
        """Whether only a wire passes here."""
        return self.box is None and self.end is None

    def arguments(self) -> list[tuple[Wire, int]]:
        """The wires that end here, each with the row of its port below the item's first row."""
        return [] if self.is_lane else list(zip(self.wires, self.ports, strict=True))


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of the net of `source` from an item of one column to a port of an item of the next."""

    source: int
    left: int
    right: int
    port: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Items, their columns (each from top to bottom) and the links between neighbouring columns."""

    items: list[Item]
    columns: list[list[int]]
    links: list[Link]


def lay_out(boxes: tuple[Box, ...], wires: tuple[Wire, ...]) -> Layout:
    """Give every box a column and a row.

    Raises ValueError when an id is used twice or unknown, when two wires claim one slot, when an input has
    arguments, or when the graph has a cycle.
    """
    _check(boxes, wires)
    layers = assign_layers(boxes, wires)
    items, links = _expand(boxes, wires, layers)
    columns = _order(items, links)
    _assign_rows(items, columns, links)
    _straighten_by_stretching(items, columns, links)
    _close_empty_rows(items)
    return Layout(items, columns, links)


def _check(boxes: tuple[Box, ...], wires: tuple[Wire, ...]) -> None:
    roles = {box.id: box.role for box in boxes}
    if len(roles) != len(boxes):
        raise ValueError("two boxes have the same id")
    claimed: set[tuple[str, int]] = set()
    for wire in wires:
        if wire.source not in roles:
            raise ValueError(f"unknown source {wire.source!r}")
        if wire.target is None:
            continue
        if wire.target not in roles:
            raise ValueError(f"unknown target {wire.target!r}")
        if roles[wire.target] != "operation":
            raise ValueError(f"{wire.target!r} takes no arguments")
        if (wire.target, wire.slot) in claimed:
            raise ValueError(f"slot {wire.slot} of {wire.target!r} is used twice")
        claimed.add((wire.target, wire.slot))


def assign_layers(boxes: tuple[Box, ...], wires: tuple[Wire, ...]) -> dict[str, int]:
    """The column of every box: longest path from the left, then to the right where that shortens wires."""
    sources: dict[str, list[str]] = {box.id: [] for box in boxes}
    users: dict[str, list[str]] = {box.id: [] for box in boxes}
    for wire in wires:
        if wire.target is not None:
            sources[wire.target].append(wire.source)
            users[wire.source].append(wire.target)
    order = _topological(sources, users)
    layer: dict[str, int] = {}
    for node in order:
        layer[node] = 1 + max((layer[source] for source in sources[node]), default=-1)
    shown = {wire.source for wire in wires if wire.target is None}
    for node in reversed(order):
        if not users[node] or node in shown:
            continue
        # A pull to the right shortens one net and lengthens those that end here and cannot follow.
        lengthened = sum(
            1
            for source in set(sources[node])
            if (sources[source] or set(users[source]) != {node})
            and max(layer[user] for user in users[source]) <= layer[node]
        )
        if lengthened == 0:
            layer[node] = min(layer[user] for user in users[node]) - 1
    first = min(layer.values(), default=0)
    return {node: column - first for node, column in layer.items()}


def _topological(sources: dict[str, list[str]], users: dict[str, list[str]]) -> list[str]:
    missing = {node: len(before) for node, before in sources.items()}
    ready = deque(node for node, count in missing.items() if count == 0)
    order = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for user in users[node]:
            missing[user] -= 1
            if missing[user] == 0:
                ready.append(user)
    if len(order) != len(sources):
        raise ValueError("the graph has a cycle")
    return order


def _expand(
    boxes: tuple[Box, ...], wires: tuple[Wire, ...], layers: dict[str, int]
) -> tuple[list[Item], list[Link]]:
    """Items with their shapes, and one chain of lanes per net: all users of a source share its trunk."""
    incoming: dict[str, list[Wire]] = {box.id: [] for box in boxes}
    leaving: dict[str, list[tuple[int, int]]] = {box.id: [] for box in boxes}
    for wire in wires:
        if wire.target is not None:
            incoming[wire.target].append(wire)
    items: list[Item] = []
    index: dict[str, int] = {}
    for box in boxes:
        index[box.id] = len(items)
        arguments = sorted(incoming[box.id], key=lambda wire: wire.slot)
        items.append(_node(layers[box.id], box, tuple(arguments)))
    for box in boxes:
        for port, wire in enumerate(items[index[box.id]].wires):
            leaving[wire.source].append((index[box.id], port))
    for wire in wires:
        if wire.target is None:
            leaving[wire.source].append((len(items), 0))
            items.append(_end(layers[wire.source] + 1, wire))
    links = []
    for box in boxes:
        source = index[box.id]
        at = source
        last = max((items[target].layer for target, _ in leaving[box.id]), default=0)
        for layer in range(items[source].layer + 1, last + 1):
            here = [(target, port) for target, port in leaving[box.id] if items[target].layer == layer]
            links += [Link(source, at, target, port) for target, port in here]
            if layer < last:
                items.append(Item(layer, ports=[0]))
                links.append(Link(source, at, len(items) - 1, 0))
                at = len(items) - 1
    return items, links


def _node(layer: int, box: Box, arguments: tuple[Wire, ...]) -> Item:
    foot = 1 if box.below else 0
    if box.role != "operation":
        return Item(layer, box, height=1 + foot)
    ports: list[int] = []
    for position, wire in enumerate(arguments):
        if position == 0:
            ports.append(1)
            continue
        labels = (arguments[position - 1].below is not None) + (wire.above is not None)
        ports.append(ports[-1] + max(2, 1 + labels))
    last = ports[-1] if ports else 1
    return Item(layer, box, wires=arguments, ports=ports, out=(1 + last) // 2, height=last + 2 + foot)


def _end(layer: int, wire: Wire) -> Item:
    port = 1 if wire.above else 0
    height = port + 1 + (1 if wire.below else 0)
    return Item(layer, end=wire, wires=(wire,), ports=[port], height=height)


# Order within the columns


@dataclass(slots=True)
class _Neighbours:
    left: list[list[Link]]
    right: list[list[Link]]


def _neighbours(items: list[Item], links: list[Link]) -> _Neighbours:
    found = _Neighbours([[] for _ in items], [[] for _ in items])
    for link in links:
        found.left[link.right].append(link)
        found.right[link.left].append(link)
    for before in found.left:
        before.sort(key=lambda link: link.port)
    return found


def _order(items: list[Item], links: list[Link]) -> list[list[int]]:
    near = _neighbours(items, links)
    columns: list[list[int]] = [[] for _ in range(1 + max((item.layer for item in items), default=-1))]
    for number in _discovery(items, near):
        columns[items[number].layer].append(number)
    best = [column[:] for column in columns]
    fewest = _all_crossings(columns, near)
    for sweep in range(_SWEEPS):
        if fewest == 0:
            break
        _sweep(items, columns, near, forward=sweep % 2 == 0)
        crossings = _all_crossings(columns, near)
        if crossings < fewest:
            fewest = crossings
            best = [column[:] for column in columns]
    return best


def _discovery(items: list[Item], near: _Neighbours) -> list[int]:
    """Depth first from the outputs, argument by argument: this draws a tree without a crossing."""
    sinks = [number for number in range(len(items)) if not near.right[number]]
    stack = sorted(sinks, key=lambda number: (-items[number].layer, number), reverse=True)
    seen: set[int] = set()
    found = []
    while stack:
        number = stack.pop()
        if number in seen:
            continue
        seen.add(number)
        found.append(number)
        stack += [link.left for link in reversed(near.left[number])]
    return found


def _positions(column: list[int]) -> dict[int, int]:
    return {number: place for place, number in enumerate(column)}


def _sweep(items: list[Item], columns: list[list[int]], near: _Neighbours, forward: bool) -> None:
    span = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
    for at in span:
        fixed = _positions(columns[at - 1 if forward else at + 1])
        own = _positions(columns[at])
        centre: dict[int, float] = {}
        for number in columns[at]:
            if forward:
                wanted = [float(fixed[link.left]) for link in near.left[number]]
            else:
                wanted = [
                    fixed[link.right] + (link.port + 0.5) / len(items[link.right].ports)
                    for link in near.right[number]
                ]
            centre[number] = sum(wanted) / len(wanted) if wanted else float(own[number])
        columns[at].sort(key=lambda number: (centre[number], own[number]))


def _all_crossings(columns: list[list[int]], near: _Neighbours) -> int:
    count = 0
    for left, right in pairwise(columns):
        places = _positions(right)
        seen: list[tuple[int, int]] = []
        for number in left:
            ends = [(places[link.right], link.port) for link in near.right[number]]
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


# Rows


def _assign_rows(items: list[Item], columns: list[list[int]], links: list[Link]) -> None:
    near = _neighbours(items, links)
    for column in columns:
        row = 0
        for number in column:
            items[number].row = row
            row += items[number].height + 1
    best: list[int] = []
    least: float | None = None
    everywhere = range(len(columns))
    rows: list[int] = []
    for turn in range(2 * _SWEEPS):
        backward = turn % 2 == 0
        for at in reversed(everywhere) if backward else everywhere:
            both = turn >= _SWEEPS
            _settle(items, columns[at], near, left=both or not backward, right=both or backward)
        bends = _bends(items, columns, links)
        if least is None or bends < least:
            least = bends
            best = [item.row for item in items]
        if turn > _SWEEPS and rows == [item.row for item in items]:
            break
        rows = [item.row for item in items]
    highest = min(best, default=0)
    for item, row in zip(items, best, strict=True):
        item.row = row - highest


def _bends(items: list[Item], columns: list[list[int]], links: list[Link]) -> float:
    total = 0
    for link in links:
        step = abs(_pin(items, link) - _source_pin(items, link))
        total += step + (4 if step else 0)
    filled = [column for column in columns if column]
    top = min((items[column[0]].row for column in filled), default=0)
    bottom = max((items[column[-1]].row + items[column[-1]].height for column in filled), default=0)
    return total + 2 * (bottom - top)


def _pin(items: list[Item], link: Link) -> int:
    return items[link.right].row + items[link.right].ports[link.port]


def _source_pin(items: list[Item], link: Link) -> int:
    return items[link.left].row + items[link.left].out


def _weight(items: list[Item], link: Link) -> int:
    return 12 if items[link.left].is_lane and items[link.right].is_lane else 4


def _settle(items: list[Item], column: list[int], near: _Neighbours, *, left: bool, right: bool) -> None:
    """Rows of one column with the least weighted sum of bends, by pooling adjacent violators on medians."""
    blocks: list[tuple[list[tuple[int, int]], list[int]]] = []
    medians: list[int] = []
    offset = 0
    offsets = []
    for number in column:
        item = items[number]
        wishes = [(item.row - offset, 1)]
        if left:
            wishes += [
                (_source_pin(items, link) - item.ports[link.port] - offset, _weight(items, link))
                for link in near.left[number]
            ]
        if right:
            wishes += [
                (_pin(items, link) - item.out - offset, _weight(items, link)) for link in near.right[number]
            ]
        blocks.append((wishes, [number]))
        medians.append(_median(wishes))
        while len(blocks) > 1 and medians[-2] > medians[-1]:
            later, members = blocks.pop()
            medians.pop()
            blocks[-1] = (blocks[-1][0] + later, blocks[-1][1] + members)
            medians[-1] = _median(blocks[-1][0])
        offsets.append(offset)
        offset += item.height + 1
    place = 0
    for (_, members), middle in zip(blocks, medians, strict=True):
        for number in members:
            items[number].row = middle + offsets[place]
            place += 1


def _median(wishes: list[tuple[int, int]]) -> int:
    half = sum(weight for _, weight in wishes)
    passed = 0
    for value, weight in sorted(wishes):
        passed += 2 * weight
        if passed >= half:
            return value
    raise AssertionError("weights are positive")


def _straighten_by_stretching(items: list[Item], columns: list[list[int]], links: list[Link]) -> None:
    """Move the outer ports of a box outwards, where there is room, when that makes their wires straight."""
    near = _neighbours(items, links)
    for column in columns:
        for place, number in enumerate(column):
            item = items[number]
            if item.box is None or len(item.ports) < 2:
                continue
            above = column[place - 1] if place else None
            ceiling = items[above].row + items[above].height + 1 if above is not None else 0
            rise = _pin(items, near.left[number][0]) - _source_pin(items, near.left[number][0])
            if 0 < rise <= min(_STRETCH, item.row - ceiling):
                item.row -= rise
                item.ports = [item.ports[0], *(port + rise for port in item.ports[1:])]
                item.out += rise
                item.height += rise
            below = column[place + 1] if place + 1 < len(column) else None
            floor = items[below].row - 1 if below is not None else None
            last = near.left[number][-1]
            drop = _source_pin(items, last) - _pin(items, last)
            room = _STRETCH if floor is None else min(_STRETCH, floor - item.row - item.height)
            if 0 < drop <= room:
                item.ports[-1] += drop
                item.height += drop


def _close_empty_rows(items: list[Item]) -> None:
    """Keep one of several rows in which nothing stands."""
    used = {row for item in items for row in range(item.row, item.row + item.height)}
    new_row = {}
    shift = 0
    for row in range(max(used, default=-1) + 1):
        if row not in used and row - 1 not in used:
            shift += 1
        new_row[row] = row - shift
    for item in items:
        item.row = new_row[item.row]
