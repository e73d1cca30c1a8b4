"""The n-grams beside the network while it is trained: what both are together on held-out text.

An evaluation leaves the network's logits. What the n-grams say at the same places changes only if
evaluations read more, so it is found once. Array legend: V characters, N places.
"""

import numpy as np

from charrnn.arrays import Array
from charrnn.network.mixture import Joined, joined
from charrnn.text.ngram_model import NGrams
from charrnn.text.ngram_reader import NGramReader
from charrnn.training.evaluation import Evaluator


class Voices:
    """The n-grams of a text, as readers of what `evaluator` reads."""

    def __init__(self, ngrams: NGrams, evaluator: Evaluator) -> None:
        self.ngrams, self.evaluator = ngrams, evaluator
        self._taken: list[int] = []
        self._q = np.empty((0, 0), np.float32)

    def joined(self, scale: float) -> Joined:
        """Both together, with the logits that were measured last times `scale`."""
        evaluator = self.evaluator
        place, targets = evaluator.places()
        if evaluator.taken.tolist() != self._taken:
            self._taken, self._q = evaluator.taken.tolist(), self._read()
        z = evaluator.kept.reshape(self._q.shape)
        return joined(z, self._q, place, targets.astype(np.intp), scale)

    def _read(self) -> Array:
        """The logarithms of what the n-grams say, (V, rows * readers) float32."""
        evaluator, warm_up = self.evaluator, self.evaluator.readers.warm_up
        chosen, _ = evaluator.chosen()
        begins = evaluator.readers.begins[chosen] - warm_up
        q = np.empty_like(evaluator.kept)
        reader = NGramReader(self.ngrams, len(chosen), evaluator.model.boundary)
        before = min(self.ngrams.order - 1, warm_up)
        for row, ids in enumerate(evaluator.text[warm_up - before :, chosen], -before):
            if row == evaluator.kept_rows:
                break
            if np.any(row == begins):  # nothing precedes it
                reader.stand(np.where(row == begins, 0, reader.contexts))
            p = reader.step(ids.astype(np.intp))
            if row >= 0:
                q[:, row, chosen] = np.log(p)
        return q.reshape(len(q), -1)
