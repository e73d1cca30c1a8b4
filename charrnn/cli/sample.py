"""`charrnn sample`: from options to streamed text. Text on stdout, everything else on stderr."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from charrnn import blas
from charrnn.cli.options import options
from charrnn.config import option

SHAPE = "What may come next (applied in this order)"
START = "Where it starts"
STOP = "Where it stops"
MANY = "Several texts"
SHOW = "What is shown"


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `charrnn sample`."""

    only: str | None = option(
        "Write nothing but these characters; ranges such as a-z work.", metavar="CHARS", panel=SHAPE
    )
    ban: str | None = option("Never write these characters.", metavar="CHARS", panel=SHAPE)
    temp: str = option(
        "Temperature: 0 takes the likeliest character, 1 the model's own odds, more is wilder."
        " A list such as 0.2,0.5,1 shows each in turn.",
        default="0.8",
        short="-t",
        metavar="T",
        panel=SHAPE,
    )
    top_k: int | None = option(
        "Choose among the K likeliest characters.", minimum=1, metavar="K", panel=SHAPE
    )
    top_p: float | None = option(
        "Choose among the fewest likeliest that hold a share P of the probability.",
        metavar="P",
        panel=SHAPE,
    )
    min_p: float | None = option(
        "Choose among those at least P times as likely as the likeliest.", metavar="P", panel=SHAPE
    )
    prompt: str | None = option(
        r"Text to continue; \n, \t and \\ are understood. None: a new line.",
        short="-p",
        metavar="TEXT",
        panel=START,
    )
    prompt_file: str | None = option(
        "A file with the text to continue, - for stdin.", metavar="FILE", panel=START
    )
    unknown: Literal["error", "skip", "nearest"] = option(
        "Prompt characters that the model never saw: an error, left out, or replaced.",
        default="error",
        panel=START,
    )
    length: int = option(
        "Characters to write; 0 goes on until interrupted.",
        default=500,
        short="-n",
        minimum=0,
        metavar="N",
        panel=STOP,
    )
    lines: int | None = option("Lines to write.", minimum=1, metavar="N", panel=STOP)
    until: Literal["line", "sentence", "paragraph"] | None = option(
        "Stop where the first line, sentence or paragraph ends.",
        panel=STOP,
    )
    stop: list[str] | None = option(  # noqa: RUF009
        r"Stop before this text; may be given several times, \n is understood.",
        metavar="TEXT",
        panel=STOP,
    )
    count: int = option(
        "Texts to write, side by side; text number i has the seed S+i.",
        default=1,
        short="-c",
        minimum=1,
        maximum=4096,
        metavar="N",
        panel=MANY,
    )
    seed: int | None = option(
        "The same seed S writes the same text, on any machine. Drawn if not given.",
        minimum=0,
        metavar="S",
        panel=MANY,
    )


@options(Options, into="wanted")
def sample(
    wanted: Options,
    model: Annotated[Path, typer.Argument(help="A trained model.", metavar="[MODEL]")] = Path(
        "charrnn.npz"
    ),
) -> int:
    """Write more of it: text as the network has learnt to write it."""
    blas.configure()
    import numpy as np

    from charrnn import library
    from charrnn.cli.terminal import Writer, on_terminal
    from charrnn.prompts import fit, unescape
    from charrnn.stopping import Rules

    loaded = library.load(model)
    seed = library.new_seed() if wanted.seed is None else wanted.seed
    texts = tuple(map(unescape, wanted.stop or ()))
    rules = Rules(length=wanted.length, lines=wanted.lines, until=wanted.until, texts=texts)
    filters = loaded.filters(
        float(wanted.temp), wanted.top_k, wanted.top_p, wanted.min_p, wanted.only, wanted.ban
    )
    text, _ = fit(unescape(wanted.prompt or ""), loaded.vocabulary, wanted.unknown)
    writer = Writer(escape=on_terminal())
    with np.errstate(all="ignore"):
        for piece in loaded.pieces(loaded.start(text), filters, rules, [seed]):
            writer.write(piece.text)
    writer.finish()
    return 0
