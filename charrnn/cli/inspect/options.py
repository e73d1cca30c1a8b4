"""The options of `charrnn inspect`, each written once. NumPy is not imported here."""

from dataclasses import dataclass

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
TEXT, MEASUREMENT = "The text", "The measurement"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user wants to see; None leaves a number to the view."""

    view: str = option("What to look at.", default="gradients", choices=VIEWS)
    text: str | None = option(
        "Measure on this file ('-' is stdin) instead of the stored excerpt.",
        metavar="FILE",
        panel=TEXT,
    )
    encoding: str | None = option(
        "Encoding of --text, or auto.", metavar="NAME", panel=TEXT, show_default="as the model's"
    )
    prompt: str | None = option(
        r"Measure on these characters; \n, \t and \\ are understood.",
        short="-p",
        panel=TEXT,
    )
    steps: int | None = option("Steps T of a window.", minimum=2, maximum=5000, panel=MEASUREMENT)
    windows: int | None = option("Windows.", minimum=1, maximum=10_000, panel=MEASUREMENT)
    burn_in: int | None = option(
        "Characters that warm the state before a window.",
        minimum=0,
        maximum=100_000,
        panel=MEASUREMENT,
    )
    of: str | None = option(
        "gradients: with respect to the states, or to the input.",
        choices=("state", "input"),
        panel=MEASUREMENT,
        show_default="state; input for a network that has none",
    )
    every: bool = option("Print every timestep.", default=False, flag="--every")
    dynamic: bool = option(
        "surprisal: also the loss of a copy that learns the text while it reads it (dynamic "
        "evaluation).",
        default=False,
        flag="--dynamic",
        panel=MEASUREMENT,
    )
    ngrams: bool = option(
        "surprisal, next, context: the network, its n-grams, and both together.",
        default=False,
        flag="--ngrams",
        panel=MEASUREMENT,
    )
    rate: float | None = option(
        "--dynamic: its learning rate.", minimum=0, panel=MEASUREMENT, show_default="0.002"
    )
    layer: int | None = option("Only this layer, 0 at the bottom.", minimum=0)
    unit: int | None = option("neurons: the unit to paint, from 0.", minimum=0)
    find: str | None = option(
        f"neurons: rank the units by one property of the text: {', '.join(PREDICATES)}.",
        metavar="PROPERTY",
    )
    temp: float = option("next, unfold: temperature.", default=1.0, short="-t", minimum=0)
    top: int = option("next: how many characters to list.", default=12, minimum=1, maximum=1000)
