"""Columns, order and rows of a drawn graph, and the tracks of its wires."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.ui.graph_lanes import Horizontal, Net, Routes, Vertical, route
from tutor.ui.graph_layout import Box, Label, Layout, Wire, assign_layers, lay_out


def graph(**arguments: str) -> tuple[tuple[Box, ...], tuple[Wire, ...]]:
    """A graph from `name="its arguments"`; a name without arguments is an input."""
    boxes = tuple(Box(name, name, "operation" if of else "input") for name, of in arguments.items())
    wires = [
        Wire(source, name, slot, Label("1"), Label("2"))
        for name, of in arguments.items()
        for slot, source in enumerate(of.split())
    ]
    return boxes, tuple(wires)


def bends(layout: Layout) -> int:
    items = layout.items
    return sum(
        items[link.left].row + items[link.left].out
        != items[link.right].row + items[link.right].ports[link.port]
        for link in layout.links
    )


# Columns


def test_an_input_stands_next_to_its_user() -> None:
    layers = assign_layers(*graph(x="", y="", b="", p="x y", s="p b"))
    assert layers == {"x": 0, "y": 0, "p": 1, "b": 1, "s": 2}


def test_a_forked_input_stands_left_of_all_its_users() -> None:
    layers = assign_layers(*graph(x="", p="x", q="p", r="q x"))
    assert layers["x"] < min(layers[user] for user in "pqr")


def test_an_operation_on_inputs_of_its_own_moves_next_to_its_user() -> None:
    layers = assign_layers(*graph(x="", y="", z="", p="x", q="p", r="q", s="y z", t="r s"))
    assert layers["s"] == layers["t"] - 1
    assert layers["y"] == layers["z"] == layers["s"] - 1


def test_an_operation_stays_where_a_move_would_only_shift_the_long_wire() -> None:
    layers = assign_layers(*graph(x="", p="x", q="p", r="q", s="x", t="r s"))
    assert layers["s"] == 1


def test_columns_start_at_zero_also_for_a_graph_of_inputs() -> None:
    assert assign_layers(*graph(x="", y="")) == {"x": 0, "y": 0}


def test_every_wire_leads_to_the_right_one_column_at_a_time() -> None:
    layout = lay_out(*graph(x="", y="", p="x y", q="p x", r="q y", s="r x y"))
    for link in layout.links:
        assert layout.items[link.right].layer == layout.items[link.left].layer + 1


# Order and rows


def test_a_tree_is_drawn_without_a_bend() -> None:
    assert bends(lay_out(*graph(x="", y="", b="", p="x y", s="p b", t="s"))) == 0
    assert bends(lay_out(*graph(a="", b="", c="", d="", p="a b", q="c d", s="p q"))) == 0


def test_arguments_stand_in_the_order_of_their_slots() -> None:
    boxes, wires = graph(b="", a="", c="", p="a b c")
    layout = lay_out(boxes, wires)
    rows = {item.box.id: item.row for item in layout.items if item.box}
    assert rows["a"] < rows["b"] < rows["c"]


def test_avoidable_crossings_are_avoided() -> None:
    # Seen from s the inputs come as a, b, c, d; each q wants its own pair.
    layout = lay_out(*graph(a="", b="", c="", d="", p="a c", q="b d", r="p", t="q", s="r t"))
    inputs = [layout.items[number].box for number in layout.columns[0]]
    assert [box.id for box in inputs if box] == ["a", "c", "b", "d"]


def test_items_of_a_column_keep_a_row_between_them() -> None:
    layout = lay_out(*graph(x="", y="", p="x y", q="x y", r="p q x", s="r y"))
    for column in layout.columns:
        for upper, lower in pairwise(column):
            first = layout.items[upper]
            assert first.row + first.height < layout.items[lower].row


def test_ports_keep_rows_for_the_labels_between_them() -> None:
    label = Label("1")
    boxes = (Box("x", "x", "input"), Box("p", "+"))
    bare = lay_out(boxes, (Wire("x", "p", 0), Wire("x", "p", 1)))
    full = lay_out(boxes, (Wire("x", "p", 0, label, label), Wire("x", "p", 1, label, label)))
    assert bare.items[1].ports == [1, 3]
    assert full.items[1].ports == [1, 4]


@pytest.mark.parametrize(
    ("boxes", "wires", "message"),
    [
        ((Box("x", "x"), Box("x", "y")), (), "same id"),
        ((Box("x", "x"),), (Wire("y", "x"),), "unknown source"),
        ((Box("x", "x"),), (Wire("x", "y"),), "unknown target"),
        ((Box("x", "x"), Box("y", "y", "input")), (Wire("x", "y"),), "takes no arguments"),
        ((Box("x", "x"), Box("y", "y")), (Wire("x", "y"), Wire("x", "y")), "used twice"),
        ((Box("x", "x"), Box("y", "y")), (Wire("x", "y"), Wire("y", "x")), "cycle"),
    ],
)
def test_what_is_no_graph_is_refused(boxes: tuple[Box, ...], wires: tuple[Wire, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lay_out(boxes, wires)


def test_a_long_chain_needs_no_deep_stack() -> None:
    names = {"x": ""} | {f"n{number}": f"n{number - 1}" if number else "x" for number in range(3000)}
    boxes, wires = graph(**names)
    assert max(assign_layers(boxes, wires).values()) == 3000


# Tracks


def occupied(routes: Routes) -> dict[tuple[int, int], list[tuple[Net, str]]]:
    """The nets on every track and row, with the direction of their runs."""
    cells: dict[tuple[int, int], list[tuple[Net, str]]] = {}
    for run in routes.verticals:
        for row in range(run.top, run.bottom + 1):
            cells.setdefault((run.track, row), []).append((run.net, "vertical"))
    for line in routes.horizontals:
        start = -1 if line.start is None else line.start
        stop = routes.tracks if line.stop is None else line.stop
        for track in range(start, stop + 1):
            cells.setdefault((track, line.row), []).append((line.net, "horizontal"))
    return cells


def connected(net: Net, routes: Routes) -> bool:
    """Whether the runs of the net join its entry to all its exits."""
    reached = {(-1, net.entry)}
    runs = [
        {(run.track, row) for row in range(run.top, run.bottom + 1)}
        for run in routes.verticals
        if run.net == net
    ]
    for line in routes.horizontals:
        if line.net == net:
            start = -1 if line.start is None else line.start
            stop = routes.tracks if line.stop is None else line.stop
            runs.append({(track, line.row) for track in range(start, stop + 1)})
    for _ in runs:
        for cells in runs:
            if cells & reached:
                reached |= cells
    return {(routes.tracks, row) for row in net.exits} <= reached


def check(nets: list[Net]) -> Routes:
    routes = route(nets)
    for net in nets:
        assert connected(net, routes)
    for users in occupied(routes).values():
        if len({net for net, _ in users}) > 1:
            assert sorted(direction for _, direction in users) == ["horizontal", "vertical"]
    return routes


def test_a_straight_net_needs_no_track() -> None:
    net = Net(0, 4, (4,))
    assert route([net]) == Routes(0, (), (Horizontal(net, 4, None, None),))


def test_a_fork_has_one_trunk() -> None:
    net = Net(0, 4, (1, 7, 9))
    assert check([net]).verticals == (Vertical(net, 0, 1, 9),)


def test_a_fork_to_all_sides_does_not_look_like_a_crossing() -> None:
    net = Net(0, 4, (1, 4, 7))
    assert {(run.track, run.top, run.bottom) for run in check([net]).verticals} in (
        {(0, 1, 4), (1, 4, 7)},
        {(1, 1, 4), (0, 4, 7)},
    )


def test_nets_that_go_the_same_way_do_not_cross() -> None:
    for nets in (
        [Net(0, 0, (10,)), Net(1, 3, (13,)), Net(2, 6, (16,))],
        [Net(0, 10, (0,)), Net(1, 13, (3,)), Net(2, 16, (6,))],
    ):
        assert all(len({net for net, _ in users}) == 1 for users in occupied(check(nets)).values())


def test_nets_that_exchange_their_rows_do_not_share_a_lane() -> None:
    check([Net(0, 0, (3,)), Net(1, 3, (0,))])
    check([Net(0, 0, (3,)), Net(1, 3, (6,)), Net(2, 6, (0,))])


def test_runs_that_are_apart_share_a_track() -> None:
    assert check([Net(0, 0, (3,)), Net(1, 6, (9,))]).tracks == 1


@given(st.data())
def test_random_nets_meet_only_in_clean_crossings(data: st.DataObject) -> None:
    rows = range(14)
    entries = data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=6, unique=True))
    exits = data.draw(st.permutations(rows))
    nets = []
    for number, entry in enumerate(entries):
        count = data.draw(st.integers(1, 2))
        nets.append(Net(number, entry, tuple(sorted(exits[2 * number : 2 * number + count]))))
    check(nets)
