"""The textbook's other network, for contrast with `plain`: a perceptron over the last N characters.

Every place has a matrix of its own, z_t = W_1 x_{t-N+1} + ... + W_N x_t + b. Make one of them all,
let what was summed before come from the step before, and there is the recurrent neuron,
z_t = W x_t + W_hh h_{t-1} + b: it shares its weights between the places. Where nothing stands, x is
zero. The loss is that of `plain`. The fast code, `feedforward`, is tested to agree to 1e-12.
"""

import numpy as np


def forward(p, ids, before):
    """Characters (T, B) to logits, a list of (V, B). `before` (N, B) are those before the first,
    None where there is none. Also returns what was seen, for the way back."""
    V = len(p["head.bias"])
    x = [one_hot(row, V) for row in [*before, *ids]]
    N = len(before)
    logits, tape = [], []
    for t in range(len(ids)):
        seen = np.concatenate(x[t + 1 : t + 1 + N])  # the N characters that end with this one
        hidden = [seen]
        for layer in range(depth(p)):
            W, b = p[f"mlp.{2 * layer}.weight"], p[f"mlp.{2 * layer}.bias"]
            hidden.append(np.tanh(W @ hidden[-1] + b[:, None]))
        logits.append(p["head.weight"] @ hidden[-1] + p["head.bias"][:, None])
        tape.append(hidden)
    return logits, tape


def backward(p, dlogits, tape):
    """The gradients of the parameters, by backpropagation. Nothing goes through time."""
    grads = {name: np.zeros_like(array) for name, array in p.items()}
    for dz, (*below, h) in zip(dlogits, tape, strict=True):
        grads["head.weight"] += dz @ h.T
        grads["head.bias"] += dz.sum(axis=1)
        dh = p["head.weight"].T @ dz
        for layer in reversed(range(depth(p))):
            dz = dh * (1 - h**2)
            h = below[layer]
            grads[f"mlp.{2 * layer}.weight"] += dz @ h.T
            grads[f"mlp.{2 * layer}.bias"] += dz.sum(axis=1)
            dh = p[f"mlp.{2 * layer}.weight"].T @ dz
    return grads


def depth(p):
    return sum(name.startswith("mlp.") for name in p) // 2


def one_hot(characters, V):
    return np.array([[c == v for c in characters] for v in range(V)], float)
