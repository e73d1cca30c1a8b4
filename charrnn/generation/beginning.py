"""Where texts begin: what a stream has read before its first character is drawn.

Training carries the state on from one piece of the text to the next, so it hardly ever shows the
network a state of zero. Begun there, a first line often has a form that no line of the text has. A
stream is therefore warmed: it reads a passage of text first, up to the start of a line. Its seed
alone draws which one, so that it begins in a batch where it begins alone.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.generation.beside import Beside
from charrnn.generation.feedforward_stepper import FeedForwardStepper
from charrnn.generation.mixed_stepper import MixedStepper
from charrnn.generation.recurrent_stepper import RecurrentStepper
from charrnn.generation.stepper import Stepper
from charrnn.network.model import CharModel
from charrnn.text.ngram_reader import NGramReader
from charrnn.text.vocabulary import Vocabulary

PASSAGE = 64  # characters; more did not make first lines better (docs/sampling.md)
#: Where a passage ends, and how many such places there have to be: behind a blank line, for what
#: follows any other line may well be one; else behind a line; in a text of one line behind a word.
BOUNDARIES = ((r"\n(\r?\n)+", 10), (r"\n(\r?\n)*", 1), (" ", 1), ("", 1))


class Start(NamedTuple):
    """Where a stream for each seed begins: it stands where `stepper` stands, which is one stream,
    and then reads its column of `ahead` (N, B)."""

    stepper: Stepper
    ahead: Array
    seeds: Sequence[int]

    def streams(self, first: int = 0, last: int | None = None) -> Stepper:
        """The streams from number `first` up to `last`, side by side; all of them unless said."""
        texts = self.ahead[:, first:last]
        stepper = self.stepper.spread(texts.shape[1])
        stepper.read(texts)
        return stepper


def stepper_of(model: CharModel, beside: Beside | None = None) -> Stepper:
    """One stream that has read nothing yet."""
    stepper: Stepper
    if model.context:
        stepper = FeedForwardStepper(model, np.zeros((model.context, 1), np.intp))
    else:
        stepper = RecurrentStepper(model)
    if beside is None:
        return stepper
    return MixedStepper(stepper, NGramReader(beside.ngrams, 1, model.boundary), beside.weights)


def start(
    model: CharModel,
    vocabulary: Vocabulary,
    prompt: str = "",
    seeds: Sequence[int] = (0,),
    excerpt: str = "",
    beside: Beside | None = None,
) -> Start:
    """Streams that have read a passage of `excerpt` each, and then `prompt`; a prompt as long as a
    passage warms the state by itself.

    Where the excerpt is empty they begin cold: without a prompt they have read a newline, as if a
    line had just ended. An alphabet without a newline has no such place: then nothing has been
    read, and the first character is drawn from what the network expects of any text, the bias of
    its softmax layer.

    Raises UnknownCharacter.
    """
    stepper = stepper_of(model, beside)
    if excerpt and len(prompt) < PASSAGE:
        texts = [vocabulary.encode(passage + prompt) for passage in passages(excerpt, seeds)]
        return Start(stepper, np.stack(texts, axis=1), seeds)
    if not prompt and "\n" in vocabulary.characters:
        prompt = "\n"
    stepper.read(vocabulary.encode(prompt))  # all are alike, so that one reads for all
    return Start(stepper, np.empty((0, len(seeds)), vocabulary.dtype), seeds)


def passages(text: str, seeds: Sequence[int]) -> list[str]:
    """A passage of `text` for each seed, all equally long."""
    ends = places(text)
    length = min(PASSAGE, ends[0])
    drawn = (ends[draw_below(len(ends), seed)] for seed in seeds)
    return [text[end - length : end] for end in drawn]


def places(text: str) -> list[int]:
    """Where in `text` a passage may end, as far from the beginning as a passage is long; if there
    is no such place, the last one."""
    for boundary, fewest in BOUNDARIES:
        ends = [found.end() for found in re.finditer(boundary, text)]
        far = [end for end in ends if end >= PASSAGE] or ends[-1:]
        if len(far) >= fewest:
            break
    return far


def draw_below(count: int, seed: int) -> int:
    """A number below `count`, which leaves the numbers that draw the characters as they are: it
    comes from a stream of its own, and raw, as NumPy guarantees it (see `sampling`)."""
    source = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(1,)))
    return int(source.random_raw()) * count >> 64
