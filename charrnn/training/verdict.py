"""One line on how a run went, from its history and the baselines: what to try next.

The thresholds are in nats per character. They are far above the noise of an evaluation on a text of
ordinary size, and a short held-out text makes any verdict uncertain, which it then says.
"""

from typing import Any

from charrnn.text.ngrams import Baselines

STILL_FALLING = 0.02  # over the last third of a run
RISEN = 0.02  # from the best evaluation to the last
AS_GOOD = 0.005  # two losses that nobody could tell apart
LITTLE_TEXT = 2_000  # held-out characters
#: What a text can give that is short, as `division.is_short` says.
GIVES = "samples will be what stands there, by heart, and mixtures of it"


def verdict(
    history: list[dict[str, Any]],
    best: float,
    baselines: Baselines,
    held_out: int,
    *,
    short: bool = False,
    early: bool = False,
) -> str:
    """Overfitting, underfitting, above the n-gram, or fitting, and what follows from it.

    `history` has an entry with `loss` (training) and `validation` for each evaluation. A run that
    ended `early` has been told that more time would gain nothing. `short`: is the whole text?
    """
    counting = f"counting {baselines.order}-grams ({baselines.ngram:.3f})"
    losses = [point["validation"] for point in history]
    falling = len(losses) > 3 and losses[len(losses) * 2 // 3] - losses[-1] > STILL_FALLING
    text = f"better than {counting}"
    if best > baselines.ngram + AS_GOOD:
        missing = "more text would help" if early else "train longer or on more text"
        text = f"above the n-gram: not yet as good as {counting}; {missing}"
    elif losses and losses[-1] > min(losses) + RISEN:
        text += "; overfitting towards the end: the best weights were kept, more --dropout may help"
    elif falling and not early:
        text += "; still improving at the end: a longer --time will help"
    elif best > baselines.ngram - AS_GOOD:
        text = f"as good as {counting}"
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
