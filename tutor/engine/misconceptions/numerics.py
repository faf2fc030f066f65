"""Wrong rules about sensitivities that are measured: difference quotients, gradient checks, accumulation."""

from __future__ import annotations

from tutor.engine.misconceptions.recipe_rules import computes, sends

_NO_2 = {"d": "(p - m) / h"}

RULES = (
    # Across the kink of ReLU a one-sided difference is the true slope, so the two are not told apart there.
    computes("nd_forward", {"central_difference": {"d": "(p - y) / h"}}),
    computes(
        "nd_backward",
        {
            "central_difference": {"d": "(y - m) / h"},
            "forward_difference": {"d": "(y - y_back) / h"},
        },
    ),
    computes("nd_div_h", {"central_difference": _NO_2, "difference_at_kink": _NO_2}),
    computes("nd_2h", {"forward_difference": {"d": "(p - y) / (2 * h)"}}),
    computes(
        "nd_no_divide",
        {
            "central_difference": {"d": "p - m"},
            "difference_at_kink": {"d": "p - m"},
            "forward_difference": {"d": "p - y"},
        },
    ),
    computes(
        "nd_exact",
        {
            recipe: {"d": "(y_right - y_left) / 0.000002"}
            for recipe in ("central_difference", "forward_difference")
        },
    ),
    computes("nd_one_sided", {"passes_for_all_slopes": {"passes": "parameters"}}),
    computes("nd_no_bias", {"passes_for_all_slopes": {"parameters": "weights"}}),
    computes("gc_analytic", {"difference_at_kink": {"d": "x > 0"}}),
    computes("gc_zero", {"difference_at_kink": {"d": "0"}}),
    computes("gc_abs", {"relative_error": {"e": "gap"}}),
    computes("gc_percent", {"relative_error": {"e": "100 * gap / scale"}}),
    sends("ignore_tax", "bill", {"pay": {"cost": "dout"}}),
    sends("ignore_count", "bill", {"cost": {"price": "dout"}}),
    computes("expects_reset", {"two_backward_passes": {"second": "g"}}),
)
