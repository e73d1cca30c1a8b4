"""Names and shapes of a model's parameters: PyTorch's, in PyTorch's order. Needs no NumPy.

V vocabulary, H hidden, G gates; the first layer reads one-hot characters, each later one the states
of the layer below. The model allocates by this table and the checkpoint is checked against it.
"""

from charrnn.network.cells import CELLS

#: Networks that may be joined to one.
MOST_MEMBERS = 8


def parameter_shapes(
    cell: str, layers: int, hidden_size: int, vocabulary_size: int
) -> dict[str, tuple[int, ...]]:
    """Return `rnn.weight_ih_l0` (G·H, V), `rnn.weight_hh_l0` (G·H, H), ..., `head.bias` (V,)."""
    rows = len(CELLS[cell].gates) * hidden_size
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(layers):
        inputs = hidden_size if layer else vocabulary_size
        shapes[f"rnn.weight_ih_l{layer}"] = (rows, inputs)
        shapes[f"rnn.weight_hh_l{layer}"] = (rows, hidden_size)
        shapes[f"rnn.bias_ih_l{layer}"] = (rows,)
        shapes[f"rnn.bias_hh_l{layer}"] = (rows,)
    shapes["head.weight"] = (vocabulary_size, hidden_size)
    shapes["head.bias"] = (vocabulary_size,)
    return shapes


def between_units(name: str) -> bool:
    """Is it a matrix from hidden units to hidden units: W_hh, or W_ih above the first layer?"""
    return name.startswith("rnn.weight") and name != "rnn.weight_ih_l0"
