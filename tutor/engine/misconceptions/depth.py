"""Wrong rules about deep networks: starting weights, products of slopes, batch normalisation."""

from __future__ import annotations

from tutor.engine.misconceptions.recipe_rules import computes, sends

_PLAIN, _WEIGHTED = "slopes_multiplied", "slopes_and_weights_multiplied"

RULES = (
    computes("init_var_as_std", {"xavier": {"std": "1 / fan_in"}, "he": {"std": "2 / fan_in"}}),
    computes("init_inverse", {"xavier": {"std": "sqrt(fan_in)"}, "he": {"std": "sqrt(fan_in / 2)"}}),
    computes("init_same", {"he": {"std": "1 / sqrt(fan_in)"}}),
    computes("van_no_w", {_WEIGHTED: {"signal": "slope^depth"}}),
    computes("van_w_once", {_WEIGHTED: {"signal": "w * slope^depth"}}),
    computes("van_sum", {_PLAIN: {"signal": "slope * depth"}, _WEIGHTED: {"signal": "factor * depth"}}),
    computes("van_linear", {_PLAIN: {"signal": "slope / depth"}, _WEIGHTED: {"signal": "factor / depth"}}),
    computes("van_half", {_PLAIN: {"signal": "0.5^depth"}, _WEIGHTED: {"signal": "(0.5 * w)^depth"}}),
    computes("bn_ddof1", {"batch_norm": {"v": "sum(q, axis=0) / (sum(0 * q + 1, axis=0) - 1)"}}),
    computes("bn_var_not_sd", {"batch_norm": {"n": "c / v"}}),
    computes("bn_no_affine", {"batch_norm": {"y": "n"}}),
    sends("bn_no_stats", "batch_norm", {"c": {"x": "dn / s", "mean_x": "0"}}),
    sends("bn_no_mean", "batch_norm", {"mean_x": {"x": "0"}}),
    sends("bn_no_var", "batch_norm", {"v": {"q": "0"}}),
    sends("bn_no_gamma", "batch_norm", {"z": {"n": "dout"}}),
    sends("bn_dgamma_x", "batch_norm", {"z": {"gamma": "dout * x"}}),
    sends(
        "bn_mean",
        "batch_norm",
        {"z": {"gamma": "mean(dout * n, axis=0)"}, "y": {"beta": "mean(dout, axis=0)"}},
    ),
    sends("bn_swapped", "batch_norm", {"z": {"gamma": "dout"}, "y": {"beta": "dout * n"}}),
)
