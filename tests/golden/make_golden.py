"""Write the golden files: tiny recorded runs of PyTorch's nn.RNN, nn.LSTM, nn.GRU, and of nn.Linear
and nn.Tanh in sequence.

They are the independent witness for the mathematics written by hand in charrnn. A developer who has
PyTorch installed runs this script; the tests only read the `.npz` files and never need PyTorch.

    python tests/golden/make_golden.py [--out FOLDER]

Dimensions, all different: T time, B batch, V vocabulary, H hidden, L layers; N places that the
feed-forward network reads, more than there are steps after the first. Every number comes
from a float64 run, except `adam.losses`. README.md in this folder explains each member.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear

TORCH_VERSION = "2.13.0"
V, H, L, T, B, N = 7, 5, 2, 6, 3, 4
ADAM_STEPS, PROMPT_LENGTH, GREEDY_LENGTH = 10, 4, 50
MARGIN = 1e-3  # how far, in logits, the likeliest character must lead in the greedy text

Arrays = dict[str, NDArray]
State = tuple[Tensor, ...]  # (h,); for the LSTM (h, c); for the perceptron its window, (x,)


# One step of each cell, by PyTorch's documented equations. nn.LSTM shows the cell state only after
# the last step, and the gradient with respect to an inner state needs a tensor for that state.


def rnn_step(activation: Callable, x: Tensor, state: State, W_ih, W_hh, b_ih, b_hh) -> State:
    """h' = activation(W_ih x + b_ih + W_hh h + b_hh)"""
    return (activation(linear(x, W_ih, b_ih) + linear(state[0], W_hh, b_hh)),)


def lstm_step(x: Tensor, state: State, W_ih, W_hh, b_ih, b_hh) -> State:
    """c' = f c + i g;  h' = o tanh(c')"""
    h, c = state
    i, f, g, o = (linear(x, W_ih, b_ih) + linear(h, W_hh, b_hh)).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_step(x: Tensor, state: State, W_ih, W_hh, b_ih, b_hh) -> State:
    """n = tanh(W_in x + b_in + r (W_hn h + b_hn));  h' = (1 - z) n + z h"""
    (h,) = state
    x_r, x_z, x_n = linear(x, W_ih, b_ih).chunk(3, dim=1)
    h_r, h_z, h_n = linear(h, W_hh, b_hh).chunk(3, dim=1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + r * h_n).tanh()
    return ((1 - z) * n + z * h,)


@dataclass(frozen=True)
class Case:
    """One golden file: PyTorch's layer, the same cell as equations, and how its numbers are drawn.

    The scale is the standard deviation of the hidden layers' weights. Scales and seeds were
    searched until `require` was content everywhere below, and the greedy text lively. Without a
    `build` and a `step` it is the perceptron, whose only state is a window of the text.
    """

    build: Callable[..., nn.RNNBase] | None
    step: Callable[..., State] | None
    states: tuple[str, ...]
    scale: float
    seed: int

    def net(self) -> "Net | Perceptron":
        return Net(self) if self.build else Perceptron()

    def zero(self, dtype: torch.dtype) -> State:
        """The state of one stream that has read nothing."""
        return (
            tuple(torch.zeros(L, 1, H, dtype=dtype) for _ in self.states)
            if self.build
            else (torch.zeros(1, 1, N, dtype=torch.int64),)
        )


CASES = {
    "rnn_tanh": Case(
        partial(nn.RNN, nonlinearity="tanh"), partial(rnn_step, torch.tanh), ("h",), 0.5, seed=59
    ),
    "rnn_relu": Case(
        partial(nn.RNN, nonlinearity="relu"), partial(rnn_step, torch.relu), ("h",), 0.5, seed=508
    ),
    "lstm": Case(nn.LSTM, lstm_step, ("h", "c"), 2.0, seed=105),
    "gru": Case(nn.GRU, gru_step, ("h",), 0.6, seed=7),
    "mlp": Case(None, None, ("x",), 0.9, seed=1),
}


class Net(nn.Module):
    """One-hot input, a recurrent layer, a linear head: charrnn's model, in PyTorch's words."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.rnn = case.build(V, H, L, bias=True, batch_first=False)
        self.head = nn.Linear(H, V)

    def forward(self, ids: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """Ids (T, B) and states (L, B, H) to hidden (T, B, H), logits (T, B, V), final states."""
        lstm = len(state) == 2
        hidden, final = self.rnn(one_hot(ids, self.head.weight.dtype), state if lstm else state[0])
        return hidden, self.head(hidden), final if lstm else (final,)


class Perceptron(nn.Module):
    """One-hot vectors of the last N characters side by side, tanh layers, a linear head. The
    oldest comes first. The window has index + 1, and 0, whose vector is zero, where there is none.
    """

    def __init__(self) -> None:
        super().__init__()
        sizes = [N * V] + [H] * L
        layers = [[nn.Linear(a, b), nn.Tanh()] for a, b in pairwise(sizes)]
        self.mlp = nn.Sequential(*(module for pair in layers for module in pair))
        self.head = nn.Linear(H, V)

    def forward(self, ids: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """Ids (T, B) and a window (1, B, N) to hidden, logits and the window after."""
        read = torch.cat([state[0][0].T, ids + 1])  # (N + T, B)
        x = nn.functional.one_hot(read, V + 1)[..., 1:].to(self.head.weight.dtype)
        return *self.predict(x), (read[-N:].T[None],)

    def predict(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """One-hot vectors (N + T, B, V) to hidden (T, B, H) and logits (T, B, V)."""
        seen = [x[t + 1 : t + 1 + N].transpose(0, 1).flatten(1) for t in range(len(x) - N)]
        hidden = self.mlp(torch.stack(seen))
        return hidden, self.head(hidden)


def loaded(case: Case, parameters: Arrays, dtype: torch.dtype) -> "Net | Perceptron":
    net = case.net().to(dtype)
    net.load_state_dict({name: torch.from_numpy(value) for name, value in parameters.items()})
    return net


def one_hot(ids: Tensor, dtype: torch.dtype) -> Tensor:
    return nn.functional.one_hot(ids, V).to(dtype)


def mean_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats, averaged over all T * B characters."""
    return cross_entropy(logits.reshape(-1, V), targets.reshape(-1))


def to_state(initial: Arrays, dtype: torch.dtype) -> State:
    tensors = map(torch.from_numpy, initial.values())
    return tuple(t.to(dtype) if t.is_floating_point() else t for t in tensors)


def draw(case: Case) -> tuple[Arrays, Arrays, Arrays]:
    """Parameters, initial states and ids, from NumPy's generator: no PyTorch release changes it."""
    rng = np.random.default_rng(case.seed)

    def numbers(scale: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
        # Rounded to float32, so that runs in both precisions start from the same numbers.
        return (scale * rng.standard_normal(shape)).astype(np.float32).astype(np.float64)

    parameters = {
        name: numbers(0.7 if name.startswith("head") else case.scale, tuple(p.shape))
        for name, p in case.net().named_parameters()
    }
    if case.build:
        initial = {name: numbers(0.8, (L, B, H)) for name in case.states}
    else:
        initial = {"x": rng.integers(V + 1, size=(1, B, N))}
    ids = {
        "ids": rng.integers(V, size=(T, B)),
        "targets": rng.integers(V, size=(T, B)),
        "adam.ids": rng.integers(V, size=(ADAM_STEPS, T, B)),
        "adam.targets": rng.integers(V, size=(ADAM_STEPS, T, B)),
        "greedy.prompt": rng.integers(V, size=PROMPT_LENGTH),
    }
    return parameters, initial, ids


def record_gradients(case: Case, parameters: Arrays, initial: Arrays, ids: Arrays) -> Arrays:
    """One forward and backward pass of PyTorch's own layer."""
    net, state = loaded(case, parameters, torch.float64), to_state(initial, torch.float64)
    known = dict(zip(case.states, state, strict=True)) if case.build else {}
    for value in known.values():
        value.requires_grad_()
    hidden, logits, final = net(torch.from_numpy(ids["ids"]), state)
    loss = mean_loss(logits, torch.from_numpy(ids["targets"]))
    loss.backward()
    members = {"hidden": hidden, "logits": logits, "loss": loss}
    members |= {f"final.{name}": value for name, value in zip(case.states, final, strict=True)}
    members |= {f"gradients.{name}": value.grad for name, value in net.named_parameters()}
    members |= {f"gradients.initial.{name}": value.grad for name, value in known.items()}
    alive = (value for name, value in members.items() if "gradients.rnn.bias" in name)
    require(all((value != 0).all() for value in alive), "leave no hidden unit without a gradient")
    return {name: value.detach().numpy().copy() for name, value in members.items()}


def unroll(case: Case, net: Net, ids: Tensor, state: State) -> list[list[State]]:
    """The states after every step, [layer][step], each a tensor on the way to the outputs."""
    layers, inputs = [], list(one_hot(ids, torch.float64))
    for layer in range(L):
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        weights = [getattr(net.rnn, f"{name}_l{layer}") for name in names]
        now = tuple(value[layer] for value in state)
        steps = []
        for x in inputs:
            now = case.step(x, now, *weights)
            steps.append(now)
        layers.append(steps)
        inputs = [after[0] for after in steps]
    return layers


def state_norms(loss: Tensor, layers: list[list[State]], kind: int) -> NDArray[np.float64]:
    """Norms (L, T, B) of the derivative of `loss` by each state, along every path after it."""
    tensors = [after[kind] for steps in layers for after in steps]
    gradients = torch.autograd.grad(loss, tensors, retain_graph=True)
    return torch.stack(gradients).norm(dim=2).reshape(L, T, B).numpy()


def record_inspection(case: Case, parameters: Arrays, initial: Arrays, ids: Arrays) -> Arrays:
    """What `charrnn inspect` reports: gradient norms by state, of all losses and of the last."""
    net = loaded(case, parameters, torch.float64)
    inputs, targets = torch.from_numpy(ids["ids"]), torch.from_numpy(ids["targets"])
    state = to_state(initial, torch.float64)
    if isinstance(net, Perceptron):
        return record_input_gradients(net, inputs, targets, state)
    layers = unroll(case, net, inputs, state)
    hidden = torch.stack([after[0] for after in layers[-1]])
    require_same_as_layer(net, inputs, state, layers)

    logits = net.head(hidden)
    losses = cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # (T, B), in nats
    members = {}
    for kind, name in enumerate(case.states):
        # The windows of a batch do not touch, so the gradient of their sum is each window's own.
        members[f"inspect.total_{name}"] = state_norms(losses.sum(), layers, kind)
        by_time = state_norms(losses[-1].sum(), layers, kind)
        members[f"inspect.lag_{name}"] = by_time[:, ::-1].copy()
    return members


def record_input_gradients(net: Perceptron, ids: Tensor, targets: Tensor, state: State) -> Arrays:
    """Norms (T, B) of d(loss)/d(one-hot vector read), of all losses and of the last."""
    read = torch.cat([state[0][0].T, ids + 1])
    x = nn.functional.one_hot(read, V + 1)[..., 1:].to(torch.float64).requires_grad_()
    _, logits = net.predict(x)
    losses = cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    total, lag = (
        torch.autograd.grad(loss, x, retain_graph=True)[0].norm(dim=2)[N:].numpy()
        for loss in (losses.sum(), losses[-1].sum())
    )
    require((lag[: T - N] == 0).all(), "leave nothing of what is too far back")
    return {"inspect.total_x": total, "inspect.lag_x": lag[::-1].copy()}


def require_same_as_layer(net: Net, ids: Tensor, state: State, layers: list[list[State]]) -> None:
    """Stop unless the equations above gave what PyTorch's fused layer gives, to 1e-12."""
    hidden, _, final = net(ids, state)
    same = partial(torch.testing.assert_close, rtol=0, atol=1e-12)
    same(torch.stack([after[0] for after in layers[-1]]), hidden)
    for kind, value in enumerate(final):
        same(torch.stack([steps[-1][kind] for steps in layers]), value)


def train(
    case: Case, parameters: Arrays, initial: Arrays, ids: Arrays, dtype: torch.dtype
) -> tuple[NDArray, NDArray, Arrays]:
    """Ten steps of Adam: losses before each, norms before clipping, parameters after the last."""
    net, state = loaded(case, parameters, dtype), to_state(initial, dtype)
    adam = torch.optim.Adam(net.parameters(), lr=1e-2, betas=(0.9, 0.99), eps=1e-8, foreach=False)
    losses, norms = [], []
    batches = zip(ids["adam.ids"], ids["adam.targets"], strict=True)
    for inputs, targets in batches:
        adam.zero_grad()
        _, logits, final = net(torch.from_numpy(inputs), state)
        loss = mean_loss(logits, torch.from_numpy(targets))
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(net.parameters(), 1.0))
        adam.step()
        losses.append(loss.detach())
        state = tuple(value.detach() for value in final)
    after = {name: value.detach().numpy() for name, value in net.named_parameters()}
    return torch.stack(losses).numpy(), torch.stack(norms).numpy(), after


def record_training(case: Case, parameters: Arrays, initial: Arrays, ids: Arrays) -> Arrays:
    run = partial(train, case, parameters, initial, ids)
    losses32, _, _ = run(torch.float32)
    losses64, norms64, after = run(torch.float64)
    np.testing.assert_allclose(losses32, losses64, rtol=1e-5)
    require((norms64 > 1).any() and (norms64 < 1).any(), "clip in some steps and not in others")
    members = {
        "adam.losses": losses32,
        "adam.losses64": losses64,
        "adam.gradient_norms64": norms64,
    }
    return members | {f"adam.parameters.{name}": value for name, value in after.items()}


@torch.no_grad()
def continue_greedily(
    case: Case, parameters: Arrays, prompt: NDArray, dtype: torch.dtype
) -> tuple[NDArray[np.int64], float]:
    """The likeliest continuation of `prompt` from a zero state, and its narrowest lead."""
    net, state = loaded(case, parameters, dtype), case.zero(dtype)
    ids, text, margin = torch.from_numpy(prompt)[:, None], [], float("inf")
    for _ in range(GREEDY_LENGTH):
        _, logits, state = net(ids, state)
        (first, second), (best, _) = logits[-1, 0].topk(2)
        margin = min(margin, float(first - second))
        ids = best.reshape(1, 1)
        text.append(int(best))
    return np.array(text, dtype=np.int64), margin


def record_greedy(case: Case, parameters: Arrays, prompt: NDArray) -> Arrays:
    text, margin = continue_greedily(case, parameters, prompt, torch.float64)
    text32, _ = continue_greedily(case, parameters, prompt, torch.float32)
    require(margin > MARGIN, "leave no doubt about the likeliest character")
    require(len(set(text.tolist())) > 2, "write more than two different characters")
    np.testing.assert_array_equal(text, text32)
    return {"greedy.text": text}


def require(condition: bool, what: str) -> None:
    if not condition:
        raise SystemExit(f"make_golden: the numbers must {what}; change the seed of this case")


def record(case: Case) -> Arrays:
    """All members of one golden file."""
    parameters, initial, ids = draw(case)
    sizes = {"vocabulary_size": V, "hidden_size": H, "layers": L, "T": T, "B": B}
    members = {name: np.array(value, dtype=np.int64) for name, value in sizes.items()}
    members |= {f"parameters.{name}": value for name, value in parameters.items()}
    members |= {f"initial.{name}": value for name, value in initial.items()}
    members |= ids
    members |= record_gradients(case, parameters, initial, ids)
    members |= record_inspection(case, parameters, initial, ids)
    members |= record_training(case, parameters, initial, ids)
    members |= record_greedy(case, parameters, ids["greedy.prompt"])
    return members


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the golden files with PyTorch.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    folder = parser.parse_args().out
    if torch.__version__.partition("+")[0] != TORCH_VERSION:
        raise SystemExit(f"make_golden: PyTorch {torch.__version__} found, {TORCH_VERSION} wanted")
    torch.set_num_threads(1)
    for name, case in CASES.items():
        path = folder / f"{name}.npz"
        np.savez(path, **record(case))
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
