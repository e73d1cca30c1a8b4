"""Every setting of training, written once: name, type, default, range and help.

The command line turns the fields of `Choices` into options; None means "choose for me", which the
recipe does. `Settings` is the same list with nothing open, and is what a checkpoint stores.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charrnn.network import MOST_CONTEXT, MOST_MEMBERS
from charrnn.network.cells import CELLS
from charrnn.text import FORMS, HELD_OUT, UNITS


def option(help: str, *, default: Any = None, **about: Any) -> Any:
    """A dataclass field with what the command line needs to know: `help`, and where they apply
    `short`, `minimum`, `maximum`, `choices`, `metavar`, `panel`, `flag`, `show_default`."""
    return dataclasses.field(default=default, metadata={"help": help, **about})


NETWORK = "The network (chosen from corpus and budget unless given)"
LEARNING = "How it learns (chosen from corpus and budget unless given)"
OPTIMIZERS = ("muon", "adam")


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a user may fix; None leaves it to the recipe."""

    cell: str | None = option(
        "Kind of cell; mlp is a feed-forward network, for contrast.",
        choices=tuple(CELLS),
        panel=NETWORK,
    )
    activation: str | None = option(
        "Activation of the cell, where it has several.",
        metavar="NAME",
        panel=NETWORK,
    )
    layers: int | None = option("Hidden layers.", minimum=1, maximum=16, panel=NETWORK)
    hidden_size: int | None = option("Units a layer.", minimum=1, maximum=8192, panel=NETWORK)
    context: int | None = option(
        "With --cell mlp: characters that are read at once, each place with weights of its own.",
        minimum=1,
        maximum=MOST_CONTEXT,
        panel=NETWORK,
    )
    members: int | None = option(
        "Networks trained side by side that share the units, and are joined to one.",
        minimum=1,
        maximum=MOST_MEMBERS,
        panel=NETWORK,
    )
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
    optimizer: str | None = option(
        "What updates the matrices between hidden units; all else has Adam.",
        choices=OPTIMIZERS,
        panel=LEARNING,
    )
    clip_norm: float | None = option(
        "Largest global norm of the gradient; 0 never clips.", minimum=0, panel=LEARNING
    )


BUDGET = "The budget (one of these)"
TEXT = "The text"
RUNNING = "Saving and watching"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What else a user may ask of `charrnn train`."""

    time: str | None = option(
        "Train for so long: 90s, 3m, 1h30m.", panel=BUDGET, metavar="TIME", show_default="3m"
    )
    steps: int | None = option(
        "Updates of the weights; 0 writes the untrained model.", minimum=0, panel=BUDGET
    )
    epochs: float | None = option("Passes over the text.", minimum=0, panel=BUDGET)
    out: Path = option(
        "The file to write.", default=Path("charrnn.npz"), short="-o", metavar="FILE", panel=RUNNING
    )
    validation: float | None = option(
        "Share held out; 0 holds nothing out.",
        minimum=0,
        maximum=0.9,
        panel=TEXT,
        show_default="0.1; 0 of a short text",
    )
    held_out: str | None = option(
        "tail is the end, spread blocks of all.",
        choices=HELD_OUT,
        metavar="WHERE",
        panel=TEXT,
        show_default="tail; spread of files",
    )
    unit: str | None = option(
        "line, paragraph or file: parts that do not belong together, each learnt by itself.",
        choices=UNITS,
        metavar="UNIT",
        panel=TEXT,
        show_default="text",
    )
    separator: str | None = option(
        r"What stands between the paragraphs of --unit paragraph; \n is understood.",
        metavar="TEXT",
        panel=TEXT,
        show_default="blank lines",
    )
    encoding: str | None = option(
        "Encoding of the text; auto finds it out for each file.",
        metavar="NAME",
        panel=TEXT,
        show_default="utf-8",
    )
    newlines: str | None = option(
        "Make CRLF and CR LF, or keep them.",
        choices=("unix", "keep"),
        panel=TEXT,
        show_default="unix",
    )
    normalize: str | None = option(
        "Bring the text into one form: é composed, or e and its accent.",
        choices=FORMS,
        panel=TEXT,
        show_default="as it is",
    )
    min_count: int | None = option(
        "Characters that occur fewer times become one, which is never written.",
        minimum=2,
        panel=TEXT,
        show_default="off",
    )
    seed: int | None = option(
        "Same seed, --steps and machine: the same file, bit for bit.",
        minimum=0,
        maximum=2**63 - 1,
        panel=LEARNING,
        show_default="drawn and printed",
    )
    no_ngrams: bool = option(
        "Without n-grams: the network alone.",
        default=False,
        flag="--no-ngrams",
        panel=TEXT,
    )
    resume: bool = option(
        "Continue --out where it stopped.", default=False, flag="--resume", panel=RUNNING
    )
    force: bool = option("Overwrite --out.", default=False, flag="--force", panel=RUNNING)
    init_from: Path | None = option(
        "Start from another model, by character.", metavar="FILE", panel=RUNNING
    )
    sample_every: int | None = option(
        "Steps between samples of the model's text; 0 shows none.",
        minimum=0,
        panel=RUNNING,
        show_default="at each evaluation",
    )
    threads: int | None = option(
        "Processes that share the work.",
        minimum=1,
        maximum=256,
        panel=RUNNING,
        show_default="one a core",
    )
    dry_run: bool = option(
        "Say what would be done, and stop.", default=False, flag="--dry-run", panel=RUNNING
    )
    quiet: bool = option(
        "Only warnings and errors.", default=False, short="-q", flag="--quiet", panel=RUNNING
    )
    json: bool = option(
        "Events as lines of JSON on stdout.", default=False, flag="--json", panel=RUNNING
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
    members: int = 1
    optimizer: str = "adam"  # as in files from before there was another
    context: int | None = None  # places that are read at once; None for one after the other
    held_out: str = "tail"
    ngrams: bool = True

    @property
    def network(self) -> str:
        """Cell and size: `lstm 2x256 in 2 members`, `mlp 1x256 over 16 characters`."""
        members = f" in {self.members} members" if self.members > 1 else ""
        window = f" over {self.context} characters" if self.context else ""
        return f"{self.cell} {self.layers}x{self.hidden_size}{window}{members}"


@dataclass(frozen=True)
class Budget:
    """How much a run may spend: seconds, or steps; with both, whichever is spent first."""

    seconds: float | None = None
    steps: int | None = None
