"""`Progress`: how far a run is, and what it has reached, in plain numbers."""

from dataclasses import dataclass, field
from typing import Any


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
    evaluated: int = 0  # characters that an evaluation may read
    evaluated_from: int = -1  # where the budget began for which that was decided
    rate_factor: float = 1.0  # halved each time the run had to go back
    strikes: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
