"""One line on how a run went, from its history and the baselines: what to try next.

The thresholds are in nats per character. Which of two losses is less is said only where they differ
by more than two standard errors of their difference on the same pieces of text: what surprises the
network surprises counting too, so that this is surer than either loss.
"""

import math
from typing import Any

import numpy as np

from charrnn.text.ngrams import Baselines
from charrnn.text.passages import Passages
from charrnn.training.evaluation import standard_error
from charrnn.training.figures import Progress
from charrnn.training.readers import shares

STILL_FALLING = 0.02  # over the last third of a run
RISEN = 0.02  # from the best evaluation to the last
AS_GOOD = 0.005  # two losses that nobody could tell apart
LITTLE_TEXT = 2_000  # held-out characters
#: What a text can give that is short, as `division.is_short` says.
GIVES = "samples will be what stands there, by heart, and mixtures of it"


def difference_error(progress: Progress, baselines: Baselines, held_out: Passages) -> float | None:
    """The standard error of the difference between the best loss and counting's, paired by the
    readers' shares. Where not the whole of the held-out text was read, that of two losses which
    know nothing of each other and are as uncertain as the best one; None if nothing tells."""
    starts, ends = shares(held_out)
    if len(progress.best_sums) == len(baselines.sums) == len(starts):
        return standard_error(np.subtract(progress.best_sums, baselines.sums), ends - starts)
    return None if progress.best_error is None else math.sqrt(2) * progress.best_error


def verdict(
    history: list[dict[str, Any]],
    best: float,
    baselines: Baselines,
    held_out: int,
    error: float | None = None,
    *,
    short: bool = False,
    early: bool = False,
) -> str:
    """Overfitting, underfitting, above the n-gram, or fitting, and what follows from it.

    `history` has an entry with `loss` (training) and `validation` for each evaluation; `error` is
    the standard error of the difference to counting, if it is known. A run that ended `early` has
    been told that more time would gain nothing. `short`: is the whole text?
    """
    counting = f"counting {baselines.order}-grams ({baselines.ngram:.3f})"
    losses = [point["validation"] for point in history]
    falling = len(losses) > 3 and losses[len(losses) * 2 // 3] - losses[-1] > STILL_FALLING
    gain = baselines.ngram - best
    text = f"as good as {counting}"
    if abs(gain) > AS_GOOD and error is None:
        text = f"{best:.3f} beside {counting}: too little text to say which is better"
    elif error is not None and gain > max(AS_GOOD, 2 * error):
        text = f"better than {counting} by {gain:.3f}, give or take {error:.3f}"
    if error is not None and -gain > max(AS_GOOD, 2 * error):
        missing = "more text would help" if early else "train longer or on more text"
        text = f"above the n-gram: not yet as good as {counting}; {missing}"
    elif losses and losses[-1] > min(losses) + RISEN:
        text += "; overfitting towards the end: the best weights were kept, more --dropout may help"
    elif falling and not early:
        text += "; still improving at the end: a longer --time will help"
    if held_out < LITTLE_TEXT:
        better = "; samples of so short a text read better with --validation 0" if short else ""
        text += f" (only {held_out:,} characters were held out, so this is uncertain{better})"
    return text


def without_validation(short: bool) -> str:
    """What can be said of a run on a text of which nothing was held out."""
    text = "nothing was held out, so how well it would predict new text is not known"
    if not short:
        return text
    return f"{text}; {GIVES} (sample --novelty tells)"
