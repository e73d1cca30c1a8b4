"""The textbook: what this program computes, without anything that makes it fast. Read this first.

Columns are streams: x_t is (D, B), h_t (H, B). A cell is pointwise mathematics between products
a = W_ih x_t + b_ih and b = W_hh h_{t-1} + b_hh. Backwards, dz is d(loss)/dz, and a cell returns da,
db and what reaches the states before it directly; the way through W_hh is the same for all cells.
The fast code beside this file is tested to agree with it to 1e-12. It also knows ReLU: max(z, 0) in
place of tanh(z), and h > 0 in place of 1 - h^2.
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def elman(a, b, h):
    h_t = np.tanh(a + b)
    return (h_t,), (h_t,)


def elman_backward(dh, h_t):
    dz = dh * (1 - h_t**2)
    return dz, dz, (0,)


def lstm(a, b, h, c):
    z_i, z_f, z_g, z_o = np.split(a + b, 4)
    i, f, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o)
    g = np.tanh(z_g)
    c_t = f * c + i * g
    h_t = o * np.tanh(c_t)
    return (h_t, c_t), (i, f, g, o, c, c_t)


def lstm_backward(dh, dc_t, i, f, g, o, c, c_t):
    do = dh * np.tanh(c_t)
    dc_t = dc_t + dh * o * (1 - np.tanh(c_t) ** 2)
    di, df, dg = dc_t * g, dc_t * c, dc_t * i
    dz = np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])
    return dz, dz, (0, dc_t * f)


def gru(a, b, h):
    (a_r, a_z, a_n), (b_r, b_z, b_n) = np.split(a, 3), np.split(b, 3)
    r, z = sigmoid(a_r + b_r), sigmoid(a_z + b_z)
    n = np.tanh(a_n + r * b_n)
    h_t = (1 - z) * n + z * h
    return (h_t,), (r, z, n, b_n, h)


def gru_backward(dh, r, z, n, b_n, h):
    dn = dh * (1 - z) * (1 - n**2)
    dr = dn * b_n * r * (1 - r)
    dz = dh * (h - n) * z * (1 - z)
    return np.concatenate([dr, dz, dn]), np.concatenate([dr, dz, dn * r]), (dh * z,)


CELLS = {"rnn": (elman, elman_backward), "lstm": (lstm, lstm_backward), "gru": (gru, gru_backward)}


def forward(p, cell, ids, states):
    """Characters (T, B) to logits, a list of (V, B). `p` has PyTorch's names; `states` is, for each
    layer, the tuple of its states (H, B). Also returns the states after, and what was seen."""
    x, after, tape = [np.eye(len(p["head.bias"]))[:, c] for c in ids], [], []  # one-hot
    for layer, state in enumerate(states):  # each reads the hidden states of the one below
        W_ih, W_hh, b_ih, b_hh = weights(p, layer)
        steps = []
        for x_t in x:
            h = state[0]
            state, saved = CELLS[cell][0](W_ih @ x_t + b_ih, W_hh @ h + b_hh, *state)
            steps.append((x_t, h, saved, state))
        x = [h_t for *_, (h_t, *_) in steps]
        after.append(state)
        tape.append(steps)
    return [p["head.weight"] @ h_t + p["head.bias"][:, None] for h_t in x], after, tape


def cross_entropy(logits, targets):
    """The mean loss in nats, and d(loss)/d(logits) = (softmax(z) - onehot(y)) / N."""
    loss, dlogits = 0.0, []
    for z, y in zip(logits, targets, strict=True):
        q = np.exp(z - z.max(axis=0))
        q = q / q.sum(axis=0)
        onehot = np.eye(len(z))[:, y]
        loss = loss - (onehot * np.log(q)).sum() / targets.size
        dlogits.append((q - onehot) / targets.size)
    return loss, dlogits


def backward(p, cell, dlogits, tape):
    """The gradients of the parameters, by backpropagation through time."""
    grads = {name: np.zeros_like(array) for name, array in p.items()}
    for dz, (*_, (h_t, *_)) in zip(dlogits, tape[-1], strict=True):
        grads["head.weight"] += dz @ h_t.T
        grads["head.bias"] += dz.sum(axis=1)
    dx = [p["head.weight"].T @ dz for dz in dlogits]
    for layer in reversed(range(len(tape))):
        W_ih, W_hh, *_ = weights(p, layer)
        dW_ih, dW_hh, db_ih, db_hh = weights(grads, layer)
        dstate = [0 for _ in tape[layer][-1][-1]]  # nothing follows the last step
        for t in reversed(range(len(dx))):
            x_t, h, saved, _ = tape[layer][t]
            dh, *others = dstate
            da, db, (dh, *others) = CELLS[cell][1](dh + dx[t], *others, *saved)
            dstate = [dh + W_hh.T @ db, *others]
            dW_ih += da @ x_t.T
            dW_hh += db @ h.T
            db_ih += da.sum(axis=1, keepdims=True)
            db_hh += db.sum(axis=1, keepdims=True)
            dx[t] = W_ih.T @ da  # for the layer below
    return grads


def weights(p, layer):
    """Views of one layer's matrices, and of its biases as columns."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    arrays = [p[f"rnn.{name}_l{layer}"] for name in names]
    return [array if array.ndim == 2 else array[:, None] for array in arrays]
