"""The network unrolled over a few characters, and what it expects after a prompt.

Everything starts from a zero state, as the reader of a figure expects.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.report import Report
from charrnn.inspection.windows import warm_state
from charrnn.network import numerics as ops
from charrnn.network.model import CharModel


@dataclass(frozen=True, eq=False)
class Strip:
    """A state of one layer after one step, (H,); `bounded` if by its equation within -1 and 1, as
    an h behind a tanh is. The c of an LSTM and the h of a ReLU network are not."""

    layer: int
    state: str
    values: Array
    bounded: bool = True


@dataclass(frozen=True, eq=False)
class Moment:
    """One timestep: the character read, the states after it, the distribution (V,) of the next.

    `target` is the character that does come next, None after the last one of the prompt.
    """

    character: str
    target: str | None
    strips: tuple[Strip, ...]
    probabilities: Array


@dataclass(frozen=True)
class Sharing:
    """Which weights a network reads a text with: `context` is N for one with a matrix for each of N
    places, and 0 for one that reads every place with the same. `shapes` are those of the matrices
    of each layer, W_ih and W_hh or W alone; `states` what a layer hands to itself."""

    cell: str
    context: int
    hidden_size: int
    shapes: tuple[tuple[tuple[int, int], ...], ...]
    states: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Unfolding(Report):
    """A prompt step by step; `vocabulary` gives the order of the one-hot inputs and outputs."""

    prompt: str
    vocabulary: str
    temperature: float
    moments: tuple[Moment, ...]
    sharing: Sharing
    burn_in: int = 0  # characters that warm the state before the prompt


def unfold(
    model: CharModel, ids: Array, alphabet: str, temperature: float = 1.0, target: str | None = None
) -> Unfolding:
    """Unroll over `ids` (T,), at least one; `target` is what follows the last one, if known."""
    tape = model.tape(len(ids), 1)
    logits, _ = model.forward(ids[:, None], model.zero_state(1), tape)
    p = distribution(logits, temperature)
    tanh = model.cell.activation == "tanh"
    moments = []
    for t, index in enumerate(ids):
        strips = [
            Strip(layer, state, values[t, :, 0].copy(), bounded=tanh and state == "h")
            for (layer, state), values in model.body.activations(tape).items()
        ]
        following = alphabet[ids[t + 1]] if t + 1 < len(ids) else target
        moments.append(Moment(alphabet[index], following, tuple(strips), p[:, t].copy()))
    prompt = "".join(moment.character for moment in moments)
    return Unfolding(prompt, alphabet, temperature, tuple(moments), sharing(model))


def sharing(model: CharModel) -> Sharing:
    """What is shared between the places of a text, and what is not."""
    below = [array.shape for name, array in model.parameters.items() if "head" not in name]
    matrices = [(shape[0], shape[1]) for shape in below if len(shape) == 2]
    each = len(matrices) // model.layers
    layers = [tuple(matrices[i : i + each]) for i in range(0, len(matrices), each)]
    cell = model.cell
    return Sharing(cell.name, model.context, model.hidden_size, tuple(layers), cell.states)


def distribution(logits: Array, temperature: float) -> Array:
    """softmax(z / temperature) over the first axis; 0 puts everything on the likeliest."""
    if temperature > 0:
        return ops.softmax(logits / temperature)
    certain: Array = np.arange(len(logits))[:, None] == logits.argmax(axis=0)
    return certain.astype(logits.dtype)


@dataclass(frozen=True)
class Candidate:
    """A character that may come next; `cumulative` adds up all likelier ones and itself."""

    character: str
    probability: float
    cumulative: float


@dataclass(frozen=True, repr=False)
class Prediction(Report):
    """All characters, likeliest first, as they may come after a prompt."""

    prompt: str
    temperature: float
    entropy_bits: float
    candidates: tuple[Candidate, ...]
    burn_in: int = 0  # as of `Unfolding`


def predict(model: CharModel, ids: Array, alphabet: str, temperature: float = 1.0) -> Prediction:
    """What comes after `ids` (T,), at least one, read from a zero state."""
    state = warm_state(model, ids[:-1, None])
    logits, _ = model.forward(ids[-1:, None], state, model.tape(1, 1))
    p = distribution(logits, temperature)[:, 0]
    order = np.argsort(-p, kind="stable")
    cumulative = np.cumsum(p[order])
    candidates = [
        Candidate(alphabet[v], float(p[v]), float(total))
        for v, total in zip(order, cumulative, strict=True)
    ]
    positive = p[p > 0]
    return Prediction(
        prompt="".join(alphabet[i] for i in ids),
        temperature=temperature,
        entropy_bits=max(0.0, float(-(positive * np.log2(positive)).sum())),
        candidates=tuple(candidates),
    )
