"""Does a text look like a list, whose lines do not belong together?

Short lines that begin with letters, few of which end like a sentence: names, titles, words. Learnt
as a running text such a list is learnt in its order if it is sorted; and if its end is unlike the
rest, a model is chosen by what it does not know.
"""

import unicodedata

import numpy as np

from charrnn.arrays import Array
from charrnn.text.vocabulary import Vocabulary

FEWEST, LONGEST = 20, 60  # lines, and characters of the middle one
LETTERS, SENTENCES = 0.9, 0.2  # shares of lines: begin with a letter at least, end so at most
SORTED = 0.9  # of neighbours
FIRSTS = 5  # different first characters: dates in order are no list
UNLIKE, BY_CHANCE = 0.2, 2.0  # total variation, and as a multiple of what chance gives
_LAST = 20_000_000  # characters that are looked at
_KEY = 4  # first characters of a line by which it is compared
_MARKS = ".,;:!?…。！？।"


def list_note(ids: Array, vocabulary: Vocabulary) -> str | None:
    """A line for a text (N,) whose lines seem to be a list in an order that matters to training."""
    characters = vocabulary.characters
    if "\n" not in characters:
        return None
    ids = ids[-_LAST:]
    ends = np.append(np.flatnonzero(ids == characters.index("\n")), len(ids))
    starts = np.concatenate([[0], ends[:-1] + 1])
    starts, ends = starts[ends > starts], ends[ends > starts]
    if len(starts) < FEWEST or np.median(ends - starts) > LONGEST:
        return None
    first, last = ids[starts], ids[ends - 1]
    letter = np.array([unicodedata.category(c)[0] == "L" for c in characters])
    mark = np.array([c in _MARKS for c in characters])
    if letter[first].mean() < LETTERS or mark[last].mean() > SENTENCES:
        return None
    if _ascending(ids, starts, ends) >= SORTED and len(np.unique(first)) >= FIRSTS:
        what = "in sorted order"
    elif _unlike(first, len(characters)):
        what = "that are not the same at the end of the text as before"
    else:
        return None
    count = f"{len(starts):,} short lines"
    return f"{count} {what}: if they are a list, --unit line learns each by itself"


def _ascending(ids: Array, starts: Array, ends: Array) -> float:
    """The share of neighbouring lines that are in order, by their first characters."""
    key = np.zeros(len(starts), np.uint64)
    for offset in range(_KEY):
        place = starts + offset
        character = np.where(place < ends, ids[np.minimum(place, len(ids) - 1)] + np.uint64(1), 0)
        key = (key << np.uint64(16)) + character.astype(np.uint64)
    return float((key[1:] >= key[:-1]).mean())


def _unlike(first: Array, vocabulary_size: int) -> bool:
    """Do the lines of the last tenth begin with other characters than the lines before them?"""
    border = len(first) - len(first) // 10
    before, after = (np.bincount(f, minlength=vocabulary_size) for f in np.split(first, [border]))
    p, m = before / before.sum(), after.sum()
    distance = np.abs(p - after / m).sum() / 2
    # The mean distance of m draws from p: E|count/m - p| of a normal variable, for each character.
    chance = np.sqrt(2 * p * (1 - p) / (np.pi * m)).sum() / 2
    return bool(distance > max(UNLIKE, BY_CHANCE * chance))
