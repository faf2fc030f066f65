"""Wrong rules about ReLU, sigmoid, tanh and softplus."""

from __future__ import annotations

import numpy as np

from tutor.engine.misconceptions.arithmetic import one_input
from tutor.engine.misconceptions.base import Misconception
from tutor.engine.nodes import Array


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _sigmoid_slope(x: Array) -> Array:
    y = _sigmoid(x)
    return y * (1 - y)


RULES = (
    Misconception("relu_pass", at=one_input("relu", lambda up, x, y: up)),
    Misconception("relu_on_dout", at=one_input("relu", lambda up, x, y: up * (up > 0))),
    Misconception("relu_inverted", at=one_input("relu", lambda up, x, y: up * (x <= 0))),
    Misconception("relu_both_signs", at=one_input("relu", lambda up, x, y: up * (x > 0) * (up > 0))),
    Misconception("relu_times_x", at=one_input("relu", lambda up, x, y: up * y)),
    Misconception("relu_at_zero", at=one_input("relu", lambda up, x, y: up * (x >= 0))),
    Misconception("sig_x", at=one_input("sigmoid", lambda up, x, y: up * x * (1 - x))),
    Misconception("sig_double", at=one_input("sigmoid", lambda up, x, y: up * _sigmoid_slope(y))),
    Misconception("sig_y", at=one_input("sigmoid", lambda up, x, y: up * y)),
    Misconception("sig_1my", at=one_input("sigmoid", lambda up, x, y: up * (1 - y))),
    Misconception("sig_y2", at=one_input("sigmoid", lambda up, x, y: up * y * y)),
    Misconception("sig_minus", at=one_input("sigmoid", lambda up, x, y: -up * y * (1 - y))),
    Misconception("sig_tanh", at=one_input("sigmoid", lambda up, x, y: up * (1 - y * y))),
    Misconception("sig_of_dout", at=one_input("sigmoid", lambda up, x, y: _sigmoid_slope(up))),
    Misconception("tanh_plus", at=one_input("tanh", lambda up, x, y: up * (1 + y * y))),
    Misconception("tanh_x", at=one_input("tanh", lambda up, x, y: up * (1 - x * x))),
    Misconception("tanh_nosq", at=one_input("tanh", lambda up, x, y: up * (1 - y))),
    Misconception("tanh_as_sigmoid", at=one_input("tanh", lambda up, x, y: up * y * (1 - y))),
    Misconception("tanh_no_one", at=one_input("tanh", lambda up, x, y: -up * y * y)),
    Misconception("softplus_as_relu", at=one_input("softplus", lambda up, x, y: up * (x > 0))),
    Misconception("softplus_sig_prime", at=one_input("softplus", lambda up, x, y: up * _sigmoid_slope(x))),
    Misconception("softplus_out", at=one_input("softplus", lambda up, x, y: up * _sigmoid(y))),
    Misconception("softplus_value", at=one_input("softplus", lambda up, x, y: up * y)),
)
