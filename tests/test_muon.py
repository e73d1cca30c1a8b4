"""Muon against the singular value decomposition that its iteration does without."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.arrays import Array
from charrnn.network.parameters import Parameters
from charrnn.training import optimisers as muon
from charrnn.training.optimisers import Muon, orthogonal

ROWS = Muon.ROWS

SHAPES = st.integers(1, 12).flatmap(lambda r: st.tuples(st.just(r), st.integers(r, 24)))


def by_decomposition(X: Array) -> Array:
    """U p(p(p(S))) V^T, with the singular values S of X / ||X||_F."""
    u, s, vt = np.linalg.svd(X / np.linalg.norm(X), full_matrices=False)
    for _ in range(muon.STEPS):
        s = muon.A * s + muon.B * s**3 + muon.C * s**5
    result: Array = (u * s) @ vt
    return result


@given(SHAPES, st.integers(0, 2**32 - 1))
def test_the_iteration_is_a_polynomial_of_the_singular_values(
    shape: tuple[int, int], seed: int
) -> None:
    X = np.random.default_rng(seed).standard_normal(shape)
    np.testing.assert_allclose(orthogonal(X), by_decomposition(X), rtol=0, atol=1e-12)
    single = orthogonal(X.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, by_decomposition(X), rtol=0, atol=1e-4)


def test_directions_that_differ_much_in_size_become_alike() -> None:
    rng = np.random.default_rng(0)
    u, _, vt = np.linalg.svd(rng.standard_normal((ROWS, 256)), full_matrices=False)
    sizes = np.geomspace(0.05, 1, ROWS)
    made = np.linalg.svd(orthogonal((u * sizes) @ vt), compute_uv=False)
    assert sizes.max() / sizes.min() == pytest.approx(20)
    assert made.max() / made.min() < 3.5
    assert 0.6 < np.median(made) < 1.3


@pytest.mark.parametrize("scale", [1e-42, 1e-30, 1e-10, 1e10, 1e37])
def test_the_scale_of_a_matrix_does_not_matter(scale: float) -> None:
    X = np.random.default_rng(1).standard_normal((8, 16)).astype(np.float32)
    small = (X.astype(np.float64) * scale).astype(np.float32)
    # Below 1e-38 numbers have fewer digits.
    tolerance = 1e-5 if scale > 1e-38 else 1e-2
    np.testing.assert_allclose(orthogonal(small), orthogonal(X), rtol=0, atol=tolerance)


def test_nothing_to_learn_is_no_step() -> None:
    assert not orthogonal(np.zeros((3, 5), np.float32)).any()


@given(st.integers(1, 300), st.sampled_from([1, 3, 4]), st.integers(1, 3), st.integers(0, 99))
def test_blocks_are_rows_of_one_gate_and_cover_all(H: int, gates: int, count: int, at: int) -> None:
    size = gates * H * H
    matrices = [slice(at + i * (size + 7), at + i * (size + 7) + size) for i in range(count)]
    parameters = Parameters({"head.weight": (1, H)}, np.zeros(H))
    cut = [block for m in matrices for block in parameters.gate_blocks(m, ROWS)]
    covered = [i for block in cut for i in (block.start, block.stop)]
    edges = {i for matrix in matrices for i in (matrix.start, matrix.stop)}
    inner = [i for i in covered if i not in edges]
    assert covered == sorted(covered)
    assert inner[::2] == inner[1::2]  # where one ends the next begins
    assert edges <= set(covered)
    for block in cut:
        rows = (block.stop - block.start) / H
        assert rows == int(rows)
        assert rows <= ROWS
        assert rows > min(H, ROWS) / 2 - 1
        owner = max(matrix.start for matrix in matrices if matrix.start <= block.start)
        gate = (block.start - owner) // (H * H)
        assert block.stop <= owner + (gate + 1) * H * H


def test_three_steps_equal_the_formulas() -> None:
    rng = np.random.default_rng(2)
    weights = rng.standard_normal((6, 9))
    flat, m, M = weights.reshape(-1).copy(), np.zeros(54), np.zeros((6, 9))
    optimiser = Muon(m, 9)
    for step in range(3):
        G, rate, decay = rng.standard_normal((6, 9)), 0.1 / (step + 1), 0.3
        optimiser.update(flat, G.reshape(-1), step + 1, rate, decay)
        M = 0.95 * M + 0.05 * G
        X = 0.95 * M + 0.05 * G
        weights = weights * (1 - rate * decay) - rate * 0.2 * math.sqrt(9) * by_decomposition(X)
    np.testing.assert_allclose(flat, weights.reshape(-1), rtol=0, atol=1e-12)
    np.testing.assert_allclose(m, M.reshape(-1), rtol=0, atol=1e-15)
