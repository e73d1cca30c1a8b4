"""What is counted of a text before a network learns it: baselines, and n-grams to join it with."""

from charrnn.progress import Progress, silent
from charrnn.text.division import Division
from charrnn.text.ngram_model import NGrams, count
from charrnn.text.ngrams import COUNTED, PREDICTED, Baselines, baselines
from charrnn.training.readers import shares
from charrnn.training.settings import Budget

#: Characters that are counted for each second of a budget, and at least: a second counts 500,000 of
#: them on one machine and 300,000 on another, and a twentieth of the time is allowed.
A_SECOND, FEWEST = 20_000, 100_000


def most_counted(budget: Budget) -> int:
    """So many characters are counted at most."""
    if budget.seconds is None:
        return COUNTED
    return min(max(int(A_SECOND * budget.seconds), FEWEST), COUNTED)


def counted(
    division: Division,
    vocabulary_size: int,
    most: int = COUNTED,
    *,
    ngrams: bool = True,
    progress: Progress = silent,
) -> tuple[Baselines | None, NGrams | None]:
    """The baselines, and the n-grams if they are wanted; neither if nothing is held out."""
    if not division.held_out.characters:
        return None, None
    # Where one passage meets another is a context like any other: there are few. The order of the
    # baseline is chosen on the last tenth, which is of all passages.
    text, held_out = division.training.ends(most), division.held_out.beginnings(PREDICTED)
    starts, ends = shares(division.held_out)
    beat, (order, whole) = baselines(
        text,
        held_out,
        vocabulary_size,
        most=most,
        blocks=(ends - starts).tolist(),
        progress=progress,
    )
    if not ngrams:
        return beat, None
    return beat, count(text, order, vocabulary_size, whole, progress)
