"""`charrnn sample --page`: the model in one web page. The options of `sample` that a page has too
are what it begins with; any other is refused."""

import dataclasses
import signal
from typing import BinaryIO

import numpy as np

from charrnn.cli.sample.options import Wanted
from charrnn.cli.terminal.signals import handled
from charrnn.cli.terminal.terminal import Terminal
from charrnn.errors import CharRNNError, CheckpointError, UsageError
from charrnn.inspection.gradients import Gradients
from charrnn.inspection.request import Request
from charrnn.library import LENGTH, Model
from charrnn.library.checks import settled
from charrnn.library.measure import norms, text_for
from charrnn.page.page import LONGEST, Opening, check_size, page
from charrnn.storage.atomic import check_writable, write_atomically
from charrnn.visible import visible

#: The options that a page is made with: its own, and what it begins with.
OF_A_PAGE = {"page", "page_precision", "force", "temp", "prompt", "prompt_file", "unknown"}
OF_A_PAGE |= {"encoding", "cold", "length", "until", "seed", "no_ngrams"}
FILTERS = ("top_k", "top_p", "min_p", "only", "ban", "no_repeat")


def check_options(wanted: Wanted) -> None:
    """Raise UsageError for an option that a page has no use for, CheckpointError for a file that is
    there already or cannot be written."""
    path = wanted.page
    if path is None:
        if wanted.force or wanted.page_precision != Wanted.page_precision:
            name = "--force" if wanted.force else "--page-precision"
            raise UsageError(f"{name} is of --page", "Add --page FILE.html, or leave it out.")
        return
    for field in dataclasses.fields(wanted):
        known = field.name in OF_A_PAGE or field.name in FILTERS
        if not known and getattr(wanted, field.name) != field.default:
            option = "--" + field.name.replace("_", "-")
            raise UsageError(f"{option} does not go with --page", "Leave one of them out.")
    if len(wanted.temperatures) > 1:
        raise UsageError("--page takes one temperature", "On the page, a slider changes it.")
    if wanted.until == "sentence":
        raise UsageError(
            "a page cannot stop at a sentence", "Give --until line or --until paragraph."
        )
    if wanted.length is not None and not 1 <= wanted.length <= LONGEST:
        raise UsageError(
            f"--length {wanted.length:,} does not go with --page",
            f"A page writes 1 to {LONGEST:,} characters, and then goes on if it is asked to.",
        )
    if path.exists() and not wanted.force:
        shown = visible(str(path), one_line=True)
        raise CheckpointError(
            f"{shown} exists already", "Overwrite it with --force, or name another --page."
        )
    check_writable(path)


def write_page(loaded: Model, wanted: Wanted, prompt: str, terminal: Terminal) -> None:
    """Measure the gradients, and write the file."""
    assert wanted.page is not None
    (temperature,) = wanted.temperatures
    precision = int(wanted.page_precision)
    check_size(loaded, precision)
    filters = wanted.filters(loaded, temperature)
    rules = loaded.rules(length=wanted.length, until=wanted.until, prompt=prompt)
    rules.check(filters.writable(loaded.vocabulary.characters))
    opening = Opening(
        prompt=prompt,
        temperature=temperature,
        length=LENGTH if wanted.length is None else wanted.length,
        until=wanted.until or ("" if wanted.length is not None else None),
        seed=wanted.seed,
        cold=wanted.cold,
        **{name: getattr(wanted, name) for name in FILTERS},
    )
    content = page(loaded, opening, gradients_of(loaded), precision=precision)

    def write(file: BinaryIO) -> None:
        file.write(content)

    # An interrupted save removes what it has begun.
    with handled([signal.SIGINT], signal.default_int_handler):
        write_atomically(wanted.page, write)
    name = visible(str(wanted.page), one_line=True)
    terminal.stderr.say(f"saved {name}, {len(content) / 1e6:.1f} MB: open it in a browser")


def gradients_of(loaded: Model) -> Gradients | None:
    """What `charrnn inspect` measures; None where the file has no text to measure on, or
    the network does not stay finite."""
    try:
        request = settled(Request(), [loaded])
        with np.errstate(over="raise", invalid="raise", under="ignore"):
            return norms(loaded, text_for(request, loaded), request)
    except (CharRNNError, FloatingPointError):
        return None
