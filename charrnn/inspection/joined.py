"""A network and n-grams as one model, for the views that look at nothing but what a model says.

What the n-grams have read last is a part of the state, so that a state of zero is that of a model
that has read nothing.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.network.body import ModelTape, State
from charrnn.network.dropout import Dropout
from charrnn.network.mixture import Weights, mixed
from charrnn.network.model import CharModel
from charrnn.text.ngram_model import NGrams
from charrnn.text.ngram_reader import NGramReader

STATE = "ngrams"


class JoinedModel(CharModel):
    """`model` and n-grams: its logits are the sum of both. It has no gradients."""

    def __init__(self, model: CharModel, ngrams: NGrams, weights: Weights) -> None:
        super().__init__(
            model.parameters,
            cell=model.cell.name,
            activation=model.cell.activation,
            dtype=model.dtype.type,
            members=model.members,
            boundary=model.boundary,
        )
        self.ngrams, self.weights = ngrams, weights
        self._readers: dict[int, NGramReader] = {}  # by batch size: their tables take a moment

    def zero_state(self, batch: int) -> State:
        contexts = np.zeros((1, self.ngrams.order - 1, batch), np.intp)
        return super().zero_state(batch) | {STATE: contexts}

    def forward(
        self, ids: Array, state: State, tape: ModelTape, dropout: Dropout | None = None
    ) -> tuple[Array, State]:
        logits, after = super().forward(ids, state, tape, dropout)
        batch = ids.shape[1]
        if batch not in self._readers:
            self._readers[batch] = NGramReader(self.ngrams, batch, self.boundary)
        reader = self._readers[batch]
        reader.stand(state[STATE][0])
        z = logits.reshape(-1, *ids.shape)  # (V, T, B)
        for t, row in enumerate(ids):
            z[:, t] = mixed(z[:, t], np.log(reader.step(row)), self.weights)
        return logits, after | {STATE: reader.contexts[None].copy()}
