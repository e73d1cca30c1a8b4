"""Products by MKL: the same as NumPy's, wherever their matrices stand; and when it is not used.

The library is an extra. `make test-mkl` runs these tests, and others, where it is installed."""

import ctypes
import ctypes.util
from importlib.metadata import PackageNotFoundError
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from commands import run_here
from hypothesis import given
from hypothesis import strategies as st

import charrnn
from charrnn.machine import mkl
from charrnn.network.products import product, repeated

needs_mkl = pytest.mark.skipif(mkl.library() is None, reason="MKL is not used on this machine")
RNG = np.random.default_rng(0)
SIZES = st.integers(1, 70)


def matrix(rows: int, columns: int, how: str) -> np.ndarray:
    """Numbers in rows, in columns, or in either with gaps between."""
    if how.endswith("columns"):
        return matrix(columns, rows, how.replace("columns", "rows")).T
    if how == "gaps":
        return matrix(rows, 2 * columns, "rows")[:, ::2]
    gap = 5 if how.startswith("padded") else 0
    return RNG.standard_normal((rows, columns + gap), np.float32)[:, :columns]


HOW = st.sampled_from(["rows", "columns", "padded rows", "padded columns"])
#: In neither: every second number of a row.
GAPS = st.just("gaps")


@needs_mkl
@given(M=SIZES, K=SIZES, N=SIZES, a=HOW, b=HOW, out=st.sampled_from(["rows", "padded rows"]))
def test_a_product_is_that_of_numpy(M: int, K: int, N: int, a: str, b: str, out: str) -> None:
    A, B, C = matrix(M, K, a), matrix(K, N, b), matrix(M, N, out)
    assert mkl.multiply(mkl.library(), A, B, C)
    np.testing.assert_allclose(C, A.astype(np.float64) @ B, rtol=1e-5, atol=1e-4)


@needs_mkl
@given(M=SIZES, K=SIZES, N=SIZES, how=HOW | GAPS)
def test_a_repeated_product_is_that_of_numpy(M: int, K: int, N: int, how: str) -> None:
    W = matrix(M, K, how)
    multiply = repeated(W, N)
    assert isinstance(multiply, mkl.Repeated)
    expected = W.astype(np.float64)
    for _ in range(3):  # the arranged copy is not used up
        x, out = matrix(K, N, "rows"), np.empty((M, N), np.float32)
        multiply(x, out)
        np.testing.assert_allclose(out, expected @ x, rtol=1e-5, atol=1e-4)


@needs_mkl
@pytest.mark.parametrize("columns", [16, 25, 32])
def test_bits_do_not_depend_on_where_matrices_stand(columns: int) -> None:
    """A run that is resumed has other memory, and has to give the same bits."""

    def moved(array: np.ndarray, by: int) -> np.ndarray:
        memory = np.empty(array.size + 64, np.float32)
        copy = memory[by : by + array.size].reshape(array.shape)
        copy[...] = array
        return copy

    W, x = matrix(512, 128, "rows"), matrix(128, columns, "rows")
    results = []
    for by in range(0, 17, 3):
        out = moved(np.zeros((512, columns), np.float32), by)
        repeated(moved(W, by), columns)(moved(x, by), out)
        large = moved(np.zeros((512, columns), np.float32), by)
        product(moved(W, by), moved(x, by), out=large)
        results.append((out.tobytes(), large.tobytes()))
    assert len(set(results)) == 1


@needs_mkl
def test_only_single_precision_goes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mkl, "multiply", lambda *_: pytest.fail("MKL was asked"))
    A = RNG.standard_normal((8, 8))
    np.testing.assert_array_equal(product(A, A, out=np.empty((8, 8))), A @ A)
    assert not isinstance(repeated(A, 16), mkl.Repeated)


@needs_mkl
def test_what_is_in_neither_rows_nor_columns_is_left_to_numpy() -> None:
    A = RNG.standard_normal((8, 16), np.float32)[:, ::2]
    out = np.empty((8, 8), np.float32)
    assert not mkl.multiply(mkl.library(), A, A, out)
    np.testing.assert_array_equal(product(A, A, out=out), A @ A)


def test_other_processors_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mkl, "_path", lambda: "there")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: pytest.fail("it was opened"))
    monkeypatch.setattr(mkl, "is_intel", lambda: False)
    assert mkl.library.__wrapped__() is None


def test_without_the_package_numpy_multiplies(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(mkl, "is_intel", lambda: True)
    monkeypatch.setattr(mkl.importlib.metadata, "distribution", missing)
    assert mkl.library.__wrapped__() is None


class File(PurePosixPath):
    """A file of an installed package."""

    def locate(self) -> PurePosixPath:
        return self


@pytest.mark.parametrize("name", ["libmkl_rt.so.2", "mkl_rt.2.dll", "mkl_rt.lib", "libmkl_core.so"])
def test_a_library_that_cannot_be_opened_is_none(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Package:
        files = (File("/nowhere") / name,)

    opened = []

    def fails(path: str) -> None:
        opened.append(path)
        raise OSError(path)

    monkeypatch.setattr(mkl, "is_intel", lambda: True)
    monkeypatch.setattr(mkl.importlib.metadata, "distribution", lambda _: Package)
    monkeypatch.setattr(ctypes, "CDLL", fails)
    assert mkl.library.__wrapped__() is None
    assert opened == ([f"/nowhere/{name}"] if name in ("libmkl_rt.so.2", "mkl_rt.2.dll") else [])


def test_an_older_library_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """One without the functions that are needed: here the C library."""
    monkeypatch.setattr(mkl, "is_intel", lambda: True)
    monkeypatch.setattr(mkl, "_path", lambda: None)
    assert mkl.library.__wrapped__() is None
    monkeypatch.setattr(mkl, "_path", lambda: ctypes.util.find_library("c") or "none")
    assert mkl.library.__wrapped__() is None


def trained(*arguments: object) -> None:
    assert run_here("train", *arguments, "--hidden-size", 8, "--threads", 1, "--seed", 1) == 0


@needs_mkl
def test_a_run_says_that_it_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "out.npz"
    text.write_text("to be or not to be\n" * 40)
    trained(text, "--out", out, "--steps", 2)
    assert f"products by MKL {mkl.version()}" in capsys.readouterr().err
    assert charrnn.load(out).meta["versions"]["mkl"] == mkl.version()


def test_who_resumes_without_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "out.npz"
    text.write_text("to be or not to be\n" * 40)
    monkeypatch.setattr(mkl, "version", lambda: "2024.9")
    trained(text, "--out", out, "--steps", 2)
    assert "products by MKL 2024.9" in capsys.readouterr().err
    monkeypatch.setattr(mkl, "version", lambda: None)
    assert run_here("train", text, "--resume", "--out", out, "--steps", 2) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "MKL 2024.9 then, none now" in said
    assert "products by MKL" not in said
