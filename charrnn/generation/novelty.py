"""How much of a text is new: the longest run that the corpus has too, the share of n-grams that it
has not, and whether the text goes round in circles.

N-grams are compared by 64-bit hashes. The corpus is read in pieces, so that memory stays small; a
false match among a million characters has a chance of about one in 10^11.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CharRNNError, CorpusError
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.reading import Reading
from charrnn.text.vocabulary import to_code_points

LENGTHS = (8, 12, 16, 32)

_BASE = 0x9E3779B97F4A7C15  # odd, so that no character is lost modulo 2^64
_PIECE = 1 << 16  # corpus characters at a time: their hashes stay in the processor's cache
_BITS = 18  # hashes are first looked up by their highest bits
_LARGEST_PERIOD = 200
LOOP_REPEATS, _LOOP_LENGTH = 3, 40
LONGEST_LOOK = LOOP_REPEATS * _LARGEST_PERIOD  # characters that `ending_loop` looks at


@dataclass(frozen=True)
class Loop:
    """A stretch of text that repeats: `unit` comes `repeats` times from character `start` on."""

    unit: str
    repeats: int
    start: int


@dataclass(frozen=True)
class Novelty:
    """What of a text is in the corpus.

    copied  the longest run of characters that the corpus has too, the first of equals
    new     for each n, the share of the text's n-grams that the corpus has not; absent if the text
            is shorter than n
    loop    the longest loop, if there is one
    """

    copied: str
    new: dict[int, float]
    loop: Loop | None


def novelty(text: str, corpus: Corpus, lengths: Sequence[int] = LENGTHS) -> Novelty:
    """Compare `text` with the corpus that a model learnt."""
    codes = to_code_points(text)
    fitting = [n for n in lengths if n <= len(codes)]
    new = {n: 1 - float(known(codes, corpus, n).mean()) for n in fitting}
    return Novelty(_longest_copy(text, codes, corpus), new, find_loop(text))


def known(codes: Array, corpus: Corpus, n: int) -> Array:
    """Which n-grams of `codes` (N,) occur in the corpus: bool (N - n + 1,)."""
    wanted, where = np.unique(_hashes(codes, n), return_inverse=True)
    found = np.zeros(len(wanted), np.bool_)
    likely = np.zeros(1 << _BITS, np.bool_)
    shift = np.uint64(64 - _BITS)
    likely[wanted >> shift] = True
    for piece in _pieces(corpus, n):
        hashes = _hashes(piece, n)
        hashes = hashes[likely[hashes >> shift]]
        index = np.searchsorted(wanted, hashes).clip(max=len(wanted) - 1)
        found[index[wanted[index] == hashes]] = True
    result: Array = found[where.reshape(-1)]
    return result


def find_loop(text: str) -> Loop | None:
    """The longest stretch that repeats a unit of up to 200 characters at least 3 times and is at
    least 40 characters long; of several units that explain it, the shortest."""
    codes = to_code_points(text)
    best, length = None, _LOOP_LENGTH - 1
    for period in range(1, min(_LARGEST_PERIOD, len(codes) // LOOP_REPEATS) + 1):
        differs = np.flatnonzero(codes[period:] != codes[:-period])
        edges = np.concatenate([[-1], differs, [len(codes) - period]])
        runs = np.diff(edges) - 1 + period  # lengths of the stretches with this period
        longest = int(runs.argmax())
        if runs[longest] > max(length, LOOP_REPEATS * period - 1):
            start, length = int(edges[longest]) + 1, int(runs[longest])
            best = Loop(text[start : start + period], length // period, start)
    return best


def ending_loop(text: str) -> Loop | None:
    """The loop, as `find_loop` knows them, that `text` has not left at its end; looks only at
    that many of its last characters as a loop needs."""
    for period in range(1, _LARGEST_PERIOD + 1):
        length = max(_LOOP_LENGTH, LOOP_REPEATS * period)
        end = text[-length:]
        if len(end) == length and end[period:] == end[:-period]:
            return Loop(end[:period], length // period, len(text) - length)
    return None


def corpus_of(meta: dict[str, Any]) -> Corpus:
    """The text that a model learnt, read again from where its checkpoint says it was.

    Raises CorpusError if it is not there any more, or has changed.
    """
    hint = "Say where it is: --corpus FILE"
    about = meta.get("corpus")
    about = about if isinstance(about, dict) else {}
    named = about.get("files")
    if not named or not isinstance(named, list):
        raise CorpusError("the model does not say which text it learnt", hint)
    files = list(map(str, named))
    if "-" in files:
        raise CorpusError("the model learnt a text that came through a pipe", hint)
    reading = Reading.of(about)
    # Files from before it was written down may have learnt either.
    for newlines in [reading.newlines] if "newlines" in about else ["unix", "keep"]:
        try:
            corpus = read_corpus(files, replace(reading, newlines=newlines))
        except CharRNNError as error:
            message = f"the text that the model learnt cannot be read again: {error.message}"
            raise CorpusError(message, hint) from error
        if is_learnt(corpus, meta):
            return corpus
    raise CorpusError(f"{', '.join(files)} has changed since the model learnt it", hint)


def is_learnt(corpus: Corpus, meta: dict[str, Any]) -> bool:
    """Is this the very text that the model learnt?"""
    about = meta.get("corpus")
    return isinstance(about, dict) and about.get("sha256") == corpus.sha256


def _longest_copy(text: str, codes: Array, corpus: Corpus) -> str:
    """Bisects the length: what holds for a run holds for every part of it."""
    first, too_long = {0: 0}, len(codes) + 1
    copied, n = 0, min(16, len(codes))
    while too_long - copied > 1:
        matches = known(codes, corpus, n)
        if matches.any():
            copied, first[n] = n, int(matches.argmax())
        else:
            too_long = n
        # Doubling as long as nothing is known about the upper end: most runs are short.
        n = (copied + too_long) // 2 if too_long <= len(codes) else min(2 * n, len(codes))
    return text[first[copied] : first[copied] + copied]


def _pieces(corpus: Corpus, n: int) -> Iterator[Array]:
    """The code points of the corpus in pieces that overlap by n - 1, so that no n-gram is cut."""
    for start in range(0, len(corpus.ids) - n + 1, _PIECE):
        yield corpus.vocabulary.code_points[corpus.ids[start : start + _PIECE + n - 1]]


def _hashes(codes: Array, n: int) -> Array:
    """For each n-gram of codes (N,) the sum of (c_j + 1) B^(n-1-j) modulo 2^64: (N - n + 1,).

    The hash of a pair of neighbours is that of the first, shifted by a power of B, plus the other;
    so the width doubles, and grows by one where the binary digits of n say so.
    """
    single: Array = codes.astype(np.uint64) + np.uint64(1)
    result, width = single, 1
    for digit in f"{n:b}"[1:]:
        result = result[:-width] * np.uint64(pow(_BASE, width, 1 << 64)) + result[width:]
        width *= 2
        if digit == "1":
            result = result[:-1] * np.uint64(_BASE) + single[width:]
            width += 1
    return result
