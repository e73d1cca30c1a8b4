"""`Progress`: how far a run is, and what it has reached, in plain numbers."""

import math
from dataclasses import dataclass, field
from typing import Any

from charrnn.network.mixture import ALONE, Joined
from charrnn.training.evaluation import Measured


@dataclass
class Progress:
    """The counters and figures of a run; a JSON object in the checkpoint."""

    step: int = 0
    seconds: float = 0.0
    share: float = 0.0  # of the present budget, 0 to 1
    from_step: int = 0  # where the present budget began
    from_seconds: float = 0.0
    next_evaluation: float = 0.0  # as a share of the budget
    loss_sum: float = 0.0  # of the steps since the last evaluation
    loss_count: int = 0
    first_loss: float | None = None
    best_loss: float | None = None
    best_step: int = 0
    best_scale: float = 1.0  # what the best weights' logits are multiplied by
    best_characters: int = 0  # on which it was measured, and how sure that is of it
    best_error: float | None = None
    best_sums: list[float] = field(default_factory=list)  # of its losses, over each reader's share
    network_weight: float = 1.0  # of the best weights' logits, beside the n-grams
    ngram_weight: float = 0.0
    ngram_loss: float | None = None  # of the n-grams, and of both, where that was measured
    joined_loss: float | None = None
    evaluated: int = 0  # characters that an evaluation may read
    evaluated_from: int = -1  # where the budget began for which that was decided
    rate_factor: float = 1.0  # halved each time the run had to go back
    strikes: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def loss(self) -> float | None:
        """The best loss, of the network with its n-grams if it has any."""
        return self.best_loss if self.joined_loss is None else self.joined_loss

    def is_best(self, found: Measured) -> bool:
        """Is this held-out loss the least so far?"""
        best = self.best_loss
        return math.isfinite(found.loss) and (best is None or found.loss < best)

    def best(self, found: Measured, both: Joined | None) -> None:
        """These are the figures of the best weights, alone and together with n-grams."""
        self.best_step, self.best_scale = self.step, found.scale
        self._measured(found.loss, found.sums[0], found, both)

    def measured_again(self, found: Measured, both: Joined | None) -> None:
        """The best weights, as they were kept, were measured on more text than before."""
        self._measured(found.plain, found.sums[1], found, both)

    def without_ngrams(self) -> None:
        """Forget what the best weights are together with n-grams."""
        self.network_weight, self.ngram_weight = ALONE
        self.ngram_loss = self.joined_loss = None

    def _measured(
        self, loss: float, sums: list[float], found: Measured, both: Joined | None
    ) -> None:
        self.best_loss, self.best_sums = loss, sums
        self.best_characters, self.best_error = found.characters, found.error
        self.network_weight, self.ngram_weight = both.weights if both else ALONE
        self.ngram_loss = both.ngrams if both else None
        # On all that was measured, of which `both` may know a part.
        self.joined_loss = None
        if both and both.weights != ALONE:
            self.joined_loss = loss - both.network + both.together
