"""Muon: the momentum of a matrix, made orthogonal, is its step.

    M <- mu M + (1 - mu) G
    X  = mu M + (1 - mu) G                        Nesterov's look ahead
    W <- W (1 - lr wd) - lr 0.2 sqrt(H) U V^T     where X = U S V^T

(Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; the factor, which gives the step the
size that Adam's has, is from Liu et al., arXiv 2502.16982.) The gradient of a recurrent matrix is
large in a few directions, those that the hidden state takes most often, and the rest of the matrix
learns late; without S all of them learn at one pace.

Here X is not a matrix but a block of `ROWS` of its rows: each gate needs a scale of its own (whole
matrices of an LSTM gained less than half as much), and the cost of orthogonalising grows with the
rows.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from charrnn.arrays import Array

#: The most rows of a block.
ROWS = 32
MOMENTUM = 0.95
#: Of Newton and Schulz's iteration, with the coefficients that Jordan et al. found: they send every
#: singular value of 0.1 to 1 to about 0.7 to 1.2 as fast as a fifth power can, and go no closer.
STEPS = 3
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonal(X: Array) -> Array:
    """U V^T of X = U S V^T, nearly; X (r, n) with r <= n. Zero stays zero.

    Singular values s of X / ||X||_F become p(p(p(s))), p(s) = A s + B s^3 + C s^5.
    """
    X = X / max(float(np.abs(X).max()), float(np.finfo(X.dtype).tiny))  # or squares may underflow
    X /= float(np.linalg.norm(X)) or 1.0
    for _ in range(STEPS):
        XX = X @ X.T
        polynomial = C * (XX @ XX.T)
        polynomial += B * XX
        polynomial.flat[:: len(X) + 1] += A
        X = polynomial @ X
    return X


def blocks(matrices: Sequence[slice], hidden_size: int) -> list[slice]:
    """Cut the slices of a vector, which hold gates (H, H) one after the other, into blocks of at
    most `ROWS` rows of one gate."""
    H = hidden_size
    count = math.ceil(H / ROWS)
    edges = [i * H // count * H for i in range(count + 1)]
    return [
        slice(gate + start, gate + stop)
        for matrix in matrices
        for gate in range(matrix.start, matrix.stop, H * H)
        for start, stop in pairwise(edges)
    ]


class Muon:
    """Muon for one block, as a flat vector with rows of `columns` elements.

    `m`, zero at first, is the momentum: the whole state.
    """

    def __init__(self, m: Array, columns: int) -> None:
        self.m = m
        self.columns = columns

    def update(
        self, weights: Array, gradient: Array, learning_rate: float, weight_decay: float = 0.0
    ) -> None:
        """One step, in place."""
        news = (1 - MOMENTUM) * gradient
        self.m *= MOMENTUM
        self.m += news
        X = (MOMENTUM * self.m + news).reshape(-1, self.columns)
        weights *= 1 - learning_rate * weight_decay
        weights -= learning_rate * 0.2 * math.sqrt(self.columns) * orthogonal(X).reshape(-1)
