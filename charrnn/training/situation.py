"""What the recipe looks at: a text, a budget, and the workers that are to spend it."""

from dataclasses import dataclass

from charrnn.training.gradient import most_workers
from charrnn.training.shares import dealt


@dataclass(frozen=True)
class Situation:
    """The training characters, the alphabet, and the budget, as `steps`, as `epochs`, or as a time:
    the `operations` of each of some `workers`. These belong to `ranks`, between which one number of
    a gradient costs a worker the time of `traffic` operations."""

    characters: int
    vocabulary_size: int
    operations: float = 0.0
    workers: int = 1
    ranks: int = 1
    traffic: float = 0.0
    steps: int | None = None
    epochs: float | None = None

    def useful_workers(self, batch_size: int, sequence_length: int, members: int) -> float:
        """How many workers' work gets done if so many members share all of them.

        A member that several ranks share costs traffic at every step. That and the operations of a
        step both grow with its parameters, so that one of them will do: docs/scaling.md.
        """
        workers = min(self.workers, most_workers(batch_size, members))
        in_team, each = dealt(self.ranks, members)
        if in_team == 1:
            return workers
        operations = 6 * batch_size * sequence_length * members / workers
        return workers * operations / (operations + each * self.traffic)
