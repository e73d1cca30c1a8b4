"""Recurrent layers, one character at a time.

`CharModel.forward` is made for chunks. Here T is 1, nothing is kept for a way back, W_ih of the
first layer is a table whose rows are looked up, and a new hidden state is multiplied once by the
matrices that read it, stacked: W_ih of the layer above (or the softmax layer) now, its own W_hh at
the next step. The equations stay the cell's own, so every registered cell works.

A network that is K networks side by side (see `ensemble`; K is 1 for most) is not multiplied by the
zeros between them. Each layer has K stacks, for h = H/K units each, and one product over all of
them, (K, rows, B). The cells see its rows, and all else, as (G, K, h, B): that is (G, H, B).
"""

from typing import Any, NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.generation.stepper import Stepper
from charrnn.network.activations import hyperbolic_tangent
from charrnn.network.cells.base import Cell, Step
from charrnn.network.ensemble import diagonal_blocks
from charrnn.network.model import CharModel
from charrnn.network.products import row_blocks
from charrnn.network.recurrent import weights


class Weights(NamedTuple):
    """The cell, and the float64 weights of a model arranged for stepping: what streams share."""

    cell: Cell
    table: Array  # (V, G*H): row v is W_ih of the first layer times character v, and its bias
    stacks: list[Array]  # (K, rows of the reader above + G*h, h) per layer
    inputs: list[Array]  # b_ih of the layers above the first, (G, K, h, 1), then the head's, (V, 1)
    hidden: list[Array]  # b_hh per layer of the gates that are separate, (A, K, h, 1)
    boundary: int | None  # the character before which the state becomes zero


class RecurrentStepper(Stepper):
    """Before anything is read the hidden state is zero, so the logits are the bias of the softmax
    layer."""

    def __init__(self, model: CharModel | Weights, batch: int = 1) -> None:
        self._weights = w = arranged(model) if isinstance(model, CharModel) else model
        self.batch = batch
        cell, B, G = w.cell, batch, len(w.cell.gates)
        K, _, h = w.stacks[0].shape
        self._columns = np.ascontiguousarray(w.table.T) if B > 1 else w.table.T
        self._gates, self.logits = np.empty((G, K, h, B)), np.empty((w.table.shape[0], B))
        self._xp = self._gates.reshape(-1, B)  # where the first layer's goes
        # A product is what the layer above reads (at the top: K shares of the logits), then
        # the layer's own hp.
        products = [np.empty((K, stack.shape[1], B)) for stack in w.stacks]
        self._products = [_blocks(*each, G * h) for each in zip(w.stacks, products, strict=True)]
        self._hp = [_by_gate(product[:, -G * h :], h) for product in products]
        *above, shares = (product[:, : -G * h] for product in products)
        # What is added then, per layer, and where the sum goes.
        terms = [*(_by_gate(xp, h) for xp in above), shares[0]]
        sums: list[Array] = [*(self._gates for _ in above), self.logits]
        self._sums = [[each] for each in zip(terms, w.inputs, sums, strict=True)]
        self._sums[-1] += [(self.logits, share, self.logits) for share in shares[1:]]
        scratch, a = np.empty((G, K, h, B)), np.empty((K, h, B))
        saved, self._separate = (np.empty((n, K, h, B)) for n in (len(cell.saved), cell.separate))
        activate, _ = cell.activations(scratch.dtype)  # the factors are in the weights
        # (K, h, B) per layer and state, twice: what is before a step and what is after it.
        pairs = [[[np.zeros((K, h, B)) for _ in cell.states] for _ in "01"] for _ in w.stacks]
        work = (saved, activate, hyperbolic_tangent(scratch.dtype), scratch, a)
        steps = [
            [Step(self._gates, hp, self._separate, x, y, *work) for x, y in ((h0, h1), (h1, h0))]
            for hp, (h0, h1) in zip(self._hp, pairs, strict=True)
        ]
        # At every other step the two change places.
        self._now, self._next = ([step[turn] for step in steps] for turn in (0, 1))
        self._multiply_all()

    def step(self, ids: Array) -> Array:
        cell = self._weights.cell
        if self.batch == 1:
            self._xp[:, 0] = self._weights.table[ids[0]]  # xp = W_ih onehot + b
        else:
            # "clip" writes straight into `out`; the default mode would go through a copy.
            np.take(self._columns, ids, axis=1, out=self._xp, mode="clip")
        self._now, self._next = self._next, self._now  # h' is what was h
        if self._weights.boundary is not None:
            self._forget(ids == self._weights.boundary)
        for index, step in enumerate(self._now):
            if cell.separate:
                # hp = W_hh h' + b_hh; the other gates have their b_hh in xp already
                np.add(step.hp[-cell.separate :], self._weights.hidden[index], out=self._separate)
            cell.forward(step)
            self._multiply(index)
        return self.logits

    def _forget(self, streams: Array) -> None:
        """Make the state that these streams (B,) read zero, and its products too."""
        if streams.any():
            for step in self._now:
                for array in (*step.previous, step.hp):
                    array[..., streams] = 0

    def _multiply(self, index: int) -> None:
        """Everything that the new hidden state of a layer is multiplied by, and the biases."""
        for matrices, out in self._products[index]:
            np.matmul(matrices, self._now[index].state[0], out=out)  # [W above; W_hh] h
        for terms_and_total in self._sums[index]:
            np.add(*terms_and_total)  # xp of the layer above, or the logits: W h + b

    def _multiply_all(self) -> None:
        for index in range(len(self._hp)):
            self._multiply(index)

    def spread(self, batch: int) -> "RecurrentStepper":
        return _standing(self._weights, batch, [step.state for step in self._now])

    def __reduce__(self) -> tuple[Any, ...]:
        return _standing, (self._weights, self.batch, [step.state for step in self._now])


def _standing(shared: Weights, batch: int, states: list[list[Array]]) -> RecurrentStepper:
    """Streams whose layers have these states, (K, h, B) or (K, h, 1) for all alike."""
    stepper = RecurrentStepper(shared, batch)
    for layer, step in zip(states, stepper._now, strict=True):
        for array, copy in zip(layer, step.state, strict=True):
            copy[...] = array
    stepper._multiply_all()
    return stepper


def _by_gate(array: Array, h: int) -> Array:
    """(K, G*h, B) seen as (G, K, h, B)."""
    K, _, B = array.shape
    return array.reshape(K, -1, h, B).swapaxes(0, 1)


def _blocks(stack: Array, product: Array, own: int) -> list[tuple[Array, Array]]:
    """Matrices and where their products with (K, h, B) go: the whole stack for one stream, for
    which a call costs more than the order of memory; else its two parts (the last `own` rows are
    W_hh), in n blocks of rows, (n, K, rows, h)."""
    K, _, B = product.shape
    if B == 1:
        return [(stack, product)]
    pairs = []
    for rows in (slice(None, -own), slice(-own, None)):
        n = len(row_blocks(stack[0, rows], B))
        matrices, out = (a[:, rows].reshape(K, n, -1, a.shape[2]) for a in (stack, product))
        pairs.append((matrices.swapaxes(0, 1), out.swapaxes(0, 1)))
    return pairs


def arranged(model: CharModel) -> Weights:
    """The weights of `model` for its steppers."""
    cell, H, K = model.recurrent_cell, model.hidden_size, model.members
    h, summed = H // K, (len(cell.gates) - cell.separate) * H
    layers = [weights(model.parameters, index) for index in range(model.layers)]
    _, factors = cell.activations(np.dtype(np.float64))
    of_units, of_rows = np.repeat(factors, H), np.repeat(factors, h)[:, None]
    b_ih = [w.b_ih.astype(np.float64) for w in layers]
    for b, w in zip(b_ih, layers, strict=True):
        b[:summed] += w.b_hh[:summed]
        b *= of_units
    hidden = [w.b_hh[summed:].astype(np.float64).reshape(-1, K, h, 1) for w in layers]
    head = model.parameters["head.weight"].reshape(-1, K, h).swapaxes(0, 1)
    readers = [*(diagonal_blocks(w.W_ih, K) * of_rows for w in layers[1:]), head]
    stacks = [
        np.concatenate([reader, diagonal_blocks(w.W_hh, K) * of_rows], axis=1).astype(np.float64)
        for reader, w in zip(readers, layers, strict=True)
    ]
    # A row of the table is contiguous, a column of W_ih is not.
    table = np.ascontiguousarray(layers[0].W_ih.T * of_units + b_ih[0])
    head_bias = model.parameters["head.bias"].astype(np.float64)[:, None]
    inputs = [*(b.reshape(-1, K, h, 1) for b in b_ih[1:]), head_bias]
    return Weights(cell, table, stacks, inputs, hidden, model.boundary)
