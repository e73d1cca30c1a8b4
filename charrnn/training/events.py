"""What happens in training, as `loop.train` yields it. Losses are in nats per character."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """After one update. The norm is the one before clipping."""

    step: int
    seconds: float
    share: float
    loss: float
    gradient_norm: float
    learning_rate: float
    characters_per_second: float


@dataclass(frozen=True)
class Evaluation:
    """The loss on held-out text, with the logits scaled for it; `best` says that these weights are
    kept. On how many characters it was measured, and its standard error, if that can be known."""

    step: int
    seconds: float
    loss: float
    best: bool
    characters: int
    standard_error: float | None


@dataclass(frozen=True)
class WentBack:
    """The loss exploded or was not finite: last good weights, half the learning rate."""

    step: int
    seconds: float
    strikes: int


@dataclass(frozen=True)
class Finished:
    """The budget is spent, or stopped `early`, because the rest of it would gain nothing.
    `best_loss` is that of the weights that were kept, with their n-grams if they have any; None if
    nothing was held out."""

    step: int
    seconds: float
    best_loss: float | None
    characters_per_second: float
    early: bool = False


Event = Step | Evaluation | WentBack | Finished
