"""Recurrent layers over one-hot characters: each reads the hidden states of the layer below.

Layers run one after the other over the whole chunk, so that everything but a layer's own recurrence
is one large product (see `layer`).
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.network import layer as recurrent
from charrnn.network.body import Arrays, Body, ModelTape, State
from charrnn.network.cells.base import Cell
from charrnn.network.layer import Weights
from charrnn.network.tape import Tape


def weights(arrays: Arrays, index: int) -> Weights:
    """The weights of one layer, or the same entries of another mapping such as gradients."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return Weights(*(arrays[f"rnn.{name}_l{index}"] for name in names))


class Recurrent(Body):
    """L layers of one cell. Its state is that of the cells, (L, H, B) for each of their states."""

    def __init__(
        self,
        cell: Cell,
        layers: int,
        hidden_size: int,
        vocabulary_size: int,
        boundary: int | None = None,
    ) -> None:
        super().__init__(cell, layers, hidden_size, vocabulary_size, 0, boundary)
        self.cell = cell

    def tape(self, steps: int, batch: int, dtype: np.dtype) -> ModelTape:
        sizes = (self.hidden_size, steps, batch, dtype)
        resets = self.boundary is not None
        layers = [Tape(self.cell, *sizes, resets) for _ in range(self.layers)]
        return ModelTape(layers, self.vocabulary_size, steps, batch, read=steps)

    def forward(self, p: Arrays, ids: Array, state: State, tape: ModelTape) -> State:
        tape.take(ids)
        if self.boundary is not None:
            goes_on = (ids != self.boundary).astype(tape.logits.dtype)
            for layer in tape.layers:
                layer.reset(goes_on)
        for index, layer in enumerate(tape.layers):
            for name, array in zip(self.cell.states, layer.states[0], strict=True):
                array[...] = state[name][index]  # the tape is the only memory in the loops
            w = weights(p, index)
            if index == 0:
                recurrent.look_up(w, tape.characters, tape.rows, layer)  # xp = W_ih x + b
            else:
                recurrent.project(w, tape.output(index - 1), layer)  # xp = W_ih h below + b
            recurrent.forward(self.cell, w, layer)
            tape.drop(index)
        # New arrays, because the caller carries the state on while the tape is used again.
        last = [layer.states[-1] for layer in tape.layers]
        return {
            name: np.stack([states[s] for states in last])
            for s, name in enumerate(self.cell.states)
        }

    def backward(
        self, p: Arrays, tape: ModelTape, grads: Arrays | None, trace: list[Array] | None
    ) -> State:
        dinitial = self.zero_state(tape.batch, tape.logits.dtype)
        for index in reversed(range(self.layers)):
            layer, w = tape.layers[index], weights(p, index)
            tape.undrop(index)
            steps = trace[index] if trace is not None else None
            dstate = recurrent.backward(self.cell, w, layer, steps)
            if grads is not None:
                self._weight_gradients(index, tape, weights(grads, index))
            if index:  # the one-hot input below the first layer is given, not learnt
                recurrent.input_gradient(w, layer, out=tape.layers[index - 1].dout)
            for name, array in zip(self.cell.states, dstate, strict=True):
                dinitial[name][index] = array
        return dinitial

    def _weight_gradients(self, index: int, tape: ModelTape, grads: Weights) -> None:
        """Those of one layer; the first one's W_ih has gradients for the characters that occur."""
        if index:
            recurrent.weight_gradients(tape.output(index - 1), tape.layers[index], grads)
            return
        x = tape.x()
        # The product is over the rows of x that exist; all other columns of dW_ih are zero.
        present = grads._replace(W_ih=np.empty((len(grads.b_ih), len(x)), x.dtype))
        recurrent.weight_gradients(x, tape.layers[index], present)
        grads.W_ih.fill(0)
        grads.W_ih[:, tape.characters] = present.W_ih

    def input_gradients(self, p: Arrays, tape: ModelTape) -> Array:
        dx = np.empty_like(tape.logits)
        recurrent.input_gradient(weights(p, 0), tape.layers[0], out=dx)
        return dx

    def activations(self, tape: ModelTape) -> dict[tuple[int, str], Array]:
        return {
            (index, name): layer.memory[1:, s]
            for index, layer in enumerate(tape.layers)
            for s, name in enumerate(self.cell.states)
        }
