"""The options of `charrnn sample`, each written once."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from charrnn.errors import UsageError
from charrnn.network import MOST_WEIGHT
from charrnn.training.settings import option

if TYPE_CHECKING:
    from charrnn.generation.filters import Filters
    from charrnn.library import Model

SHAPE = "What may come next (applied in this order)"
START = "Where it starts"
STOP = "Where it stops"
MANY = "Several texts"
SHOW = "What is shown"
PAGE = "The model in a web page, for any browser, offline"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the user asked for. Raises UsageError for requests that contradict each other."""

    no_ngrams: bool = option("Without the n-grams: the network alone.", default=False, panel=SHAPE)
    ngram_weight: float | None = option(
        "Weight of the n-grams: 0 is the network alone, 1 nearly the n-grams alone.",
        minimum=0,
        maximum=MOST_WEIGHT,
        metavar="W",
        panel=SHAPE,
        show_default="chosen on held-out text",
    )
    only: str | None = option(
        "Write only these; ranges such as a-z work.", metavar="CHARS", panel=SHAPE
    )
    ban: str | None = option("Never write these characters.", metavar="CHARS", panel=SHAPE)
    no_repeat: int | None = option(
        "No loops: where the last N characters stood before, begin another word; 12 is good.",
        minimum=1,
        metavar="N",
        panel=SHAPE,
    )
    temp: str = option(
        "Temperature: 0 takes the likeliest, 1 the model's own odds, more is wilder. A list such"
        " as 0.2,0.5,1 shows each in turn.",
        default="0.8",
        short="-t",
        metavar="T",
        panel=SHAPE,
    )
    top_k: int | None = option("Only the K likeliest.", minimum=1, metavar="K", panel=SHAPE)
    top_p: float | None = option(
        "Only the fewest likeliest of a share P.",
        metavar="P",
        panel=SHAPE,
    )
    min_p: float | None = option(
        "Only those at least P times as likely as the likeliest.", metavar="P", panel=SHAPE
    )

    prompt: str | None = option(
        r"Text to continue; \n, \t, \\ are understood.",
        short="-p",
        metavar="TEXT",
        panel=START,
        show_default="the start of a line",
    )
    prompt_file: str | None = option(
        "File with the text to continue, - for stdin.", metavar="FILE", panel=START
    )
    with_prompt: bool = option(
        "Write the prompt too, before each text.",
        default=False,
        panel=START,
    )
    cold: bool = option(
        "Begin with a zero state, not a warmed one.",
        default=False,
        panel=START,
    )
    encoding: str | None = option(
        "Encoding of --prompt-file and --corpus, or auto.",
        metavar="NAME",
        panel=START,
        show_default="as the model's",
    )
    unknown: Literal["error", "skip", "nearest"] = option(
        "What unknown characters of the prompt are: error, skip, or nearest, which writes é as e"
        " and leaves out what has no like.",
        default="error",
        metavar="HOW",
        panel=START,
    )

    length: int | None = option(
        "Characters to write; 0 goes on until interrupted.",
        short="-n",
        minimum=0,
        panel=STOP,
        show_default="500, or 500 a line; of a model of units one unit",
    )
    lines: int | None = option("Lines to write.", minimum=1, panel=STOP)
    until: Literal["line", "sentence", "paragraph"] | None = option(
        "Stop at the end of the line, sentence or paragraph that the prompt has begun.",
        metavar="UNIT",
        panel=STOP,
    )
    stop: list[str] | None = option(
        r"Stop before this text; may be given again; \n works.", metavar="TEXT", panel=STOP
    )

    count: int = option(
        "Texts to write, generated as one batch; the seeds are S, S+1, ...",
        default=1,
        short="-c",
        minimum=1,
        maximum=4096,
        panel=MANY,
    )
    best_of: int = option(
        "Write N for each text and show the one that the model finds likeliest per character.",
        default=1,
        minimum=1,
        maximum=4096,
        panel=MANY,
    )
    seed: int | None = option(
        "The same seed writes the same text, on any machine.",
        minimum=0,
        metavar="S",
        panel=MANY,
        show_default="drawn",
    )

    new: bool = option(
        "Only units (lines, paragraphs) that the training text does not have, and none twice.",
        default=False,
        panel=MANY,
    )
    novelty: bool = option(
        "Report what was copied from the training text, and loops.", default=False, panel=SHOW
    )
    corpus: str | None = option(
        "The training text, if it is not where it was.", metavar="FILE", panel=SHOW
    )
    heat: bool = option(
        "Colour each character by its surprisal; without colour, bits as digits below.",
        default=False,
        panel=SHOW,
    )
    json: bool = option(
        "One JSON object for each text, with seed and log-probabilities.", default=False, panel=SHOW
    )
    raw: bool = option("The exact characters, controls too.", default=False, panel=SHOW)
    escape: bool = option("Escapes for controls and what is invisible.", default=False, panel=SHOW)
    verbose: bool = option(
        "Report seed, speed and why each text ended.", default=False, short="-v", panel=SHOW
    )
    page: Path | None = option(
        "Write no text: write a page that writes it.", metavar="FILE", panel=PAGE
    )
    page_precision: Literal["32", "16"] = option(
        "16: half the size, but another text.",
        default="32",
        metavar="BITS",
        panel=PAGE,
        show_default=False,
    )
    force: bool = option("Overwrite the file.", default=False, flag="--force", panel=PAGE)
    interactive: bool = option(
        "Type, let the model continue, type again.", default=False, short="-i", panel=SHOW
    )

    def __post_init__(self) -> None:
        pairs = ("prompt", "prompt_file"), ("raw", "escape"), ("heat", "json")
        for one, other in (*pairs, ("no_ngrams", "ngram_weight")):
            if getattr(self, one) and getattr(self, other):
                names = f"--{one} and --{other}".replace("_", "-")
                raise UsageError(f"{names} contradict each other", "Give one of them.")
        if self.interactive:
            many = ("json", "novelty", "new", "count", "best_of", "page")
            for name in (*many, "prompt", "prompt_file", "with_prompt"):
                if getattr(self, name) != getattr(Wanted, name):  # the class holds the defaults
                    flag = f"--{name}".replace("_", "-")
                    raise UsageError(f"{flag} does not go with --interactive", "Leave it out.")
        if self.with_prompt and self.prompt is None and self.prompt_file is None:
            raise UsageError("--with-prompt has no prompt to write", "Give one: --prompt TEXT")
        if self.corpus and not (self.novelty or self.new):
            problem = "--corpus is only read for --novelty and --new"
            raise UsageError(problem, "Add one of them.")
        if self.encoding and not (self.corpus or self.prompt_file):
            problem = "--encoding is that of --prompt-file and --corpus"
            raise UsageError(problem, "Add one of them.")

    @property
    def weight(self) -> float | None:
        """That of the n-grams, unless it is the file's."""
        return 0.0 if self.no_ngrams else self.ngram_weight

    @property
    def temperatures(self) -> list[float]:
        """The numbers of `temp`, one or several."""
        try:
            return [float(part) for part in self.temp.split(",")]
        except ValueError:
            hint = "Give a number such as 0.8, or several: 0.2,0.5,1"
            raise UsageError(f"--temp {self.temp} is no temperature", hint) from None

    def filters(self, model: "Model", temperature: float) -> "Filters":
        """What may come next, at one of the temperatures. Raises UsageError."""
        odds = self.top_k, self.top_p, self.min_p
        return model.filters(temperature, *odds, self.only, self.ban, self.no_repeat)
