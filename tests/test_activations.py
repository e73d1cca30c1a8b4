"""Whatever way a machine computes activations and products, they are the same functions."""

import numpy as np
import pytest
from numpy.lib import introspect

from charrnn.machine.vectors import vectors as this_machine
from charrnn.network import activations, products
from charrnn.network.activations import gate_activations, hyperbolic_tangent
from charrnn.network.products import row_blocks

Z = np.concatenate([np.linspace(-30, 30, 601), [-1e4, -200.0, -1e-3, 0.0, 1e-3, 200.0, 1e4]])


@pytest.fixture(params=["AVX512", "AVX2", ""])
def vectors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of processor, whatever this one is."""
    for module in (activations, products):
        monkeypatch.setattr(module, "vectors", lambda: request.param)
    return request.param


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-7), (np.float64, 4e-16)])
def test_gates_get_tanh_and_the_logistic_function(
    vectors: str, dtype: type[np.floating], tolerance: float
) -> None:
    z = np.stack([Z, Z]).astype(dtype)[:, :, None]
    a = np.empty_like(z)
    with np.errstate(over="ignore"):
        activate, factors = gate_activations(("tanh", "sigmoid"), np.dtype(dtype))
        activate(z * factors[:, None, None], out=a)
        sigmoid = 1 / (1 + np.exp(-z[1].astype(np.float64)))
    np.testing.assert_allclose(a[0], np.tanh(z[0].astype(np.float64)), rtol=0, atol=tolerance)
    np.testing.assert_allclose(a[1], sigmoid, rtol=0, atol=tolerance)


def test_relu_is_the_positive_part(vectors: str) -> None:
    z = Z[None, :, None].copy()
    activate, factors = gate_activations(("relu",), z.dtype)
    activate(z * factors[:, None, None], out=z)
    np.testing.assert_array_equal(z[0, :, 0], np.where(Z > 0, Z, 0))


def test_tanh_alone_is_one_call_where_that_is_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations, "vectors", lambda: "AVX512")
    z = Z.astype(np.float32)[:, None]
    a = np.empty_like(z)
    hyperbolic_tangent(z.dtype)(z, out=a)
    np.testing.assert_array_equal(a, np.tanh(z))


def test_an_activation_may_overwrite_what_it_reads(vectors: str) -> None:
    z = np.linspace(-3, 3, 7)[None]
    activate, _ = gate_activations(("sigmoid",), z.dtype)
    for function in (activate, hyperbolic_tangent(z.dtype)):
        before, elsewhere = z.copy(), np.empty_like(z)
        function(before, out=elsewhere)
        function(before, out=before)
        np.testing.assert_array_equal(before, elsewhere)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_factors_are_powers_of_two_so_that_no_bit_depends_on_where_they_are_applied(
    vectors: str, dtype: type[np.floating]
) -> None:
    _, factors = gate_activations(("sigmoid", "sigmoid", "tanh", "sigmoid"), np.dtype(dtype))
    assert set(np.frexp(factors)[0]) == {0.5}


@pytest.mark.parametrize(
    ("says", "means"),
    [
        ({"tanh": {"ff": {"current": "AVX512_SKX", "available": ""}}}, "AVX512"),
        ({"tanh": {"ff": {"current": "X86_V3", "available": ""}}}, "AVX2"),
        ({"tanh": {"ff": {"current": "NEON", "available": ""}}}, ""),
        ({"tanh": {"ff": {"current": None}}}, ""),
        ({"tanh": {}}, ""),
        ({}, ""),
    ],
)
def test_what_numpy_says_of_its_vectors_is_understood_or_ignored(
    says: dict, means: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introspect, "opt_func_info", lambda **_: says)
    assert this_machine.__wrapped__() == means


@pytest.mark.parametrize("rows", [1, 96, 2048])
def test_blocks_of_rows_are_the_rows_in_order(vectors: str, rows: int) -> None:
    W = np.random.default_rng(0).standard_normal((rows, 64))
    blocks = row_blocks(W, 32)
    np.testing.assert_array_equal(blocks.reshape(rows, 64), W)
    assert len(blocks) == (8 if vectors == "AVX512" and rows == 2048 else 1)
