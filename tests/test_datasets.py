"""Data sets: what they are, and that a seed fixes them."""

import numpy as np
import pytest

from tutor.engine.datasets import DATASETS, draw


@pytest.mark.parametrize(
    ("name", "outputs"), [("xor", [0, 1, 1, 0]), ("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])]
)
def test_gates(name: str, outputs: list[int]) -> None:
    data = draw(name, outputs=1, samples=99, noise=1.0, seed=5)
    assert data.x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.targets(1).ravel().tolist() == outputs
    assert data.targets(2)[:, 1].tolist() == outputs


@pytest.mark.parametrize("name", [name for name, kind in DATASETS.items() if not kind.fixed])
def test_a_seed_fixes_the_data(name: str) -> None:
    first, again, other = (draw(name, outputs=2, samples=60, noise=None, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert not np.array_equal(first.x, other.x)
    assert first.x.shape == (60, DATASETS[name].features)
    assert np.isfinite(first.x).all()
    assert set(first.labels) == set(range(first.classes))
    assert np.bincount(first.labels).min() >= 60 // first.classes // 2


@pytest.mark.parametrize(("name", "square", "share"), [("circle", 2 / np.pi, 0.5), ("disc", 0.5, 0.393)])
def test_without_noise_class_1_is_a_disc(name: str, square: float, share: float) -> None:
    data = draw(name, outputs=1, samples=4000, noise=0.0, seed=0)
    radius = np.hypot(*data.x.T)
    assert radius[data.labels == 1].max() < np.sqrt(square) <= radius[data.labels == 0].min()
    assert data.labels.mean() == pytest.approx(share, abs=0.03)
    assert np.abs(data.x).max() <= 1


def test_no_line_separates_circle_spiral_and_moons_but_gauss_nearly() -> None:
    shares = {}
    for name in ("circle", "spiral", "moons", "gauss"):
        data = draw(name, outputs=1, samples=400, noise=None, seed=0)
        columns = np.column_stack([data.x, np.ones(400)])
        line, *_ = np.linalg.lstsq(columns, data.labels - 0.5, rcond=None)
        shares[name] = np.mean((columns @ line > 0) == data.labels)
    assert shares["gauss"] > 0.98
    assert all(shares[name] < 0.93 for name in ("circle", "spiral", "moons"))


@pytest.mark.parametrize("name", ["spiral", "gauss"])
def test_the_number_of_classes_follows_the_outputs(name: str) -> None:
    data = draw(name, outputs=5, samples=50, noise=None, seed=0)
    assert data.classes == 5
    assert data.targets(5).sum(axis=1).tolist() == [1.0] * 50


def test_digits_without_noise_are_ink_on_paper_and_all_different() -> None:
    data = draw("digits", outputs=10, samples=10, noise=0.0, seed=0)
    assert set(np.unique(data.x)) == {0.0, 1.0}
    assert len({image.tobytes() for image in data.x}) == 10
