"""How a model begins with the weights of another: matched by character where alphabets differ."""

import numpy as np

from charrnn.errors import UsageError
from charrnn.network.model import CharModel
from charrnn.network.parameters import INPUTS
from charrnn.storage.checkpoint import Checkpoint
from charrnn.text.vocabulary import Vocabulary


def inherit(model: CharModel, vocabulary: Vocabulary, other: Checkpoint) -> dict[str, str]:
    """Copy the weights of `other` into `model`, rows and columns matched by character.

    Returns the characters that were `kept`, are `new` and were `dropped`, each as one string.
    Raises UsageError if the networks differ in cell, layers, hidden size or context.
    """
    mine = {
        "cell": model.cell.name,
        "activation": model.cell.activation,
        "layers": model.layers,
        "hidden_size": model.hidden_size,
        "context": model.context or None,
    }
    for name, value in mine.items():
        if value != other.meta.get(name):
            option = name.replace("_", "-")
            raise UsageError(
                f"the other model has {option} {other.meta.get(name)}, this one {value}",
                f"Give --{option} {other.meta.get(name)}, or leave the option out.",
            )
    _, here, there = np.intersect1d(
        vocabulary.code_points, other.vocabulary, assume_unique=True, return_indices=True
    )
    for name, array in model.parameters.items():
        source = other.parameters[name]
        if name in INPUTS:  # the alphabet, once for each place
            columns = array.reshape(len(array), -1, len(vocabulary))
            columns[:, :, here] = source.reshape(len(array), -1, len(other.vocabulary))[:, :, there]
        elif name.startswith("head."):
            array[here] = source[there]
        else:
            array[...] = source
    old, new = Vocabulary(other.vocabulary).characters, vocabulary.characters
    then, now = set(old), set(new)
    return {
        "kept": "".join(c for c in new if c in then),
        "new": "".join(c for c in new if c not in then),
        "dropped": "".join(c for c in old if c not in now),
    }
