"""The ranks of a job, from the meeting before any work to the end of all of them.

Only rank 0 reads, decides, shows and writes. The others are told the run, do what they are told,
and leave the signals, which a launcher may pass on to all, to rank 0.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import typer

from charrnn.cli.train.signals import NUMBERS, PASSED_ON
from charrnn.errors import CharRNNError
from charrnn.machine.ranks import join
from charrnn.training.crew import Crew, alone, gathered
from charrnn.training.ranked import END, order
from charrnn.training.settings import Choices, Request


@contextmanager
def joined(paths: list[str], request: Request, choices: Choices) -> Iterator[Crew]:
    """Everybody's crew. With the context rank 0's work ends, and so does that of the others, who
    `follow` in it."""
    ranks = join()
    if ranks.size == 1:
        yield alone()
        return
    if ranks.number:
        for number in NUMBERS + PASSED_ON:
            signal.signal(number, signal.SIG_IGN)
    given = asdict(request) | asdict(choices)
    options = {"--" + name.replace("_", "-"): value for name, value in given.items()}
    try:
        crew = gathered(ranks, {"CORPUS": " ".join(paths)} | options, paths)
    except CharRNNError as error:
        if ranks.number:
            raise typer.Exit(error.exit_code) from error  # rank 0 says it
        raise
    try:
        yield crew
    finally:
        # Where an operation has failed the others wait in it, and are ended with this process.
        if ranks.number == 0 and not ranks.lost:
            order(ranks, END)
