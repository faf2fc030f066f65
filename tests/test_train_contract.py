"""`tutor train`, line by line as scripts rely on it."""

import json
import math
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutor.cli import run
from tutor.commands.output import AT_FAULT, DONE, USAGE
from tutor.engine.initializers import INITIALIZERS
from tutor.engine.network import ACTIVATIONS, LOSSES, OUTPUTS
from tutor.engine.optimizers import OPTIMIZERS

SAMPLE = """
dataset = "xor"
layers = [2, 4, 1]
activation = "sigmoid"
output = "sigmoid"
loss = "mse"
optimizer = "sgd"
learning_rate = 0.5
batch_size = 4
initializer = "xavier"
steps = 20
seed = 0
record_every = 1
[parameters]
W2 = [[0.1], [0.2], [0.3], [0.4]]
"""


def lines(capsys: pytest.CaptureFixture[str], folder: Path, text: str, *options: str) -> list[dict[str, Any]]:
    file = folder / "run.toml"
    file.write_text(text, encoding="utf-8")
    assert run(["train", str(file), "--json", *options]) == DONE
    found = capsys.readouterr()
    assert found.err == ""
    # Strict: neither NaN nor Infinity are JSON.
    return [json.loads(line, parse_constant=pytest.fail) for line in found.out.splitlines()]


def test_the_sample_of_the_contract(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    *steps, last = lines(capsys, tmp_path, SAMPLE)
    assert [line["step"] for line in steps] == list(range(21))
    assert all(set(line) == {"step", "loss"} for line in steps)
    assert list(last) == ["final"]
    final = last["final"]
    assert set(final) == {"loss", "steps", "parameters", "seconds"}
    assert final["loss"] == steps[-1]["loss"]
    assert final["steps"] == 20
    assert final["seconds"] > 0
    assert [np.shape(value) for value in final["parameters"].values()] == [(2, 4), (4,), (4, 1), (1,)]
    assert list(final["parameters"]) == ["W1", "b1", "W2", "b2"]


def test_step_0_comes_before_the_first_update(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    exact = """
        data = { x = [[1.0, 2.0], [3.0, -1.0]], t = [[1.0], [0.0]] }
        layers = [2, 1]
        output = "identity"
        loss = "half_sse"
        learning_rate = 0.1
        steps = 1
        parameters = { W1 = [[0.5], [-0.5]], b1 = [0.25] }
    """
    first, second, last = lines(capsys, tmp_path, exact)
    # y = (-0.25, 2.25), y - t = (-1.25, 2.25): dW = X^T (y - t), db = their sum.
    assert first == {"step": 0, "loss": pytest.approx((1.25**2 + 2.25**2) / 2)}
    parameters = last["final"]["parameters"]
    np.testing.assert_allclose(parameters["W1"], [[0.5 - 0.1 * 5.5], [-0.5 + 0.1 * 4.75]])
    np.testing.assert_allclose(parameters["b1"], [0.25 - 0.1])
    y = np.array([[1.0, 2.0], [3.0, -1.0]]) @ parameters["W1"] + parameters["b1"]
    assert second["loss"] == pytest.approx(float(np.sum((y - [[1.0], [0.0]]) ** 2)) / 2)


def test_recording_every_so_often_and_quiet(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    every = SAMPLE.replace("record_every = 1", "record_every = 8")
    *steps, last = lines(capsys, tmp_path, every)
    assert [line["step"] for line in steps] == [0, 8, 16]
    assert last["final"]["steps"] == 20
    quiet = lines(capsys, tmp_path, SAMPLE, "--quiet")
    assert [set(line) for line in quiet] == [{"final"}]
    assert quiet[0]["final"]["loss"] == last["final"]["loss"]
    assert run(["train", "--preset", "xor", "--steps", "3", "--quiet", "--lang", "en"]) == DONE
    assert len(capsys.readouterr().out.splitlines()) == 1
    *none, last = lines(capsys, tmp_path, SAMPLE, "--steps", "0")
    assert [line["step"] for line in none] == [0]
    assert last["final"]["steps"] == 0


@pytest.mark.parametrize("batch", ['"full"', "3"])
@pytest.mark.parametrize(("loss", "out"), [*product(LOSSES, OUTPUTS)])
def test_every_loss_with_every_output(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, loss: str, out: str, batch: str
) -> None:
    text = f'dataset = "gauss"\nsamples = 9\nlayers = [2, 3, 3]\nloss = "{loss}"\noutput = "{out}"\n'
    text += f'learning_rate = 0.01\nsteps = 4\nbatch_size = {batch}\nactivation = "tanh"\n'
    if (loss, out) == ("cross_entropy", "identity"):
        (tmp_path / "run.toml").write_text(text, encoding="utf-8")
        assert run(["train", str(tmp_path / "run.toml"), "--json"]) == AT_FAULT
        assert "run.toml:4: " in capsys.readouterr().err
        return
    *steps, last = lines(capsys, tmp_path, text)
    assert len(steps) == 5
    if batch == '"full"':
        assert last["final"]["loss"] < steps[0]["loss"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_optimizer_and_activation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, optimizer: str, activation: str
) -> None:
    text = f'optimizer = "{optimizer}"\nactivation = "{activation}"\nlearning_rate = 0.01\nsteps = 5\n'
    text += "momentum = 0.5\nbeta1 = 0.8\nbeta2 = 0.99\nepsilon = 1e-7\ndecay = 0.8\n"
    *steps, last = lines(capsys, tmp_path, text)
    assert last["final"]["loss"] < steps[0]["loss"]


@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("dataset", ["xor", "and", "or", "circle", "spiral", "moons", "gauss"])
def test_every_data_set_and_initializer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, dataset: str, initializer: str
) -> None:
    text = f'dataset = "{dataset}"\ninitializer = "{initializer}"\nsteps = 2\nseed = 3\n'
    assert lines(capsys, tmp_path, text)[:3] == lines(capsys, tmp_path, text)[:3]


def test_digits_and_the_further_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = """
        dataset = "digits"
        layers = [64, 8, 10]
        output = "softmax"
        loss = "cross_entropy"
        batch_size = 20
        batch_norm = true
        clip_norm = 1.0
        schedule = "cosine"
        frozen = ["b1"]
        steps = 5
    """
    *_, last = lines(capsys, tmp_path, text)
    assert list(last["final"]["parameters"]) == ["W1", "b1", "gamma1", "beta1", "W2", "b2"]
    assert last["final"]["parameters"]["b1"] == [0] * 8


@pytest.mark.parametrize("rate", ["1e3", "1e6"])
def test_a_run_that_diverges_is_a_result(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, rate: str
) -> None:
    text = f'output = "identity"\nactivation = "relu"\nloss = "sse"\nlearning_rate = {rate}\nsteps = 900\n'
    *steps, last = lines(capsys, tmp_path, text)
    final = last["final"]
    assert final["diverged"] is True
    assert final["loss"] is None
    assert steps[-1]["loss"] is None
    assert final["steps"] == steps[-1]["step"] < 900
    entries = np.concatenate([np.ravel(value) for value in final["parameters"].values()])
    assert all(entry is None or math.isfinite(entry) for entry in entries)
    quiet = lines(capsys, tmp_path, text, "--quiet")
    assert quiet[0]["final"]["diverged"] is True


def test_ends_with_1_or_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["train", str(tmp_path / "nowhere.toml"), "--json"]) == AT_FAULT
    assert run(["train", "--preset", "xor", "--steps", "-1", "--json"]) == AT_FAULT
    found = capsys.readouterr()
    assert found.out == ""
    for arguments in (["--steps", "many"], ["--no-such-option"]):
        try:
            code = run(["train", "--preset", "xor", *arguments])
        except SystemExit as ended:
            code = int(str(ended.code))
        assert code == USAGE
