"""What turns gradients into better weights: clipping, the schedule, Adam, Muon, averaged weights.

All of it works in place on vectors, or on pieces of one (see `update`). Formulas and their order of
operations are PyTorch's, whose losses the tests match.
"""

import math

import numpy as np

from charrnn.arrays import Array

#: Elements per block: a handful of float32 arrays of this length fit the second-level cache.
BLOCK = 1 << 15

#: Warm-up ends after this many steps or this share of the budget, whichever comes first.
WARM_UP_STEPS = 100
WARM_UP_SHARE = 0.05
#: What is left of the learning rate at the end.
FLOOR = 0.01


def blocks(vector: Array) -> list[Array]:
    """A vector in pieces that stay in the cache, as views."""
    return [vector[i : i + BLOCK] for i in range(0, len(vector), BLOCK)]


def clip(gradient: Array, max_norm: float) -> float:
    """Scale the gradient so that its global norm is at most `max_norm`; returns the norm before.

    Pascanu, Mikolov, Bengio, arXiv 1211.5063.
    """
    norm = math.sqrt(sum_of_squares(gradient))
    rescale(gradient, norm, max_norm)
    return norm


def sum_of_squares(vector: Array) -> float:
    """Block by block, each summed by BLAS in the vector's own precision, and the blocks in float64;
    not finite if they are not."""
    with np.errstate(over="ignore", invalid="ignore"):
        return sum((float(np.dot(block, block)) for block in blocks(vector)), 0.0)


def rescale(gradient: Array, norm: float, max_norm: float) -> None:
    """Scale a gradient of this norm, or a piece of it, to at most `max_norm`; 0 never does.

    It is left alone if the norm is not finite: that is for the caller to see (0 * inf would hide it
    as nan).
    """
    if max_norm and math.isfinite(norm) and norm > max_norm:
        gradient *= gradient.dtype.type(max_norm / (norm + 1e-6))


def schedule(share: float, step: int, *, peak: float) -> float:
    """The learning rate: linear warm-up, then cosine decay to `FLOOR` over the whole budget.

    `share` in [0, 1] is how much of the budget (time, steps or epochs) is spent, so the decay ends
    with the budget whatever its unit. Loshchilov & Hutter, arXiv 1608.03983.
    """
    warm = max((step + 1) / WARM_UP_STEPS, share / WARM_UP_SHARE)
    decay = FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(max(share, 0.0), 1.0)))
    return peak * decay * min(1.0, warm)


class Adam:
    """Adam (Kingma & Ba, arXiv 1412.6980) with decoupled weight decay (arXiv 1711.05101).

    `m` and `v`, zero at first, are the running moments of the gradient: the whole state, together
    with the number t of the update, from 1, which the caller counts. `scratch` is at least as long,
    and may be the same for many, so that it stays in the cache.
    """

    def __init__(
        self,
        m: Array,
        v: Array,
        scratch: Array,
        *,
        betas: tuple[float, float] = (0.9, 0.99),
        epsilon: float = 1e-8,
    ) -> None:
        self.m, self.v = m, v
        self.betas, self.epsilon = betas, epsilon
        self._scratch = scratch[: len(m)]

    def update(
        self, theta: Array, g: Array, t: int, learning_rate: float, weight_decay: float = 0.0
    ) -> None:
        """theta <- theta (1 - lr wd);  theta <- theta - lr m^ / (sqrt(v^) + epsilon)."""
        (beta1, beta2), m, v, a = self.betas, self.m, self.v, self._scratch
        rate = learning_rate / (1 - beta1**t)  # of m^ = m / (1 - beta1^t)
        root = 1 / math.sqrt(1 - beta2**t)
        if weight_decay:
            theta *= theta.dtype.type(1 - learning_rate * weight_decay)
        m *= beta1
        m += np.multiply(g, 1 - beta1, out=a)  # m = beta1 m + (1 - beta1) g
        v *= beta2
        np.multiply(g, g, out=a)
        a *= 1 - beta2
        v += a  # v = beta2 v + (1 - beta2) g^2
        np.sqrt(v, out=a)
        a *= root  # sqrt(v^)
        a += self.epsilon
        np.divide(m, a, out=a)
        a *= rate
        theta -= a  # theta = theta - lr m^ / (sqrt(v^) + epsilon)


class Muon:
    """Muon: the momentum of a matrix, made orthogonal, is its step.

        M <- mu M + (1 - mu) G
        X  = mu M + (1 - mu) G                        Nesterov's look ahead
        W <- W (1 - lr wd) - lr 0.2 sqrt(H) U V^T     where X = U S V^T

    (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; the factor, which gives the step
    the size that Adam's has, is from Liu et al., arXiv 2502.16982.) The gradient of a recurrent
    matrix is large in a few directions, those that the hidden state takes most often, and the rest
    of the matrix learns late; without S all of them learn at one pace.

    Here X is not a matrix but a block of at most `ROWS` of its rows, with H columns, as a flat
    vector: each gate needs a scale of its own (whole matrices of an LSTM gained less than half as
    much), and the cost of orthogonalising grows with the rows. `m`, zero at first, is the momentum:
    the whole state.
    """

    ROWS = 32
    MOMENTUM = 0.95

    def __init__(self, m: Array, columns: int) -> None:
        self.m, self.columns = m, columns

    def update(
        self, theta: Array, g: Array, t: int, learning_rate: float, weight_decay: float = 0.0
    ) -> None:
        """One step, in place; its number t does not matter."""
        news = (1 - self.MOMENTUM) * g
        self.m *= self.MOMENTUM
        self.m += news  # M = mu M + (1 - mu) G
        X = (self.MOMENTUM * self.m + news).reshape(-1, self.columns)  # mu M + (1 - mu) G
        theta *= 1 - learning_rate * weight_decay
        theta -= learning_rate * 0.2 * math.sqrt(self.columns) * orthogonal(X).reshape(-1)


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
        XX = X @ X.T  # (r, r), small beside X
        polynomial = C * (XX @ XX.T)
        polynomial += B * XX
        polynomial.flat[:: len(X) + 1] += A  # A I + B X X^T + C (X X^T)^2
        X = polynomial @ X
    return X


class Average:
    """An exponential moving average of the weights, over a window that is a share of the run.

    alpha = 1 - exp(-dp / window) for a step that spends the share dp of the budget, so the average
    means the same for a budget in steps and in seconds. `weights` is a copy of the first ones, and
    the average from then on; early in a run the window is as short as the run is young.
    """

    def __init__(self, weights: Array, window: float, scratch: Array) -> None:
        self.weights, self.window = weights, window
        self._scratch = scratch[: len(weights)]

    def update(self, theta: Array, progress: float, dp: float) -> None:
        """Take in the weights after a step; `progress` of the budget is spent by then."""
        alpha = -math.expm1(-dp / max(min(self.window, progress / 2), 1e-12))
        a = np.subtract(theta, self.weights, out=self._scratch)
        a *= alpha
        self.weights += a  # average = average + alpha (theta - average)


def moderate(weights: Array) -> bool:
    """Are the weights finite, and their sum of squares too? An update can overflow, and the loss
    that shows it comes only with the next step."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(float(np.dot(weights, weights)))
