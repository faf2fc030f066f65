"""Runs in a process of its own: calls the learner's code as a job says and writes what came back as JSON.

Started by `tutor.capstone.sandbox` with `python -I`; imports nothing of the product, because the learner's
file shares the process. It judges nothing: every comparison is made by the parent.
"""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

Answer = dict[str, Any]

FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "sum_of_squares": lambda x: np.sum(x**2),
    "product": lambda x: np.prod(x),
    "waves": lambda x: np.sum(np.sin(x) * np.arange(1, x.size + 1).reshape(x.shape)),
}
"""What `numerical_gradient` is tried on, by name."""


def main() -> None:
    """Do the job in the first argument and write the answers to the second."""
    job, result = Path(sys.argv[1]), Path(sys.argv[2])
    asked = json.loads(job.read_text(encoding="utf-8"))
    path = Path(asked["file"])
    answers: list[Answer] = []
    try:
        code = _load(path)
    except BaseException as error:
        answers = [{"error": _said(error, path)}]
    else:
        for call in asked["calls"]:
            try:
                answers.append(_DO[call["do"]](code, call))
            except BaseException as error:
                answers.append({"error": _said(error, path)})
    result.write_text(json.dumps(answers, default=_plain), encoding="utf-8")


def _load(path: Path) -> ModuleType:
    """Return the learner's file as a module; never from a cache, which two saves in one second would fool."""
    module = ModuleType("layers")
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    return module


def _said(error: BaseException, path: Path) -> Answer:
    """Return an exception as type, message and the last line of the learner's file that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    if isinstance(error, SyntaxError) and error.lineno and error.filename == str(path):
        lines.append(error.lineno)
    try:
        message = str(error)[:300]
    except Exception:  # an exception of the learner's own, whose text raises in its turn
        message = ""
    return {"type": type(error).__name__, "message": message, "line": lines[-1] if lines else None}


def _plain(value: object) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return repr(value)[:80]


def _arrays(values: list[Any]) -> list[Any]:
    return [np.asarray(value, dtype=float) if isinstance(value, list) else float(value) for value in values]


def _parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, tuple) else [value]


def _layer(code: Any, call: Any) -> Answer:
    """Run a layer forward and, twice, backward."""
    settings, inputs = _arrays(call["settings"]), _arrays(call["inputs"])
    dout = _arrays([call["dout"]])[0]
    layer = getattr(code, call["layer"])(*settings)
    out = layer.forward(*inputs)
    answer: Answer = {"out": np.copy(out)}
    first = [np.copy(part) for part in _parts(layer.backward(dout))]
    answer["back"] = first
    answer["stored"] = {name: _copy(getattr(layer, name, None)) for name in call["stored"]}
    answer["again"] = [np.copy(part) for part in _parts(layer.backward(dout))]
    answer["stored_again"] = {name: _copy(getattr(layer, name, None)) for name in call["stored"]}
    answer["after"] = [np.copy(value) for value in (*settings, *inputs, dout)]
    return answer


def _copy(value: Any) -> Any:
    return None if value is None else np.copy(value)


def _optimizer(code: Any, call: Any) -> Answer:
    """Let an optimizer make its updates and return the parameters after each."""
    optimizer = getattr(code, call["layer"])(**call["settings"])
    params = dict(zip("ab", _arrays(call["params"]), strict=True))
    seen = []
    for grads in call["grads"]:
        optimizer.update(params, dict(zip("ab", _arrays(grads), strict=True)))
        seen.append([np.copy(params[name]) for name in "ab"])
    return {"back": [part for parts in seen for part in parts]}


def _clip(code: Any, call: Any) -> Answer:
    grads = _arrays(call["inputs"])
    clipped = code.clip_grad_norm(grads, call["max_norm"])
    return {"back": [np.copy(part) for part in (grads if clipped is None else clipped)]}


def _numerical_gradient(code: Any, call: Any) -> Answer:
    x = _arrays([call["x"]])[0]
    found = code.numerical_gradient(FUNCTIONS[call["function"]], x)
    return {"back": [np.copy(found)], "after": [np.copy(x)]}


def _network(code: Any, call: Any) -> tuple[list[Any], Any]:
    layers: list[Any] = []
    for k, (W, b) in enumerate(call["weights"]):
        if k:
            layers.append(getattr(code, call["activation"])())
        layers.append(code.Affine(np.array(W), np.array(b)))
    return layers, code.SoftmaxWithLoss()


def _train(code: Any, call: Any) -> Answer:
    """Train a network of the learner's layers by plain gradient descent."""
    x, t = np.array(call["x"]), np.array(call["t"])
    layers, head = _network(code, call)
    broken = _BREAKS[call["broken"]]
    order = np.random.default_rng(call["seed"])
    losses, size = [], call["batch"]
    queue = np.empty(0, dtype=int)
    with np.errstate(all="ignore"):
        for _ in range(call["steps"]):
            if len(queue) < size:
                queue = order.permutation(len(x)) if size < len(x) else np.arange(len(x))
            rows, queue = queue[:size], queue[size:]
            signal = x[rows]
            for layer in layers:
                signal = layer.forward(signal)
            losses.append(float(head.forward(signal, t[rows])))
            dout = broken.head(head, head.backward(), t[rows])
            for layer in reversed(layers):
                dout = broken.layer(layer, dout)
            for layer in layers:
                if hasattr(layer, "dW"):
                    layer.W -= call["rate"] * layer.dW
                    layer.b -= call["rate"] * layer.db
        share = _accuracy(layers, *call["test_set"]) if "test_set" in call else None
    return {"losses": losses, "test_set": share}


def _accuracy(layers: list[Any], x: Any, labels: Any) -> float:
    signal = np.array(x)
    for layer in layers:
        signal = layer.forward(signal)
    return float(np.mean(np.argmax(signal, axis=1) == np.array(labels)))


class _Whole:
    """The learner's layers as they are; subclasses break one thing on purpose."""

    def head(self, head: Any, dout: Any, t: Any) -> Any:
        return dout

    def layer(self, layer: Any, dout: Any) -> Any:
        return layer.backward(dout)


class _BiasNeverSet(_Whole):
    def layer(self, layer: Any, dout: Any) -> Any:
        back = layer.backward(dout)
        if hasattr(layer, "db"):
            layer.db = np.zeros_like(layer.b)
        return back


class _ReluWithoutMask(_Whole):
    def layer(self, layer: Any, dout: Any) -> Any:
        return layer.backward(dout) if hasattr(layer, "dW") else dout


class _ReluMaskedByDout(_Whole):
    def layer(self, layer: Any, dout: Any) -> Any:
        return layer.backward(dout) if hasattr(layer, "dW") else dout * (dout > 0)


class _SlopeAgain(_Whole):
    def head(self, head: Any, dout: Any, t: Any) -> Any:
        return dout * head.y * (1 - head.y)


class _NotAveraged(_Whole):
    def head(self, head: Any, dout: Any, t: Any) -> Any:
        return dout * len(t)


class _WrongSign(_Whole):
    def head(self, head: Any, dout: Any, t: Any) -> Any:
        return -dout


_BREAKS: Mapping[str, _Whole] = {
    "": _Whole(),
    "aff_db_not_set": _BiasNeverSet(),
    "relu_pass": _ReluWithoutMask(),
    "relu_on_dout": _ReluMaskedByDout(),
    "sce_double": _SlopeAgain(),
    "sce_no_batch": _NotAveraged(),
    "sce_sign": _WrongSign(),
}

_DO: Mapping[str, Callable[[Any, Any], Answer]] = {
    "layer": _layer,
    "optimizer": _optimizer,
    "clip": _clip,
    "numerical_gradient": _numerical_gradient,
    "train": _train,
}

if __name__ == "__main__":
    main()
