"""Losses of two parameters to walk on by hand: each a descent that is worth a look as it stands."""

from __future__ import annotations

from collections.abc import Mapping

from tutor.engine.experiments.descent import DescentSettings

SURFACES: Mapping[str, DescentSettings] = {
    "valley": DescentSettings(
        "x^2/20 + y^2",
        start=(-7.0, 2.0),
        low=(-8.0, -3.0),
        high=(8.0, 3.0),
        learning_rate=0.5,
        steps=30,
    ),
    # Two low places: 0 on the left, 2.44 on the right, and a ridge between them.
    "wells": DescentSettings(
        "x^4 - 3*x^2 + x + y^2 + 3.514",
        start=(2.0, 1.0),
        low=(-2.2, -1.5),
        high=(2.2, 1.5),
        learning_rate=0.02,
        steps=300,
    ),
}
"""Every surface by name: the function, its window, and settings to begin with. The lowest value is 0."""
