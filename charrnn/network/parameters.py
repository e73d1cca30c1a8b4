"""A network's parameters: PyTorch's names and shapes, and the one flat vector that holds them all.

V vocabulary, H hidden; which there are is the architecture's business. Whoever wants a slice of the
vector asks here: of each network it holds first the matrices between hidden units, then the other
matrices, then the biases.
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from charrnn.arrays import Array
from charrnn.network.cells import CELLS


def parameter_shapes(
    cell: str, layers: int, hidden_size: int, vocabulary_size: int, context: int = 0
) -> dict[str, tuple[int, ...]]:
    """All parameters of a network of `CELLS`, the softmax layer last; `context` is for one that
    reads several places at once."""
    V, H = vocabulary_size, hidden_size
    shapes = CELLS[cell].parameter_shapes(layers, H, V, context)
    return shapes | {"head.weight": (V, H), "head.bias": (V,)}


#: The matrices that read one-hot characters: their columns are the alphabet, once for each place.
INPUTS = ("rnn.weight_ih_l0", "mlp.0.weight")


def kind_of(name: str) -> str:
    """ "hidden" for a matrix from hidden units to hidden units (W_hh, and what reads the layer
    below), "matrix" for the others, "bias" for a bias."""
    if "bias" in name:
        return "bias"
    return "matrix" if name in (*INPUTS, "head.weight") else "hidden"


KINDS = ("hidden", "matrix", "bias")  # in the order of the vector


class Group(NamedTuple):
    """A slice of the vector that holds parameters of one of the `KINDS`."""

    where: slice
    kind: str


class Parameters(dict[str, Array]):
    """Views, by name, of the vector `flat` (K·P,) of K networks of one shape, of P numbers each.

    With one network the names are those of `shapes`; with several each begins with the network's
    number, `0.head.bias`. A gradient, a moment or an average is the same over another vector.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], flat: Array, members: int = 1
    ) -> None:
        super().__init__()
        self.shapes, self.flat, self.members = dict(shapes), flat, members
        for k, row in enumerate(self.rows()):
            # In the vector the groups stand together; in the mapping PyTorch's order rules.
            views, start = {}, 0
            for name in sorted(shapes, key=lambda name: KINDS.index(kind_of(name))):
                stop = start + math.prod(shapes[name])
                views[name] = row[start:stop].reshape(shapes[name])
                start = stop
            for name in shapes:
                self[f"{k}.{name}" if members > 1 else name] = views[name]

    @classmethod
    def copied(cls, arrays: Mapping[str, Array], dtype: np.dtype) -> "Parameters":
        """One network's parameters from arrays under PyTorch's names, in a vector of their own."""
        shapes = {name: array.shape for name, array in arrays.items()}
        # The dtype of the vector is that of all computation with it.
        made = cls(shapes, np.empty(sum(map(math.prod, shapes.values())), dtype))
        for name, view in made.items():
            view[...] = arrays[name]
        return made

    # Pickled as the vector alone: the views are made again, of the same memory if it is shared.
    def __reduce__(self) -> tuple[Any, ...]:
        return Parameters, (self.shapes, self.flat, self.members)

    def over(self, flat: Array) -> "Parameters":
        """The same names over another vector, which is not copied."""
        return Parameters(self.shapes, flat, self.members)

    def rows(self) -> Array:
        """The vector as (K, P): a row for each network."""
        rows: Array = self.flat.reshape(self.members, -1)
        return rows

    def member(self, number: int) -> "Parameters":
        """Those of one of the networks."""
        return Parameters(self.shapes, self.rows()[number])

    def groups(self) -> list[Group]:
        """The vector from its beginning to its end, cut where the kind of parameter changes."""
        groups, start = [], 0
        for _ in range(self.members):
            for kind in KINDS:
                sizes = (math.prod(s) for name, s in self.shapes.items() if kind_of(name) == kind)
                groups.append(Group(slice(start, start + sum(sizes)), kind))
                start = groups[-1].where.stop
        return groups

    def gate_blocks(self, hidden: slice, most_rows: int) -> list[slice]:
        """Cut a group of kind "hidden", gates (H, H) one after the other, into blocks of at most
        `most_rows` rows of one gate, of about equal size."""
        # A slice of whole rows of a matrix (G*H, H) is a slice of the vector.
        H = self.shapes["head.weight"][1]
        count = math.ceil(H / most_rows)
        edges = [i * H // count * H for i in range(count + 1)]
        gates = range(hidden.start, hidden.stop, H * H)
        return [slice(gate + a, gate + b) for gate in gates for a, b in pairwise(edges)]
