"""What is held out of a text, as far as the user has not said it: how much, and where.

The end of a text says something of the rest only if it is like it. Of several files the last says
little of the others; of a single one it is looked at.
"""

from dataclasses import replace

from charrnn.errors import CorpusError
from charrnn.text.corpus import Corpus
from charrnn.text.division import Division, divide, usual_share
from charrnn.text.spread import check_room
from charrnn.text.tail import tail_note


def hold_out(
    corpus: Corpus,
    validation: float | None,
    held_out: str | None,
    *,
    seed: int,
    sequence_length: int,
) -> tuple[Corpus, Division, float, str]:
    """The division of a text, with the share and the place that were chosen for it; and the text,
    with a note if its end is held out and unlike the rest. Who says the place wants something
    held out of a short text, too."""
    if validation is None:
        validation = usual_share(corpus.short and held_out is None)
    place = held_out or usual_place(corpus, validation, sequence_length)
    about = validation, corpus.boundary, seed, place
    division = divide(corpus.ids, *about, corpus.starts)
    running = corpus.boundary is None and not corpus.is_list  # of a list there is a note already
    if held_out is None and place == "tail" and running:
        count = division.held_out.characters
        if note := tail_note(corpus.ids, count, len(corpus.vocabulary)):
            corpus = replace(corpus, notes=(*corpus.notes, note))
    return corpus, division, validation, place


def usual_place(corpus: Corpus, validation: float, sequence_length: int) -> str:
    """Of several files blocks, as far as there is room for sequences in and between them; else the
    end.

    Of a journal, two stories and tunes as four files the end had a loss of 2.28 where the same
    network had 1.67 on other parts of all four; blocks had 1.59, and the other parts 1.61, for what
    chooses the weights is then like what they are for (docs/held-out.md).
    """
    if len(corpus.starts) < 2 or not validation:
        return "tail"
    try:
        found = divide(corpus.ids, validation, held_out="spread", starts=corpus.starts)
        check_room(found.training.spans, found.held_out.spans, sequence_length)
    except CorpusError:
        return "tail"
    return "spread"
