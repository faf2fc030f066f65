"""Learning-rate schedules: by what the learning rate is multiplied at each update.

n counts the updates from 0, `every` is in updates. A new schedule is one function here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Schedule = Callable[[int, int, float, int], float]
"""(n, every, factor, steps of the whole run) → what the learning rate is multiplied by."""


def constant(n: int, every: int, factor: float, steps: int) -> float:
    """Return 1 throughout."""
    return 1.0


def step(n: int, every: int, factor: float, steps: int) -> float:
    """Return factor^⌊n / every⌋: a drop every so many updates."""
    return float(factor ** (n // every))


def exponential(n: int, every: int, factor: float, steps: int) -> float:
    """Return factor^(n / every): the same fall, spread evenly."""
    return float(factor ** (n / every))


def inverse(n: int, every: int, factor: float, steps: int) -> float:
    """Return 1 / (1 + n / every), which sums to infinity (Robbins & Monro, 1951)."""
    return 1.0 / (1.0 + n / every)


def cosine(n: int, every: int, factor: float, steps: int) -> float:
    """Return ½(1 + cos(πn / steps)), from 1 to 0 over the run (Loshchilov & Hutter, 2017)."""
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, n / max(1, steps))))


def warmup(n: int, every: int, factor: float, steps: int) -> float:
    """Return (n + 1) / every until it is 1."""
    return min(1.0, (n + 1) / every)


SCHEDULES: Mapping[str, Schedule] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "inverse": inverse,
    "cosine": cosine,
    "warmup": warmup,
}
"""Every schedule by name."""
