"""`Body`: the hidden layers of a network, from one-hot characters to what the softmax layer reads.

There are two: `recurrent`, where a character is read at a time and a state goes on, and, for
contrast, `feedforward`, where the last N characters are read at once. Training, sampling and
inspection know only what stands here. Dimension letters and layout are those of `layer`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.network.architecture import Architecture
from charrnn.network.dropout import Dropout
from charrnn.network.tape import flat_rows

#: Parameters or gradients by PyTorch's names.
Arrays = Mapping[str, Array]
#: What streams carry from chunk to chunk, by name: arrays with a column for each, zero at first.
State = dict[str, Array]


class ModelTape:
    """Memory for one shape (T, B): what each layer keeps, the one-hot input, the logits.

    `layers` have an `output` and room for its gradient, `dout`, both flat (H, T*B); `read` is how
    many steps of characters are looked at, T or more.
    """

    def __init__(
        self, layers: list[Any], vocabulary_size: int, steps: int, batch: int, *, read: int
    ) -> None:
        self.layers, self.steps, self.batch = layers, steps, batch
        (H, places), dtype = layers[0].output.shape, layers[0].output.dtype
        self.logits = flat_rows(vocabulary_size, places, dtype)
        self.characters = np.empty(0, np.intp)  # the distinct characters of this chunk
        self.rows: Array = np.empty((read, batch), np.intp)  # which of them is read, at every place
        # A chunk has no more different characters than places, however large the alphabet.
        self.onehot = flat_rows(read * batch, min(vocabulary_size + 1, read * batch), dtype)
        self.dropout: Dropout | None = None  # of this chunk
        self.masks: list[Array] = []  # of the layers' outputs, flat (H, T*B), if there is dropout
        self.same: Array | None = None  # of places read at once, those that count, (N, T*B)
        # Kept beside the output, which the recurrence itself reads undropped.
        self.dropped = [flat_rows(H, places, dtype) for _ in layers]

    def take(self, ids: Array) -> None:
        """Note which characters `ids` (read, B) are. One-hot vectors are never multiplied: a
        product with one is a column, and only columns of characters that occur are touched."""
        self.characters, rows = np.unique(ids, return_inverse=True)
        self.rows = rows.reshape(ids.shape)

    def x(self) -> Array:
        """The one-hot input, flat, with a row for each distinct character of the chunk. It is a
        transposed view, because x^T is what products read: their inner loops run along rows."""
        x_T = self.onehot[:, : len(self.characters)]
        x_T.fill(0)  # the memory is used again for every chunk
        x_T[np.arange(self.rows.size), self.rows.reshape(-1)] = 1
        return x_T.T

    def output(self, index: int) -> Array:
        """What the layer above reads, flat (H, T*B): the layer's output, after dropout if any."""
        output: Array = self.dropped[index] if self.masks else self.layers[index].output
        return output

    def drop(self, index: int) -> None:
        """Multiply a layer's output, per element and step, by a mask."""
        if self.dropout:
            output = self.layers[index].output
            mask = self.dropout.mask(index, len(output), self.steps, output.dtype)
            self.masks.append(mask)
            np.multiply(output, mask, out=self.dropped[index])

    def undrop(self, index: int) -> None:
        """The same for the gradient: dh = mask dout, and what was dropped learns nothing."""
        if self.masks:
            self.layers[index].dout *= self.masks[index]


class Body(ABC):
    """The layers of an architecture at their sizes. It holds no weights: `p` are the parameters of
    the whole network, and `grads` room for theirs. Before the character `boundary`, if there is
    one, a stream forgets all that it has read: independent units of a text begin with it."""

    def __init__(
        self,
        architecture: Architecture,
        layers: int,
        hidden_size: int,
        vocabulary_size: int,
        context: int,
        boundary: int | None,
    ) -> None:
        self.layers, self.hidden_size = layers, hidden_size
        self.vocabulary_size, self.context = vocabulary_size, context
        self.boundary = boundary
        self.carried = architecture.carried_shapes(layers, hidden_size, context)

    def zero_state(self, batch: int, dtype: np.dtype) -> State:
        """The state before anything is read."""
        return {name: np.zeros((*shape, batch), dtype) for name, shape in self.carried.items()}

    @abstractmethod
    def tape(self, steps: int, batch: int, dtype: np.dtype) -> ModelTape:
        """Memory for chunks of one shape."""

    @abstractmethod
    def forward(self, p: Arrays, ids: Array, state: State, tape: ModelTape) -> State:
        """Characters (T, B) to `tape.output` of the last layer; the state after, as new arrays."""

    @abstractmethod
    def backward(
        self, p: Arrays, tape: ModelTape, grads: Arrays | None, trace: list[Array] | None
    ) -> State:
        """From `dout` of the last layer to the gradients of the parameters, and of the state before
        as far as it has any. `trace` is that of `CharModel.backward`."""

    @abstractmethod
    def input_gradients(self, p: Arrays, tape: ModelTape) -> Array:
        """d(loss)/d(one-hot vector) of every place, flat (V, T*B), after `backward`."""

    @abstractmethod
    def activations(self, tape: ModelTape) -> dict[tuple[int, str], Array]:
        """What the units of each layer, from 0 at the bottom, are after every step, (T, H, B) for
        each of their states, or for the h of a network that has none."""
