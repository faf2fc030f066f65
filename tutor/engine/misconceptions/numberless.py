"""Misconceptions that write no number of their own: about code, about checking, about what a word means.

They are options of a choice and bugs to find in code; nothing executes them on a graph. Two of them do write
numbers, but none that could be told from the truth: `delta_rounding` writes the true value with fewer digits,
for which the tolerance asks without costing an attempt; `gc_eps_in_log` is off by the share eps / y, which is
below the tolerance wherever y is a number to work with by hand.
"""

NUMBERLESS = (
    "gd_equals_bp",
    "relu_inplace",
    "softmax_no_shift",
    "aff_db_not_set",
    "delta_rounding",
    "adam_t_per_param",
    "clip_loss_not_grad",
    "init_zero",
    "gc_f32",
    "gc_kink",
    "gc_no_restore",
    "gc_eps_in_log",
)
"""Their ids; each has the same sentences as the others."""
