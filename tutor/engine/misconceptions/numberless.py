"""Misconceptions that write no number of their own: about code, about checking, about what a word means.

They are options of a choice and bugs to find in code; nothing executes them on a graph.
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
