"""Small random networks that the tests share.

All dimensions differ, so that no transposed shape can pass by accident, and nothing is right only
because it is zero.
"""

import numpy as np

from charrnn.network.cells import CELLS
from charrnn.network.initialisation import initialise
from charrnn.network.model import CharModel

V, H, N = 7, 5, 4
#: The cells that have a state; the others read N places at once.
RECURRENT = [cell for cell, kind in CELLS.items() if kind.states]
#: Every cell with every activation that it has.
VARIANTS = [
    (cell, activation) for cell, kind in CELLS.items() for activation in kind.learning_rates
]


def noisy_model(
    cell: str,
    activation: str = "tanh",
    layers: int = 2,
    *,
    seed: int = 3,
    vocabulary_size: int = V,
    hidden_size: int = H,
    noise: float = 0.3,
    dtype: type[np.floating] = np.float64,
) -> CharModel:
    """A new network with noise on every parameter."""
    rng = np.random.default_rng(seed)
    counts = np.arange(1, vocabulary_size + 1)
    start = initialise(cell, activation, layers, hidden_size, counts, rng, context_of(cell))
    noisy = {n: p + rng.normal(0, noise, p.shape) for n, p in start.parameters.items()}
    return CharModel(noisy, cell=cell, activation=activation, dtype=dtype)


def context_of(cell: str) -> int:
    """The places that a small network of this kind reads at once."""
    return N if CELLS[cell].default_context else 0


def random_state(model: CharModel, batch: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A carried state that is not zero: of a feed-forward network a window of characters, with and
    without any."""
    zero = model.zero_state(batch)
    if model.context:
        return {
            n: rng.integers(0, model.vocabulary_size + 1, s.shape).astype(s.dtype)
            for n, s in zero.items()
        }
    return {n: rng.normal(0, 0.5, s.shape) for n, s in zero.items()}
