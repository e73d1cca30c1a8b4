"""n-grams beside a network: with which weights both are joined to write."""

from typing import Any, NamedTuple

from charrnn.errors import UsageError
from charrnn.network import MOST_WEIGHT
from charrnn.network.mixture import Weights, moved
from charrnn.text.ngram_model import NGrams


class Beside(NamedTuple):
    """The n-grams, and the weights of both voices."""

    ngrams: NGrams
    weights: Weights


def beside(
    ngrams: NGrams | None, meta: dict[str, Any], weight: float | None, name: str
) -> Beside | None:
    """The n-grams of the file `name`, whose `meta` has the weights, or with another `weight` of
    theirs, and a share of the network's that goes with it; None where the network is alone.

    Raises UsageError for a weight that is none, or of n-grams that the file has not.
    """
    if weight is not None and not 0 <= weight <= MOST_WEIGHT:
        raise UsageError(f"{weight} is no weight", f"Give a number from 0 to {MOST_WEIGHT:g}.")
    if ngrams is None:
        if weight:
            problem = f"{name} is a network alone, with no n-grams that could have a weight"
            raise UsageError(problem, "Leave it out, or train anew: n-grams come with the network.")
        return None
    about = meta["ngrams"]
    weights = Weights(about["network_weight"], about["ngram_weight"])
    if weight is not None and weights.ngrams:
        weights = moved(weights, weight)
    return Beside(ngrams, weights) if weights.ngrams else None
