"""One recurrent layer over a sequence: its memory, and the only two loops over time.

The dimension letters, here and everywhere:

    T time steps   B batch (streams)   V vocabulary   D inputs of a layer
    H hidden size  G gates             S states       L layers

Layout is feature-major. A whole sequence is "flat", (features, T*B), so that everything outside the
loops is one large product; `by_step` sees the same memory as (T, features, B). Inside the loops the
arrays of a step are contiguous. Memory belongs to the caller: a `Tape` is made once per shape.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.network.activations import gate_activations, scaled
from charrnn.network.cells.base import Cell, Step
from charrnn.network.numerics import row_blocks

#: Extra elements at the end of a row. Rows whose length is a power of two would all compete for the
#: same few cache sets when one timestep (a column block) is written.
PADDING = 16

#: Steps that go to a flat array together. One step is a single cache line in every row, each of
#: them waited for in turn; a few side by side measured a quarter faster or more.
TOGETHER = 4


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

    Contiguous per step: the states (T+1, S, H, B), the initial one first; gates (T, G, H, B); what
    the cell saves (T, saved, H, B); the hidden projections of the A `separate` gates (T, A, H, B).
    With `resets` streams may begin anew at any step: the state that step t reads is then `keep[t]`
    (H, B), 0 for such streams and 1 for others, times that after step t - 1.
    Flat, for the products over all steps at once: `h` with T+1 steps, the gradients `dout` of the
    output and `dp` of the projections: d(loss)/d(xp), and below it d(loss)/d(hp) of the separate
    gates. Elements: T*B*H * (2G + 2A + S + saved + 2).
    """

    def __init__(
        self,
        cell: Cell,
        hidden_size: int,
        steps: int,
        batch: int,
        dtype: np.dtype,
        resets: bool = False,
    ) -> None:
        G, S, A = len(cell.gates), len(cell.states), cell.separate
        H, T, B = hidden_size, steps, batch
        self.steps, self.batch, self.hidden_size = T, B, H
        self.summed = (G - A) * H  # rows of the gates in which xp and hp are just added
        self.h = flat_rows(H, (T + 1) * B, dtype)
        self.memory = np.empty((T + 1, S, H, B), dtype)
        self.keep: list[Array | None] = [None] * T  # None where all streams go on
        self.goes_on: Array | None = None  # the same for all steps, (T*B,)
        self.gates = np.empty((T, G, H, B), dtype)
        self.separate = np.empty((T, A, H, B), dtype)
        saved = np.empty((T, len(cell.saved), H, B), dtype)
        self.dp = flat_rows((G + A) * H, T * B, dtype)
        self.dout = flat_rows(H, T * B, dtype)  # d(loss)/d(h_t) from the layers above
        # One product and one cell's scratch at a time: all steps share these.
        self.hp, scratch = (np.empty((G, H, B), dtype) for _ in range(2))
        a = np.empty((H, B), dtype)
        one = np.ones((1, 1), dtype)
        activate, tanh = gate_activations(cell.functions[: G - A], one), scaled(one)
        # Views of each step are made here, once, and not in the loops: making one takes as long as
        # adding a short row.
        self.states = [list(states) for states in self.memory]
        self.at = [
            Step(gates, self.hp, separate, previous, state, kept, activate, tanh, scratch, a)
            for gates, separate, (previous, state), kept in zip(
                self.gates, self.separate, pairwise(self.states), saved, strict=True
            )
        ]
        self.reset_states = [list(s) for s in np.empty((T, S, H, B), dtype)] if resets else []
        # The gradients of a few steps, as a cell writes them, before they go to `dp`.
        self.dhp = np.empty((min(T, TOGETHER), G, H, B), dtype)
        self.dxp_separate = np.empty((min(T, TOGETHER), A, H, B), dtype)

    @property
    def output(self) -> Array:
        """h_1 ... h_T, flat (H, T*B)."""
        return self.h[:, self.batch :]

    @property
    def before(self) -> Array:
        """The h that each step reads, h_0 ... h_{T-1}, flat (H, T*B)."""
        before = self.h[:, : -self.batch]
        return before if self.goes_on is None else before * self.goes_on

    @property
    def dxp(self) -> Array:
        """d(loss)/d(xp_t), flat (G*H, T*B), after `backward`."""
        return self.dp[: self.hp.shape[0] * self.hidden_size]

    def reset(self, goes_on: Array) -> None:
        """Before a pass: which streams go on at which step, (T, B), 0 or 1."""
        T, B, H = self.steps, self.batch, self.hidden_size
        self.goes_on = goes_on.reshape(-1)
        self.keep = [None] * T
        for step, states in zip(self.at, self.states, strict=False):
            step.previous = states
        at = np.flatnonzero((goes_on == 0).any(axis=1))
        # For all units, because a product with a row costs several times one with a whole array.
        masks = np.repeat(goes_on[at], H, axis=0).reshape(-1, H, B)
        for t, mask in zip(at.tolist(), masks, strict=True):
            self.keep[t], self.at[t].previous = mask, self.reset_states[t]

    def keep_states(self, first: int, last: int) -> None:
        """Copy h of the steps [first, last) to the flat array."""
        h = self.memory[first:last, 0]
        by_step(self.h, self.batch)[first:last] = h

    def keep_gradients(self, first: int) -> None:
        """Copy the gradients of a few steps from `first` on to the flat array."""
        G, H, B = self.hp.shape
        count = min(len(self.dhp), self.steps - first)
        dhp = self.dhp[:count].reshape(count, G * H, B)
        dp = by_step(self.dp, B)[first : first + count]
        dp[:, : self.summed] = dhp[:, : self.summed]  # xp + hp: both have one gradient
        if self.summed < G * H:
            dp[:, self.summed : G * H] = self.dxp_separate[:count].reshape(count, -1, B)
            dp[:, G * H :] = dhp[:, self.summed :]


def input_bias(w: Weights, tape: Tape) -> Array:
    """What is added to W_ih x: b_ih, and b_hh too where the projections are just added, (G*H, 1).
    One addition for all steps in place of one in each."""
    bias = w.b_ih.copy()
    bias[: tape.summed] += w.b_hh[: tape.summed]
    return bias[:, None]


def look_up(w: Weights, characters: Array, rows: Array, tape: Tape) -> None:
    """The input projection of one-hot vectors: xp_t is a column of W_ih for every character.

    Step t reads `characters[rows[t]]` (T, B); `characters` are distinct, so that the cost depends
    on the chunk and not on the size of the alphabet.
    """
    table = np.take(w.W_ih, characters, axis=1)  # in rows, as the loop reads it
    table += input_bias(w, tape)
    G, H, B = tape.hp.shape
    for xp, columns in zip(tape.gates.reshape(-1, G * H, B), rows, strict=True):
        # xp_t = W_ih onehot(x_t) + b; the default mode, "raise", would go through a copy
        np.take(table, columns, axis=1, out=xp, mode="clip")


def project(w: Weights, x: Array, tape: Tape) -> None:
    """The input projection xp_t = W_ih x_t + b of x, flat (D, T*B)."""
    G, H, B = tape.hp.shape
    T = tape.steps
    W_ih = row_blocks(w.W_ih, B)
    np.matmul(W_ih, by_step(x, B)[:, None], out=tape.gates.reshape(T, len(W_ih), -1, B))  # W_ih x
    xp = tape.gates.reshape(T, G * H, B)
    xp += np.repeat(input_bias(w, tape), B, axis=1)


def forward(cell: Cell, w: Weights, tape: Tape) -> None:
    """Run the layer from the state in `tape.states[0]`; `tape.gates` holds the projections xp_t."""
    G, H, B = tape.hp.shape
    T, A = tape.steps, cell.separate
    W_hh = row_blocks(w.W_hh, B)
    b_separate = np.repeat(w.b_hh[tape.summed :], B).reshape(A, H, B)
    product = tape.hp.reshape(len(W_hh), -1, B)
    with np.errstate(over="ignore"):  # of exp in an activation, which is harmless
        for t in range(T):
            if (keep := tape.keep[t]) is not None:
                for state, previous in zip(tape.states[t], tape.at[t].previous, strict=True):
                    np.multiply(state, keep, out=previous)
            np.matmul(W_hh, tape.at[t].previous[0], out=product)  # hp = W_hh h'
            if A:  # b_hh of the other gates is in xp already
                np.add(tape.hp[G - A :], b_separate, out=tape.separate[t])  # hp = W_hh h' + b_hh
            cell.forward(tape.at[t])
            if (t + 1) % TOGETHER == 0:
                tape.keep_states(t + 1 - TOGETHER, t + 1)
    tape.keep_states(T - T % TOGETHER, T + 1)


def backward(cell: Cell, w: Weights, tape: Tape, trace: Array | None = None) -> list[Array]:
    """Backpropagation through time, from d(loss)/d(h_t) in `tape.dout`.

    Leaves the gradients of the projections on the tape, and returns d(loss)/d(initial state), one
    (H, B) per state. `trace` (T, S, H, B), if given, receives the whole derivative of the loss with
    respect to each state after each step.
    """
    G, H, B = tape.hp.shape
    dstate = [np.zeros((H, B), tape.hp.dtype) for _ in cell.states]
    dh = dstate[0]
    dout = by_step(tape.dout, B)
    W_hh_T = row_blocks(w.W_hh.T, B)
    # Where nothing of dh survives the cell, the product can be written over it.
    dh_recurrent = np.empty((H, B), dh.dtype) if cell.direct_path else dh
    product = dh_recurrent.reshape(len(W_hh_T), -1, B)
    for t in reversed(range(tape.steps)):
        step, slot = tape.at[t], t % len(tape.dhp)
        dhp = tape.dhp[slot]
        dh += dout[t]
        cell.through_output(step, dstate)
        if trace is not None:
            trace[t] = dstate
        cell.backward(step, dstate, dhp, tape.dxp_separate[slot])
        np.matmul(W_hh_T, dhp.reshape(G * H, B), out=product)  # dh' = W_hh^T dhp (+ direct path)
        if cell.direct_path:
            dh += dh_recurrent
        if (keep := tape.keep[t]) is not None:
            for array in dstate:
                array *= keep
        if slot == 0:
            tape.keep_gradients(t)
    return dstate


def weight_gradients(x: Array, tape: Tape, grads: Weights) -> None:
    """The gradients of a layer that read x, flat (D, T*B), into `grads`, after `backward`."""
    S, dxp, before = tape.summed, tape.dxp, tape.before
    dhp_separate = tape.dp[len(dxp) :]
    blocks = row_blocks(dxp, len(x))
    np.matmul(blocks, x.T, out=grads.W_ih.reshape(len(blocks), -1, len(x)))  # dW_ih = sum_t dxp x^T
    np.matmul(dxp[:S], before.T, out=grads.W_hh[:S])  # dW_hh = sum_t dhp h'^T
    np.sum(dxp, axis=1, out=grads.b_ih)  # db_ih = sum_t dxp
    grads.b_hh[:S] = grads.b_ih[:S]  # db_hh = sum_t dhp
    if len(dhp_separate):
        np.matmul(dhp_separate, before.T, out=grads.W_hh[S:])
        np.sum(dhp_separate, axis=1, out=grads.b_hh[S:])


def input_gradient(w: Weights, tape: Tape, out: Array) -> None:
    """d(loss)/d(x_t) into `out`, flat (D, T*B), after `backward`."""
    np.matmul(w.W_ih.T, tape.dxp, out=out)  # dx = W_ih^T dxp
