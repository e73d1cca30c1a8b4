"""One recurrent layer over a sequence: its memory, and the only two loops over time.

The dimension letters, here and everywhere:

    T time steps   B batch (streams)   V vocabulary   D inputs of a layer
    H hidden size  G gates             S states       L layers

Layout is feature-major. A whole sequence is "flat", (features, T*B), so that everything outside the
loops is one large product; `by_step` sees the same memory as (T, features, B). Inside the loops the
arrays of a step are contiguous. Memory belongs to the caller: a `Tape` is made once per shape.
"""

from typing import NamedTuple

import numpy as np

from charrnn.cells import Cell, Workspace
from charrnn.ops import Array, row_blocks

#: Extra elements at the end of a row. Rows whose length is a power of two would all compete for the
#: same few cache sets when one timestep (a column block) is written.
PADDING = 16


class Weights(NamedTuple):
    """A layer's parameters, or their gradients: (G*H, D), (G*H, H), (G*H,), (G*H,)."""

    W_ih: Array
    W_hh: Array
    b_ih: Array
    b_hh: Array


def flat_rows(features: int, columns: int, dtype: np.dtype) -> Array:
    """An uninitialised (features, columns) array whose rows are padded."""
    return np.empty((features, columns + PADDING), dtype)[:, :columns]


def by_step(flat: Array, batch: int) -> Array:
    """(features, T*B) seen as (T, features, B): the same memory, no copy."""
    features, columns = flat.shape
    return flat.reshape(features, columns // batch, batch).transpose(1, 0, 2)


class Tape:
    """What one layer remembers of a forward pass over T steps, and room for the way back.

    `h` is flat with T+1 steps, the initial state first; states behind h are kept in `inner`
    (T+1, S-1, H, B), gates in `gates` (T, G, H, B), what the cell saves in `saved`.
    Elements: T*B*H * (2G + S + saved + 1), and G more for cells with separate projections.
    """

    def __init__(
        self, cell: Cell, hidden_size: int, steps: int, batch: int, dtype: np.dtype
    ) -> None:
        G, S, H, T, B = len(cell.gates), len(cell.states), hidden_size, steps, batch
        self.steps, self.batch, self.hidden_size = T, B, H
        self.h = flat_rows(H, (T + 1) * B, dtype)
        self.inner = np.empty((T + 1, S - 1, H, B), dtype)
        self.gates = np.empty((T, G, H, B), dtype)
        self.saved = np.empty((T, len(cell.saved), H, B), dtype)
        self.dxp = flat_rows(G * H, T * B, dtype)
        self.dhp = flat_rows(G * H, T * B, dtype) if cell.separate_projections else self.dxp
        self.dout = np.empty((T, H, B), dtype)  # d(loss)/d(h_t) from the layers above
        self.hp, self.step_dxp, scratch = (np.empty((G, H, B), dtype) for _ in range(3))
        self.step_dhp = np.empty_like(self.hp) if cell.separate_projections else self.step_dxp
        a = np.empty((H, B), dtype)
        scale, shift = (np.array(c, dtype).reshape(G, 1, 1) for c in (cell.scale, cell.shift))
        h = by_step(self.h, B)
        self.states = [[h[t], *self.inner[t]] for t in range(T + 1)]
        self.work = [Workspace(scale, shift, scratch, a, saved) for saved in self.saved]

    @property
    def output(self) -> Array:
        """h_1 ... h_T, flat (H, T*B)."""
        return self.h[:, self.batch :]

    @property
    def before(self) -> Array:
        """h_0 ... h_{T-1}, flat (H, T*B)."""
        return self.h[:, : -self.batch]


def look_up(w: Weights, characters: Array, rows: Array, tape: Tape) -> None:
    """The input projection of one-hot vectors: xp_t is a column of W_ih for every character.

    Step t reads `characters[rows[t]]` (T, B); `characters` are distinct, so that the cost depends
    on the chunk and not on the size of the alphabet.
    """
    table = np.take(w.W_ih, characters, axis=1)  # in rows, as the loop reads it
    table += w.b_ih[:, None]
    G, H, B = tape.hp.shape
    for xp, columns in zip(tape.gates.reshape(-1, G * H, B), rows, strict=True):
        np.take(table, columns, axis=1, out=xp, mode="clip")  # "raise" would copy


def project(w: Weights, x: Array, tape: Tape) -> None:
    """The input projection xp_t = W_ih x_t + b_ih of x, flat (D, T*B)."""
    G, H, B = tape.hp.shape
    T = tape.steps
    W_ih = row_blocks(w.W_ih, B)
    np.matmul(W_ih, by_step(x, B)[:, None], out=tape.gates.reshape(T, len(W_ih), -1, B))
    xp = tape.gates.reshape(T, G * H, B)
    xp += w.b_ih[:, None]


def forward(cell: Cell, w: Weights, tape: Tape) -> None:
    """Run the layer from the state in `tape.states[0]`; `tape.gates` holds the projections xp_t."""
    G, H, B = tape.hp.shape
    W_hh, b_hh = row_blocks(w.W_hh, B), w.b_hh.reshape(G, H, 1)
    product = tape.hp.reshape(len(W_hh), -1, B)
    for t in range(tape.steps):
        previous, state = tape.states[t], tape.states[t + 1]
        np.matmul(W_hh, previous[0], out=product)
        tape.hp += b_hh
        cell.forward(tape.gates[t], tape.hp, previous, state, tape.work[t])


def backward(cell: Cell, w: Weights, tape: Tape, trace: Array | None = None) -> list[Array]:
    """Backpropagation through time, from d(loss)/d(h_t) in `tape.dout`.

    Leaves d(loss)/d(xp_t) and d(loss)/d(hp_t) on the tape, and returns d(loss)/d(initial state),
    one (H, B) per state. `trace` (T, S, H, B), if given, receives the whole derivative of the loss
    with respect to each state after each step.
    """
    G, H, B = tape.hp.shape
    dstate = [np.zeros((H, B), tape.hp.dtype) for _ in cell.states]
    dh = dstate[0]
    dxp, dhp = by_step(tape.dxp, B), by_step(tape.dhp, B)
    W_hh_T = row_blocks(w.W_hh.T, B)
    step_dhp = tape.step_dhp.reshape(G * H, B)
    dh_recurrent = np.empty((H, B), dh.dtype)
    product = dh_recurrent.reshape(len(W_hh_T), -1, B)
    for t in reversed(range(tape.steps)):
        gates, work = tape.gates[t], tape.work[t]
        dh += tape.dout[t]
        cell.through_output(dstate, gates, work)
        if trace is not None:
            trace[t] = dstate
        cell.backward(dstate, gates, tape.states[t], tape.step_dxp, tape.step_dhp, work)
        np.matmul(W_hh_T, step_dhp, out=product)
        dh += dh_recurrent
        dxp[t] = tape.step_dxp.reshape(G * H, B)
        if cell.separate_projections:
            dhp[t] = step_dhp
    return dstate


def weight_gradients(x: Array, tape: Tape, grads: Weights) -> None:
    """The gradients of a layer that read x, flat (D, T*B), into `grads`, after `backward`."""
    blocks = row_blocks(tape.dxp, len(x))
    np.matmul(blocks, x.T, out=grads.W_ih.reshape(len(blocks), -1, len(x)))
    np.matmul(tape.dhp, tape.before.T, out=grads.W_hh)
    np.sum(tape.dxp, axis=1, out=grads.b_ih)
    np.sum(tape.dhp, axis=1, out=grads.b_hh)


def input_gradient(w: Weights, tape: Tape, out: Array) -> None:
    """d(loss)/d(x_t) into `out` (T, D, B), after `backward`."""
    W_ih_T = row_blocks(w.W_ih.T, tape.batch)
    dxp = by_step(tape.dxp, tape.batch)[:, None]
    np.matmul(W_ih_T, dxp, out=out.reshape(tape.steps, len(W_ih_T), -1, tape.batch))
