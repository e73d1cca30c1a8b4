"""How fast this machine multiplies matrices: the one fact that turns a time budget into a size."""

import time

import numpy as np

#: Shapes (M, K, N) of the products in a time loop, for a hidden size of 256 and a batch of 32.
SHAPE = (1024, 256, 32)
#: Two matrices whose product fills the buffers.
LARGE = ((256, 512), (512, 1024))


def measured_flops(seconds: float = 0.1) -> float:
    """Floating-point operations a second of one thread, in products of the time loop's kind.

    The median over blocks of ten, measured for about `seconds`, so that another program's burst
    does not decide what model is trained. A large product goes first, as it does in training: until
    one has been through OpenBLAS's buffers, smaller ones can run at a third of their speed.
    """
    np.matmul(*(np.ones(shape, np.float32) for shape in LARGE))
    M, K, N = SHAPE
    a, b, c = (np.ones(shape, np.float32) for shape in ((M, K), (K, N), (M, N)))
    durations: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or not durations:
        start = time.perf_counter()
        for _ in range(10):
            np.matmul(a, b, out=c)
        durations.append((time.perf_counter() - start) / 10)
    return 2 * M * K * N / float(np.median(durations))
