"""Which part of a gradient each rank computes: members of an ensemble, then columns of the batch.

Members need no messages but their losses, so they are dealt out first: K of them on R ranks make
gcd(K, R) teams, each with members of its own. Inside a team every rank has some columns, and the
gradients of its members are summed. A launcher puts neighbours on one machine, and they are a team.
"""

import math

import numpy as np

from charrnn.arrays import Array
from charrnn.machine.ranks import Ranks
from charrnn.network.body import State


class Share:
    """What the rank that asks has of `members` networks and `batch` columns: everything, if it is
    alone. `team` are the ranks with the same members, `mine` is the part of the flat vector of all
    members that holds theirs, of `size` numbers in all."""

    def __init__(self, ranks: Ranks, members: int, batch: int, size: int) -> None:
        self.ranks, self.count = ranks, members
        in_team, each = dealt(ranks.size, members)
        self.teams = members // each
        group, place = divmod(ranks.number, in_team)
        self.team = ranks.split(group) if self.teams > 1 else ranks
        self.members = range(group * each, (group + 1) * each)
        self.columns = slice(place * batch // in_team, (place + 1) * batch // in_team)
        self.mine = slice(group * size // self.teams, (group + 1) * size // self.teams)

    @property
    def width(self) -> int:
        """The number of columns; none, if there are more ranks than columns."""
        return int(self.columns.stop - self.columns.start)

    def sum_gradient(self, flat: Array) -> None:
        """Sum the gradients that the ranks of the team have of their members."""
        self.team.sum(flat[self.mine])

    def sum_losses(self, loss: float) -> float:
        """The sum over all ranks."""
        total = np.array([loss])
        self.ranks.sum(total)
        return float(total[0])

    def complete_norms(self, norms: Array) -> None:
        """Fill in what belongs to members of other teams, which are zeros."""
        if self.teams > 1:
            norms *= self.team.number == 0
            self.ranks.sum(norms)

    def complete_vector(self, flat: Array) -> None:
        """Fill in, of a vector like the weights, the members of the other teams."""
        if self.teams > 1:
            whole = np.zeros_like(flat)
            if self.team.number == 0:
                whole[self.mine] = flat[self.mine]
            self.ranks.sum(whole)
            flat[...] = whole

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
