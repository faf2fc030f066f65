"""Steps per second of `train(config)` against other ways to do the same work.

`hand`: the best loop we know for exactly this network, unrolled, every array allocated before the run.
`textbook`: layer objects, new arrays at every step, dictionaries of parameters and gradients.
`torch`: PyTorch eager with its own optimizers, where it is installed.
All of them train from the same start on the same batches in the same order and record the loss at every step;
the losses of the first 300 steps are compared before anything is timed. One thread, float64, repeats
interleaved, medians.

    python tests/benchmarks/bench_training.py [--repeats 11] [--profile | --check]
"""

from __future__ import annotations

import os
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import importlib.util
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.engine.training import Training, train
from tutor.engine.training_config import Table, TrainingConfig

Array = NDArray[np.float64]


def random_table(rows: int, inputs: int, classes: int) -> Table:
    """Return normal samples with classes at random."""
    rng = np.random.default_rng(0)
    t = np.eye(classes)[rng.integers(0, classes, rows)]
    return Table(tuple(map(tuple, rng.normal(size=(rows, inputs)).tolist())), tuple(map(tuple, t.tolist())))


WORKLOADS: Mapping[str, tuple[TrainingConfig, int]] = {
    "W1 2-4-1 batch 4 sigmoid SGD": (TrainingConfig(loss="mse", learning_rate=0.5, steps=10_000), 10_000),
    "W2 2-16-16-1 batch 32 ReLU Adam": (
        TrainingConfig(
            dataset="spiral", layers=(2, 16, 16, 1), activation="relu", loss="cross_entropy",
            optimizer="adam", learning_rate=0.01, batch_size=32, initializer="he", samples=320, steps=5000,
        ),
        5000,
    ),
    "W3 64-50-10 batch 100 ReLU SGD": (
        TrainingConfig(
            dataset="digits", layers=(64, 50, 10), activation="relu", output="softmax", loss="cross_entropy",
            learning_rate=0.1, batch_size=100, initializer="he", samples=1000, steps=2000,
        ),
        2000,
    ),
    "W4 784-100-10 batch 100 ReLU SGD": (
        TrainingConfig(
            dataset="table", table=random_table(1000, 784, 10), layers=(784, 100, 10), activation="relu",
            output="softmax", loss="cross_entropy", learning_rate=0.1, batch_size=100, initializer="he",
            steps=300,
        ),
        300,
    ),
}  # fmt: skip


class Batches:
    """The batches of a configuration, in the order in which training brings them in."""

    def __init__(self, config: TrainingConfig) -> None:
        x, t = config.samples_and_targets()
        self.x, self.t = x, t
        self.size = len(x) if config.batch_size == "full" else config.batch_size
        _, order = np.random.SeedSequence(config.seed).spawn(2)
        self._chance, self._shuffled = np.random.default_rng(order), self.size != len(x)

    def epoch(self) -> NDArray[np.intp]:
        """Return the samples of the next epoch; their number is a multiple of the batch size here."""
        return self._chance.permutation(len(self.x)) if self._shuffled else np.arange(len(self.x))


def start(config: TrainingConfig) -> dict[str, Array]:
    """Return the starting values."""
    return Training(config).parameters()


# -- textbook ------------------------------------------------------------------------------------------


class Affine:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        self.x = x
        out: Array = np.dot(x, self.W) + self.b
        return out

    def backward(self, dout: Array) -> Array:
        dx: Array = np.dot(dout, self.W.T)
        self.dW: Array = np.dot(self.x.T, dout)
        self.db: Array = np.sum(dout, axis=0)
        return dx


class Sigmoid:
    def forward(self, x: Array) -> Array:
        self.out: Array = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout: Array) -> Array:
        slope: Array = (1.0 - self.out) * self.out
        return dout * slope


class Relu:
    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout: Array) -> Array:
        dout[self.mask] = 0
        return dout


class MeanSquares:
    def forward(self, y: Array, t: Array) -> float:
        self.y, self.t = y, t
        return float(np.mean((y - t) ** 2))

    def backward(self) -> Array:
        slope: Array = 2 * (self.y - self.t) / self.t.size
        return slope


class SigmoidWithLoss:
    def forward(self, z: Array, t: Array) -> float:
        self.t, self.y = t, 1 / (1 + np.exp(-z))
        return float(-np.mean(t * np.log(self.y + 1e-12) + (1 - t) * np.log(1 - self.y + 1e-12)))

    def backward(self) -> Array:
        slope: Array = (self.y - self.t) / len(self.t)
        return slope


class SoftmaxWithLoss:
    def forward(self, z: Array, t: Array) -> float:
        z = z - np.max(z, axis=1, keepdims=True)
        self.t, self.y = t, np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
        return float(-np.sum(t * np.log(self.y + 1e-12)) / len(t))

    def backward(self) -> Array:
        slope: Array = (self.y - self.t) / len(self.t)
        return slope


def textbook_sgd(parameters: dict[str, Array], gradients: dict[str, Array], lr: float) -> None:
    for key in parameters:
        parameters[key] -= lr * gradients[key]


class TextbookAdam:
    def __init__(self, lr: float) -> None:
        self.lr, self.iteration = lr, 0
        self.m: dict[str, Array] = {}
        self.v: dict[str, Array] = {}

    def update(self, parameters: dict[str, Array], gradients: dict[str, Array]) -> None:
        if not self.m:
            self.m = {key: np.zeros_like(value) for key, value in parameters.items()}
            self.v = {key: np.zeros_like(value) for key, value in parameters.items()}
        self.iteration += 1
        for key in parameters:
            self.m[key] += (1 - 0.9) * (gradients[key] - self.m[key])
            self.v[key] += (1 - 0.999) * (gradients[key] ** 2 - self.v[key])
            m = self.m[key] / (1 - 0.9**self.iteration)
            v = self.v[key] / (1 - 0.999**self.iteration)
            parameters[key] -= self.lr * m / (np.sqrt(v) + 1e-8)


def textbook(config: TrainingConfig, steps: int) -> list[float]:
    parameters, batches = start(config), Batches(config)
    activation: type[Sigmoid | Relu] = Sigmoid if config.activation == "sigmoid" else Relu
    count = len(config.layers) - 1
    affines = [Affine(parameters[f"W{k}"], parameters[f"b{k}"]) for k in range(1, count + 1)]
    layers: list[Affine | Sigmoid | Relu] = [affines[0]]
    for affine in affines[1:]:
        layers += [activation(), affine]
    head: MeanSquares | SigmoidWithLoss | SoftmaxWithLoss
    if config.loss == "mse":
        layers.append(Sigmoid())
        head = MeanSquares()
    else:
        head = SigmoidWithLoss() if config.output == "sigmoid" else SoftmaxWithLoss()
    adam = TextbookAdam(config.rate)
    losses: list[float] = []
    while True:
        order = batches.epoch()
        for first in range(0, len(order), batches.size):
            chosen = order[first : first + batches.size]
            x, t = batches.x[chosen], batches.t[chosen]
            for layer in layers:
                x = layer.forward(x)
            losses.append(head.forward(x, t))
            if len(losses) > steps:
                return losses
            dout = head.backward()
            for layer in reversed(layers):
                dout = layer.backward(dout)
            gradients = {}
            for k, affine in enumerate(affines, start=1):
                gradients[f"W{k}"], gradients[f"b{k}"] = affine.dW, affine.db
            if config.optimizer == "sgd":
                textbook_sgd(parameters, gradients, config.rate)
            else:
                adam.update(parameters, gradients)


# -- unrolled by hand ----------------------------------------------------------------------------------


class Buffers:
    """One flat vector each, batches stored by columns with a row of ones for the bias."""

    def __init__(self, config: TrainingConfig) -> None:
        self.batches = Batches(config)
        layers, n = config.layers, self.batches.size
        values = start(config)
        self.w = np.concatenate([value.ravel() for value in values.values()])
        self.g, self.change = np.zeros_like(self.w), np.empty_like(self.w)
        self.W: list[Array] = []
        self.dW: list[Array] = []
        at = 0
        for inputs, units in pairwise(layers):
            size = (inputs + 1) * units
            self.W.append(self.w[at : at + size].reshape(inputs + 1, units))
            self.dW.append(self.g[at : at + size].reshape(inputs + 1, units))
            at += size
        self.block = np.ones((layers[0] + 1 + layers[-1], n))
        self.x, self.t = self.block[: layers[0] + 1], self.block[layers[0] + 1 :]
        self.h = [np.ones((units + 1, n)) for units in layers[1:]]
        self.a, self.b, self.d = ([np.empty((units, n)) for units in layers[1:]] for _ in range(3))
        self.config = config
        data = np.concatenate([self.batches.x, np.ones((len(self.batches.x), 1)), self.batches.t], axis=1)
        self.columns = data.T.copy()

    def load(self) -> Iterator[None]:
        """Bring in one batch after another."""
        size, columns, block = self.batches.size, self.columns, self.block
        wide, rows = len(columns) >= 64, np.empty(block.shape[::-1])
        table = columns.T.copy()
        while True:
            order = self.batches.epoch()
            for first in range(0, len(order), size):
                chosen = order[first : first + size]
                if wide:
                    table.take(chosen, 0, rows, "clip")
                    np.copyto(block, rows.T)
                else:
                    columns.take(chosen, 1, block, "clip")
                yield


def hand_w1(config: TrainingConfig, steps: int) -> Array:
    m = Buffers(config)
    losses = np.empty(steps + 1)
    x, t, (h, y), (_, p), (q, r), (d1, d2) = m.x, m.t, m.h, m.a, m.b, m.d
    h1, z, w, g, change = h[:-1], p, m.w, m.g, m.change
    V1, V2, D1, D2 = m.W[0].T, m.W[1].T, m.dW[0], m.dW[1]
    W2 = m.W[1][:-1]
    lr, one, n = np.array(config.rate), np.array(1.0), np.array(1 / m.t.size)
    slope, loss = np.array(2 / m.t.size), np.empty(())
    y, error = np.empty_like(z), np.empty_like(z)
    flat = error.reshape(-1)
    next(m.load())
    dot1, dot2, dotD1, dotD2, dotd = V1.dot, V2.dot, x.dot, h.dot, W2.dot
    negative, exp, add, divide, subtract, multiply = (
        np.negative, np.exp, np.add, np.divide, np.subtract, np.multiply
    )  # fmt: skip
    d2T, d1T, square, read = d2.T, d1.T, flat.dot, loss.item
    for k in range(steps + 1):
        dot1(x, h1)
        negative(h1, h1)
        exp(h1, h1)
        add(h1, one, h1)
        divide(one, h1, h1)
        dot2(h, z)
        negative(z, y)
        exp(y, y)
        add(y, one, y)
        divide(one, y, y)
        subtract(y, t, error)
        square(flat, loss)
        multiply(loss, n, loss)
        losses[k] = value = read()
        if not value < math.inf or k == steps:
            break
        subtract(one, y, r)
        multiply(r, y, r)
        multiply(r, error, d2)
        multiply(d2, slope, d2)
        dotD2(d2T, D2)
        dotd(d2, d1)
        subtract(one, h1, q)
        multiply(q, h1, q)
        multiply(q, d1, d1)
        dotD1(d1T, D1)
        multiply(g, lr, change)
        subtract(w, change, w)
    return losses


def hand_w2(config: TrainingConfig, steps: int) -> Array:
    m = Buffers(config)
    losses = np.empty(steps + 1)
    x, t, (ha, hb, _), (_, _, z), (qa, qb, p) = m.x, m.t, m.h, m.a, m.b
    h1, h2, w, g, change = ha[:-1], hb[:-1], m.w, m.g, m.change
    d1, d2, d3 = m.d
    V1, V2, V3, D1, D2, D3 = m.W[0].T, m.W[1].T, m.W[2].T, *m.dW
    W2, W3 = m.W[1][:-1], m.W[2][:-1]
    first, second = np.zeros_like(w), np.zeros_like(w)
    zero, one, share, loss = np.array(0.0), np.array(1.0), np.array(1 / m.t.size), np.empty(())
    zeros1, zeros2 = np.zeros_like(h1), np.zeros_like(h2)
    c1, c2, rate, epsilon = np.array(1 - 0.9), np.array(1 - 0.999), np.zeros(()), np.zeros(())
    costs, ones, power1, power2 = np.empty_like(z), np.ones(z.size), 1.0, 1.0
    flat = costs.reshape(-1)
    add, multiply, subtract, maximum, sign = np.add, np.multiply, np.subtract, np.maximum, np.sign
    for k, _ in enumerate(m.load()):
        V1.dot(x, h1)
        maximum(h1, zeros1, out=h1)
        V2.dot(ha, h2)
        maximum(h2, zeros2, out=h2)
        V3.dot(hb, z)
        np.logaddexp(zero, z, costs)
        multiply(t, z, p)
        subtract(costs, p, costs)
        flat.dot(ones, loss)
        multiply(loss, share, loss)
        losses[k] = value = loss.item()
        if not value < math.inf or k == steps:
            break
        np.negative(z, d3)
        np.exp(d3, d3)
        add(d3, one, d3)
        np.divide(one, d3, d3)
        subtract(d3, t, d3)
        multiply(d3, share, d3)
        hb.dot(d3.T, D3)
        W3.dot(d3, d2)
        sign(h2, qb)
        multiply(d2, qb, d2)
        ha.dot(d2.T, D2)
        W2.dot(d2, d1)
        sign(h1, qa)
        multiply(d1, qa, d1)
        x.dot(d1.T, D1)
        power1 *= 0.9
        power2 *= 0.999
        root = math.sqrt(1 - power2)
        rate.fill(config.rate * root / (1 - power1))
        epsilon.fill(1e-8 * root)
        subtract(g, first, change)
        multiply(change, c1, change)
        add(first, change, first)
        multiply(g, g, change)
        subtract(change, second, change)
        multiply(change, c2, change)
        add(second, change, second)
        np.sqrt(second, change)
        add(change, epsilon, change)
        np.divide(first, change, change)
        multiply(change, rate, change)
        subtract(w, change, w)
    return losses


def hand_w3(config: TrainingConfig, steps: int) -> Array:
    m = Buffers(config)
    losses = np.empty(steps + 1)
    x, t, h, z, q = m.x, m.t, m.h[0], m.a[1], m.b[0]
    h1, w, g, change, (d1, d2) = h[:-1], m.w, m.g, m.change, m.d
    V1, V2, D1, D2, W2 = m.W[0].T, m.W[1].T, m.dW[0], m.dW[1], m.W[1][:-1]
    n = m.batches.size
    peak, sums, logs, hits, loss = np.empty((1, n)), np.empty((1, n)), np.empty(n), np.empty(()), np.empty(())
    ones_c, ones_n = np.ones(len(z)), np.ones(n)
    zeros, share, lr = np.zeros_like(h1), np.array(1 / n), np.array(config.rate)
    flat_t, flat_z = t.reshape(-1), z.reshape(-1)
    row = sums[0]
    for k, _ in enumerate(m.load()):
        V1.dot(x, h1)
        np.maximum(h1, zeros, out=h1)
        V2.dot(h, z)
        np.maximum.reduce(z, axis=0, out=peak, keepdims=True)
        np.subtract(z, peak, z)
        np.exp(z, d2)
        ones_c.dot(d2, row)
        np.log(row, logs)
        logs.dot(ones_n, loss)
        flat_z.dot(flat_t, hits)
        np.subtract(loss, hits, loss)
        np.multiply(loss, share, loss)
        losses[k] = value = loss.item()
        if not value < math.inf or k == steps:
            break
        np.divide(d2, sums, d2)
        np.subtract(d2, t, d2)
        np.multiply(d2, share, d2)
        h.dot(d2.T, D2)
        W2.dot(d2, d1)
        np.sign(h1, q)
        np.multiply(d1, q, d1)
        x.dot(d1.T, D1)
        np.multiply(g, lr, change)
        np.subtract(w, change, w)
    return losses


# -- PyTorch -------------------------------------------------------------------------------------------


def pytorch(config: TrainingConfig, steps: int) -> list[float]:
    import torch

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    batches, functional = Batches(config), torch.nn.functional
    x_all, t_all = torch.tensor(batches.x), torch.tensor(batches.t)
    layers: list[Any] = []
    for inputs, units in pairwise(config.layers):
        activation = torch.nn.Sigmoid() if config.activation == "sigmoid" else torch.nn.ReLU()
        layers += [torch.nn.Linear(inputs, units), activation]
    layers.pop()
    if config.loss == "mse":
        layers.append(torch.nn.Sigmoid())
        criterion = functional.mse_loss
    else:
        softmax = config.output == "softmax"
        criterion = functional.cross_entropy if softmax else functional.binary_cross_entropy_with_logits
    model = torch.nn.Sequential(*layers)
    with torch.no_grad():
        linears = [layer for layer in layers if isinstance(layer, torch.nn.Linear)]
        for k, layer in enumerate(linears, start=1):
            layer.weight.copy_(torch.tensor(start(config)[f"W{k}"].T))
            layer.bias.copy_(torch.tensor(start(config)[f"b{k}"]))
    kind = torch.optim.SGD if config.optimizer == "sgd" else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=config.rate)
    losses: list[float] = []
    while True:
        order = batches.epoch()
        for first in range(0, len(order), batches.size):
            chosen = order[first : first + batches.size]
            loss = criterion(model(x_all[chosen]), t_all[chosen])
            losses.append(loss.item())
            if len(losses) > steps:
                return losses
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


# -- comparing -----------------------------------------------------------------------------------------


def drained(config: TrainingConfig, steps: int) -> None:
    deque(train(config), maxlen=0)


HANDS: tuple[Callable[[TrainingConfig, int], Array], ...] = (hand_w1, hand_w2, hand_w3, hand_w3)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of processor time: one thread does it all, and what else runs here counts less."""
    started = process_time()
    work()
    return process_time() - started


def compare(name: str, config: TrainingConfig, steps: int, hand: object, repeats: int) -> None:
    assert callable(hand)
    first = replace(config, steps=300)
    reference = np.array([step.loss for step in train(first)])
    np.testing.assert_allclose(hand(first, 300), reference, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(textbook(first, 300), reference, rtol=1e-5, atol=1e-8)
    if has_torch():
        np.testing.assert_allclose(pytorch(first, 300), reference, rtol=1e-5, atol=1e-8)
    ways = {
        "train": partial(drained, config, steps),
        "hand": partial(hand, config, steps),
        "textbook": partial(textbook, config, steps),
    }
    if has_torch():
        ways["torch"] = partial(pytorch, config, max(100, steps // 10))
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way, work in ways.items():
            # A tenth of the steps is enough of what takes ten times as long.
            made = max(100, steps // 10) if way == "torch" else steps
            seconds[way].append(timed(work) / made)
    rates = ", ".join(f"{way} {median(spent) * 1e6:.1f}" for way, spent in seconds.items())
    ratios = ", ".join(
        f"{way} {median(b / a for a, b in zip(seconds['train'], seconds[way], strict=True)):.2f}"
        for way in ways
        if way != "train"
    )
    sys.stdout.write(
        f"{name}\n  µs per step: {rates}\n  steps per second of train(config) over those of: {ratios}\n"
    )


def profile(name: str, config: TrainingConfig, rounds: int = 2000) -> None:
    """Print what each bound step of a run costs, the fastest of 5 rounds, in the order of the run."""
    training = Training(config)
    training.advance(50)
    sys.stdout.write(f"{name}\n")
    for step in training.bound_steps:
        best = math.inf
        for _ in range(5):
            started = perf_counter()
            for _ in range(rounds):
                step()
            best = min(best, (perf_counter() - started) / rounds)
        function = step.func if isinstance(step, partial) else step
        sys.stdout.write(f"  {best * 1e9:8.0f} ns  {getattr(function, '__qualname__', None) or function}\n")


def check_cost() -> None:
    """Print what a central-difference check of 64-50-10 costs against as many forward passes."""
    config, _ = WORKLOADS["W3 64-50-10 batch 100 ReLU SGD"]
    network = Training(config).network
    parameters = network.vector.size

    def forwards() -> None:
        for _ in range(2 * parameters):
            for step in network.forward_steps:
                step()

    spent = [(timed(network.numerical_gradient), timed(forwards)) for _ in range(5)]
    ratio = median(check / plain for check, plain in spent)
    sys.stdout.write(f"central differences over 2 x {parameters} forward passes: {ratio:.3f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        check_cost()
        return
    for (name, (config, steps)), hand in zip(WORKLOADS.items(), HANDS, strict=True):
        with np.errstate(all="ignore"):
            if arguments.profile:
                profile(name, config)
            else:
                compare(name, config, steps, hand, arguments.repeats)


if __name__ == "__main__":
    main()
