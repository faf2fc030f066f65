"""What the learner's file has to pass: for each layer, calls on awkward shapes and what must come back.

The truth of every case is the engine's own gradient; the numbers are drawn once, from fixed seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from tutor.engine.formulas import read_statements
from tutor.engine.gradient_check import STEP, central_difference, numerical_gradient
from tutor.engine.graph import Graph
from tutor.engine.nodes import Array, Shape

SMOOTH, KINKED = 1e-6, 1e-4
"""The largest relative error that passes, without and with kinks."""

Shapes = Mapping[str, Shape]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One call of the learner's code and the arrays that must come back, by name.

    `returned` are the names of what the call returns, in order; `stored` the attributes that it has to set.
    `numeric` holds central differences where the truth is a gradient, else the truth itself. `given` are
    the arrays that must be left as they were.
    """

    call: Mapping[str, Any]
    shapes: Shapes
    returned: tuple[str, ...]
    truth: Mapping[str, Array]
    numeric: Mapping[str, Array]
    graph: Graph | None
    """What misconceptions are followed on; None where none of them says anything about the case."""
    stored: tuple[str, ...] = ()
    out: Array | None = None
    given: tuple[Array, ...] = ()
    of_values: bool = False
    """Whether the arrays are values of the graph, as those of an optimizer are, and no gradients."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing to write, in the order of the course; an optional one may be left out."""

    id: str
    code: str
    """The name of the class or function in the file."""
    mistakes: tuple[str, ...] = ()
    """How the ids of the misconceptions about it begin; these are the likelier ones."""
    limit: float = SMOOTH
    optional: bool = False

    def cases(self) -> tuple[Case, ...]:
        """Return the calls that decide."""
        return _cases(self.id)


GATES = (
    Gate("add", "Add", ("add_",)),
    Gate("mul", "Mul", ("mul_",)),
    Gate("relu", "Relu", ("relu_",), KINKED),
    Gate("sigmoid", "Sigmoid", ("sig_",)),
    Gate("affine", "Affine", ("aff_", "batch_")),
    Gate("softmax-with-loss", "SoftmaxWithLoss", ("sce_",)),
    Gate("batch-norm", "BatchNorm", ("bn_",), optional=True),
    Gate("momentum", "Momentum", ("mom_",), optional=True),
    Gate("adam", "Adam", ("adam_",), optional=True),
    Gate("clip-grad-norm", "clip_grad_norm", ("clip_",), optional=True),
    Gate("numerical-gradient", "numerical_gradient", ("nd_",), optional=True),
)


@dataclass(frozen=True, slots=True)
class _Layer:
    """How a layer is called: its formula, what its constructor, `forward` and `backward` take and give."""

    code: str
    formula: str
    shapes: tuple[Shapes, ...]
    settings: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ("x",)
    returned: tuple[str, ...] = ("dx",)
    stored: tuple[str, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)


def _pairs() -> tuple[Shapes, ...]:
    return tuple({"x": shape, "y": shape} for shape in ((), (1, 3), (3, 2)))


_SQUARES = tuple({"x": shape} for shape in ((1, 4), (3, 2), (4, 4)))

_LAYERS: Mapping[str, _Layer] = {
    "add": _Layer("Add", "z = x + y", _pairs(), arguments=("x", "y"), returned=("dx", "dy")),
    "mul": _Layer("Mul", "z = x * y", _pairs(), arguments=("x", "y"), returned=("dx", "dy")),
    "relu": _Layer("Relu", "y = relu(x)", _SQUARES),
    "sigmoid": _Layer("Sigmoid", "y = sigmoid(x)", _SQUARES),
    "affine": _Layer(
        "Affine",
        "Y = affine(X, W, b)",
        tuple({"X": (n, d), "W": (d, m), "b": (m,)} for n, d, m in ((1, 3, 2), (3, 2, 4), (4, 3, 3))),
        settings=("W", "b"),
        arguments=("X",),
        returned=("dX",),
        stored=("dW", "db"),
    ),
    "batch-norm": _Layer(
        "BatchNorm",
        "mean_x = mean(x, axis=0); c = x - mean_x; q = c^2; v = mean(q, axis=0); s = sqrt(v + eps);"
        "n = c / s; z = gamma * n; y = z + beta",
        tuple({"x": (n, d), "gamma": (d,), "beta": (d,)} for n, d in ((3, 1), (4, 3), (3, 3))),
        settings=("gamma", "beta"),
        stored=("dgamma", "dbeta"),
        fixed={"eps": 1e-7},
    ),
}

_KINK_DISTANCE = 10 * STEP


@cache
def _cases(gate: str) -> tuple[Case, ...]:
    chance = np.random.default_rng(sum(gate.encode()))
    if gate in _LAYERS:
        return tuple(_layer_case(_LAYERS[gate], shapes, chance) for shapes in _LAYERS[gate].shapes)
    return tuple(_OTHERS[gate](chance))


def _draw(shape: Shape, chance: np.random.Generator) -> Array:
    """Return numbers with two decimals, away from 0, where a kink may be and where mistakes hide."""
    size = chance.uniform(0.25, 2.0, shape)
    drawn = np.round(size * chance.choice([-1.0, 1.0], shape), 2)
    assert np.all(np.abs(drawn) > _KINK_DISTANCE)
    return np.asarray(drawn, dtype=np.float64)


def _graph(formula: str, inputs: Mapping[str, Array], upstream: Array | float) -> Graph:
    graph = Graph.from_statements(read_statements(formula), inputs)
    graph.forward()
    graph.backward(upstream)
    return graph


def _layer_case(layer: _Layer, shapes: Shapes, chance: np.random.Generator) -> Case:
    inputs = {name: _draw(shape, chance) for name, shape in shapes.items()}
    inputs |= {name: np.asarray(value) for name, value in layer.fixed.items()}
    graph = Graph.from_statements(read_statements(layer.formula), inputs)
    dout = _draw(graph.forward().shape, chance)
    graph.backward(dout)
    settings = tuple(inputs[name] for name in layer.settings)
    arguments = tuple(inputs[name] for name in layer.arguments)
    call = {
        "do": "layer",
        "layer": layer.code,
        "settings": _lists(settings),
        "inputs": _lists(arguments),
        "dout": dout.tolist(),
        "stored": layer.stored,
    }
    names = (*layer.returned, *layer.stored)
    return Case(
        call,
        {**shapes, "dout": dout.shape},
        layer.returned,
        {name: graph.gradient(name[1:]).copy() for name in names},
        {name: numerical_gradient(graph, name[1:]) for name in names},
        graph,
        layer.stored,
        graph.value(graph.output).copy(),
        (*settings, *arguments, dout),
    )


def _lists(arrays: tuple[Array, ...]) -> list[Any]:
    return [array.tolist() for array in arrays]


# -- the others ------------------------------------------------------------------------------------------


def _softmax_cases(chance: np.random.Generator) -> Iterator[Case]:
    """Yield logits of usual size, several rows with an upstream gradient, and logits of about 1000."""
    for (rows, classes), around, dout in (((1, 3), 0.0, 1.0), ((3, 4), 0.0, 1.7), ((2, 3), 1000.0, 1.0)):
        a = _draw((rows, classes), chance) + around
        t = np.eye(classes)[chance.integers(0, classes, rows)]
        graph = _graph("L = softmax_cross_entropy(a, t)", {"a": a, "t": t}, dout)
        call = {
            "do": "layer",
            "layer": "SoftmaxWithLoss",
            "settings": [],
            "inputs": _lists((a, t)),
            "dout": dout,
            "stored": (),
        }
        yield Case(
            call,
            {"a": a.shape, "t": t.shape},
            ("da",),
            {"da": graph.gradient("a").copy()},
            {"da": numerical_gradient(graph, "a")},
            graph,
            out=graph.value(graph.output).copy(),
            given=(a, t, np.asarray(dout)),
        )


_MOMENTUM = "v1 = mu * v0 - lr * g1; w1 = w0 + v1; v2 = mu * v1 - lr * g2; w2 = w1 + v2"
_ADAM = "; ".join(
    f"m{k} = b1 * m{k - 1} + (1 - b1) * g{k}; v{k} = b2 * v{k - 1} + (1 - b2) * g{k}^2;"
    f"mh{k} = m{k} / (1 - b1^t{k}); vh{k} = v{k} / (1 - b2^t{k});"
    f"w{k} = w{k - 1} - lr * mh{k} / (sqrt(vh{k}) + eps)"
    for k in (1, 2)
)


def _optimizer_case(
    code: str,
    formula: str,
    settings: Mapping[str, float],
    names: Mapping[str, str],
    chance: np.random.Generator,
) -> Case:
    """Return two updates of two parameters at once; `names` gives the formula's name of each setting."""
    shapes: tuple[Shape, ...] = ((2,), (2, 2))
    params = [_draw(shape, chance) for shape in shapes]
    grads = [[_draw(shape, chance) for shape in shapes] for _ in range(2)]
    fixed = {names[name]: np.asarray(value) for name, value in settings.items()}
    fixed |= {"t1": np.asarray(1.0), "t2": np.asarray(2.0)} if code == "Adam" else {}
    graphs = [
        _graph(
            formula,
            fixed
            | {"w0": params[k], "g1": grads[0][k], "g2": grads[1][k]}
            | {name: np.zeros(shapes[k]) for name in ("m0", "v0") if name in formula},
            1.0,
        )
        for k in range(2)
    ]
    truth = {f"{'ab'[k]} {step}": graphs[k].value(f"w{step}").copy() for step in (1, 2) for k in range(2)}
    call = {
        "do": "optimizer",
        "layer": code,
        "settings": dict(settings),
        "params": _lists(tuple(params)),
        "grads": [_lists(tuple(step)) for step in grads],
    }
    return Case(call, {"a": shapes[0], "b": shapes[1]}, tuple(truth), truth, truth, graphs[0], of_values=True)


def _momentum_cases(chance: np.random.Generator) -> Iterator[Case]:
    names = {"lr": "lr", "mu": "mu"}
    yield _optimizer_case("Momentum", _MOMENTUM, {"lr": 0.1, "mu": 0.9}, names, chance)


def _adam_cases(chance: np.random.Generator) -> Iterator[Case]:
    settings = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8}
    names = {"lr": "lr", "beta1": "b1", "beta2": "b2", "eps": "eps"}
    yield _optimizer_case("Adam", _ADAM, settings, names, chance)


def _clip_cases(chance: np.random.Generator) -> Iterator[Case]:
    """Yield a gradient that is too long, one that is not, and two arrays that share one norm."""
    for shapes, max_norm in ((((2, 3),), 1.5), (((2, 3),), 50.0), (((3,), (2, 2)), 1.5)):
        grads = [_draw(shape, chance) for shape in shapes]
        squares = " + ".join(f"sum({name}^2)" for name in ("g", "h")[: len(grads)])
        statements = [f"n = sqrt({squares})", "clipped = g * min(1, max_norm / n)"]
        inputs = {"g": grads[0], "max_norm": np.asarray(max_norm)}
        if len(grads) > 1:
            statements.insert(1, "other = h * min(1, max_norm / n)")
            inputs["h"] = grads[1]
        graph = _graph("; ".join(statements), inputs, 1.0)
        names = ("clipped", "other")[: len(grads)]
        truth = {name: graph.value(name).copy() for name in names}
        call = {"do": "clip", "inputs": _lists(tuple(grads)), "max_norm": max_norm}
        yield Case(
            call,
            dict(zip(names, shapes, strict=True)),
            names,
            truth,
            truth,
            graph if len(grads) == 1 else None,
            of_values=True,
        )


def _difference_cases(chance: np.random.Generator) -> Iterator[Case]:
    from tutor.capstone.runner import FUNCTIONS

    for (name, function), shape in zip(FUNCTIONS.items(), ((3,), (2, 2), (4,)), strict=True):
        x = _draw(shape, chance)
        truth = {"gradient": central_difference(lambda: float(function(x)), x)}  # noqa: B023
        call = {"do": "numerical_gradient", "function": name, "x": x.tolist()}
        yield Case(call, {"x": shape}, ("gradient",), truth, truth, None, given=(x,))


_OTHERS = {
    "softmax-with-loss": _softmax_cases,
    "momentum": _momentum_cases,
    "adam": _adam_cases,
    "clip-grad-norm": _clip_cases,
    "numerical-gradient": _difference_cases,
}
