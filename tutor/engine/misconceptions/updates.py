"""Wrong rules about updates: gradient descent, its optimizers, clipping, counting."""

from __future__ import annotations

from tutor.engine.misconceptions.base import Misconception
from tutor.engine.misconceptions.recipe_rules import computes

_SCALED = ("adagrad", "rmsprop")


def _steps(id_: str, formula: str) -> Misconception:
    """Return a misconception about the new weight of plain gradient descent."""
    return computes(id_, {recipe: {"w1": formula} for recipe in ("gradient_descent", "descent_on_square")})


RULES = (
    _steps("gd_ascent", "w + lr * g"),
    _steps("gd_no_lr", "w - g"),
    _steps("gd_step_only", "-lr * g"),
    _steps("gd_times_w", "w - lr * w * g"),
    _steps("gd_lr_divides", "w - g / lr"),
    # On a square, half a step is the same as a lost factor 2.
    computes("gd_half", {"gradient_descent": {"w1": "w - lr * g / 2"}}),
    _steps("gd_abs", "abs(w - lr * g)"),
    computes("gd_no_2", {"descent_on_square": {"g": "w"}}),
    computes("gd_same_grad", {"two_descent_steps": {"g2": "g1"}}),
    computes("sgd_one", {"updates_per_epoch": {"updates": "1"}}),
    computes("sgd_each", {"updates_per_epoch": {"updates": "samples"}}),
    computes("sgd_batch", {"updates_per_epoch": {"updates": "batch"}}),
    computes("mom_sign", {"momentum": {"v1": "mu * v0 + lr * g"}}),
    computes("mom_swap", {"momentum": {"v1": "lr * v0 - mu * g"}}),
    computes("mom_lr_v", {"momentum": {"v1": "lr * (mu * v0 - g)"}}),
    computes("mom_ema", {"momentum": {"v1": "mu * v0 - (1 - mu) * lr * g"}}),
    computes("mom_old_v", {"momentum": {"w1": "w0 + v0"}}),
    computes("mom_first_no_lr", {"momentum": {"v1": "mu * v0 - g"}}, first_only=True),
    computes("nag_order", {"nesterov": {"w1": "w0 + mu^2 * v1 - (1 + mu) * lr * g"}}),
    computes("ada_no_sqrt", {recipe: {"w1": "w0 - lr * g / (h1 + eps)"} for recipe in _SCALED}),
    computes(
        "ada_no_square",
        {"adagrad": {"h1": "h0 + abs(g)"}, "rmsprop": {"h1": "rho * h0 + (1 - rho) * abs(g)"}},
    ),
    computes("ada_multiply", {recipe: {"w1": "w0 - lr * g * sqrt(h1)"} for recipe in _SCALED}),
    computes("rms_no_1mrho", {"rmsprop": {"h1": "rho * h0 + g^2"}}),
    # Leaving out one correction at mh or vh alone is another misconception, so this one acts at w1.
    computes("adam_no_bc", {"adam": {"w1": "w0 - lr * m1 / (sqrt(v1) + eps)"}}),
    computes("adam_only_m", {"adam": {"vh": "v1"}}),
    computes("adam_only_v", {"adam": {"mh": "m1"}}),
    computes("adam_no_power", {"adam": {"mh": "m1 / (1 - b1)", "vh": "v1 / (1 - b2)"}}),
    computes("adam_no_sqrt", {"adam": {"w1": "w0 - lr * mh / (vh + eps)"}}),
    computes("adam_g_not_sq", {"adam": {"v1": "b2 * v0 + (1 - b2) * abs(g)"}}),
    computes(
        "adam_swapped",
        {
            "adam": {
                "m1": "b2 * m0 + (1 - b2) * g",
                "v1": "b1 * v0 + (1 - b1) * g^2",
                "mh": "m1 / (1 - b2^t)",
                "vh": "v1 / (1 - b1^t)",
            }
        },
    ),
    computes(
        "is_sgd",
        {
            "momentum": {"w1": "w0 - lr * g"},
            "nesterov": {"w1": "w0 - lr * g"},
            "adagrad": {"w1": "w0 - lr * g"},
            "rmsprop": {"w1": "w0 - lr * g"},
            "adam": {"w1": "w0 - lr * g"},
        },
    ),
    computes("is_ada", {"rmsprop": {"h1": "h0 + g^2"}}),
    computes("is_rms", {"adagrad": {"h1": "rho * h0 + (1 - rho) * g^2"}}),
    computes("clip_elem", {"clip_by_norm": {"clipped": "max(min(g, max_norm), -max_norm)"}}),
    computes("clip_always", {"clip_by_norm": {"clipped": "g * max_norm / n"}}),
    computes("clip_unit", {"clip_by_norm": {"clipped": "g / n"}}),
    computes("clip_sum", {"clip_by_norm": {"n": "sum(abs(g))"}}),
    computes("clip_none", {"clip_by_norm": {"clipped": "g"}}),
)
