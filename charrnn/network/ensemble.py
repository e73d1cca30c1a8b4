"""`Ensemble`: networks that are trained side by side, each for itself, and then are one network.

Networks that start differently err differently, so the mean of their predictions is better than any
of them (Hansen & Salamon, IEEE PAMI 12, 1990). On a text that is read many times, two networks gain
more than one of twice the size. And the network whose logits are the mean of those of K networks is
a recurrent network too, which is what a checkpoint keeps:

    h = [h^1; ...; h^K]     W_hh, W_ih above the first layer: block-diagonal in every gate
    head.weight = [W^1 ... W^K] / K                     head.bias = (b^1 + ... + b^K) / K
"""

from collections.abc import Mapping, Sequence

import numpy as np

from charrnn.arrays import Array
from charrnn.network.model import CharModel, ModelTape, State, hidden_matrices, matrices
from charrnn.network.parameters import MOST_MEMBERS

Parameters = dict[str, Array]


class Ensemble:
    """`members`, networks of one shape, with their weights in one vector, `flat`.

    It has the methods of a `CharModel` that training needs. Its state is the members', one below
    the other: the state of the network that they become.
    """

    def __init__(self, members: Sequence[CharModel]) -> None:
        self.members = list(members)
        self.dtype = self.members[0].dtype
        self.flat = np.concatenate([member.flat for member in self.members])
        self.move_to(self.flat)

    def rows(self, vector: Array) -> list[Array]:
        """Each member's share of a vector like `flat`, as views."""
        return list(vector.reshape(len(self.members), -1))

    @property
    def matrices(self) -> list[slice]:
        """The slices of `flat` that hold matrices."""
        return self._in_each(matrices(self.members[0].parameters))

    @property
    def hidden_matrices(self) -> list[slice]:
        """The slices of `flat` that hold matrices between hidden units."""
        return self._in_each(hidden_matrices(self.members[0].parameters))

    def _in_each(self, first: slice) -> list[slice]:
        """A slice of the first member's weights, and the same of the others."""
        starts = range(0, self.flat.size, self.members[0].flat.size)
        return [slice(start + first.start, start + first.stop) for start in starts]

    def named(self, vector: Array) -> Parameters:
        """A vector like `flat` as parameter-shaped views; with several members, the names begin
        with their numbers."""
        return {
            f"{number}.{name}" if len(self.members) > 1 else name: view
            for number, row in enumerate(self.rows(vector))
            for name, view in self.members[number].named(row).items()
        }

    def move_to(self, flat: Array) -> None:
        """Keep the weights in this vector from now on, such as one that processes share."""
        flat[...] = self.flat
        self.flat = flat
        for member, row in zip(self.members, self.rows(flat), strict=True):
            member.move_to(row)

    def with_weights(self, flat: Array) -> "Ensemble":
        """An ensemble of the same kind with a copy of these weights, a vector like `flat`."""
        pairs = zip(self.members, self.rows(flat), strict=True)
        return Ensemble([member.with_weights(row) for member, row in pairs])

    def joined(self, flat: Array) -> CharModel:
        """The one network that the members are, with weights from a vector like `flat`."""
        rows = zip(self.members, self.rows(flat), strict=True)
        parameters = join([member.named(row) for member, row in rows])
        return self.members[0].with_parameters(parameters)

    def zero_state(self, batch: int) -> State:
        return _whole([member.zero_state(batch) for member in self.members])

    def part(self, state: State, number: int) -> State:
        """One member's share of a state, as views."""
        h = self.members[0].hidden_size
        return {name: array[:, number * h : (number + 1) * h] for name, array in state.items()}

    def tape(self, steps: int, batch: int) -> list[ModelTape]:
        return [member.tape(steps, batch) for member in self.members]

    def forward(self, ids: Array, state: State, tapes: list[ModelTape]) -> tuple[Array, State]:
        """As `CharModel.forward`: the mean of the members' logits, and the state after them."""
        results = [
            member.forward(ids, self.part(state, number), tape)
            for number, (member, tape) in enumerate(zip(self.members, tapes, strict=True))
        ]
        logits = results[0][0]
        for other, _ in results[1:]:
            logits += other
        logits *= logits.dtype.type(1 / len(results))
        return logits, _whole([after for _, after in results])


def _whole(states: list[State]) -> State:
    """The states of the members, one below the other."""
    return {name: np.concatenate([s[name] for s in states], axis=1) for name in states[0]}


def gathered(model: CharModel | Ensemble) -> Ensemble:
    """A single network as an ensemble of one."""
    return model if isinstance(model, Ensemble) else Ensemble([model])


def taken_apart(model: CharModel, count: int) -> Ensemble:
    """The ensemble of `count` members that this network is the `join` of."""
    return Ensemble([model.with_parameters(part) for part in split(model.parameters, count)])


def join(networks: Sequence[Mapping[str, Array]]) -> Parameters:
    """The parameters of the network whose logits are the mean of those of `networks`."""
    K = len(networks)
    joined = {}
    for name in networks[0]:
        arrays = [network[name] for network in networks]
        if name == "head.bias":
            joined[name] = np.sum(arrays, axis=0) / K
        elif name == "head.weight":
            joined[name] = np.concatenate(arrays, axis=1) / K
        else:
            joined[name] = _stacked(name, arrays, networks[0]["head.weight"].shape[1])
    return joined


def _stacked(name: str, arrays: list[Array], h: int) -> Array:
    """Rows of the members below each other in every gate; columns beside each other if they are
    hidden units, with zeros where the members do not meet."""
    K, gates = len(arrays), arrays[0].reshape(-1, h, *arrays[0].shape[1:])
    if arrays[0].ndim == 1 or name == "rnn.weight_ih_l0":
        rows = np.stack([array.reshape(gates.shape) for array in arrays], axis=1)
        return rows.reshape(-1, *gates.shape[2:])
    blocks = np.zeros((len(gates), K, h, K, h), arrays[0].dtype)
    for k, array in enumerate(arrays):
        blocks[:, k, :, k] = array.reshape(gates.shape)
    return blocks.reshape(-1, K * h)


def split(parameters: Mapping[str, Array], count: int) -> list[Parameters]:
    """The parameters of `count` networks of which `parameters` are the `join`."""
    networks: list[Parameters] = [{} for _ in range(count)]
    h = parameters["head.weight"].shape[1] // count
    for name, array in parameters.items():
        for k, network in enumerate(networks):
            units = slice(k * h, (k + 1) * h)
            if name == "head.bias":
                network[name] = array
            elif name == "head.weight":
                network[name] = array[:, units] * count
            else:
                gates = array.reshape(-1, count * h, *array.shape[1:])[:, units]
                columns = slice(None) if name == "rnn.weight_ih_l0" else units
                gates = gates if array.ndim == 1 else gates[:, :, columns]
                network[name] = gates.reshape(-1, *gates.shape[2:])
    return networks


def members_of(parameters: Mapping[str, Array]) -> int:
    """Of how many networks these parameters are the `join`, judged by their zeros: 1 for most."""
    H = parameters["head.weight"].shape[1]
    hidden = [
        array.reshape(-1, H, H)
        for name, array in parameters.items()
        if name.startswith("rnn.weight") and name != "rnn.weight_ih_l0"
    ]
    for count in range(MOST_MEMBERS, 1, -1):
        if H % count == 0 and all(_meet_nowhere(gates, count) for gates in hidden):
            return count
    return 1


def _meet_nowhere(gates: Array, count: int) -> bool:
    """Are all but the diagonal blocks zero? The last column of the first row settles most cases."""
    G, H, _ = gates.shape
    blocks = gates.reshape(G, count, H // count, count, H // count)
    pairs = [(k, j) for k in range(count) for j in reversed(range(count)) if k != j]
    return all(not blocks[:, k, :, j].any() for k, j in pairs)
