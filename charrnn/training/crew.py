"""What the ranks of a job can do together: their cores, and what the network costs them.

The recipe wants to know it before it chooses a network for a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from charrnn.machine.cores import cores
from charrnn.machine.ranks import Ranks
from charrnn.training.facts import cores_each, difference, facts_of

SMALL, LARGE = 4, 2**18  # numbers in messages that are timed
OFTEN = 5


@dataclass(frozen=True)
class Crew:
    """All ranks; cores of the weakest; and what a step costs that shares P float32 numbers among
    all of them: `latency` + P `per_number`, in seconds, measured only where there are several."""

    ranks: Ranks
    cores: int
    neighbours: int = 1  # ranks on the machine of rank 0, itself included
    latency: float = 0.0
    per_number: float = 0.0

    def workers(self, threads: int | None) -> int:
        """All workers of all ranks, of which each has so many `threads`, or one for each core."""
        return self.ranks.size * (threads or self.cores)


def alone() -> Crew:
    """Without other ranks."""
    return Crew(Ranks(), cores())


def gathered(ranks: Ranks, options: Mapping[str, Any], paths: Sequence[str]) -> Crew:
    """Every rank tells its facts, and all look at them: raises CharRNNError on each of them if they
    do not fit together. `options` are what it was started with, `paths` name its texts."""
    facts = ranks.gather(facts_of(options, paths))
    if problem := difference(facts):
        raise problem
    neighbours = [f["machine"] for f in facts].count(facts[0]["machine"])
    return Crew(ranks, min(cores_each(facts)), neighbours, *network_cost(ranks))


def network_cost(ranks: Ranks) -> tuple[float, float]:
    """Seconds for adding up a gradient and spreading the weights, however small the vector is, and
    for each float32 number in it."""
    quickest = []
    for count in (SMALL * ranks.size, LARGE):
        array, durations = np.zeros(count, np.float32), []
        edges = [r * count // ranks.size for r in range(ranks.size + 1)]
        for _ in range(OFTEN):
            start = perf_counter()
            ranks.sum_pieces(array, edges)
            ranks.spread_pieces(array, edges)
            durations.append(perf_counter() - start)
        quickest.append(max(ranks.gather(min(durations))))  # the others met another program
    small, large = quickest
    return small, max(large - small, 0.0) / (LARGE - SMALL)
