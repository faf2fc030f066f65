"""Wrong rules about the forward pass: an order of operations, a bias."""

from __future__ import annotations

from tutor.engine.misconceptions.arithmetic import bias_slot
from tutor.engine.misconceptions.base import ForwardSite, Misconception
from tutor.engine.nodes import Array


def _scaled_sum(site: ForwardSite) -> int | None:
    """Return the slot of the sum in (p + q) · c or c · (p + q)."""
    if site.node.kind != "mul":
        return None
    left, right = site.sources
    if left.kind == "add" and right.is_leaf:
        return 0
    return 1 if right.kind == "add" and left.is_leaf else None


def _first_scaled(site: ForwardSite) -> Array | None:
    slot = _scaled_sum(site)
    if slot is None:
        return None
    p, q = site.inputs_of(site.sources[slot])
    return p * site.inputs[1 - slot] + q


def _second_scaled(site: ForwardSite) -> Array | None:
    slot = _scaled_sum(site)
    if slot is None:
        return None
    p, q = site.inputs_of(site.sources[slot])
    return p + q * site.inputs[1 - slot]


def _not_scaled(site: ForwardSite) -> Array | None:
    slot = _scaled_sum(site)
    return None if slot is None else site.inputs[slot]


def _no_bias(site: ForwardSite) -> Array | None:
    if site.node.kind == "affine":
        return site.inputs[0] @ site.inputs[1]
    slot = bias_slot(site.node, site.graph)
    return None if slot is None else site.inputs[1 - slot]


def _bias_subtracted(site: ForwardSite) -> Array | None:
    if site.node.kind == "affine":
        return site.inputs[0] @ site.inputs[1] - site.inputs[2]
    slot = bias_slot(site.node, site.graph)
    return None if slot is None else site.inputs[1 - slot] - site.inputs[slot]


def _sums_multiplied(site: ForwardSite) -> Array | None:
    if site.node.kind != "add" or any(source.kind != "mul" for source in site.sources):
        return None
    (p, r), (q, s) = (site.inputs_of(source) for source in site.sources)
    return (p + q) * (r + s)


RULES = (
    Misconception("fwd_tax_one", forward=_first_scaled),
    Misconception("fwd_tax_one2", forward=_second_scaled),
    Misconception("fwd_no_tax", forward=_not_scaled),
    Misconception("fwd_no_bias", forward=_no_bias),
    Misconception("fwd_bias_sign", forward=_bias_subtracted),
    Misconception("fwd_sum_products", forward=_sums_multiplied),
)
