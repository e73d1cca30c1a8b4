"""Whatever way a machine computes activations and products, they are the same functions."""

import numpy as np
import pytest

from charrnn import ops
from charrnn.ops import row_blocks, squash

Z = np.concatenate([np.linspace(-30, 30, 601), [-1e4, -200.0, -1e-3, 0.0, 1e-3, 200.0, 1e4]])


@pytest.fixture(params=["AVX512", "AVX2", ""])
def vectors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of processor, whatever this one is."""
    monkeypatch.setattr(ops, "vectors", lambda: request.param)
    return request.param


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-7), (np.float64, 4e-16)])
def test_squash_is_tanh_and_the_logistic_function(
    vectors: str, dtype: type[np.floating], tolerance: float
) -> None:
    z = np.stack([Z, Z]).astype(dtype)[:, :, None]
    a = np.empty_like(z)
    with np.errstate(over="ignore"):
        squash(np.array([1, 0.5], dtype).reshape(2, 1, 1))(z, out=a)
        sigmoid = 1 / (1 + np.exp(-z[1].astype(np.float64)))
    np.testing.assert_allclose(a[0], np.tanh(z[0].astype(np.float64)), rtol=0, atol=tolerance)
    np.testing.assert_allclose(a[1], sigmoid, rtol=0, atol=tolerance)


def test_tanh_alone_is_one_call_where_that_is_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "vectors", lambda: "AVX512")
    z = Z.astype(np.float32)[:, None]
    a = np.empty_like(z)
    squash(np.ones((1, 1), np.float32))(z, out=a)
    np.testing.assert_array_equal(a, np.tanh(z))


def test_squash_may_overwrite_what_it_reads(vectors: str) -> None:
    z, scale = np.linspace(-3, 3, 7)[:, None], np.ones((1, 1))
    apart = np.empty_like(z)
    squash(scale)(z, out=apart)
    squash(scale)(z, out=z)
    np.testing.assert_array_equal(z, apart)


def test_this_machine_is_one_of_the_known_kinds() -> None:
    assert ops.vectors() in ("AVX512", "AVX2", "")


@pytest.mark.parametrize("rows", [1, 96, 2048])
def test_blocks_of_rows_are_the_rows_in_order(vectors: str, rows: int) -> None:
    W = np.random.default_rng(0).standard_normal((rows, 64))
    blocks = row_blocks(W, 32)
    np.testing.assert_array_equal(blocks.reshape(rows, 64), W)
    assert len(blocks) == (8 if vectors == "AVX512" and rows == 2048 else 1)
