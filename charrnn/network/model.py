"""`CharModel`: one-hot characters in, logits over the next character out.

The loss is outside: which gradient is computed is a choice of `dlogits`. A model holds parameters
and no activations; those are on the `ModelTape` that the caller owns.
"""

from collections.abc import Mapping

import numpy as np

from charrnn.arrays import Array
from charrnn.network import layer as recurrent
from charrnn.network.cells import CELLS
from charrnn.network.dropout import Dropout
from charrnn.network.layer import Tape, Weights, flat_rows
from charrnn.network.parameters import Parameters

#: One (L, H, B) array per state name.
State = dict[str, Array]


class ModelTape:
    """Memory for one shape (T, B): a `Tape` per layer, the one-hot input, the logits."""

    def __init__(self, model: "CharModel", steps: int, batch: int) -> None:
        cell, H, V, dtype = model.cell, model.hidden_size, model.vocabulary_size, model.dtype
        self.steps, self.batch = steps, batch
        self.layers = [Tape(cell, H, steps, batch, dtype) for _ in range(model.layers)]
        self.characters = np.empty(0, np.intp)  # the distinct characters of this chunk
        self.rows = np.empty((steps, batch), np.intp)  # which of them is read, at every place
        # A chunk has no more different characters than places, however large the alphabet.
        self.onehot = flat_rows(min(V, steps * batch), steps * batch, dtype)
        self.logits = flat_rows(V, steps * batch, dtype)
        self.masks: list[Array] = []  # dropout masks of the layers' outputs, flat (H, T*B)
        # Kept beside the output, which the recurrence itself reads undropped.
        self.dropped = [flat_rows(H, steps * batch, dtype) for _ in range(model.layers)]

    def x(self) -> Array:
        """The one-hot input, flat, with a row for each distinct character of the chunk."""
        x = self.onehot[: len(self.characters)]
        x.fill(0)  # the memory is used again for every chunk
        x[self.rows.reshape(-1), np.arange(self.rows.size)] = 1
        return x

    def output(self, layer: int) -> Array:
        """What the layer above reads, flat (H, T*B): the hidden states, after dropout if any."""
        return self.dropped[layer] if self.masks else self.layers[layer].output


class CharModel:
    """An L-layer recurrent network of one cell type with a softmax layer.

    `parameters` maps PyTorch's names to arrays of `parameters.parameter_shapes`; they are copied
    into one vector of `dtype`, in which all is computed. `members` says of how many networks side
    by side this one is the merger (see `ensemble`): between them its matrices are zero.
    """

    def __init__(
        self,
        parameters: Mapping[str, Array],
        *,
        cell: str,
        activation: str = "tanh",
        dtype: type[np.floating] = np.float32,
        members: int = 1,
    ) -> None:
        self.cell = CELLS[cell](activation)
        self.vocabulary_size, self.hidden_size = parameters["head.weight"].shape
        self.layers = sum(name.startswith("rnn.weight_hh") for name in parameters)
        self.dtype = np.dtype(dtype)
        self.members = members
        self.parameters = Parameters.copied(parameters, self.dtype)

    @property
    def flat(self) -> Array:
        """The vector that holds all parameters, (P,)."""
        return self.parameters.flat

    def layer(self, index: int, arrays: Mapping[str, Array] | None = None) -> Weights:
        """The weights of one layer, or the same entries of another mapping such as gradients."""
        arrays = self.parameters if arrays is None else arrays
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return Weights(*(arrays[f"rnn.{name}_l{index}"] for name in names))

    def move_to(self, flat: Array) -> None:
        """Keep the parameters in this vector from now on, such as one that processes share."""
        flat[...] = self.flat
        self.parameters = self.parameters.over(flat)

    def like(self, parameters: Mapping[str, Array], members: int = 1) -> "CharModel":
        """A model of the same cell and type with a copy of these parameters, of any size."""
        return CharModel(
            parameters,
            cell=self.cell.name,
            activation=self.cell.activation,
            dtype=self.dtype.type,
            members=members,
        )

    def with_weights(self, flat: Array) -> "CharModel":
        """A model of the same kind with a copy of these weights, a vector like `flat`."""
        return self.like(self.parameters.over(flat), self.members)

    def zero_state(self, batch: int) -> State:
        shape = (self.layers, self.hidden_size, batch)
        return {name: np.zeros(shape, self.dtype) for name in self.cell.states}

    def tape(self, steps: int, batch: int) -> ModelTape:
        return ModelTape(self, steps, batch)

    def gradients(self) -> Parameters:
        """Room for the gradients of the parameters."""
        return self.parameters.over(np.zeros_like(self.flat))

    def forward(
        self,
        ids: Array,
        state: State,
        tape: ModelTape,
        dropout: Dropout | None = None,
    ) -> tuple[Array, State]:
        """Characters (T, B) to logits, flat (V, T*B) and valid until the tape is used again.

        Starts from `state` and returns the state after the last step as new arrays. With dropout
        every layer's output is multiplied, per element and step, by a mask, as between PyTorch's
        layers, and before the softmax too.
        """
        if ids.shape != (tape.steps, tape.batch):
            raise ValueError(f"ids have shape {ids.shape}, the tape {(tape.steps, tape.batch)}")
        tape.masks = []
        # One-hot vectors are never multiplied: a product with one is a column, and only columns
        # of characters that occur are touched.
        tape.characters, rows = np.unique(ids, return_inverse=True)
        tape.rows = rows.reshape(ids.shape)
        for index, layer in enumerate(tape.layers):
            for name, array in zip(self.cell.states, layer.states[0], strict=True):
                array[...] = state[name][index]  # the tape is the only memory in the loops
            w = self.layer(index)
            if index == 0:
                recurrent.look_up(
                    w, tape.characters, tape.rows, layer
                )  # xp = W_ih x + b, x one-hot
            else:
                recurrent.project(w, tape.output(index - 1), layer)  # xp = W_ih h below + b
            recurrent.forward(self.cell, w, layer)
            if dropout:
                tape.masks.append(dropout.mask(index, self.hidden_size, tape.steps, self.dtype))
                np.multiply(layer.output, tape.masks[-1], out=tape.dropped[index])
        top = tape.output(self.layers - 1)
        np.matmul(self.parameters["head.weight"], top, out=tape.logits)
        tape.logits += self.parameters["head.bias"][:, None]  # z = W h + b
        # New arrays, because the caller carries the state on while the tape is used again.
        last = [layer.states[-1] for layer in tape.layers]
        return tape.logits, {
            name: np.stack([states[s] for states in last])
            for s, name in enumerate(self.cell.states)
        }

    def backward(
        self,
        dlogits: Array,
        tape: ModelTape,
        grads: Mapping[str, Array] | None,
        trace: list[Array] | None = None,
    ) -> State:
        """Gradients of the loss whose derivative with respect to the logits is `dlogits` (V, T*B).

        Writes every parameter's gradient into `grads` (None: they are not wanted) and returns
        d(loss)/d(initial state). With `trace`, one (T, S, H, B) array per layer, also the gradients
        of the states at every step.
        """
        if grads is not None:
            np.matmul(dlogits, tape.output(self.layers - 1).T, out=grads["head.weight"])  # dz h^T
            np.sum(dlogits, axis=1, out=grads["head.bias"])  # db = sum_t dz
        np.matmul(
            self.parameters["head.weight"].T, dlogits, out=tape.layers[-1].dout
        )  # dh = W^T dz
        dinitial = self.zero_state(tape.batch)
        for index in reversed(range(self.layers)):
            layer, w = tape.layers[index], self.layer(index)
            if tape.masks:
                layer.dout *= tape.masks[index]  # dh = mask dout: what was dropped learns nothing
            steps = trace[index] if trace is not None else None
            dstate = recurrent.backward(self.cell, w, layer, steps)
            if grads is not None:
                self._weight_gradients(index, tape, self.layer(index, grads))
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
        present = grads._replace(W_ih=np.empty((len(grads.b_ih), len(x)), self.dtype))
        recurrent.weight_gradients(x, tape.layers[index], present)
        grads.W_ih.fill(0)
        grads.W_ih[:, tape.characters] = present.W_ih
