"""The untrained twin of a network: what it was before its first step, to be compared with.

A random recurrent network follows much of what it reads. Only what the trained one does better has
been learnt.
"""

from typing import Any

import numpy as np

from charrnn.network.ensemble import Ensemble
from charrnn.network.initialisation import initialise
from charrnn.network.model import CharModel


def untrained(model: CharModel, seed: Any) -> CharModel:
    """The network that `train --steps 0` makes with this seed (0 if that is no number), of the same
    kind and sizes; float32. The bias of the softmax layer alone may differ."""
    known = isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0
    rng = np.random.default_rng(seed if known else 0)
    members = [
        initialise(
            model.cell.name,
            model.cell.activation,
            model.layers,
            model.hidden_size // model.members,
            np.ones(model.vocabulary_size),
            rng,
            model.context,
            model.boundary,
        )
        for _ in range(model.members)
    ]
    ensemble = Ensemble(members)
    return ensemble.merged(ensemble.flat)
