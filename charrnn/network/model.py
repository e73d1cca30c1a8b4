"""`CharModel`: one-hot characters in, logits over the next character out.

Parameters are a flat dict under PyTorch's names, all of them views of one vector, so that the
optimiser sees a single array. The loss is outside: which gradient is computed is a choice of
`dlogits`. A model holds no activations; they are on the `ModelTape` that the caller owns.
"""

import math
from collections.abc import Mapping

import numpy as np

from charrnn.arrays import Array
from charrnn.network import layer as recurrent
from charrnn.network.cells import CELLS
from charrnn.network.layer import Tape, Weights, flat_rows
from charrnn.network.parameters import between_units, parameter_shapes

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
        self.onehot = flat_rows(min(V, steps * batch), steps * batch, dtype)
        self.logits = flat_rows(V, steps * batch, dtype)
        self.masks: list[Array] = []  # dropout masks of the layers' outputs, flat (H, T*B)
        self.dropped = [flat_rows(H, steps * batch, dtype) for _ in range(model.layers)]

    def x(self) -> Array:
        """The one-hot input, flat, with a row for each distinct character of the chunk."""
        x = self.onehot[: len(self.characters)]
        x.fill(0)
        x[self.rows.reshape(-1), np.arange(self.rows.size)] = 1
        return x

    def output(self, layer: int) -> Array:
        """What the layer above reads, flat (H, T*B): the hidden states, after dropout if any."""
        return self.dropped[layer] if self.masks else self.layers[layer].output


class CharModel:
    """An L-layer recurrent network of one cell type with a softmax layer.

    `parameters` maps PyTorch's names to arrays of `shapes.parameter_shapes`; they are copied into
    one vector `flat` of `dtype`. The computation is done in that dtype.
    """

    def __init__(
        self,
        parameters: Mapping[str, Array],
        *,
        cell: str,
        activation: str = "tanh",
        dtype: type[np.floating] = np.float32,
    ) -> None:
        self.cell = CELLS[cell](activation)
        self.vocabulary_size, self.hidden_size = parameters["head.weight"].shape
        self.layers = sum(name.startswith("rnn.weight_hh") for name in parameters)
        self.dtype = np.dtype(dtype)
        self.shapes = parameter_shapes(cell, self.layers, self.hidden_size, self.vocabulary_size)
        self.flat = np.empty(sum(map(math.prod, self.shapes.values())), self.dtype)
        self.parameters = self.named(self.flat)
        for name, array in self.parameters.items():
            array[...] = parameters[name]

    def layer(self, index: int, arrays: Mapping[str, Array] | None = None) -> Weights:
        """The weights of one layer, or the same entries of another dict such as gradients."""
        arrays = self.parameters if arrays is None else arrays
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return Weights(*(arrays[f"rnn.{name}_l{index}"] for name in names))

    def move_to(self, flat: Array) -> None:
        """Keep the parameters in this vector from now on, such as one that processes share."""
        flat[...] = self.flat
        self.flat, self.parameters = flat, self.named(flat)

    def with_weights(self, flat: Array) -> "CharModel":
        """A model of the same kind with a copy of these weights, a vector like `flat`."""
        return self.with_parameters(self.named(flat))

    def with_parameters(self, parameters: Mapping[str, Array]) -> "CharModel":
        """A model of the same cell and type with a copy of these parameters, of any size."""
        return CharModel(
            parameters,
            cell=self.cell.name,
            activation=self.cell.activation,
            dtype=self.dtype.type,
        )

    def zero_state(self, batch: int) -> State:
        shape = (self.layers, self.hidden_size, batch)
        return {name: np.zeros(shape, self.dtype) for name in self.cell.states}

    def tape(self, steps: int, batch: int) -> ModelTape:
        return ModelTape(self, steps, batch)

    def named(self, flat: Array) -> dict[str, Array]:
        """A vector like `flat`, such as a gradient or a moment, as parameter-shaped views."""
        return named_views(flat, self.shapes)

    def gradients(self) -> tuple[Array, dict[str, Array]]:
        """Room for gradients: one vector, and the parameter-shaped views of it."""
        flat = np.zeros_like(self.flat)
        return flat, self.named(flat)

    def forward(
        self,
        ids: Array,
        state: State,
        tape: ModelTape,
        dropout: float = 0.0,
        rng: np.random.Generator | None = None,
    ) -> tuple[Array, State]:
        """Characters (T, B) to logits, flat (V, T*B) and valid until the tape is used again.

        Starts from `state` and returns the state after the last step as new arrays. With dropout
        p > 0 every layer's output is multiplied, per element and step, by 0 with probability p and
        by 1/(1-p) otherwise (`rng` decides), as between PyTorch's layers and before the softmax.
        """
        if ids.shape != (tape.steps, tape.batch):
            raise ValueError(f"ids have shape {ids.shape}, the tape {(tape.steps, tape.batch)}")
        tape.masks = []
        tape.characters, rows = np.unique(ids, return_inverse=True)
        tape.rows = rows.reshape(ids.shape)
        for index, layer in enumerate(tape.layers):
            for name, array in zip(self.cell.states, layer.states[0], strict=True):
                array[...] = state[name][index]
            w = self.layer(index)
            if index == 0:
                recurrent.look_up(w, tape.characters, tape.rows, layer)
            else:
                recurrent.project(w, tape.output(index - 1), layer)
            recurrent.forward(self.cell, w, layer)
            if dropout and rng is not None:
                tape.masks.append(dropout_mask(layer.output.shape, dropout, rng, self.dtype))
                np.multiply(layer.output, tape.masks[-1], out=tape.dropped[index])
        top = tape.output(self.layers - 1)
        np.matmul(self.parameters["head.weight"], top, out=tape.logits)
        tape.logits += self.parameters["head.bias"][:, None]
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
            np.matmul(dlogits, tape.output(self.layers - 1).T, out=grads["head.weight"])
            np.sum(dlogits, axis=1, out=grads["head.bias"])
        np.matmul(self.parameters["head.weight"].T, dlogits, out=tape.layers[-1].dout)
        dinitial = self.zero_state(tape.batch)
        for index in reversed(range(self.layers)):
            layer, w = tape.layers[index], self.layer(index)
            if tape.masks:
                layer.dout *= tape.masks[index]
            steps = trace[index] if trace is not None else None
            dstate = recurrent.backward(self.cell, w, layer, steps)
            if grads is not None:
                self._weight_gradients(index, tape, self.layer(index, grads))
            if index:
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
        present = grads._replace(W_ih=np.empty((len(grads.b_ih), len(x)), self.dtype))
        recurrent.weight_gradients(x, tape.layers[index], present)
        grads.W_ih.fill(0)
        grads.W_ih[:, tape.characters] = present.W_ih


def named_views(flat: Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """A view of the flat vector for every name: matrices between hidden units, other matrices,
    biases. So what Muon works on is one slice, and what decays another (see `matrices`)."""
    views, start = {}, 0
    for name in sorted(shapes, key=lambda name: (not between_units(name), -len(shapes[name]))):
        size = math.prod(shapes[name])
        views[name] = flat[start : start + size].reshape(shapes[name])
        start += size
    return {name: views[name] for name in shapes}


def matrices(parameters: Mapping[str, Array]) -> slice:
    """The slice of the flat vector that holds the matrices."""
    return slice(0, sum(array.size for array in parameters.values() if array.ndim == 2))


def hidden_matrices(parameters: Mapping[str, Array]) -> slice:
    """The slice of the flat vector that holds those between hidden units."""
    return slice(0, sum(array.size for n, array in parameters.items() if between_units(n)))


def dropout_mask(
    shape: tuple[int, int], dropout: float, rng: np.random.Generator, dtype: np.dtype
) -> Array:
    """0 with probability p, else 1/(1-p); p is rounded to 1/256, because bytes are fast to draw."""
    dropped = min(round(256 * dropout), 255)
    mask = (rng.integers(0, 256, shape, np.uint8) >= dropped).astype(dtype)
    mask *= dtype.type(256 / (256 - dropped))
    return mask
