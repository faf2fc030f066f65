"""The catalogue of misconceptions as rules that the engine executes.

A new one is an entry in `RULES` of one of these modules and a message in each language.
"""

from tutor.engine.misconceptions import (
    activations,
    affine,
    arithmetic,
    chains,
    depth,
    forward_pass,
    losses,
    numerics,
    shared,
    two_layers,
    updates,
)
from tutor.engine.misconceptions.base import (
    Misconception,
    Site,
    backward_variants,
    forward_variants,
    wrong_values,
)
from tutor.engine.misconceptions.numberless import NUMBERLESS

MISCONCEPTIONS: dict[str, Misconception] = {
    misconception.id: misconception
    for module in (
        shared,
        chains,
        arithmetic,
        activations,
        losses,
        affine,
        two_layers,
        forward_pass,
        updates,
        numerics,
        depth,
    )
    for misconception in module.RULES
}
"""Every misconception by its id, the likelier ones first."""

CATALOGUE = frozenset((*MISCONCEPTIONS, *NUMBERLESS))
"""The id of every misconception, whether or not there is a rule to execute."""

__all__ = [
    "CATALOGUE",
    "MISCONCEPTIONS",
    "NUMBERLESS",
    "Misconception",
    "Site",
    "backward_variants",
    "forward_variants",
    "wrong_values",
]
