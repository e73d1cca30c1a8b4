"""What the house has to know of a kind of network, whatever it computes.

There are two: a recurrent network, which is made of a `Cell` (see `cells.base`), and for contrast a
feed-forward one (`cells.mlp`). Names, shapes, options and files follow from what stands here.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar


class Architecture(ABC):
    """What `--cell` may name. Shapes are those of L layers of H units that read an alphabet of V
    characters; `context` is N, the places that are read at once, and 0 where one is read at a time.
    """

    name: ClassVar[str]
    #: The activations that a user may choose, the default first, and for each the good peak
    #: learning rates at a width of 256: with one layer, and with more.
    learning_rates: ClassVar[dict[str, tuple[float, float]]] = {"tanh": (0.02, 0.015)}
    #: The N that is taken where the user names none; 0 if there is no such choice.
    default_context: ClassVar[int] = 0
    #: Names of what every layer hands to itself at the next step, the hidden state first.
    states: ClassVar[tuple[str, ...]] = ()

    def __init__(self, activation: str = "tanh") -> None:
        if activation not in self.learning_rates:
            raise ValueError(f"the {self.name} cell has no activation {activation!r}")
        self.activation = activation

    @classmethod
    @abstractmethod
    def parameter_shapes(cls, L: int, H: int, V: int, context: int) -> dict[str, tuple[int, ...]]:
        """The parameters below the softmax layer, under PyTorch's names."""

    @classmethod
    @abstractmethod
    def sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        """L and N of a network with parameters of these shapes."""

    @classmethod
    @abstractmethod
    def carried_shapes(cls, L: int, H: int, context: int) -> dict[str, tuple[int, int]]:
        """What one stream carries from chunk to chunk, by name; zeros before anything is read."""

    @classmethod
    @abstractmethod
    def kept_rows(cls) -> int:
        """About how many numbers training keeps for each unit of a layer and each place read."""
