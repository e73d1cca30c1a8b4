"""Load charrnn checkpoints into PyTorch and print their loss over a text, for comparison.

A developer with PyTorch installed runs this script; the tests never do. It imports nothing from
charrnn: a checkpoint has to work from its documented format alone.

    python tests/golden/check_checkpoint.py --text held-out.txt lstm.npz gru.npz

The text is read as one stream, the state is carried from zero, and the first character is predicted
by nothing, so it is not counted: the figure of `charrnn inspect --view surprisal --text`.
"""

import argparse
import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

CHUNK = 1024  # characters at once: bounds the memory, changes nothing in the sum


class Window(nn.Module):
    """A checkpoint's perceptron: `nn.Linear` and `nn.Tanh` in sequence over the one-hot vectors of
    the last N characters, the oldest first. Called like `nn.RNN`; its state is those vectors."""

    def __init__(self, meta: dict) -> None:
        super().__init__()
        self.input_size, self.context = meta["vocabulary_size"], meta["context"]
        sizes = [self.context * self.input_size] + [meta["hidden_size"]] * meta["layers"]
        pairs = [[nn.Linear(a, b), nn.Tanh()] for a, b in pairwise(sizes)]
        self.layers = nn.Sequential(*(module for pair in pairs for module in pair))

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """One-hot vectors (T, 1, V) to hidden (T, 1, H), and the last N of them."""
        if state is None:
            state = x.new_zeros(self.context, *x.shape[1:])
        x = torch.cat([state, x])
        windows = x[1:].unfold(0, self.context, 1)  # (T, 1, V, N)
        return self.layers(windows.transpose(2, 3).flatten(2)), x[-self.context :]


def build_layer(meta: dict) -> nn.Module:
    """PyTorch's own layer for the cell that the checkpoint names."""
    if meta["cell"] == "mlp":
        return Window(meta)
    sizes = meta["vocabulary_size"], meta["hidden_size"], meta["layers"]
    if meta["cell"] == "rnn":
        return nn.RNN(*sizes, nonlinearity=meta["activation"])
    return {"lstm": nn.LSTM, "gru": nn.GRU}[meta["cell"]](*sizes)


def load(path: Path, dtype: torch.dtype) -> tuple[dict, str, nn.Module, nn.Linear]:
    """Header, vocabulary, recurrent layer and head; every parameter must be there, and no other."""
    with np.load(path, allow_pickle=False) as z:
        meta = json.loads(bytes(z["meta"]))
        vocabulary = "".join(map(chr, z["vocabulary"]))
        parameters = {
            k: torch.from_numpy(z[k]) for k in z if k.startswith(("rnn.", "mlp.", "head."))
        }
    rnn = build_layer(meta)
    hidden = {k[4:]: v for k, v in parameters.items() if not k.startswith("head.")}
    (rnn.layers if isinstance(rnn, Window) else rnn).load_state_dict(hidden)
    head = nn.Linear(meta["hidden_size"], meta["vocabulary_size"])
    head.load_state_dict({k[5:]: v for k, v in parameters.items() if k.startswith("head.")})
    return meta, vocabulary, rnn.to(dtype), head.to(dtype)


def read_text(path: Path) -> str:
    """UTF-8 without a byte order mark; every line end becomes a line feed, as charrnn reads it."""
    return path.read_text(encoding="utf-8-sig")


def encode(text: str, vocabulary: str) -> Tensor:
    index = {character: i for i, character in enumerate(vocabulary)}
    unknown = sorted(set(text) - set(index))
    if unknown:
        raise SystemExit(f"check_checkpoint: the model never saw {''.join(unknown)!r}")
    return torch.tensor([index[character] for character in text])


@torch.inference_mode()
def mean_loss(rnn: nn.Module, head: nn.Linear, ids: Tensor) -> float:
    """Mean negative log-likelihood, in nats per predicted character, of one stream of ids."""
    dtype, total, state = head.weight.dtype, 0.0, None
    for inputs, targets in zip(ids[:-1].split(CHUNK), ids[1:].split(CHUNK), strict=True):
        x = one_hot(inputs, rnn.input_size).to(dtype).unsqueeze(1)
        hidden, state = rnn(x, state)
        losses = cross_entropy(head(hidden.squeeze(1)), targets, reduction="none")
        total += losses.double().sum().item()
    return total / (len(ids) - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description="The loss of charrnn checkpoints, by PyTorch.")
    parser.add_argument("checkpoints", nargs="+", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--text", required=True, type=Path, metavar="FILE")
    parser.add_argument("--float64", action="store_true", help="compute in double precision")
    options = parser.parse_args()
    text = read_text(options.text)
    if len(text) < 2:
        raise SystemExit(f"check_checkpoint: {options.text} needs two characters or more")
    for path in options.checkpoints:
        dtype = torch.float64 if options.float64 else torch.float32
        meta, vocabulary, rnn, head = load(path, dtype)
        loss = mean_loss(rnn, head, encode(text, vocabulary))
        cell = f"{meta['cell']} {meta['layers']}x{meta['hidden_size']}"
        figures = f"{loss:.9f} nats per character, {loss / math.log(2):.9f} bits"
        print(f"{path}: {cell}: {figures}, over {len(text) - 1} characters")


if __name__ == "__main__":
    main()
