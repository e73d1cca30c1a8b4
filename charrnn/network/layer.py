"""One recurrent layer over a sequence: the only two loops over time.

The dimension letters, here and everywhere:

    T time steps   B batch (streams)   V vocabulary   D inputs of a layer
    H hidden size  G gates             S states       L layers

Layout is feature-major (see `tape`). Memory belongs to the caller: a `Tape` is made once per shape.
"""

from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.network.cells.base import Cell
from charrnn.network.products import product, repeated
from charrnn.network.tape import TOGETHER, Tape, by_step


class Weights(NamedTuple):
    """A layer's parameters, or their gradients: (G*H, D), (G*H, H), (G*H,), (G*H,)."""

    W_ih: Array
    W_hh: Array
    b_ih: Array
    b_hh: Array


def input_bias(w: Weights, tape: Tape) -> Array:
    """What is added to W_ih x: b_ih, and b_hh too where the projections are just added, (G*H, 1).
    One addition for all steps in place of one in each. Like all that makes pre-activations, times
    the factors of the activations."""
    bias = w.b_ih.copy()
    bias[: tape.summed] += w.b_hh[: tape.summed]
    column: Array = bias[:, None] * tape.factors
    return column


def look_up(w: Weights, characters: Array, rows: Array, tape: Tape) -> None:
    """The input projection of one-hot vectors: xp_t is a column of W_ih for every character.

    Step t reads `characters[rows[t]]` (T, B); `characters` are distinct, so that the cost depends
    on the chunk and not on the size of the alphabet.
    """
    table = np.take(w.W_ih, characters, axis=1)  # in rows, as the loop reads it
    table *= tape.factors
    table += input_bias(w, tape)
    G, H, B = tape.hp.shape
    for xp, columns in zip(tape.gates.reshape(-1, G * H, B), rows, strict=True):
        # xp_t = W_ih onehot(x_t) + b; the default mode, "raise", would go through a copy
        np.take(table, columns, axis=1, out=xp, mode="clip")


def project(w: Weights, x: Array, tape: Tape) -> None:
    """The input projection xp_t = W_ih x_t + b of x, flat (D, T*B)."""
    # The gradients' memory is free on the way forward, and one large product and a copy are faster
    # than a product for each step.
    flat = product(w.W_ih * tape.factors, x, out=tape.dxp)  # W_ih x
    xp = tape.gates.reshape(tape.steps, -1, tape.batch)
    np.add(by_step(flat, tape.batch), input_bias(w, tape), out=xp)


def forward(cell: Cell, w: Weights, tape: Tape) -> None:
    """Run the layer from the state in `tape.states[0]`; `tape.gates` holds the projections xp_t."""
    G, H, B = tape.hp.shape
    T, A = tape.steps, cell.separate
    multiply, hp = repeated(w.W_hh * tape.factors, B), tape.hp.reshape(G * H, B)
    b_separate = np.repeat(w.b_hh[tape.summed :], B).reshape(A, H, B)
    with np.errstate(over="ignore"):  # of exp in an activation, which is harmless
        for t in range(T):
            if (keep := tape.keep[t]) is not None:
                for state, previous in zip(tape.states[t], tape.at[t].previous, strict=True):
                    np.multiply(state, keep, out=previous)
            multiply(tape.at[t].previous[0], hp)  # hp = W_hh h'
            if A:  # b_hh of the other gates is in xp already
                np.add(tape.hp[G - A :], b_separate, out=tape.separate[t])  # hp = W_hh h' + b_hh
            cell.forward(tape.at[t])
            if (t + 1) % TOGETHER == 0:
                tape.keep_states(t + 1 - TOGETHER, t + 1)
    tape.keep_states(T - T % TOGETHER, T + 1)


def backward(
    cell: Cell,
    w: Weights,
    tape: Tape,
    trace: Array | None = None,
    dlast: list[Array] | None = None,
) -> list[Array]:
    """Backpropagation through time, from d(loss)/d(h_t) in `tape.dout`, and from what later steps
    say of the last state if `dlast`, one (H, B) per state, is given; it is not kept.

    Leaves the gradients of the projections on the tape, and returns d(loss)/d(initial state), one
    (H, B) per state. `trace` (T, S, H, B), if given, receives the whole derivative of the loss with
    respect to each state after each step.
    """
    G, H, B = tape.hp.shape
    dstate = dlast or [np.zeros((H, B), tape.hp.dtype) for _ in cell.states]
    dh = dstate[0]
    dout = by_step(tape.dout, B)
    multiply = repeated(w.W_hh.T, B)
    # Where nothing of dh survives the cell, the product can be written over it.
    dh_recurrent = np.empty((H, B), dh.dtype) if cell.direct_path else dh
    for t in reversed(range(tape.steps)):
        step, slot = tape.at[t], t % len(tape.dhp)
        dhp = tape.dhp[slot]
        dh += dout[t]
        cell.through_output(step, dstate)
        if trace is not None:
            trace[t] = dstate
        cell.backward(step, dstate, dhp, tape.dxp_separate[slot])
        multiply(dhp.reshape(G * H, B), dh_recurrent)  # dh' = W_hh^T dhp (+ direct path)
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
    product(dxp, x.T, out=grads.W_ih)  # dW_ih = sum_t dxp x^T
    product(dxp[:S], before.T, out=grads.W_hh[:S])  # dW_hh = sum_t dhp h'^T
    np.sum(dxp, axis=1, out=grads.b_ih)  # db_ih = sum_t dxp
    grads.b_hh[:S] = grads.b_ih[:S]  # db_hh = sum_t dhp
    if len(dhp_separate):
        product(dhp_separate, before.T, out=grads.W_hh[S:])
        np.sum(dhp_separate, axis=1, out=grads.b_hh[S:])


def input_gradient(w: Weights, tape: Tape, out: Array) -> None:
    """d(loss)/d(x_t) into `out`, flat (D, T*B), after `backward`."""
    product(w.W_ih.T, tape.dxp, out=out)  # dx = W_ih^T dxp
