"""`CharModel`: one-hot characters in, logits over the next character out.

Its hidden layers are a `Body`; the softmax layer is here, and the loss is outside: which gradient
is computed is a choice of `dlogits`. A model holds parameters and no activations; those are on the
`ModelTape` that the caller owns.
"""

from collections.abc import Mapping

import numpy as np

from charrnn.arrays import Array
from charrnn.network.body import Body, ModelTape, State
from charrnn.network.cells import CELLS
from charrnn.network.cells.base import Cell
from charrnn.network.dropout import Dropout
from charrnn.network.feedforward import FeedForward
from charrnn.network.parameters import Parameters
from charrnn.network.products import product
from charrnn.network.recurrent import Recurrent


class CharModel:
    """L hidden layers of one type with a softmax layer.

    `parameters` maps PyTorch's names to arrays of `parameters.parameter_shapes`; they are copied
    into one vector of `dtype`, in which all is computed. `members` says of how many networks side
    by side this one is the merger (see `ensemble`): between them its matrices are zero. `boundary`
    is the index of the character before which the state becomes zero, if there is one.
    """

    def __init__(
        self,
        parameters: Mapping[str, Array],
        *,
        cell: str,
        activation: str = "tanh",
        dtype: type[np.floating] = np.float32,
        members: int = 1,
        boundary: int | None = None,
    ) -> None:
        self.cell = CELLS[cell](activation)
        self.vocabulary_size, self.hidden_size = parameters["head.weight"].shape
        self.dtype = np.dtype(dtype)
        self.members, self.boundary = members, boundary
        self.parameters = Parameters.copied(parameters, self.dtype)
        self.layers, self.context = self.cell.sizes(self.parameters.shapes)
        sizes = (self.layers, self.hidden_size, self.vocabulary_size)
        self.body: Body = (
            Recurrent(self.cell, *sizes, boundary)
            if isinstance(self.cell, Cell)
            else FeedForward(self.cell, *sizes, self.context, boundary)
        )

    @property
    def recurrent_cell(self) -> Cell:
        """The cell. Raises ValueError if the network is feed-forward and has none."""
        if not isinstance(self.cell, Cell):
            raise ValueError(f"{self.cell.name} is no recurrent cell")
        return self.cell

    @property
    def flat(self) -> Array:
        """The vector that holds all parameters, (P,)."""
        return self.parameters.flat

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
            boundary=self.boundary,
        )

    def with_weights(self, flat: Array) -> "CharModel":
        """A model of the same kind with a copy of these weights, a vector like `flat`."""
        return self.like(self.parameters.over(flat), self.members)

    def zero_state(self, batch: int) -> State:
        """What `batch` streams carry before they have read anything."""
        return self.body.zero_state(batch, self.dtype)

    def tape(self, steps: int, batch: int) -> ModelTape:
        """Memory for chunks of one shape."""
        return self.body.tape(steps, batch, self.dtype)

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
        tape.dropout, tape.masks = dropout, []
        after = self.body.forward(self.parameters, ids, state, tape)
        product(self.parameters["head.weight"], tape.output(self.layers - 1), out=tape.logits)
        tape.logits += self.parameters["head.bias"][:, None]  # z = W h + b
        return tape.logits, after

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
            product(dlogits, tape.output(self.layers - 1).T, out=grads["head.weight"])  # dz h^T
            np.sum(dlogits, axis=1, out=grads["head.bias"])  # db = sum_t dz
        dh = tape.layers[-1].dout
        product(self.parameters["head.weight"].T, dlogits, out=dh)  # dh = W^T dz
        return self.body.backward(self.parameters, tape, grads, trace)

    def input_gradients(self, tape: ModelTape) -> Array:
        """d(loss)/d(one-hot vector read), flat (V, T*B), after `backward`."""
        return self.body.input_gradients(self.parameters, tape)
