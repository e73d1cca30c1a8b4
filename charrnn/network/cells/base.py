"""What a cell is: pointwise mathematics between two matrix products.

At every timestep a recurrent layer computes two products,

    xp_t = W_ih x_t + b_ih        the input projection, shape (G, H, B), for all t at once
    hp_t = W_hh h_{t-1} + b_hh    the hidden projection, the only product inside the time loop

and a cell turns them, with the previous state, into the next state. The products, the loops over
time and the memory belong to `layer`; a cell holds no data and writes into arrays it is given.

G is the number of gates, H the hidden size, B the batch. Gate order and equations are PyTorch's.
A new cell is one new file of this folder, named like the cell.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from charrnn.arrays import Array
from charrnn.network.activations import Activation


@dataclass(slots=True)
class Workspace:
    """Per-step memory that a cell may use: nothing is allocated inside a time loop.

    activate  the activations of all gates that are not `separate`, together
    tanh      the same for one (H, B)
    gates, a  scratch, (G, H, B) and (H, B)
    saved     (S, H, B), what this step keeps on the tape
    separate  (A, H, B), the hidden projection of the gates for which it is kept separate
    """

    activate: Activation
    tanh: Activation
    gates: Array
    a: Array
    saved: Array
    separate: Array


class Cell(ABC):
    """The contract. Arrays named below are feature-major: (H, B) per gate and state."""

    name: ClassVar[str]
    #: Gates in PyTorch's row order, each with its function: "sigmoid", "tanh", or "activation" for
    #: the one that the user chooses. G = len(gates).
    gates: ClassVar[dict[str, str]]
    #: State names, the hidden state first: ("h",) or ("h", "c").
    states: ClassVar[tuple[str, ...]] = ("h",)
    #: Further quantities that the backward pass needs, kept on the tape at every step.
    saved: ClassVar[tuple[str, ...]] = ()
    #: How many gates, the last ones, use hp_t other than in the sum xp_t + hp_t. Theirs is in
    #: `work.separate`, and their d(loss)/d(xp_t) and d(loss)/d(hp_t) differ.
    separate: ClassVar[int] = 0
    #: True when h_{t-1} reaches h_t also without W_hh.
    direct_path: ClassVar[bool] = False
    #: The gate that is the share of a unit's state that it keeps, if there is one.
    keep_gate: ClassVar[str | None] = None
    #: Bias added to a gate's b_ih at initialisation, so that a new network keeps what it has.
    initial_bias: ClassVar[dict[str, float]] = {}
    #: The activations that a user may choose, the default first, and for each the good peak
    #: learning rates at a width of 256: with one layer, and with more.
    learning_rates: ClassVar[dict[str, tuple[float, float]]] = {"tanh": (0.02, 0.015)}

    def __init__(self, activation: str = "tanh") -> None:
        if activation not in self.learning_rates:
            raise ValueError(f"the {self.name} cell has no activation {activation!r}")
        self.activation = activation

    @property
    def functions(self) -> tuple[str, ...]:
        """The function of each gate: "sigmoid", "tanh" or "relu"."""
        return tuple(self.activation if f == "activation" else f for f in self.gates.values())

    @abstractmethod
    def forward(
        self, gates: Array, hp: Array, previous: list[Array], state: list[Array], work: Workspace
    ) -> None:
        """One step. `gates` (G, H, B) holds xp_t on entry and the gate activations on exit, `hp`
        may be overwritten, `previous` and `state` hold one (H, B) array per state; `work.saved`
        is what this step keeps."""

    def through_output(  # noqa: B027 (most cells have nothing to add)
        self, dstate: list[Array], gates: Array, work: Workspace
    ) -> None:
        """Add to the other state gradients what reaches them through h_t. After this, `dstate` is
        the whole derivative of the loss with respect to the state after step t, which is what
        `inspect` reports. Only a cell with a state behind h has anything to add."""

    @abstractmethod
    def backward(
        self,
        dstate: list[Array],
        gates: Array,
        previous: list[Array],
        dhp: Array,
        dxp_separate: Array,
        work: Workspace,
    ) -> None:
        """One step back. Reads d(loss)/d(state after t) from `dstate`, writes d(loss)/d(hp_t)
        (G, H, B) and, for the gates that are `separate`, d(loss)/d(xp_t). Leaves in `dstate` the
        pointwise part of d(loss)/d(state before t); the loop adds the part through W_hh, which is
        all of it for h unless the cell has a `direct_path`."""
