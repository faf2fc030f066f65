"""The registry of node kinds. A new kind is one class here and its name in the two catalogues."""

from tutor.engine.nodes import activations, arithmetic, losses, matrices, normalization
from tutor.engine.nodes.base import (
    NODES,
    Array,
    Backward,
    Keeps,
    NodeKind,
    Options,
    Shape,
    Step,
    Wiring,
    compute,
)

__all__ = [
    "NODES",
    "Array",
    "Backward",
    "Keeps",
    "NodeKind",
    "Options",
    "Shape",
    "Step",
    "Wiring",
    "activations",
    "arithmetic",
    "compute",
    "losses",
    "matrices",
    "normalization",
]
