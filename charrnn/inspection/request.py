"""The options of `charrnn inspect`, each written once. NumPy is not imported here."""

from dataclasses import dataclass
from pathlib import Path

from charrnn.training.settings import option

VIEWS = (
    *("gradients", "summary", "unfold", "surprisal", "next", "neurons", "gates", "context"),
    "dynamics",
)
#: The names of `inspection.predicates`, which needs NumPy; a test compares.
PREDICATES = (
    "inside-quotes",
    "inside-brackets",
    "line-position",
    "after-newline",
    "newline-next",
    "capitals",
    "vowels",
    "word-start",
    "digits",
)
LOOK, TEXT, MEASUREMENT = "What to look at", "The text", "The measurement"
VIEW, OUTPUT = "For some views", "What comes out"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user wants to see; None leaves a number to the view."""

    view: str = option(
        f"One of {', '.join(VIEWS)}.",
        default="gradients",
        choices=VIEWS,
        metavar="VIEW",
        panel=LOOK,
    )
    compare: list[Path] | None = option(
        "Measure this one too, on one scale. Repeatable.", metavar="MODEL", panel=LOOK
    )
    layer: int | None = option(
        "Only this layer, 0 at the bottom.", minimum=0, panel=LOOK, show_default="all"
    )
    text: str | None = option(
        "Measure on this file ('-' is stdin).",
        metavar="FILE",
        panel=TEXT,
        show_default="the excerpt that the model carries",
    )
    encoding: str | None = option(
        "Encoding of --text, or auto.", metavar="NAME", panel=TEXT, show_default="as the model's"
    )
    prompt: str | None = option(
        r"Measure on these characters; \n, \t and \\ are understood.",
        short="-p",
        metavar="TEXT",
        panel=TEXT,
    )
    steps: int | None = option(
        "Timesteps of a window, one for each character that is read (of train, --steps are"
        " updates); context: the most characters; unfold: those drawn.",
        minimum=2,
        maximum=5000,
        metavar="T",
        panel=MEASUREMENT,
        show_default="100, fewer of a short text; unfold: --prompt, or 6; dynamics: what a few"
        " seconds allow",
    )
    windows: int | None = option(
        "Windows of the text, of gradients and context.",
        minimum=1,
        maximum=10_000,
        panel=MEASUREMENT,
        show_default="64; context: 512",
    )
    burn_in: int | None = option(
        "Characters that warm the state before a window.",
        minimum=0,
        maximum=100_000,
        panel=MEASUREMENT,
        show_default="100, fewer of a short text; 0 of units",
    )
    of: str | None = option(
        "gradients: with respect to the states, or to the input.",
        choices=("state", "input"),
        panel=MEASUREMENT,
        show_default="state; input for a network that has none",
    )
    dynamic: bool = option(
        "surprisal: also the loss of a copy that learns the text while it reads it (dynamic "
        "evaluation).",
        default=False,
        flag="--dynamic",
        panel=VIEW,
    )
    rate: float | None = option(
        "--dynamic: its learning rate.", minimum=0, panel=VIEW, show_default="0.002"
    )
    ngrams: bool = option(
        "surprisal, next, context: the network, its n-grams, and both together.",
        default=False,
        flag="--ngrams",
        panel=VIEW,
    )
    unit: int | None = option(
        "neurons: the unit to paint, from 0.",
        minimum=0,
        panel=VIEW,
        show_default="the best",
    )
    find: str | None = option(
        f"neurons: rank the units by one property of the text: {', '.join(PREDICATES)}.",
        metavar="PROPERTY",
        panel=VIEW,
        show_default="all",
    )
    temp: float = option(
        "next, unfold: temperature.", default=1.0, short="-t", minimum=0, metavar="T", panel=VIEW
    )
    top: int = option(
        "next: how many characters to list.", default=12, minimum=1, maximum=1000, panel=VIEW
    )
    every: bool = option("Print every timestep.", default=False, flag="--every", panel=OUTPUT)
    save: Path | None = option(
        "Save as .svg, .html, .png, .csv or .json.", metavar="FILE", panel=OUTPUT
    )
    json: bool = option("Write one JSON object.", default=False, flag="--json", panel=OUTPUT)
