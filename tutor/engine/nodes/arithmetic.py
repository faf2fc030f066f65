"""Nodes of arithmetic: sums, products, powers, elementary functions, maximum and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

import numpy as np

from tutor.engine.nodes.base import (
    MINUS_ONE,
    ONE,
    ZERO,
    Array,
    Elementwise,
    Keeps,
    Options,
    Shape,
    Slope,
    Step,
    constant,
    register,
)

_PAIR: tuple[tuple[Shape, ...], ...] = (
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (2, 3)),
    ((), (4,)),
)
_SINGLE: tuple[tuple[Shape, ...], ...] = (((),), ((4,),), ((2, 3),))

Recipes = Sequence[Callable[[], Slope]]


class _Binary(Elementwise):
    inputs = ("x", "y")
    example_shapes = _PAIR
    ufunc: ClassVar[np.ufunc]

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        return (partial(self.ufunc, *inputs, output),)


class _Unary(Elementwise):
    example_shapes = _SINGLE
    ufunc: ClassVar[np.ufunc]

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        return (partial(self.ufunc, inputs[0], output),)


def _fixed(value: Array) -> Callable[[], Slope]:
    return partial(Slope, value)


@register
class Add(_Binary):
    """x + y hands the upstream gradient on to both inputs."""

    name, symbol, keeps, ufunc = "add", "+", Keeps.NOTHING, np.add
    gradients = ("dout", "dout")

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return _fixed(ONE), _fixed(ONE)


@register
class Subtract(_Binary):
    """x - y: the second input gets the upstream gradient with its sign changed."""

    name, symbol, keeps, ufunc = "sub", "−", Keeps.NOTHING, np.subtract
    gradients = ("dout", "-dout")

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return _fixed(ONE), _fixed(MINUS_ONE)


@register
class Negate(_Unary):
    """-x."""

    name, symbol, keeps, ufunc = "neg", "−1×", Keeps.NOTHING, np.negative
    gradients = ("-dout",)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return (_fixed(MINUS_ONE),)


@register
class Multiply(_Binary):
    """x · y: each input's local derivative is the other input."""

    name, symbol, ufunc = "mul", "×", np.multiply
    gradients = ("dout * y", "dout * x")

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        x, y = inputs
        return _fixed(y), _fixed(x)


@register
class Divide(_Binary):
    """x / y, with local derivatives 1/y and -x/y²."""

    name, symbol, ufunc = "div", "÷", np.divide
    gradients = ("dout / y", "-dout * x / y^2")
    domain = (0.5, 2.5)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        _, y = inputs

        def numerator() -> Slope:
            slope = np.empty_like(y)
            return Slope(slope, (partial(np.divide, ONE, y, slope),))

        def denominator() -> Slope:
            slope = np.empty_like(output)
            return Slope(slope, (partial(np.divide, output, y, slope), partial(np.negative, slope, slope)))

        return numerator, denominator


@register
class Power(_Binary):
    """x ** n, with local derivatives n · x**(n - 1) and, for the exponent, x**n · log x.

    At x = 0 the formulas read 0 · ∞. The limits are taken instead, as PyTorch and JAX do: x**0 is flat, and
    so is 0**n for n > 0.
    """

    name, symbol, ufunc = "power", "^", np.power
    gradients = ("dout * y * x^(y - 1)", "dout * out * log(x)")
    domain = (0.5, 2.5)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        x, n = inputs

        def base() -> Slope:
            slope, lower, flat = np.empty_like(output), np.empty_like(n), np.empty(n.shape, dtype=bool)
            return Slope(
                slope,
                (
                    partial(np.subtract, n, ONE, lower),
                    partial(np.power, x, lower, slope),
                    partial(np.multiply, slope, n, slope),
                    partial(np.equal, n, ZERO, flat),
                    partial(np.copyto, slope, ZERO, where=flat),
                ),
            )

        def exponent() -> Slope:
            slope, wide = np.empty_like(output), np.broadcast_to(x, output.shape)
            is_zero = np.empty(output.shape, dtype=bool)
            return Slope(
                slope,
                (
                    partial(np.log, wide, slope),
                    partial(np.equal, wide, ZERO, is_zero),
                    partial(np.copyto, slope, ZERO, where=is_zero),
                    partial(np.multiply, slope, output, slope),
                ),
            )

        return base, exponent


@register
class Square(_Unary):
    """x², with local derivative 2x."""

    name, symbol, ufunc = "square", "x²", np.square
    gradients = ("dout * 2 * x",)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return (partial(_computed, output, np.multiply, constant(2.0), inputs[0]),)


def _computed(like: Array, ufunc: np.ufunc, *arguments: Array) -> Slope:
    slope = np.empty_like(like)
    return Slope(slope, (partial(ufunc, *arguments, slope),))


@register
class Exp(_Unary):
    """exp(x), which is its own derivative: the output is kept."""

    name, symbol, keeps, ufunc = "exp", "exp", Keeps.OUTPUT, np.exp
    gradients = ("dout * out",)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return (_fixed(output),)


@register
class Log(_Unary):
    """Natural logarithm, with local derivative 1/x."""

    name, symbol, ufunc = "log", "log", np.log
    gradients = ("dout / x",)
    domain = (0.3, 3.0)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return (partial(_computed, output, np.divide, ONE, inputs[0]),)


@register
class Sqrt(_Unary):
    """√x, with local derivative 1/(2√x)."""

    name, symbol, keeps, ufunc = "sqrt", "√", Keeps.OUTPUT, np.sqrt
    gradients = ("dout / (2 * out)",)
    domain = (0.3, 3.0)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return (partial(_computed, output, np.divide, constant(0.5), output),)


@register
class Sin(_Unary):
    """sin x, with local derivative cos x."""

    name, symbol, ufunc = "sin", "sin", np.sin
    gradients = ("dout * cos(x)",)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return (partial(_computed, output, np.cos, inputs[0]),)


@register
class Cos(_Unary):
    """cos x, with local derivative -sin x."""

    name, symbol, ufunc = "cos", "cos", np.cos
    gradients = ("-dout * sin(x)",)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        def slope() -> Slope:
            value = np.empty_like(output)
            return Slope(value, (partial(np.sin, inputs[0], value), partial(np.negative, value, value)))

        return (slope,)


@register
class Absolute(_Unary):
    """|x|, with local derivative -1, 0 (at 0) or 1."""

    name, symbol, keeps, ufunc, kink = "abs", "|x|", Keeps.MASK, np.absolute, True
    gradients = ("dout * ((x > 0) - (x < 0))",)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return (partial(_computed, output, np.sign, inputs[0]),)


class _Chosen(_Binary):
    keeps, kink = Keeps.MASK, True
    first_wins: ClassVar[np.ufunc]

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        return (partial(self.ufunc, *inputs, out=output),)

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        def first() -> Slope:
            return _computed(output, self.first_wins, *inputs)

        def second() -> Slope:
            won = np.empty_like(output)
            return Slope(won, (partial(self.first_wins, *inputs, won), partial(np.subtract, ONE, won, won)))

        return first, second


@register
class Maximum(_Chosen):
    """max(x, y): the larger input gets the whole upstream gradient, the first of equals."""

    name, symbol, ufunc, first_wins = "max", "max", np.maximum, np.greater_equal
    gradients = ("dout * (x >= y)", "dout * (x < y)")


@register
class Minimum(_Chosen):
    """min(x, y): the smaller input gets the whole upstream gradient, the first of equals."""

    name, symbol, ufunc, first_wins = "min", "min", np.minimum, np.less_equal
    gradients = ("dout * (x <= y)", "dout * (x > y)")


class _Comparison(_Binary):
    keeps, kink = Keeps.NOTHING, True
    gradients = ("0 * dout", "0 * dout")

    def local(self, output: Array, inputs: Sequence[Array]) -> Recipes:
        return _fixed(ZERO), _fixed(ZERO)


@register
class Greater(_Comparison):
    """1 where x > y, else 0; flat, so nothing flows back."""

    name, symbol, ufunc = "greater", ">", np.greater


@register
class GreaterEqual(_Comparison):
    """1 where x >= y, else 0; flat, so nothing flows back."""

    name, symbol, ufunc = "greater_equal", "≥", np.greater_equal


@register
class Less(_Comparison):
    """1 where x < y, else 0; flat, so nothing flows back."""

    name, symbol, ufunc = "less", "<", np.less


@register
class LessEqual(_Comparison):
    """1 where x <= y, else 0; flat, so nothing flows back."""

    name, symbol, ufunc = "less_equal", "≤", np.less_equal
