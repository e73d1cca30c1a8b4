"""How a new network starts: the choices that decide whether it learns quickly, or at all."""

import numpy as np

from charrnn.arrays import Array
from charrnn.network.cells import CELLS
from charrnn.network.cells.base import Cell
from charrnn.network.model import CharModel
from charrnn.network.parameters import parameter_shapes
from charrnn.network.recurrent import weights

#: Scale of the orthogonal blocks of W_ih above the first layer. h is well below 1 in size, and with
#: less the signal fades from layer to layer; at +-1/sqrt(H), as in PyTorch, three learn nothing.
UPPER = 1.5
#: Scale of W_ih above the first layer for ReLU. Identity recurrence sums its input over all time,
#: and the sums of sums of a second layer would explode within the first chunk.
UPPER_RELU = 0.02


def orthogonal(size: int, rng: np.random.Generator) -> Array:
    """A random (size, size) orthogonal matrix, uniform in the sense of Haar (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    result: Array = q * np.sign(np.diag(r))  # else LAPACK's choice of signs would show
    return result


def orthogonal_blocks(count: int, size: int, rng: np.random.Generator) -> Array:
    """`count` random orthogonal matrices below each other, (count * size, size)."""
    return np.concatenate([orthogonal(size, rng) for _ in range(count)])


def initialise(
    cell: str,
    activation: str,
    layers: int,
    hidden_size: int,
    character_counts: Array,
    rng: np.random.Generator,
    context: int = 0,
    boundary: int | None = None,
) -> CharModel:
    """A new float32 model for an alphabet whose characters occur `character_counts` (V,) times.

    Softmax layer: weights zero, bias the logarithm of the characters' frequencies, so that training
    starts at the unigram loss. The layers below it as `recurrent` or `feedforward` say.
    """
    V, architecture = len(character_counts), CELLS[cell](activation)
    shapes = parameter_shapes(cell, layers, hidden_size, V, context)
    parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    if isinstance(architecture, Cell):
        recurrent(parameters, architecture, layers, rng)
    else:
        feedforward(parameters, layers, context, rng)
    # One more of each, so that a character of the held-out text alone is not impossible.
    frequencies = (character_counts + 1) / (character_counts.sum() + V)
    parameters["head.bias"][...] = np.log(frequencies)
    return CharModel(parameters, cell=cell, activation=activation, boundary=boundary)


def recurrent(p: dict[str, Array], cell: Cell, layers: int, rng: np.random.Generator) -> None:
    """W_hh: an orthogonal matrix per gate (identity for ReLU). W_ih: standard normal in the first
    layer, so that a one-hot character says as much as a saturated state, and orthogonal per gate
    above; for ReLU, whose sums have no bounds, uniform +-1/sqrt(H). Biases: zero but for the cell's
    keeping bias."""
    gates, H = cell.gates, p["head.weight"].shape[1]
    for index in range(layers):
        W_ih, W_hh, b_ih, _ = weights(p, index)
        if cell.activation == "relu":
            W_ih[...] = rng.uniform(-1, 1, W_ih.shape) / np.sqrt(H) * (UPPER_RELU if index else 1)
            W_hh[...] = np.eye(H)  # without input the state stays what it is
        else:
            upper = UPPER * orthogonal_blocks(len(gates), H, rng)
            W_ih[...] = upper if index else rng.standard_normal(W_ih.shape)
            W_hh[...] = orthogonal_blocks(len(gates), H, rng)
        # PyTorch's two biases are added, so one of them is enough.
        bias = b_ih.reshape(len(gates), H)
        for gate, value in cell.initial_bias.items():
            bias[list(gates).index(gate)] = value


def feedforward(p: dict[str, Array], layers: int, context: int, rng: np.random.Generator) -> None:
    """The first layer: normal, so small that the sum over the N places has variance 1. Above it
    orthogonal, as in a recurrent network. Biases: zero."""
    W, H = p["mlp.0.weight"], p["head.weight"].shape[1]
    W[...] = rng.standard_normal(W.shape) / np.sqrt(context)
    for index in range(1, layers):
        p[f"mlp.{2 * index}.weight"][...] = UPPER * orthogonal(H, rng)
