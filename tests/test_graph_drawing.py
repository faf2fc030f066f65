"""A drawn graph is read back cell by cell: what the picture says must be what the graph is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tutor.ui.graph_drawing import Box, Drawing, Label, Place, Wire, draw_graph

Cell = tuple[int, int]
LEFT, RIGHT, UP, DOWN = (-1, 0), (1, 0), (0, -1), (0, 1)
ARMS: dict[str, set[Cell]] = {
    "─": {LEFT, RIGHT},
    "│": {UP, DOWN},
    "┌": {RIGHT, DOWN},
    "┐": {LEFT, DOWN},
    "└": {RIGHT, UP},
    "┘": {LEFT, UP},
    "┬": {LEFT, RIGHT, DOWN},
    "┴": {LEFT, RIGHT, UP},
    "├": {UP, DOWN, RIGHT},
    "┤": {UP, DOWN, LEFT},
    "▶": {LEFT},
}
IN_ASCII = {"─": "-", "│": "|", "┼": "|", "▶": ">", "●": "*", **dict.fromkeys("┌┐└┘┬┴├┤╭╮╰╯", "+")}


def value(text: str) -> Label:
    return Label(text)


def gradient(text: str) -> Label:
    return Label(text, role="gradient")


def blank(key: str, prefix: str = "", width: int = 8) -> Label:
    return Label("", width, "blank", key, prefix)


def given_input(name: str, below: Label | None = None) -> Box:
    return Box(name, name, "input", below)


def constant(text: str) -> Box:
    return Box(text, text, "constant")


def operation(name: str, symbol: str, below: Label | None = None) -> Box:
    return Box(name, symbol, "operation", below)


def wire(source: str, target: str, slot: int, above: str | None = None, below: str | None = None) -> Wire:
    return Wire(source, target, slot, value(above) if above else None, gradient(below) if below else None)


def output(source: str, name: str, above: str, below: str = "1") -> Wire:
    return Wire(source, None, 0, value(above), gradient(below), name)


# Reading a picture back


@dataclass
class Picture:
    """The cells of a drawing, and those that the reader has accounted for."""

    drawing: Drawing
    cells: dict[Cell, tuple[str, str]]
    explained: set[Cell]

    def char(self, at: Cell) -> str:
        return self.cells.get(at, (" ", ""))[0]

    def role(self, at: Cell) -> str:
        return self.cells.get(at, (" ", ""))[1]

    def expect(self, x: int, y: int, text: str, role: str) -> None:
        for char in text:
            assert self.cells.get((x, y)) == (char, role), (x, y, text)
            for cell in range(x, x + cell_len(char)):
                assert (cell, y) not in self.explained
                self.explained.add((cell, y))
            x += cell_len(char)


def read_cells(drawing: Drawing) -> Picture:
    cells: dict[Cell, tuple[str, str]] = {}
    assert len(drawing.rows) == drawing.height
    for y, row in enumerate(drawing.rows):
        x = 0
        for segment in row:
            for char in segment.text:
                cells[x, y] = (char, segment.role)
                for extra in range(1, cell_len(char)):
                    cells[x + extra, y] = ("", segment.role)
                x += cell_len(char)
        assert x == drawing.width
    return Picture(drawing, cells, set())


def read_boxes(picture: Picture, boxes: list[Box]) -> None:
    assert set(picture.drawing.boxes) == {box.id for box in boxes}
    for box in boxes:
        frame = picture.drawing.boxes[box.id]
        right, bottom = frame.x + frame.width - 1, frame.y + frame.height - 1
        if box.role != "operation":
            picture.expect(frame.x, frame.y, f"{box.label} ●", box.role)
            continue
        across = "─" * (frame.width - 2)
        picture.expect(frame.x, frame.y, f"╭{across}╮", "box")
        picture.expect(frame.x, bottom, f"╰{across}╯", "box")
        inside = []
        for y in range(frame.y + 1, bottom):
            picture.expect(frame.x, y, "│", "box")
            picture.expect(right, y, "│", "box")
            row = [(x, y) for x in range(frame.x + 1, right)]
            assert not picture.explained & set(row)
            picture.explained |= set(row)
            inside.append("".join(picture.char(cell) for cell in row).strip())
        assert [text for text in inside if text] == [box.label]


def read_arguments(picture: Picture, boxes: list[Box], wires: list[Wire]) -> dict[tuple[str, int], Cell]:
    """The arrow head at every port: one per slot, from top to bottom."""
    heads: dict[tuple[str, int], Cell] = {}
    for box in boxes:
        if box.role != "operation":
            continue
        frame = picture.drawing.boxes[box.id]
        side = [(frame.x - 1, y) for y in range(frame.y, frame.y + frame.height)]
        arrows = [cell for cell in side if picture.role(cell) == "arrow"]
        slots = sorted(wire.slot for wire in wires if wire.target == box.id)
        heads |= {(box.id, slot): cell for slot, cell in zip(slots, arrows, strict=True)}
    return heads


def trace(picture: Picture, source: str) -> tuple[set[Cell], set[tuple[Cell, bool]]]:
    """The arrow heads that the net of a source reaches, and the cells it uses (True: horizontally)."""
    frame = picture.drawing.boxes[source]
    x = frame.x + frame.width
    starts = [
        (x, y)
        for y in range(frame.y, frame.y + frame.height)
        if picture.role((x, y)) in {"wire", "arrow"} and LEFT in ARMS.get(picture.char((x, y)), {LEFT})
    ]
    assert len(starts) <= 1
    heads: set[Cell] = set()
    used: set[tuple[Cell, bool]] = set()
    todo = [(cell, RIGHT) for cell in starts]
    while todo:
        cell, towards = todo.pop()
        assert picture.role(cell) in {"wire", "arrow"}, f"a wire ends at {cell}"
        glyph = picture.char(cell)
        arms = {towards, (-towards[0], -towards[1])} if glyph == "┼" else ARMS[glyph]
        assert (-towards[0], -towards[1]) in arms, f"a wire runs against {cell}"
        claims = {(cell, arm[1] == 0) for arm in arms}
        if claims <= used:
            continue
        used |= claims
        if glyph == "▶":
            heads.add(cell)
        todo += [
            ((cell[0] + arm[0], cell[1] + arm[1]), arm) for arm in arms if arm != (-towards[0], -towards[1])
        ]
    return heads, used


def read_wires(picture: Picture, boxes: list[Box], wires: list[Wire]) -> dict[int, Cell]:
    """Every net reaches exactly its ports; returns the arrow head of each wire by its position."""
    heads = read_arguments(picture, boxes, wires)
    ends: dict[int, Cell] = {}
    claimed: set[tuple[Cell, bool]] = set()
    for box in boxes:
        reached, used = trace(picture, box.id)
        assert not claimed & used, "two wires share a cell"
        claimed |= used
        for number, one in enumerate(wires):
            if one.source == box.id and one.target is not None:
                ends[number] = heads[one.target, one.slot]
                reached.remove(ends[number])
        outputs = [number for number, one in enumerate(wires) if one.source == box.id and one.target is None]
        assert len(reached) == len(outputs)
        for number in outputs:
            name = wires[number].name
            at = next(
                (x, y)
                for x, y in sorted(reached)
                if picture.char((x + 2, y)) == name[0] and picture.role((x + 2, y)) == "name"
            )
            reached.remove(at)
            picture.expect(at[0] + 2, at[1], name, "name")
            ends[number] = at
    drawn = {cell for cell, (_, role) in picture.cells.items() if role in {"wire", "arrow"}}
    assert {cell for cell, _ in claimed} == drawn, "a line belongs to no wire"
    for cell in drawn:
        assert ((cell, True) in claimed and (cell, False) in claimed) or picture.char(cell) != "┼"
    assert not drawn & picture.explained
    picture.explained |= drawn
    return ends


def read_label(picture: Picture, label: Label, right: int, y: int) -> tuple[int, int]:
    """Find the label that ends before column `right`; returns its first column and the one after it."""
    end = right
    while end > 0 and picture.role((end - 1, y)) == "":
        end -= 1
    if label.key is not None:
        place = picture.drawing.places[label.key]
        assert place.y == y
        assert place.width == max(label.width or 0, cell_len(label.text))
        assert place.x + place.width == end
        start = place.x - cell_len(label.prefix)
    else:
        start = end - cell_len(label.prefix + label.text)
    picture.expect(start, y, label.prefix, "prefix")
    at = start + cell_len(label.prefix)
    picture.expect(at, y, label.text, label.role)
    rest = end - at - cell_len(label.text)
    picture.expect(end - rest, y, " " * rest, label.role)
    assert picture.role((start - 1, y)) == "", "a label touches what is left of it"
    assert picture.role((end, y)) == "", "a label touches what is right of it"
    return start, end


def verify(boxes: list[Box], wires: list[Wire], drawing: Drawing) -> None:
    picture = read_cells(drawing)
    read_boxes(picture, boxes)
    for number, (x, y) in read_wires(picture, boxes, wires).items():
        for label, row in ((wires[number].above, y - 1), (wires[number].below, y + 1)):
            if label is not None:
                start, end = read_label(picture, label, x + 1, row)
                on = {picture.char((cell, y)) for cell in range(start, end)}
                assert on <= {"─"}, "a label does not stand on the last run of its wire"
                beyond = {picture.char((cell, 2 * row - y)) for cell in range(start, end)}
                assert not beyond & set("│┌┐└┘├┤┬┴┼"), "a label touches a bend of another wire"
    for box in boxes:
        if box.below is not None:
            frame = drawing.boxes[box.id]
            row = frame.y + frame.height
            width = box.below.cells
            start = frame.x + (
                frame.width - width if box.role != "operation" else max(0, (frame.width - width) // 2)
            )
            read_label(picture, box.below, start + width, row)
    leftover = {cell for cell, (_, role) in picture.cells.items() if role} - picture.explained
    assert not leftover
    verify_places(boxes, wires, drawing, picture)


def verify_places(boxes: list[Box], wires: list[Wire], drawing: Drawing, picture: Picture) -> None:
    labels = [box.below for box in boxes] + [label for one in wires for label in (one.above, one.below)]
    keyed = {label.key: label for label in labels if label is not None and label.key is not None}
    assert drawing.places.keys() == keyed.keys()
    kept: set[Cell] = set()
    for key, place in drawing.places.items():
        cells = {(place.x + step, place.y) for step in range(place.width)}
        assert all(0 <= x < drawing.width and 0 <= y < drawing.height for x, y in cells)
        assert not cells & kept
        kept |= cells
        text = "".join(picture.char((place.x + step, place.y)) for step in range(place.width))
        assert text.rstrip() == keyed[key].text


# Random graphs

NAMES = st.sampled_from(["x", "W1", "가중치", "손실", "σ", "learning_rate"])
TEXTS = st.sampled_from(["3", "-12.5", "0", "[2, -1.5, 0.5, -3]", "1e-07", "값 3"])


@dataclass(frozen=True)
class Graph:
    boxes: list[Box]
    wires: list[Wire]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 12))
    boxes: list[Box] = []
    wires: list[Wire] = []

    def label(role: str, key: str) -> Label | None:
        kind = draw(st.sampled_from(["none", "text", "text", "blank", "verdict"]))
        if kind == "none":
            return None
        if kind == "text":
            return Label(draw(TEXTS), role=role)
        text = draw(TEXTS) if kind == "verdict" else ""
        return Label(text, draw(st.integers(1, 9)), "blank", key, draw(st.sampled_from(["", "dx ", "손실 "])))

    for number in range(count):
        arguments = draw(st.lists(st.integers(0, number - 1), min_size=1, max_size=3)) if number else []
        if number and draw(st.integers(0, 3)) == 0:
            arguments = []
        role = "operation" if arguments else draw(st.sampled_from(["input", "constant"]))
        boxes.append(Box(f"n{number}", draw(NAMES), role))  # type: ignore[arg-type]
        for slot, source in enumerate(arguments):
            keys = (f"v{number}.{slot}", f"g{number}.{slot}")
            wires.append(
                Wire(f"n{source}", f"n{number}", slot, label("value", keys[0]), label("gradient", keys[1]))
            )
    for number, box in enumerate(boxes):
        users = sum(one.source == box.id for one in wires)
        if users != 1:
            boxes[number] = replace(box, below=label("gradient", f"t{number}"))
        if users == 0 or draw(st.integers(0, 5)) == 0:
            wires.append(
                Wire(
                    box.id,
                    None,
                    0,
                    label("value", f"o{number}"),
                    label("gradient", f"u{number}"),
                    draw(NAMES),
                )
            )
    return Graph(boxes, wires)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_a_drawing_can_be_read_back(graph: Graph) -> None:
    verify(graph.boxes, graph.wires, draw_graph(graph.boxes, graph.wires))


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_a_narrow_drawing_loses_nothing_and_is_no_wider(graph: Graph) -> None:
    wide = draw_graph(graph.boxes, graph.wires)
    narrow = draw_graph(graph.boxes, graph.wires, max_width=1)
    verify(graph.boxes, graph.wires, narrow)
    assert narrow.width <= wide.width
    assert draw_graph(graph.boxes, graph.wires, max_width=wide.width) == wide


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_ascii_is_the_same_picture_in_other_signs(graph: Graph) -> None:
    light = read_cells(draw_graph(graph.boxes, graph.wires))
    plain = read_cells(draw_graph(graph.boxes, graph.wires, ascii=True))
    assert light.drawing.places == plain.drawing.places
    assert light.drawing.boxes == plain.drawing.boxes
    for cell, (char, role) in light.cells.items():
        ours = role in {"wire", "arrow", "box"} or char == "●"
        assert plain.cells[cell] == ((IN_ASCII[char] if ours else char), role)


@settings(max_examples=30, deadline=None)
@given(graphs())
def test_the_same_graph_gives_the_same_drawing(graph: Graph) -> None:
    assert draw_graph(graph.boxes, graph.wires) == draw_graph(graph.boxes, graph.wires)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_no_two_rows_in_succession_are_empty(graph: Graph) -> None:
    rows = draw_graph(graph.boxes, graph.wires).rows
    empty = [all(segment.role == "" for segment in row) for row in rows]
    assert not any(upper and lower for upper, lower in pairwise(empty))


@pytest.mark.parametrize(
    "arguments",
    [
        {"a": "", "b": "", "c": "", "d": "b a", "e": "b"},
        {"a": "", "b": "", "c": "a", "d": "b a", "e": "b d"},
        {"a": "", "b": "", "c": "a", "d": "c", "e": "c b", "f": "e b"},
        {"a": "", "b": "", "c": "b b", "d": "a", "e": "a b", "f": "e c"},
    ],
)
def test_wires_that_need_not_cross_do_not(arguments: dict[str, str]) -> None:
    boxes = [Box(name, name, "operation" if of else "input") for name, of in arguments.items()]
    wires = [
        wire(source, name, slot) for name, of in arguments.items() for slot, source in enumerate(of.split())
    ]
    assert "┼" not in "".join(draw_graph(boxes, wires).plain())


def test_ascii_needs_no_other_character() -> None:
    boxes = [given_input("x"), given_input("y"), operation("p", "mul"), operation("q", "add")]
    wires = [
        wire("x", "p", 0, "3"),
        wire("y", "p", 1, "-4"),
        wire("p", "q", 0),
        wire("x", "q", 1),
        output("q", "L", "1"),
    ]
    assert "\n".join(draw_graph(boxes, wires, ascii=True).plain()).isascii()


# Places


def test_a_blank_is_kept_free_on_its_wire_after_its_prefix() -> None:
    boxes = [given_input("x"), given_input("y"), operation("z", "×")]
    wires = [
        Wire("x", "z", 0, value("3"), blank("dx", "dx ")),
        Wire("y", "z", 1, value("-4"), blank("dy", "dy ")),
        output("z", "L", "-12", "2.5"),
    ]
    drawing = draw_graph(boxes, wires)
    assert drawing.places == {"dx": Place(8, 2, 8), "dy": Place(8, 5, 8)}
    assert drawing.plain() == lines("""
                  3        ╭─────╮
        x ●───────────────▶│     │  -12
             dx            │  ×  │───────▶ L
                 -4        │     │  2.5
        y ●───────────────▶│     │
             dy            ╰─────╯
    """)


def test_a_verdict_wider_than_its_blank_widens_the_column() -> None:
    boxes = [given_input("x"), operation("z", "relu")]
    verdict = Label("✗ 12345.678", 4, "wrong", "dx")
    drawing = draw_graph(boxes, [Wire("x", "z", 0, None, verdict)])
    assert drawing.places["dx"].width == 11
    verify(boxes, [Wire("x", "z", 0, None, verdict)], drawing)


def test_a_key_names_one_place() -> None:
    boxes = [given_input("x"), operation("z", "+")]
    wires = [Wire("x", "z", 0, None, blank("d")), Wire("x", "z", 1, None, blank("d"))]
    with pytest.raises(ValueError, match="used twice"):
        draw_graph(boxes, wires)


def test_text_that_would_move_the_cursor_is_drawn_in_its_cells() -> None:
    decomposed = unicodedata.normalize("NFD", "한글")
    boxes = [given_input(decomposed), operation("z", "a\nb")]
    drawing = draw_graph(boxes, [wire(decomposed, "z", 0, "1\t2")])
    assert {sum(cell_len(segment.text) for segment in row) for row in drawing.rows} == {drawing.width}
    text = "\n".join(drawing.plain())
    assert "한글 ●" in text
    assert "a b" in text
    assert "1 2" in text


# Pictures


def lines(text: str) -> list[str]:
    return dedent(text.strip("\n")).rstrip().split("\n")


APPLES = Graph(
    [
        given_input("사과"),
        given_input("개수"),
        given_input("소비세"),
        operation("p", "×"),
        operation("q", "×"),
    ],
    [
        wire("사과", "p", 0, "100", "2.2"),
        wire("개수", "p", 1, "2", "110"),
        wire("p", "q", 0, "200", "1.1"),
        wire("소비세", "q", 1, "1.1", "200"),
        output("q", "지불", "220"),
    ],
)
SUM_TIMES_Z = Graph(
    [given_input("x"), given_input("y"), given_input("z"), operation("q", "+"), operation("f", "×")],
    [
        wire("x", "q", 0, "-2", "-4"),
        wire("y", "q", 1, "5", "-4"),
        wire("q", "f", 0, "3", "-4"),
        wire("z", "f", 1, "-4", "3"),
        output("f", "f", "-12"),
    ],
)
TWICE = Graph(
    [given_input("a", Label("", 6, "blank", "a", "da ")), operation("b", "+")],
    [wire("a", "b", 0, "3", "1"), wire("a", "b", 1, "3", "1"), output("b", "b", "6")],
)
FORK = Graph(
    [
        given_input("a"),
        constant("3"),
        constant("2"),
        constant("5"),
        operation("b", "×", gradient("db 7")),
        operation("c", "×"),
        operation("d", "×"),
        operation("e", "+"),
    ],
    [
        wire("a", "b", 0, "1", "21"),
        wire("3", "b", 1),
        wire("b", "c", 0, "3", "2"),
        wire("2", "c", 1),
        wire("b", "d", 0, "3", "5"),
        wire("5", "d", 1),
        wire("c", "e", 0, "6", "1"),
        wire("d", "e", 1, "15", "1"),
        output("e", "e", "21"),
    ],
)
AFFINE = Graph(
    [given_input("X"), given_input("W"), given_input("b"), operation("a", "affine"), operation("y", "σ")],
    [
        wire("X", "a", 0, "[2, -1.5, 0.5, -3]", "[0.1, 0.2, 0.3, 0.4]"),
        wire("W", "a", 1, "[1, 1, 1, 1]", "[0.4, -0.3, 0.1, -0.6]"),
        wire("b", "a", 2, "1", "0.2"),
        wire("a", "y", 0, "-1", "0.2"),
        output("y", "L", "0.27"),
    ],
)
NEURON = Graph(
    [
        given_input("w"),
        given_input("x"),
        given_input("b"),
        operation("p", "×"),
        operation("s", "+"),
        operation("y", "relu"),
    ],
    [
        wire("w", "p", 0, "2", "-3"),
        wire("x", "p", 1, "-3", "2"),
        wire("p", "s", 0, "-6", "1"),
        wire("b", "s", 1, "8", "1"),
        wire("s", "y", 0, "2", "1"),
        output("y", "y", "2"),
    ],
)
CHAIN = Graph(
    [
        given_input("x"),
        constant("2"),
        constant("1"),
        operation("a", "×"),
        operation("b", "+"),
        operation("c", "σ"),
        operation("d", "log"),
    ],
    [
        wire("x", "a", 0, "3", "0.04"),
        wire("2", "a", 1),
        wire("a", "b", 0, "6", "0.02"),
        wire("1", "b", 1),
        wire("b", "c", 0, "7", "0.02"),
        wire("c", "d", 0, "0.99", "1"),
        output("d", "L", "-0.1"),
    ],
)

PICTURES = {
    "APPLES": (
        APPLES,
        """
                100   ╭─────╮
        사과 ●───────▶│     │   200   ╭─────╮
                2.2   │  ×  │────────▶│     │  220
                 2    │     │   1.1   │  ×  │───────▶ 지불
        개수 ●───────▶│     │         │     │   1
                110   ╰─────╯         │     │
                                1.1   │     │
                      소비세 ●───────▶│     │
                                200   ╰─────╯
        """,
    ),
    "SUM_TIMES_Z": (
        SUM_TIMES_Z,
        """
             -2   ╭─────╮
        x ●──────▶│     │  3    ╭─────╮
             -4   │  +  │──────▶│     │  -12
             5    │     │  -4   │  ×  │───────▶ f
        y ●──────▶│     │       │     │   1
             -4   ╰─────╯       │     │
                           -4   │     │
                      z ●──────▶│     │
                           3    ╰─────╯
        """,
    ),
    "TWICE": (
        TWICE,
        """
                      3   ╭─────╮
              a ●──┬─────▶│     │  6
        da         │  1   │  +  │─────▶ b
                   │  3   │     │  1
                   └─────▶│     │
                      1   ╰─────╯
        """,
    ),
    "FORK": (
        FORK,
        """
             1    ╭─────╮
        a ●──────▶│     │       3   ╭─────╮
             21   │  ×  │──┬───────▶│     │  6    ╭─────╮
        3 ●──────▶│     │  │    2   │  ×  │──────▶│     │  21
                  ╰─────╯  │ ┌─────▶│     │  1    │  +  │──────▶ e
                   db 7    │ │      ╰─────╯       │     │  1
                           │ │                    │     │
                      2 ●──┼─┘  3   ╭─────╮       │     │
                           └───────▶│     │  15   │     │
                                5   │  ×  │──────▶│     │
                      5 ●──────────▶│     │  1    ╰─────╯
                                    ╰─────╯
        """,
    ),
    "AFFINE": (
        AFFINE,
        """
               [2, -1.5, 0.5, -3]     ╭──────────╮
        X ●──────────────────────────▶│          │
              [0.1, 0.2, 0.3, 0.4]    │          │
                  [1, 1, 1, 1]        │          │  -1    ╭─────╮  0.27
        W ●──────────────────────────▶│  affine  │───────▶│  σ  │────────▶ L
             [0.4, -0.3, 0.1, -0.6]   │          │  0.2   ╰─────╯   1
                       1              │          │
        b ●──────────────────────────▶│          │
                      0.2             ╰──────────╯
        """,
    ),
    "NEURON": (
        NEURON,
        """
             2    ╭─────╮
        w ●──────▶│     │  -6   ╭─────╮
             -3   │  ×  │──────▶│     │  2   ╭────────╮  2
             -3   │     │  1    │  +  │─────▶│  relu  │─────▶ y
        x ●──────▶│     │       │     │  1   ╰────────╯  1
             2    ╰─────╯       │     │
                           8    │     │
                      b ●──────▶│     │
                           1    ╰─────╯
        """,
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_the_first_lessons(name: str) -> None:
    graph, expected = PICTURES[name]
    drawing = draw_graph(graph.boxes, graph.wires)
    verify(graph.boxes, graph.wires, drawing)
    assert drawing.plain() == lines(expected)


@pytest.mark.parametrize("graph", [APPLES, SUM_TIMES_Z, TWICE, NEURON, AFFINE])
def test_small_graphs_fit_beside_the_rest_of_the_screen(graph: Graph) -> None:
    drawing = draw_graph(graph.boxes, graph.wires, max_width=78)
    assert drawing.width <= 78
    assert drawing.height <= 13


def test_a_chain_of_four_operations_fits_the_screen_when_asked_to() -> None:
    assert draw_graph(CHAIN.boxes, CHAIN.wires).width > 78
    drawing = draw_graph(CHAIN.boxes, CHAIN.wires, max_width=78)
    assert drawing.width <= 78
    verify(CHAIN.boxes, CHAIN.wires, drawing)
    tight = draw_graph(CHAIN.boxes, CHAIN.wires, max_width=62)
    assert tight.width <= 62 < drawing.width


def test_an_empty_graph_is_an_empty_drawing() -> None:
    drawing = draw_graph([], [])
    assert (drawing.width, drawing.height, drawing.plain()) == (0, 0, [])


def test_two_hundred_nodes_are_drawn() -> None:
    boxes = [given_input("x"), *(operation(f"n{number}", "+") for number in range(200))]
    wires = [wire("x", "n0", 0, "1", "1"), wire("x", "n0", 1, "1", "1")]
    for number in range(1, 200):
        wires.append(wire(f"n{number - 1}", f"n{number}", 0, "1", "1"))
        wires.append(wire(f"n{max(0, number - 3)}", f"n{number}", 1, "1", "1"))
    verify(boxes, wires, draw_graph(boxes, wires))
