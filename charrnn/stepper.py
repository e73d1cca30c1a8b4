"""One character at a time: the forward pass of `CharModel`, stripped to what generating needs.

`CharModel.forward` is made for chunks. Here T is 1, nothing is kept for a way back, W_ih of the
first layer is a table whose rows are looked up, and a new hidden state is multiplied once by the
matrices that read it, stacked: W_ih of the layer above (or the softmax layer) now, its own W_hh at
the next step. The equations stay the cell's own, so every registered cell works.

All of it is float64, whatever the model's dtype: processors and BLAS kernels round differently, and
in float32 one of ten texts of 10,000 characters would depend on the machine (docs/sampling.md).
"""

from typing import NamedTuple

import numpy as np

from charrnn.cells import Workspace
from charrnn.model import CharModel
from charrnn.ops import Array, row_blocks, squash


class _Weights(NamedTuple):
    """What the streams share. Biases are (G, H, 1), the head's (V, 1)."""

    table: Array  # (V, G*H): row v is W_ih of the first layer times character v, and its bias
    stacks: list[Array]  # (rows of the reader above + G*H, H) per layer
    inputs: list[Array]  # b_ih of the layers above the first, then the head's bias
    hidden: list[Array]  # b_hh per layer of the gates that are apart, (A, H, 1)


class Stepper:
    """A model reading B streams, one character each per step.

    `logits` (V, B) predict the next characters and are overwritten at every step. Before anything
    is read the hidden state is zero, so they are the bias of the softmax layer.
    """

    def __init__(self, model: CharModel, batch: int = 1, weights: _Weights | None = None) -> None:
        self.model, self.batch = model, batch
        self._weights = w = weights or _arranged(model)
        cell, H, B, G = model.cell, model.hidden_size, batch, len(model.cell.gates)
        self._columns = np.ascontiguousarray(w.table.T) if B > 1 else w.table.T
        # (H, B) per layer and state; each step swaps the two.
        self._before = [[np.zeros((H, B)) for _ in cell.states] for _ in w.stacks]
        self._after = [[np.zeros((H, B)) for _ in cell.states] for _ in w.stacks]
        # A product is what the layer above reads (at the top: the logits), then the layer's own hp.
        products = [np.empty((len(stack), B)) for stack in w.stacks]
        self._products = [_blocks(*each, G * H) for each in zip(w.stacks, products, strict=True)]
        above = [product[: -G * H] for product in products]
        self.logits = above.pop()
        self._gates = [np.empty((G, H, B)), *(a.reshape(G, H, B) for a in above)]
        self._above = [*self._gates[1:], self.logits]
        self._hp = [product[-G * H :].reshape(G, H, B) for product in products]
        scale = np.array(cell.scale[: G - cell.apart]).reshape(-1, 1, 1)
        if B == 1:  # at this size, spreading a constant over an array costs more than reading it
            scale = np.repeat(scale, H, axis=1)
        together, tanh = squash(scale), squash(np.ones((H if B == 1 else 1, 1)))
        scratch, a = np.empty((G, H, B)), np.empty((H, B))
        saved, self._apart = (np.empty((n, H, B)) for n in (len(cell.saved), cell.apart))
        self._work = Workspace(together, tanh, scratch, a, saved, self._apart)
        self._multiply_all()

    def step(self, ids: Array) -> Array:
        """Read one character per stream, ids (B,), and return the logits (V, B) of the next."""
        cell, first = self.model.cell, self._gates[0]
        if self.batch == 1:
            first.reshape(-1)[:] = self._weights.table[ids[0]]
        else:
            # "clip" writes straight into `out`; the default mode would go through a copy.
            np.take(self._columns, ids, axis=1, out=first.reshape(-1, self.batch), mode="clip")
        self._before, self._after = self._after, self._before
        for index, gates in enumerate(self._gates):
            after = self._after[index]
            if cell.apart:
                np.add(self._hp[index][-cell.apart :], self._weights.hidden[index], out=self._apart)
            cell.forward(gates, self._hp[index], self._before[index], after, self._work)
            self._multiply(index)
        return self.logits

    def read(self, ids: Array) -> None:
        """Read a text, ids (N,), into every stream."""
        for index in ids.astype(np.intp):
            self.step(np.full(self.batch, index))

    def _multiply(self, index: int) -> None:
        """Everything that the new hidden state of a layer is multiplied by, and the biases."""
        w = self._weights
        for matrix, out in self._products[index]:
            np.matmul(matrix, self._after[index][0], out=out)
        above = self._above[index]
        above += w.inputs[index]

    def _multiply_all(self) -> None:
        for index in range(len(self._gates)):
            self._multiply(index)

    def spread(self, batch: int) -> "Stepper":
        """`batch` streams that all stand where this one stream stands."""
        wide = Stepper(self.model, batch, self._weights)
        for mine, its in zip(self._after, wide._after, strict=True):
            for array, copy in zip(mine, its, strict=True):
                copy[...] = array
        wide._multiply_all()
        return wide


def _blocks(stack: Array, product: Array, own: int) -> list[tuple[Array, Array]]:
    """Matrices and where their products with (H, B) go: the whole stack for one stream, for which a
    call costs more than the order of memory; else its two parts (the last `own` rows are W_hh), in
    blocks of rows."""
    B = product.shape[1]
    if B == 1:
        return [(stack, product)]
    pairs = []
    for rows in (slice(None, -own), slice(-own, None)):
        blocks = row_blocks(stack[rows], B)
        pairs.append((blocks, product[rows].reshape(len(blocks), -1, B)))
    return pairs


def _arranged(model: CharModel) -> _Weights:
    """The float64 weights of `model`, arranged for stepping."""
    cell, H = model.cell, model.hidden_size
    layers = [model.layer(index) for index in range(model.layers)]
    joined = (len(cell.gates) - cell.apart) * H
    b_ih = [w.b_ih.astype(np.float64) for w in layers]
    for b, w in zip(b_ih, layers, strict=True):
        b[:joined] += w.b_hh[:joined]
    hidden = [w.b_hh[joined:].astype(np.float64).reshape(-1, H, 1) for w in layers]
    readers = [*(w.W_ih for w in layers[1:]), model.parameters["head.weight"]]
    stacks = [
        np.concatenate([reader, w.W_hh]).astype(np.float64)
        for reader, w in zip(readers, layers, strict=True)
    ]
    table = np.ascontiguousarray(layers[0].W_ih.T + b_ih[0])
    head_bias = model.parameters["head.bias"].astype(np.float64)[:, None]
    return _Weights(table, stacks, [*(b.reshape(-1, H, 1) for b in b_ih[1:]), head_bias], hidden)
