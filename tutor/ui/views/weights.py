"""The weights of a network drawn as its graph: units in columns, a line for each weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tutor.tutoring.network_looks import WeightsLook
from tutor.ui.views.dots import Dots, dot_rows, line
from tutor.ui.views.picture import Mark, Row, from_cells, number_text, row

_MOST_LINES = 36
"""A matrix of more weights than this would be nothing but lines."""

_FAINT = 0.15
"""Weights below this share of the largest of their layer have no line."""


def units(look: WeightsLook) -> list[tuple[int, int]]:
    """Return every unit behind the input as (layer from 1, number from 1), in the order of the cursor."""
    return [
        (layer, number)
        for layer, matrix in enumerate(look.weights, start=1)
        for number in range(1, matrix.shape[1] + 1)
    ]


def weights_rows(
    look: WeightsLook, chosen: tuple[int, int], width: int, height: int, *, ascii_only: bool = False
) -> list[Row]:
    """Draw the network with what goes into the chosen unit as numbers below.

    A whole line is a positive weight, a broken one a negative; a weak weight has none, and between large
    layers only those of the chosen unit have one. Where a layer has more
    units than rows, those at its ends are drawn around the chosen one.
    """
    numbers = _numbers(look, chosen, width)
    tall = height - len(numbers)
    if tall < 3 or width < 12:
        return numbers
    sizes = [look.weights[0].shape[0], *(matrix.shape[1] for matrix in look.weights)]
    columns = [round((width - 5) * layer / (len(sizes) - 1)) for layer in range(len(sizes))]
    shown = [
        _shown(size, tall, chosen[1] - 1 if layer == chosen[0] else 0) for layer, size in enumerate(sizes)
    ]
    lines = [{unit: _line(place, len(some), tall) for place, unit in enumerate(some)} for some in shown]
    dots = np.zeros((tall * 4, width * 2), dtype=bool)
    strong = np.zeros_like(dots)
    for layer, matrix in enumerate(look.weights):
        largest = float(np.max(np.abs(matrix), initial=0.0)) or 1.0
        for source, y0 in lines[layer].items():
            for target, y1 in lines[layer + 1].items():
                weight = float(matrix[source, target])
                touched = chosen in ((layer, source + 1), (layer + 1, target + 1))
                if not abs(weight) >= _FAINT * largest or (matrix.size > _MOST_LINES and not touched):
                    continue
                field = strong if (layer + 1, target + 1) == chosen else dots
                start = ((columns[layer] + 4) * 2, y0 * 4 + 2)
                line(field, start, (columns[layer + 1] * 2 - 1, y1 * 4 + 2), 0 if weight > 0 else 3)
    cells = _painted(dots, strong, ascii_only)
    for layer, places in enumerate(lines):
        for unit, y in places.items():
            name = _name(layer, unit + 1, len(sizes) - 1)
            role = "strong" if (layer, unit + 1) == chosen else "label"
            for offset, sign in enumerate(name[:4].ljust(4)):
                cells[y][columns[layer] + offset] = (sign, role)
    return [*(from_cells(one) for one in cells), *numbers]


def _painted(dots: Dots, strong: Dots, ascii_only: bool) -> list[list[tuple[str, str]]]:
    below = dot_rows(dots, ascii_only=ascii_only)
    above = dot_rows(strong, ascii_only=ascii_only)
    both = dot_rows(dots | strong, ascii_only=ascii_only)
    dull = str.maketrans("*", ".")
    return [
        [
            (mixed if upper == " " or not ascii_only else upper, "first")
            if upper != " "
            else (lower.translate(dull), "axis")
            for lower, upper, mixed in zip(one, two, three, strict=True)
        ]
        for one, two, three in zip(below, above, both, strict=True)
    ]


def _name(layer: int, number: int, last: int) -> str:
    return f"x{number}" if layer == 0 else f"y{number}" if layer == last else f"h{number}"


def _shown(size: int, room: int, around: int) -> list[int]:
    if size <= room:
        return list(range(size))
    first = min(max(0, around - room // 2), size - room)
    return list(range(first, first + room))


def _line(place: int, count: int, tall: int) -> int:
    return int((place + 0.5) * tall / count)


def _numbers(look: WeightsLook, chosen: tuple[int, int], width: int) -> list[Row]:
    layer, number = chosen
    matrix, bias = look.weights[layer - 1], look.biases[layer - 1]
    last = len(look.weights)
    parts = [
        f"{_name(layer - 1, source + 1, last)} {number_text(float(weight))}"
        for source, weight in enumerate(matrix[:, number - 1])
    ]
    parts.append(f"b {number_text(float(bias[number - 1]))}")
    lead = f"{_name(layer, number, last)} <- "
    return [
        row(Mark(lead if not place else " " * len(lead), "strong"), text)
        for place, text in enumerate(_wrapped(parts, width - len(lead)))
    ]


def _wrapped(parts: Sequence[str], width: int, most: int = 2) -> list[str]:
    rows = [""]
    for part in parts:
        longer = f"{rows[-1]}{part}   "
        if len(longer.rstrip()) > width and rows[-1]:
            if len(rows) == most:
                rows[-1] = rows[-1][: max(0, width - 3)].rstrip() + "..."
                break
            rows.append(f"{part}   ")
        else:
            rows[-1] = longer
    return [one.rstrip() for one in rows]
