"""The text that a model carries: some of what was held out, or the end of what was learnt."""

from charrnn.arrays import Array
from charrnn.storage.checkpoint import EXCERPT
from charrnn.text.corpus import Corpus
from charrnn.text.division import Division, spans
from charrnn.text.passages import Passages

FEWEST = 2_000  # characters of each block, if there are more than enough


def excerpt(corpus: Corpus, division: Division) -> str:
    """At most `EXCERPT` characters."""
    held_out, decode = division.held_out, corpus.vocabulary.decode
    if len(held_out.spans) > 1:
        return of_blocks([decode(piece) for piece in some(held_out)])
    if held_out.characters:
        return decode(held_out.beginnings(EXCERPT))
    ids = division.training.ends(EXCERPT)
    if corpus.boundary is not None:
        _, lengths = spans(ids, corpus.boundary)
        ids = ids[lengths[0] if len(lengths) > 1 else 0 :]  # from the beginning of a unit on
    return decode(ids)


def some(blocks: Passages) -> list[Array]:
    """The beginnings of blocks from all of the text."""
    pieces = blocks.pieces()
    count = min(len(pieces), EXCERPT // FEWEST)
    return [pieces[k * len(pieces) // count][: EXCERPT // count] for k in range(count)]


def of_blocks(texts: list[str]) -> str:
    """Their whole lines, so that one follows the other as files do; the first if there are none."""
    lines = (text[text.find("\n") + 1 : text.rfind("\n") + 1] for text in texts)
    return "".join(lines) or texts[0]
