"""What a recurrent layer remembers of a forward pass, in memory that is made once per shape.

Layout is feature-major. A whole sequence is "flat", (features, T*B), so that everything outside the
loops over time is one large product; `by_step` sees the same memory as (T, features, B). Inside the
loops the arrays of a step are contiguous. The dimension letters are those of `layer`.
"""

from itertools import pairwise

import numpy as np

from charrnn.arrays import Array
from charrnn.network.activations import hyperbolic_tangent
from charrnn.network.cells.base import Cell, Step

#: Extra elements at the end of a row. Rows whose length is a power of two would all compete for the
#: same few cache sets when one timestep (a column block) is written.
PADDING = 16

#: Steps that go to a flat array together. One step is a single cache line in every row, each of
#: them waited for in turn; a few side by side measured a quarter faster or more.
TOGETHER = 16


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
        activate, factors = cell.activations(dtype)
        tanh = hyperbolic_tangent(dtype)
        # What the rows of the weights are multiplied by, for `activate`, (G*H, 1).
        self.factors = np.repeat(factors, H)[:, None]
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
