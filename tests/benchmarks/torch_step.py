"""PyTorch's side of the speed comparison: whole training steps, or generation one by one.

A developer with PyTorch installed runs this script; charrnn and its tests never do. It prints one
JSON object. "characters_per_second" is the median over steps, "best" the fastest step.

    python tests/benchmarks/torch_step.py --cell lstm --hidden-size 256 --batch-size 32
    python tests/benchmarks/torch_step.py --cell lstm --hidden-size 256 --sample

The model is what a careful PyTorch user writes: the library's own layers over the whole sequence,
no loop over time, no value read back inside a step. Where PyTorch offers several implementations
of the same thing, each is tried for a moment, with one thread and with `--threads`, and the fastest
is measured.

A training step: one-hot, layer, head, cross-entropy, backward, clipping to norm 1, Adam, with the
state carried on, detached. A sampling step: SAMPLED characters at batch 1, each drawn from the
softmax and read out as a number, because a generator has to hand it over.
"""

import argparse
import json
import time
from collections.abc import Callable
from itertools import product
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

WARM_UP, TRIAL = 3, 5  # steps
BATCHES = 16  # different random batches, drawn beforehand and used in turn
SAMPLED = 50
LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}

Step = Callable[[], None]


class CharModel(nn.Module):
    """One-hot characters, a recurrent layer, a linear head."""

    def __init__(self, cell: str, vocabulary: int, hidden_size: int, layers: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.rnn = LAYERS[cell](vocabulary, hidden_size, layers)
        self.head = nn.Linear(hidden_size, vocabulary)

    def forward(self, ids: Tensor, state):
        """Ids (T, B) and the state before them, to logits (T, B, V) and the state after them."""
        hidden, state = self.rnn(one_hot(ids, self.vocabulary).float(), state)
        return self.head(hidden), state


def detach(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def training_step(options: argparse.Namespace, **adam_option: bool) -> Step:
    """A function that trains a fresh model by one step at each call."""
    model = build(options)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, **adam_option)
    shape = (BATCHES, options.sequence_length + 1, options.batch_size)
    batches, state, turn = torch.randint(options.vocabulary, shape), None, 0

    def step() -> None:
        nonlocal state, turn
        batch, turn = batches[turn], (turn + 1) % BATCHES
        logits, state = model(batch[:-1], state)
        state = detach(state)
        loss = cross_entropy(logits.flatten(0, 1), batch[1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def sampling_step(options: argparse.Namespace) -> Step:
    """A function that continues one text by SAMPLED characters at each call."""
    model = build(options).eval()
    ids, state = torch.zeros(1, 1, dtype=torch.int64), None

    @torch.inference_mode()
    def step() -> None:
        nonlocal ids, state
        for _ in range(SAMPLED):
            logits, state = model(ids, state)
            ids = torch.multinomial(torch.softmax(logits[0], dim=1), 1)
            ids.item()

    return step


def build(options: argparse.Namespace) -> CharModel:
    torch.manual_seed(0)
    return CharModel(options.cell, options.vocabulary, options.hidden_size, options.layers)


def time_steps(step: Step, *, seconds: float = 0.0, at_least: int = TRIAL) -> list[float]:
    """Durations of single steps: as many as fit in `seconds`, and never fewer than `at_least`."""
    for _ in range(WARM_UP):
        step()
    durations, end = [], time.perf_counter() + seconds
    while len(durations) < at_least or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        durations.append(time.perf_counter() - start)
    return durations


def measure(options: argparse.Namespace) -> dict:
    """Try PyTorch's alternatives, measure the fastest, and say which one it was."""
    if options.sample:
        adams, characters = [{}], SAMPLED
    else:
        adams = [{"foreach": True}, {"fused": True}]
        characters = options.batch_size * options.sequence_length
    # oneDNN's fused LSTM wins in training and loses, measured, at batch 1 one step at a time; there
    # and in small networks a second thread costs more than it does.
    choices = list(product(sorted({1, options.threads}), (True, False), adams))

    def run(threads: int, onednn: bool, adam: dict, **limits: float) -> list[float]:
        torch.set_num_threads(threads)
        step = sampling_step(options) if options.sample else training_step(options, **adam)
        with torch.backends.mkldnn.flags(enabled=onednn, allow_tf32=None):
            return time_steps(step, **limits)

    best = min(choices, key=lambda choice: median(run(*choice)))
    durations = run(*best, seconds=options.seconds)
    threads, onednn, adam = best
    return {
        "threads": threads,
        "adam": next(iter(adam), None),
        "onednn": onednn,
        "steps": len(durations),
        "characters_per_second": characters / median(durations),
        "best": characters / min(durations),
    }


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time PyTorch training steps or sampling.")
    parser.add_argument("--cell", choices=LAYERS, default="lstm")
    parser.add_argument("--hidden-size", type=int, default=256)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--sequence-length", type=int, default=64)
    parser.add_argument("--vocabulary", type=int, default=65)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=2, help="the most that are tried")
    parser.add_argument("--sample", action="store_true", help="measure generation at batch 1")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    if options.sample:
        options.batch_size = options.sequence_length = 1
    print(json.dumps({"torch": torch.__version__, **vars(options), **measure(options)}))


if __name__ == "__main__":
    main()
