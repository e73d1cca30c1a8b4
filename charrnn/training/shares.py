"""Which part of a step each rank does: members of an ensemble, then columns of the batch.

Members need no messages but their losses, so they are dealt out first: K of them on R ranks make
gcd(K, R) teams, each with members of its own. A launcher puts neighbours on one machine, and they
are a team. Inside a team every rank computes the gradient of some columns, adds up all gradients
for its own piece of the flat vector, and updates that piece of the weights, which the others then
get (reduce-scatter and all-gather, the halves of an Allreduce; the optimiser's state is divided, as
in ZeRO, Rajbhandari et al. 2020, arXiv 1910.02054). So nothing is computed twice, and weights are
the same everywhere also where processors round differently.
"""

import math
from bisect import bisect_left

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.ranks import Ranks
from charrnn.network.body import State
from charrnn.network.parameters import Parameters
from charrnn.training.optimisers import Muon

#: What an update by Muon costs for each number, in updates by Adam: 20 to 28 ns and 3.
MUON_COST = 8
FINEST = 1024  # numbers between two places where Adam's part of the vector can be cut


class Share:
    """What the rank that asks has of an ensemble's `parameters` and of `batch` columns: everything,
    if it is alone.

    team      the ranks with the same `members`, whose weights are the slice `rows` of the vector
    columns   the slice of the batch whose gradient this rank computes, of a `width` that may be 0
    own       the slice of the vector that this rank updates
    """

    def __init__(
        self, ranks: Ranks, parameters: Parameters, batch: int, optimizer: str = "adam"
    ) -> None:
        self.ranks, self.count = ranks, parameters.members
        in_team, each = dealt(ranks.size, self.count)
        self.teams = self.count // each
        group, place = divmod(ranks.number, in_team)
        self.team = ranks.split(group) if self.teams > 1 else ranks
        self.members = range(group * each, (group + 1) * each)
        self.columns = slice(place * batch // in_team, (place + 1) * batch // in_team)
        size = parameters.flat.size // self.teams
        self.rows = slice(group * size, (group + 1) * size)
        self.edges = cut(parameters, optimizer, in_team, size)  # of the team's pieces, in `rows`
        self.all_edges = [g * size + edge for g in range(self.teams) for edge in self.edges[:-1]]
        self.all_edges.append(parameters.flat.size)
        self.own = slice(*self.all_edges[ranks.number : ranks.number + 2])

    @property
    def width(self) -> int:
        return int(self.columns.stop - self.columns.start)

    def sum_gradient(self, flat: Array) -> None:
        """Add up, for this rank's own piece, the gradients that its team has."""
        self.team.sum_pieces(flat[self.rows], self.edges)

    def spread_weights(self, flat: Array) -> None:
        """Give the team the piece that this rank has updated, and get theirs."""
        self.team.spread_pieces(flat[self.rows], self.edges)

    def sum_loss(self, loss: float) -> float:
        """The sum over all ranks."""
        total = np.array([loss])
        self.ranks.sum(total)
        return float(total[0])

    def own_of(self, row: Array, member: int) -> Array:
        """Of one member's row of a vector, what is in this rank's own piece; perhaps nothing."""
        start = member * len(row)
        piece: Array = row[max(self.own.start - start, 0) : max(self.own.stop - start, 0)]
        return piece

    def complete_vector(self, flat: Array) -> None:
        """Get the pieces of all ranks of all teams, of a vector like the weights."""
        self.ranks.spread_pieces(flat, self.all_edges)

    def complete_state(self, state: State) -> State:
        """The state of all members and columns: every rank has kept up its own part only."""
        if self.ranks.size == 1:
            return state
        found: State = {}
        for name, array in state.items():
            whole = np.zeros_like(array)
            height = array.shape[1] // self.count  # of one member
            rows = slice(self.members.start * height, self.members.stop * height)
            whole[:, rows, self.columns] = array[:, rows, self.columns]
            self.ranks.sum(whole)
            found[name] = whole
        return found


def dealt(ranks: int, members: int) -> tuple[int, int]:
    """How many ranks there are in a team, and how many members it has."""
    teams = math.gcd(members, ranks)
    return ranks // teams, members // teams


def cut(parameters: Parameters, optimizer: str, pieces: int, size: int) -> list[int]:
    """The edges of so many pieces of the first `size` numbers of the vector, that take about the
    same time to update; what Muon updates together is not cut."""
    places, costs = [0], [0]
    for where, kind in parameters.groups():
        if where.start >= size:
            break
        if optimizer == "muon" and kind == "hidden":
            ends = [block.stop for block in parameters.gate_blocks(where, Muon.ROWS)]
            cost = MUON_COST
        else:
            ends = [*range(where.start + FINEST, where.stop, FINEST), where.stop]
            cost = 1
        for end in ends:
            costs.append(costs[-1] + cost * (end - places[-1]))
            places.append(end)
    wanted = [piece * costs[-1] / pieces for piece in range(pieces)]
    return [places[bisect_left(costs, cost)] for cost in wanted] + [size]
