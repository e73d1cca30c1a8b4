"""`charrnn sample`: from options to text. Text on stdout, everything else on stderr."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.options import options
from charrnn.cli.sample.options import Wanted
from charrnn.cli.terminal.stream import Stream
from charrnn.cli.terminal.terminal import Terminal
from charrnn.machine import blas

if TYPE_CHECKING:
    from charrnn.library import Model
    from charrnn.text.corpus import Corpus
    from charrnn.text.reading import Reading


@options(Wanted, into="wanted")
def sample(
    context: typer.Context,
    wanted: Wanted,
    model: Annotated[Path, typer.Argument(help="A trained model.", metavar="MODEL")] = Path(
        "charrnn.npz"
    ),
) -> int:
    """Write more of it: text as the network has learnt to write it.

    Examples:

        charrnn sample                            500 characters from charrnn.npz

        charrnn sample book.npz -t 0.5 -n 2000    more of it, more carefully

        charrnn sample -p "The "                  continue a text

        charrnn sample --lines 5 --ban "0-9"      five lines without digits

        charrnn sample -t 0.2,0.5,1 --until line  find the right temperature

        charrnn sample --best-of 16 --novelty     the likeliest of 16; is it copied?

        charrnn sample --page model.html          the model itself, for any browser
    """
    terminal: Terminal = context.obj
    temperatures = wanted.temperatures
    # A page is measured, not written, by small products whose threads would wait for each other.
    written = 0 if wanted.page else wanted.count * wanted.best_of
    blas.configure(blas.threads_for(written))
    import numpy as np

    from charrnn import library
    from charrnn.cli.sample.job import Job
    from charrnn.cli.sample.page import check_options, write_page
    from charrnn.cli.terminal.signals import noted
    from charrnn.visible import unescape

    check_options(wanted)
    loaded = library.load(model)
    texts = tuple(loaded.spelled(unescape(text)) for text in wanted.stop or ())
    rules = loaded.rules(length=wanted.length, lines=wanted.lines, until=wanted.until, texts=texts)
    with np.errstate(all="ignore"):  # what is not finite is found where characters are drawn
        if wanted.interactive:
            from charrnn.cli.sample.interactive import converse

            return converse(loaded, wanted, rules, terminal)
        prompt = read_prompt(loaded, wanted, terminal.stderr)
        if wanted.page:
            write_page(loaded, wanted, prompt, terminal)
            return 0
        corpus = corpus_for(loaded, wanted, terminal.stderr)
        job = Job(loaded, wanted, rules, prompt, corpus, terminal)
        # All filters are made first: a wrong one is found before the first text.
        filters = [wanted.filters(loaded, temperature) for temperature in temperatures]
        with noted() as signals:
            for each in filters:
                job.write(each, signals)
    return 128 + signals[0] if signals else 0


def reading(loaded: "Model", wanted: Wanted) -> "Reading":
    """How files are read: like the text that the model learnt, unless the user knows better."""
    return replace(loaded.reading, encoding=wanted.encoding or loaded.reading.encoding)


def read_prompt(loaded: "Model", wanted: Wanted, stderr: Stream) -> str:
    """The prompt in characters that the model knows; says what had to be changed."""
    from charrnn.text.corpus import read_text
    from charrnn.text.decoding import Found
    from charrnn.visible import unescape

    if wanted.prompt_file is None:
        text = unescape(wanted.prompt or "")
    else:
        how = replace(reading(loaded, wanted), unit=None, separator=None)
        found = Found()
        text = read_text(wanted.prompt_file, how, found)
        stderr.say(*(f"prompt: {note}" for note in found.readings))
        if loaded.units:  # the end of the file is not the end of the unit
            text = text.rstrip("\n")
    text, notes = loaded.fit(text, wanted.unknown)
    stderr.say(*(f"prompt: {note}" for note in notes))
    return text


def corpus_for(loaded: "Model", wanted: Wanted, stderr: Stream) -> "Corpus | None":
    """The training text, if somebody will ask what is new."""
    if not (wanted.novelty or wanted.new):
        return None
    from charrnn.generation.novelty import corpus_of, is_learnt
    from charrnn.text.corpus import read_corpus

    if wanted.corpus is None:
        return corpus_of(loaded.meta)
    corpus = read_corpus([wanted.corpus], reading(loaded, wanted))
    if not is_learnt(corpus, loaded.meta):
        stderr.say(f"note: {wanted.corpus} is not exactly the text that the model learnt")
    return corpus
