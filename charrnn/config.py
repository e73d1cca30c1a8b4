"""Every setting of training, written once: name, type, default, range and help.

The command line turns the fields of `Choices` into options; None means "choose for me", which the
recipe does. `Settings` is the same list with nothing open, and is what a checkpoint stores.
"""

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from charrnn.cells import CELLS
from charrnn.errors import UsageError


def option(help: str, *, default: Any = None, **about: Any) -> Any:
    """A dataclass field with what the command line needs to know: `help`, and where they apply
    `short`, `minimum`, `maximum`, `choices`, `metavar`, `panel`, `flag`, `show_default`."""
    return dataclasses.field(default=default, metadata={"help": help, **about})


NETWORK = "The network (chosen from corpus and budget unless given)"
LEARNING = "How it learns (chosen from corpus and budget unless given)"
ACTIVATIONS = tuple(dict.fromkeys(a for cell in CELLS.values() for a in cell.activations()))


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a user may fix; None leaves it to the recipe."""

    cell: str | None = option("Kind of recurrent cell.", choices=tuple(CELLS), panel=NETWORK)
    activation: str | None = option(
        "Activation of the rnn cell; lstm and gru have only tanh.",
        choices=ACTIVATIONS,
        panel=NETWORK,
    )
    layers: int | None = option("Recurrent layers.", minimum=1, maximum=16, panel=NETWORK)
    hidden_size: int | None = option("Units a layer.", minimum=1, maximum=8192, panel=NETWORK)
    dropout: float | None = option(
        "Share of each layer's output that is dropped.", minimum=0, maximum=0.9, panel=NETWORK
    )
    batch_size: int | None = option(
        "Streams read side by side.", minimum=1, maximum=4096, panel=LEARNING
    )
    sequence_length: int | None = option(
        "Characters between two updates: how far gradients reach.",
        minimum=1,
        maximum=4096,
        panel=LEARNING,
    )
    learning_rate: float | None = option(
        "Peak of the learning rate; warm-up before it, cosine decay after it.",
        minimum=1e-8,
        maximum=1e6,
        panel=LEARNING,
    )
    weight_decay: float | None = option(
        "Decoupled weight decay of the matrices.", minimum=0, maximum=100, panel=LEARNING
    )
    clip_norm: float | None = option(
        "Largest global norm of the gradient; 0 never clips.", minimum=0, panel=LEARNING
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every choice made: the training configuration of a run."""

    cell: str
    activation: str
    layers: int
    hidden_size: int
    dropout: float
    batch_size: int
    sequence_length: int
    learning_rate: float
    weight_decay: float
    clip_norm: float
    validation: float
    seed: int


@dataclass(frozen=True)
class Budget:
    """How much a run may spend: exactly one of seconds and steps."""

    seconds: float | None = None
    steps: int | None = None


def parse_duration(text: str) -> float:
    """Seconds in `90`, `90s`, `3m`, `1h30m`, `1.5h`.

    Raises UsageError if `text` is none of these, or zero.
    """
    match = re.fullmatch(
        r"(?:(?P<h>\d+\.?\d*)h)?(?:(?P<m>\d+\.?\d*)m)?(?:(?P<s>\d+\.?\d*)s?)?", text.strip().lower()
    )
    parts = match.groupdict() if match else {}
    seconds = sum(
        float(parts.get(unit) or 0) * size for unit, size in (("h", 3600), ("m", 60), ("s", 1))
    )
    if not match or seconds <= 0:
        raise UsageError(
            f"--time {text!r} is not a duration",
            "Write a number of seconds, or 90s, 3m, 1h30m.",
        )
    return seconds


def format_duration(seconds: float) -> str:
    """`8s`, `3m05s`, `1h04m`: short, and read at a glance."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
