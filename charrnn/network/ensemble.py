"""`Ensemble`: networks that are trained side by side, each for itself, and then are one network.

Networks that start differently err differently, so the mean of their predictions is better than any
of them (Hansen & Salamon, IEEE PAMI 12, 1990). On a text that is read many times, two networks gain
more than one of twice the size. And the network whose logits are the mean of those of K networks is
a recurrent network too, their merger, which is what a checkpoint keeps:

    h = [h^1; ...; h^K]     W_hh, W_ih above the first layer: block-diagonal in every gate
    head.weight = [W^1 ... W^K] / K                     head.bias = (b^1 + ... + b^K) / K
"""

from collections.abc import Mapping, Sequence

import numpy as np

from charrnn.arrays import Array
from charrnn.network.body import ModelTape, State
from charrnn.network.model import CharModel
from charrnn.network.parameters import Parameters, kind_of


class Ensemble:
    """`members`, networks of one shape, with their weights in one vector, `parameters.flat`.

    It has the methods of a `CharModel` that training needs. Its state is the members', one below
    the other: of recurrent networks the state of their merger.
    """

    def __init__(self, members: Sequence[CharModel]) -> None:
        self.members = list(members)
        self.dtype = self.members[0].dtype
        # One vector for all, so that the optimiser and the workers see a single network.
        flat = np.concatenate([member.flat for member in self.members])
        self.parameters = Parameters(self.members[0].parameters.shapes, flat, len(self.members))
        self.move_to(flat)

    @classmethod
    def of(cls, model: "CharModel | Ensemble") -> "Ensemble":
        """A single network as an ensemble of one."""
        return model if isinstance(model, Ensemble) else cls([model])

    @classmethod
    def unmerged(cls, model: CharModel, count: int) -> "Ensemble":
        """The ensemble of `count` members of which this network is the merger."""
        return cls([model.like(part) for part in unmerge(model.parameters, count)])

    @property
    def flat(self) -> Array:
        """The vector that holds the weights of all members, (K·P,)."""
        return self.parameters.flat

    @property
    def boundary(self) -> int | None:
        """The character before which the state becomes zero, the same for all members."""
        return self.members[0].boundary

    def move_to(self, flat: Array) -> None:
        """Keep the weights in this vector from now on, such as one that processes share."""
        flat[...] = self.flat
        self.parameters = self.parameters.over(flat)
        for member, row in zip(self.members, self.parameters.rows(), strict=True):
            member.move_to(row)

    def with_weights(self, flat: Array) -> "Ensemble":
        """An ensemble of the same kind with a copy of these weights, a vector like `flat`."""
        rows = self.parameters.over(flat).rows()
        pairs = zip(self.members, rows, strict=True)
        return Ensemble([member.with_weights(row) for member, row in pairs])

    def merged(self, flat: Array) -> CharModel:
        """The one network that the members are, with weights from a vector like `flat`."""
        weights, count = self.parameters.over(flat), len(self.members)
        whole = merge([weights.member(number) for number in range(count)])
        return self.members[0].like(whole, members=count)

    def zero_state(self, batch: int) -> State:
        """The state before anything is read."""
        return _whole([member.zero_state(batch) for member in self.members])

    def part(self, state: State, number: int) -> State:
        """One member's share of a state, as views."""
        K = len(self.members)
        return {name: np.split(array, K, axis=1)[number] for name, array in state.items()}

    def tape(self, steps: int, batch: int) -> list[ModelTape]:
        """A tape for each member."""
        return [member.tape(steps, batch) for member in self.members]

    def forward(self, ids: Array, state: State, tapes: list[ModelTape]) -> tuple[Array, State]:
        """As `CharModel.forward`: the mean of the members' logits, and the state after them."""
        results = [
            member.forward(ids, self.part(state, number), tape)
            for number, (member, tape) in enumerate(zip(self.members, tapes, strict=True))
        ]
        logits = results[0][0]  # on the first member's tape: the sum can go there
        for other, _ in results[1:]:
            logits += other
        logits *= logits.dtype.type(1 / len(results))  # z = (z^1 + ... + z^K) / K
        return logits, _whole([after for _, after in results])


def _whole(states: list[State]) -> State:
    """The states of the members, one below the other."""
    return {name: np.concatenate([s[name] for s in states], axis=1) for name in states[0]}


def merge(networks: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """The parameters of the network whose logits are the mean of those of `networks`."""
    K, h = len(networks), networks[0]["head.weight"].shape[1]
    merged = {}
    # The softmax layer reads all units at once, so its weights stand beside each other and their
    # sum is divided by K. Below it nobody reads another network's units.
    for name in networks[0]:
        arrays = [network[name] for network in networks]
        if name == "head.bias":
            merged[name] = np.sum(arrays, axis=0) / K  # (V,)
        elif name == "head.weight":
            merged[name] = np.concatenate(arrays, axis=1) / K  # (V, K*h)
        elif kind_of(name) == "hidden":
            merged[name] = _block_diagonal(arrays, h)
        else:
            merged[name] = _interleaved(arrays, h)  # biases, and W_ih of the first layer
    return merged


def _interleaved(arrays: list[Array], h: int) -> Array:
    """(G*h, ...) of each network as (G*K*h, ...): in every gate their rows below each other."""
    # (G, h, ...) each, stacked to (G, K, h, ...): the gate is the slowest axis, as in PyTorch.
    rows = np.stack([array.reshape(-1, h, *array.shape[1:]) for array in arrays], axis=1)
    return rows.reshape(-1, *arrays[0].shape[1:])


def _block_diagonal(arrays: list[Array], h: int) -> Array:
    """(G*h, h) of each network as (G*K*h, K*h), with zeros where the networks do not meet."""
    K = len(arrays)
    blocks = np.zeros((len(arrays[0]) // h, K, h, K, h), arrays[0].dtype)
    for k, array in enumerate(arrays):
        blocks[:, k, :, k] = array.reshape(-1, h, h)  # rows of k read columns of k
    return blocks.reshape(-1, K * h)


def diagonal_blocks(matrix: Array, count: int) -> Array:
    """The inverse of `_block_diagonal`, (K, G*h, h) of (G*K*h, K*h), whatever stands between."""
    h = matrix.shape[1] // count
    # g gate, k network, i row, j column; the repeated k takes the diagonal.
    blocks: Array = np.einsum("gkikj->kgij", matrix.reshape(-1, count, h, count, h))
    return blocks.reshape(count, -1, h)


def unmerge(parameters: Mapping[str, Array], count: int) -> list[dict[str, Array]]:
    """The parameters of `count` networks of which `parameters` are the merger."""
    networks = blocks(parameters, count)
    for network in networks:
        network["head.weight"] = network["head.weight"] * count
    return networks


def blocks(parameters: Mapping[str, Array], count: int) -> list[dict[str, Array]]:
    """What each of `count` networks has in their merger, without the zeros between them: its share
    of the logits is head.weight times its units. All have the one head.bias, for only the mean is
    known, and the mean of equals is that."""
    h = parameters["head.weight"].shape[1] // count
    networks: list[dict[str, Array]] = [{} for _ in range(count)]
    for name, array in parameters.items():
        if name == "head.bias":
            parts = [array] * count
        elif name == "head.weight":
            parts = np.split(array, count, axis=1)
        elif kind_of(name) == "hidden":
            parts = list(diagonal_blocks(array, count))
        else:
            gates = array.reshape(-1, count, h, *array.shape[1:])  # (G, K, h, ...)
            parts = [gates[:, k].reshape(-1, *array.shape[1:]) for k in range(count)]
        for network, part in zip(networks, parts, strict=True):
            network[name] = part
    return networks


def is_merger(parameters: Mapping[str, Array], count: int) -> bool:
    """Is this network one that `merge` can have made of `count`? What a file says of its members is
    trusted only if nothing stands between them."""
    H = parameters["head.weight"].shape[1]
    hidden = [array for name, array in parameters.items() if kind_of(name) == "hidden"]
    # The blocks are a part of the matrix: they have as many non-zeros only if they have all.
    return H % count == 0 and all(
        np.count_nonzero(matrix) == np.count_nonzero(diagonal_blocks(matrix, count))
        for matrix in hidden
    )
