"""Single-precision products by Intel's MKL, for those who have installed the extra `mkl`.

OpenBLAS, which comes with NumPy, arranges a matrix for its kernels anew in every product, or, where
few columns make that too dear, does without. MKL can keep the arranged copy, and its kernels are
better at few columns: 141 in place of 110 GFLOP/s for 1024 x 256 by 256 x 16 on one core of an
Intel Xeon with AVX-512.

Whether it is used is a fact of the machine and not a measurement, because a run that is repeated
has to give the same bits: it is used where it is, on Intel's processors. Others are untried.
"""

import ctypes
import importlib.metadata
from functools import cache
from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.blas import is_intel

#: CBLAS's names: rows one after the other, a matrix as it is, transposed. MKL's: the left matrix of
#: a product, a matrix that is arranged.
ROW_MAJOR, AS_IT_IS, TRANSPOSED, LEFT, ARRANGED = 101, 111, 112, 161, 151
#: MKL's names for work without threads, for sizes of 32 bits, and for the promise that equal
#: products give equal bits wherever their matrices stand in memory (which costs nothing here).
SEQUENTIAL, LP64, REPRODUCIBLE = 1, 0, 2
ALIGNMENT = 64  # bytes
WIDTH = 16  # columns


@cache
def library() -> Any | None:
    """MKL, ready to be called; None where it is not to be used."""
    path = _path()
    if path is None or not is_intel():
        return None
    size, number = ctypes.c_int, ctypes.c_float
    matrix = ctypes.c_void_p, size  # and how far apart its rows are
    three = (size,) * 3
    try:
        mkl = ctypes.CDLL(path)
        mkl.MKL_Set_Threading_Layer(SEQUENTIAL)
        mkl.MKL_Set_Interface_Layer(LP64)
        mkl.MKL_CBWR_Set(REPRODUCIBLE)
        multiply, compute = mkl.cblas_sgemm, mkl.cblas_sgemm_compute
        pack, pack_size = mkl.cblas_sgemm_pack, mkl.cblas_sgemm_pack_get_size
        multiply.argtypes = (*three, *three, number, *matrix, *matrix, number, *matrix)
        compute.argtypes = (*three, *three, *matrix, *matrix, number, *matrix)
        pack.argtypes = (*three, *three, number, *matrix, ctypes.c_void_p)
        pack_size.argtypes, pack_size.restype = (size, *three), ctypes.c_size_t
        multiply.restype = compute.restype = pack.restype = None
    except (OSError, AttributeError):  # a part of it is missing, or it is of another age
        return None
    return mkl


def version() -> str | None:
    """That of MKL, where it is used."""
    return importlib.metadata.version("mkl") if library() else None


def _path() -> str | None:
    """Where the package has put the library that chooses among its others."""
    try:
        files = importlib.metadata.distribution("mkl").files or []
    except importlib.metadata.PackageNotFoundError:
        return None
    named = [file for file in files if file.name.startswith(("libmkl_rt.so", "mkl_rt."))]
    return next((str(file.locate()) for file in named if file.suffix != ".lib"), None)


def multiply(mkl: Any, a: Array, b: Array, out: Array) -> bool:
    """a b into `out`, if all three are matrices in rows, or in columns if they are read only."""
    how_a, how_b, how_out = _reading(a), _reading(b), _reading(out)
    if how_a is None or how_b is None or how_out is None or how_out[0] != AS_IT_IS:
        return False
    (M, K), N = a.shape, b.shape[1]
    mkl.cblas_sgemm(
        *(ROW_MAJOR, how_a[0], how_b[0], M, N, K, 1.0),
        *(a.ctypes.data, how_a[1], b.ctypes.data, how_b[1]),
        *(0.0, out.ctypes.data, how_out[1]),
    )
    return True


def _reading(matrix: Array) -> tuple[int, int] | None:
    """How CBLAS reads a matrix: as it is or transposed, and how far apart its rows then are."""
    item, (down, right) = matrix.itemsize, matrix.strides
    rows, columns = matrix.shape
    if right == item and down >= columns * item:
        return AS_IT_IS, down // item
    if down == item and right >= rows * item:
        return TRANSPOSED, right // item
    return None


class Repeated:
    """Multiplies many x (K, N), one after the other, by one W (M, K).

    Of W it has a copy, arranged for the kernels; but these are for `WIDTH` columns or a multiple of
    it, and at others (25, say) no better than those for a W as it is, and often slower."""

    def __init__(self, mkl: Any, W: Array, columns: int) -> None:
        (M, K), N = W.shape, columns
        reading = _reading(W)
        if reading is None:
            W, reading = np.ascontiguousarray(W), (AS_IT_IS, K)
        how, apart = reading
        self._columns = N
        if N % WIDTH:
            self._W = W
            self._multiply = mkl.cblas_sgemm
            self._before: Any = ROW_MAJOR, how, AS_IT_IS, M, N, K, 1.0, W.ctypes.data, apart
            return
        memory = np.empty(mkl.cblas_sgemm_pack_get_size(LEFT, M, N, K) + ALIGNMENT, np.uint8)
        self._W = memory[-memory.ctypes.data % ALIGNMENT :]
        address = self._W.ctypes.data
        mkl.cblas_sgemm_pack(ROW_MAJOR, LEFT, how, M, N, K, 1.0, W.ctypes.data, apart, address)
        self._multiply = mkl.cblas_sgemm_compute
        self._before = ROW_MAJOR, ARRANGED, AS_IT_IS, M, N, K, address, K

    def __call__(self, x: Any, out: Any) -> None:
        """W x into `out` (M, N); both arrays are without gaps."""
        # The quickest way from an array to its address: `x.ctypes.data` takes three times as long.
        address, byte, N = ctypes.byref, ctypes.c_char.from_buffer, self._columns
        self._multiply(*self._before, address(byte(x)), N, 0.0, address(byte(out)), N)
