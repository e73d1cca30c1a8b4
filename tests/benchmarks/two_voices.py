"""What a reader gains by the n-grams beside a network: `python two_voices.py MODEL CORPUS [TEMP]`.

For the network alone, the n-grams alone and both: the share of words that the training text does
not have, the longest run that was copied from it, and the share of new runs of twelve characters.
Texts of 20,000 characters, three seeds.
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

import charrnn
from charrnn.generation import beginning
from charrnn.generation.beside import Beside
from charrnn.generation.novelty import novelty
from charrnn.library import Model
from charrnn.network.mixture import ALONE, Weights
from charrnn.text.corpus import Corpus, read_corpus

LENGTH, SEEDS = 20_000, (1, 2, 3)
WORD = re.compile(r"\w+")


class Read(NamedTuple):
    """What a reader meets in one text."""

    invented: float
    copied: int
    new: float


def main(path: str, corpus: str, temperature: str = "0.8") -> None:
    model, learnt = charrnn.load(path), training_text(corpus)
    about = model.meta["ngrams"]
    both = Weights(about["network_weight"], about["ngram_weight"])
    losses = model.meta["best"]["loss"], about["alone"], about["loss"]
    print(f"{path}, temperature {temperature}, weights {both.network:.2f}, {both.ngrams:.2f}")
    print("| | loss | invented words | longest copies | new 12-grams |\n|---|---:|---:|---:|---:|")
    voices = ("network", ALONE), ("n-grams", Weights(0.0, 1.0)), ("both", both)
    for (name, weights), loss in zip(voices, losses, strict=True):
        found = [read(text, learnt) for text in texts(model, weights, float(temperature))]
        invented, new = (100 * np.mean([getattr(r, n) for r in found]) for n in ("invented", "new"))
        copies = ", ".join(str(r.copied) for r in found)
        print(f"| {name} | {loss:.3f} | {invented:.1f} % | {copies} | {new:.1f} % |", flush=True)


def training_text(path: str) -> Corpus:
    """All but the last tenth of a text."""
    corpus = read_corpus([path])
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "training"
        count = len(corpus.ids) - len(corpus.ids) // 10
        part.write_text(corpus.vocabulary.decode(corpus.ids[:count]))
        return read_corpus([str(part)])


def texts(model: Model, weights: Weights, temperature: float) -> list[str]:
    """A text for each seed, written with these weights."""
    assert model.ngrams
    beside = None if weights == ALONE else Beside(model.ngrams, weights)
    about = model.network(), model.vocabulary, "", SEEDS, model.excerpt, beside
    pieces = model.pieces(
        beginning.start(*about), model.filters(temperature), model.rules(length=LENGTH)
    )
    found: list[list[str]] = [[] for _ in SEEDS]
    for piece in pieces:
        found[piece.stream].append(piece.text)
    return ["".join(parts) for parts in found]


def read(text: str, learnt: Corpus) -> Read:
    known = set(WORD.findall(learnt.vocabulary.decode(learnt.ids)))
    words = WORD.findall(text)[1:-1]
    found = novelty(text, learnt)
    invented = sum(word not in known for word in words) / len(words)
    return Read(invented, len(found.copied), found.new[12])


if __name__ == "__main__":
    main(*sys.argv[1:])
