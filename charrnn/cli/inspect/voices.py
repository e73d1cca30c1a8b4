"""The voices of one model, each as if it were a model: the network, the n-grams, and both."""

from copy import copy
from typing import Self

import numpy as np

from charrnn.errors import UsageError
from charrnn.generation.beside import beside
from charrnn.inspection.joined import JoinedModel
from charrnn.inspection.request import Request
from charrnn.library import Model
from charrnn.network.mixture import ALONE, Weights
from charrnn.network.model import CharModel

VIEWS = ("surprisal", "next", "context")
NETWORK, NGRAMS, BOTH = "the network", "counting", "both together"


class Voice(Model):
    """What a model says with these weights of its network and its n-grams."""

    name: str
    weights: Weights

    @classmethod
    def of(cls, model: Model, name: str, weights: Weights) -> Self:
        voice = cls.__new__(cls)
        voice.__dict__ |= copy(model.__dict__)
        voice.name, voice.weights = name, weights
        return voice

    def network(self, dtype: type[np.floating] = np.float32) -> CharModel:
        alone = super().network(dtype)
        if self.weights == ALONE:
            return alone
        assert self.ngrams
        return JoinedModel(alone, self.ngrams, self.weights)


def check_voices(request: Request, models: int) -> None:
    """Raise UsageError where the n-grams are asked for and have nothing to say."""
    if not request.ngrams:
        return
    if request.view not in VIEWS:
        raise UsageError(
            f"--view {request.view} is about the network, of which n-grams are no part",
            f"--ngrams works with {', '.join(VIEWS)}.",
        )
    for other, given in (("--compare", models > 1), ("--dynamic", request.dynamic)):
        if given:
            raise UsageError(f"--ngrams does not go with {other}", "Leave one of the two out.")


def voices_of(model: Model) -> list[Model]:
    """Raises UsageError if the model is a network alone."""
    found = beside(model.ngrams, model.meta, None, model.path)
    if found is None:
        raise UsageError(f"{model.path} is a network alone, without n-grams", "Leave --ngrams out.")
    weights = {NETWORK: ALONE, NGRAMS: Weights(0.0, 1.0), BOTH: found.weights}
    return [Voice.of(model, *each) for each in weights.items()]
