"""A Markov chain of order 2, whose entropies are known, and the network that knows it exactly."""

import numpy as np

from charrnn.network.model import CharModel

A = 4  # characters


class Chain:
    """P(next | last but one, last), (A, A, A). `sticky`: how often a character is repeated, so that
    places near each other resemble each other."""

    def __init__(self, sticky: float = 0.0, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        drawn = rng.dirichlet(np.full(A, 0.7), (A, A)) * 0.96 + 0.01
        self.p = (1 - sticky) * drawn
        for b in range(A):
            self.p[:, b, b] += sticky
        pairs = np.full((A, A), 1 / A**2)
        for _ in range(5000):
            pairs = np.einsum("ab,abc->bc", pairs, self.p)
        self.pairs = pairs  # how often each pair of neighbours occurs
        self.single = pairs.sum(axis=0)

    def text(self, length: int, rng: np.random.Generator) -> np.ndarray:
        cumulative = self.p.cumsum(axis=2)
        draws = rng.random(length)
        start = int(rng.choice(A * A, p=self.pairs.ravel()))
        ids = np.empty(length, np.intp)
        ids[:2] = divmod(start, A)
        for i in range(2, length):
            row = cumulative[ids[i - 2], ids[i - 1]]
            ids[i] = min(int(np.searchsorted(row, draws[i])), A - 1)
        return ids

    def bits(self, predicted: np.ndarray) -> float:
        """The expected loss of a prediction (A, A, A) for each pair and next character."""
        return float(-np.einsum("ab,abc,abc->", self.pairs, self.p, np.log2(predicted)))

    @property
    def entropy(self) -> float:
        """With two characters visible or more."""
        return self.bits(self.p)

    @property
    def one_visible(self) -> float:
        """Of the network below from a zero state: it takes the frequencies of the characters."""
        return self.bits(np.broadcast_to(self.single, self.p.shape))

    @property
    def one_true(self) -> float:
        """With one character visible and the one before it that of any other place."""
        logs = np.einsum("a,abc->bc", self.single, np.log2(self.p))
        return float(-np.einsum("ab,abc,bc->", self.pairs, self.p, logs))

    def network(self) -> CharModel:
        """ReLU units: A for the last character, and one for each pair of the last two."""
        size = A + A * A
        W_ih, W_hh, bias = np.zeros((size, A)), np.zeros((size, size)), np.zeros(size)
        W_ih[:A] = np.eye(A)
        W_ih[A:] = np.tile(np.eye(A), (A, 1))  # unit A + A a + b reads b
        W_hh[A:, :A] = np.repeat(np.eye(A), A, axis=0)  # and remembers a
        bias[A:] = -1  # both, or nothing
        head = np.zeros((A, size))
        head[:, A:] = (np.log(self.p) - np.log(self.single)).reshape(A * A, A).T
        parameters = {
            "rnn.weight_ih_l0": W_ih,
            "rnn.weight_hh_l0": W_hh,
            "rnn.bias_ih_l0": bias,
            "rnn.bias_hh_l0": np.zeros(size),
            "head.weight": head,
            "head.bias": np.log(self.single),
        }
        return CharModel(parameters, cell="rnn", activation="relu", dtype=np.float64)
