"""A multi-layer perceptron over the last N characters, each place with weights of its own.

    z_t = W_1 x_{t-N+1} + ... + W_N x_t + b        h_t = tanh(z_t)

and layers of h = tanh(W h below + b) above it. All steps of a chunk are independent of each other,
so there is no loop over time. What a recurrent network carries as a state is here a window of the
text: the N characters before the chunk, as index + 1, and 0 where there is none, whose one-hot
vector is zero. They are kept as floats like every state, which holds them exactly.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.network.body import Arrays, Body, ModelTape, State
from charrnn.network.products import product
from charrnn.network.tape import by_step, flat_rows


class Units:
    """What a layer keeps, flat (H, T*B): its `output` h, and room for d(loss)/d(h), `dout`, in
    which `backward` leaves d(loss)/d(z)."""

    def __init__(self, hidden_size: int, columns: int, dtype: np.dtype) -> None:
        self.output = flat_rows(hidden_size, columns, dtype)
        self.dout = flat_rows(hidden_size, columns, dtype)


class FeedForward(Body):
    """L layers of tanh units, the first of them over N = `context` places."""

    @property
    def names(self) -> list[str]:
        """Of the layers, as PyTorch counts them in a sequence with their activations."""
        return [f"mlp.{2 * layer}" for layer in range(self.layers)]

    def tape(self, steps: int, batch: int, dtype: np.dtype) -> ModelTape:
        layers = [Units(self.hidden_size, steps * batch, dtype) for _ in self.names]
        read = steps + self.context - 1
        return ModelTape(layers, self.vocabulary_size, steps, batch, read=read)

    def by_place(self, p: Arrays) -> Array:
        """The first layer's weights, or their gradients, as (H, N, V)."""
        return p["mlp.0.weight"].reshape(self.hidden_size, self.context, -1)

    def places(self, tape: ModelTape) -> list[slice]:
        """Where the n-th of the N characters before every step stands, in columns of `tape.x`."""
        T, B = tape.steps, tape.batch
        return [slice(n * B, (n + T) * B) for n in range(self.context)]

    def forward(self, p: Arrays, ids: Array, state: State, tape: ModelTape) -> State:
        # Whatever a file says of the window, these are characters.
        window = np.clip(state["x"][0], 0, self.vocabulary_size).astype(np.intp)
        read = np.concatenate([window, ids + 1])
        tape.take(read[1:])
        if self.boundary is not None:
            read *= self._forget(ids, tape)
        for index, (name, layer) in enumerate(zip(self.names, tape.layers, strict=True)):
            h = layer.output
            if index == 0:
                self._look_up(p, tape, out=h)
            else:
                product(p[f"{name}.weight"], tape.output(index - 1), out=h)
            h += p[f"{name}.bias"][:, None]
            np.tanh(h, out=h)  # h = tanh(W h below + b)
            tape.drop(index)
        return {"x": read[-self.context :][None].astype(state["x"].dtype)}

    def _forget(self, ids: Array, tape: ModelTape) -> Array:
        """Note on the tape which places are of the unit that a step reads, (N, T*B): those with no
        boundary after them. Returns which of all (N + T, B) are of the unit of the last step."""
        N, T, B = self.context, tape.steps, tape.batch
        unit = np.zeros((N + T, B), np.intp)
        unit[N:] = (ids == self.boundary).cumsum(axis=0)
        same = [(unit[n + 1 : n + 1 + T] == unit[N:]).reshape(-1) for n in range(N)]
        tape.same = np.stack(same).astype(tape.logits.dtype)
        current: Array = unit == unit[-1]
        return current

    def _look_up(self, p: Arrays, tape: ModelTape, out: Array) -> None:
        """W_1 x_{t-N+1} + ... + W_N x_t: a column for each place, and none for no character."""
        table = self.by_place(p)[:, :, tape.characters - 1]
        table[:, :, tape.characters == 0] = 0
        if tape.same is not None:  # one more for what is of another unit
            table = np.concatenate([table, np.zeros_like(table[:, :, :1])], axis=2)
        rows, column = tape.rows.reshape(-1), np.empty(out.shape, out.dtype)
        out.fill(0)
        for n, where in enumerate(self.places(tape)):
            read = rows[where]
            if tape.same is not None:
                read = np.where(tape.same[n], read, len(tape.characters))
            out += np.take(table[:, n], read, axis=1, out=column, mode="clip")

    def backward(
        self, p: Arrays, tape: ModelTape, grads: Arrays | None, trace: list[Array] | None
    ) -> State:
        if trace is not None:
            raise ValueError("a feed-forward network has no state whose gradient could be traced")
        for index in reversed(range(self.layers)):
            layer, name = tape.layers[index], self.names[index]
            tape.undrop(index)
            slope = np.multiply(layer.output, layer.output)
            np.subtract(1, slope, out=slope)
            dz = np.multiply(layer.dout, slope, out=layer.dout)  # dz = dh (1 - h^2)
            if grads is not None:
                np.sum(dz, axis=1, out=grads[f"{name}.bias"])  # db = sum_t dz
                if index:
                    below = tape.output(index - 1)
                    product(dz, below.T, out=grads[f"{name}.weight"])  # dW = sum_t dz h^T
                else:
                    self._look_up_gradient(dz, tape, self.by_place(grads))
            if index:
                product(p[f"{name}.weight"].T, dz, out=tape.layers[index - 1].dout)  # dh = W^T dz
        return {}

    def _look_up_gradient(self, dz: Array, tape: ModelTape, dW: Array) -> None:
        """dW_n = sum_t dz x_{t-N+n}^T into dW (H, N, V), for the characters that occur."""
        x, known = tape.x(), tape.characters > 0
        masked = np.empty((0 if tape.same is None else len(x), dz.shape[1]), x.dtype, order="F")
        dW.fill(0)
        for n, where in enumerate(self.places(tape)):
            x_n = x[:, where]
            if tape.same is not None:
                x_n = np.multiply(x_n, tape.same[n], out=masked)
            dW[:, n, tape.characters[known] - 1] = (dz @ x_n.T)[:, known]

    def input_gradients(self, p: Arrays, tape: ModelTape) -> Array:
        T, B, N = tape.steps, tape.batch, self.context
        dz, W = by_step(tape.layers[0].dout, B), self.by_place(p)
        dx = np.zeros((T, self.vocabulary_size, B), dz.dtype)
        for n in range(N):  # x_t is the n-th place of the step N - 1 - n later
            later = N - 1 - n
            dz_n = dz if tape.same is None else dz * tape.same[n].reshape(T, 1, B)
            dx[: max(T - later, 0)] += W[:, n].T @ dz_n[later:]  # dx_t = sum_n W_n^T dz_{t+N-1-n}
        return dx.transpose(1, 0, 2).reshape(-1, T * B)

    def activations(self, tape: ModelTape) -> dict[tuple[int, str], Array]:
        layers = enumerate(tape.layers)
        return {(index, "h"): by_step(layer.output, tape.batch) for index, layer in layers}
