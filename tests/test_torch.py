"""PyTorch computes the same losses, gradients and steps; without it there is nothing to compare."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from tutor.engine.network import ACTIVATIONS, LOSSES, OUTPUTS, Architecture, Network
from tutor.engine.nodes import Array
from tutor.engine.optimizers import OPTIMIZERS, Hyperparameters

torch: Any = pytest.importorskip("torch")

COMBINATIONS = [
    (activation, output, loss)
    for activation, output, loss in product(ACTIVATIONS, OUTPUTS, LOSSES)
    if (output, loss) != ("identity", "cross_entropy")
]


def tensor(x: Array) -> Any:
    return torch.tensor(np.array(x), dtype=torch.float64, requires_grad=True)


def activated(name: str, z: Any) -> Any:
    functions: dict[str, Callable[[Any], Any]] = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "softplus": torch.nn.functional.softplus,
        "identity": lambda x: x,
        "softmax": lambda x: torch.softmax(x, dim=1),
    }
    return functions[name](z)


def loss_of(name: str, output: str, z: Any, t: Any) -> Any:
    if name == "cross_entropy":
        functional = torch.nn.functional
        if output == "softmax":
            return functional.cross_entropy(z, t)
        return functional.binary_cross_entropy_with_logits(z, t, reduction="sum") / len(z)
    error = activated(output, z) - t
    return {"half_sse": (error**2).sum() / 2, "sse": (error**2).sum(), "mse": (error**2).mean()}[name]


@pytest.mark.parametrize(("activation", "output", "loss"), COMBINATIONS)
@pytest.mark.parametrize("batch_norm", [False, True], ids=["plain", "batch_norm"])
def test_networks(activation: str, output: str, loss: str, batch_norm: bool) -> None:
    for seed, layers in enumerate([(3, 4, 2), (2, 5, 4, 3), (4, 3, 3, 3, 2)]):
        rng, rows = np.random.default_rng(seed), 5 + seed
        network = Network(Architecture(layers, activation, output, loss, batch_norm), rows)
        network.vector[:] = rng.normal(size=network.vector.size)
        x = rng.normal(size=(rows, layers[0]))
        t = np.eye(layers[-1])[rng.integers(0, layers[-1], rows)]
        network.load(x, t)
        network.graph.forward()
        network.graph.backward()
        tensors = {name: tensor(value) for name, value in network.parameters.items()}
        h = torch.tensor(x)
        for number in range(1, len(layers)):
            h = h @ tensors[f"W{number}"] + tensors[f"b{number}"]
            if number < len(layers) - 1:
                if batch_norm:
                    h = torch.nn.functional.batch_norm(
                        h, None, None, tensors[f"gamma{number}"], tensors[f"beta{number}"], training=True
                    )
                h = activated(activation, h)
        value = loss_of(loss, output, h, torch.tensor(t))
        value.backward()
        assert float(network.loss) == pytest.approx(value.item(), rel=1e-10)
        for name, gradient in network.gradients.items():
            expected = tensors[name].grad.numpy()
            # A bias before batch normalization has the gradient 0, but for rounding.
            np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-10, err_msg=name)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("sgd", lambda w: torch.optim.SGD([w], lr=0.1)),
        ("momentum", lambda w: torch.optim.SGD([w], lr=0.1, momentum=0.9)),
        ("nesterov", lambda w: torch.optim.SGD([w], lr=0.1, momentum=0.9, nesterov=True)),
        ("adagrad", lambda w: torch.optim.Adagrad([w], lr=0.1, eps=1e-8)),
        ("rmsprop", lambda w: torch.optim.RMSprop([w], lr=0.1, alpha=0.9, eps=1e-8)),
        ("adam", lambda w: torch.optim.Adam([w], lr=0.1, eps=1e-8)),
    ],
)
def test_optimizers(name: str, make: Callable[[Any], Any]) -> None:
    assert name in OPTIMIZERS
    rng = np.random.default_rng(3)
    w, g = rng.normal(size=7), np.zeros(7)
    theirs = tensor(w)
    ours, reference = OPTIMIZERS[name](w, g, Hyperparameters(learning_rate=0.1)), make(theirs)
    for _ in range(50):
        g[:] = rng.normal(size=7)
        theirs.grad = torch.tensor(g.copy())
        ours.update()
        reference.step()
    np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_every_optimizer_is_compared() -> None:
    compared = {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"}
    assert compared == set(OPTIMIZERS)


def test_clipping_by_norm() -> None:
    from tutor.engine.optimizers import clip_by_norm

    g = np.random.default_rng(5).normal(size=9)
    theirs = tensor(np.zeros(9))
    theirs.grad = torch.tensor(g.copy())
    torch.nn.utils.clip_grad_norm_([theirs], 1.0)
    clip_by_norm(g, 1.0)()
    # PyTorch adds 1e-6 to the length.
    np.testing.assert_allclose(g, theirs.grad.numpy(), rtol=1e-6)
