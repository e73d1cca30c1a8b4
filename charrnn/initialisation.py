"""How a new network starts: the choices that decide whether it learns quickly, or at all."""

import numpy as np

from charrnn.cells import CELLS
from charrnn.model import CharModel
from charrnn.ops import Array
from charrnn.shapes import parameter_shapes

#: Scale of W_ih above the first layer for ReLU. Identity recurrence sums its input over all time,
#: and the sums of sums of a second layer would explode within the first chunk.
UPPER_RELU = 0.02


def orthogonal(size: int, rng: np.random.Generator) -> Array:
    """A random (size, size) orthogonal matrix, uniform in the sense of Haar (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    result: Array = q * np.sign(np.diag(r))
    return result


def initialise(
    cell: str,
    activation: str,
    layers: int,
    hidden_size: int,
    character_counts: Array,
    rng: np.random.Generator,
) -> CharModel:
    """A new float32 model for an alphabet whose characters occur `character_counts` (V,) times.

    W_hh: an orthogonal matrix per gate (identity for ReLU). W_ih: uniform +-1/sqrt(H), as PyTorch.
    Biases: zero but for the cell's keeping bias. Softmax layer: weights zero, bias the logarithm of
    the characters' frequencies, so that training starts at the unigram loss.
    """
    V, H = len(character_counts), hidden_size
    parameters = {n: np.zeros(s) for n, s in parameter_shapes(cell, layers, H, V).items()}
    gates = CELLS[cell].gates
    for index in range(layers):
        W_ih, W_hh = (parameters[f"rnn.weight_{which}_l{index}"] for which in ("ih", "hh"))
        W_ih[...] = rng.uniform(-1, 1, W_ih.shape) / np.sqrt(H)
        if activation == "relu" and index:
            W_ih *= UPPER_RELU
        for block in W_hh.reshape(len(gates), H, H):
            block[...] = np.eye(H) if activation == "relu" else orthogonal(H, rng)
        bias = parameters[f"rnn.bias_ih_l{index}"].reshape(len(gates), H)
        for gate, value in CELLS[cell].initial_bias.items():
            bias[gates.index(gate)] = value
    frequencies = (character_counts + 1) / (character_counts.sum() + V)
    parameters["head.bias"][...] = np.log(frequencies)
    return CharModel(parameters, cell=cell, activation=activation)
