"""What a cell is: pointwise mathematics between two matrix products.

At every timestep a recurrent layer computes two products,

    xp_t = W_ih x_t + b_ih        the input projection, shape (G, H, B), for all t at once
    hp_t = W_hh h_{t-1} + b_hh    the hidden projection, the only product inside the time loop

and a cell turns them, with the previous state, into the next state. The products, the loops over
time and the memory belong to `recurrent`; a cell holds no data and writes into arrays it is given.

G is the number of gates, H the hidden size, B the batch. Gate order and equations are PyTorch's.
A new cell is one file with a subclass of `Cell`, and one name on the registration line.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from charrnn.ops import Array, Squash


class Cell(ABC):
    """The contract. Arrays named below are feature-major: (H, B) per gate and state."""

    name: ClassVar[str]
    #: Gate names in PyTorch's row order; G = len(gates).
    gates: ClassVar[tuple[str, ...]]
    #: State names, the hidden state first: ("h",) or ("h", "c").
    states: ClassVar[tuple[str, ...]] = ("h",)
    #: Further quantities that the backward pass needs, kept on the tape at every step.
    saved: ClassVar[tuple[str, ...]] = ()
    #: Bias added to a gate's b_ih at initialisation, so that a new network keeps what it has.
    initial_bias: ClassVar[dict[str, float]] = {}
    #: How many gates, the last ones, use hp other than in the sum xp + hp. Theirs is in
    #: `work.apart`, and their d(loss)/d(xp) and d(loss)/d(hp) differ.
    apart: ClassVar[int] = 0
    #: True when h_{t-1} reaches h_t also without W_hh.
    blends: ClassVar[bool] = False
    #: For each gate 1/2 if its activation is the logistic function, 1 if it is tanh. `work.squash`
    #: applies those of all gates that are not `apart` at once (see `ops.squash`).
    scale: ClassVar[tuple[float, ...]]

    def __init__(self, activation: str = "tanh") -> None:
        if activation not in self.activations():
            raise ValueError(f"the {self.name} cell has no activation {activation!r}")
        self.activation = activation

    @classmethod
    def activations(cls) -> tuple[str, ...]:
        """The activations a user may choose; only the plain RNN has more than tanh."""
        return ("tanh",)

    @abstractmethod
    def forward(
        self, gates: Array, hp: Array, previous: list[Array], state: list[Array], work: "Workspace"
    ) -> None:
        """One step. `gates` (G, H, B) holds xp_t on entry and the gate activations on exit, `hp`
        may be overwritten, `previous` and `state` hold one (H, B) array per state; `work.saved`
        is what this step keeps."""

    def through_output(  # noqa: B027 (most cells have nothing to add)
        self, dstate: list[Array], gates: Array, work: "Workspace"
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
        dxp_apart: Array,
        work: "Workspace",
    ) -> None:
        """One step back. Reads d(loss)/d(state after t) from `dstate`, writes d(loss)/d(hp_t)
        (G, H, B) and, for the gates that are `apart`, d(loss)/d(xp_t). Leaves in `dstate` the
        pointwise part of d(loss)/d(state before t); the loop adds the part through W_hh, which is
        all of it for h unless the cell `blends`."""


class Workspace:
    """Per-step memory that a cell may use: nothing is allocated inside a time loop.

    `squash` are the activations of the gates that are not apart, together, and `tanh` is for
    (H, B); `gates` (G, H, B) and `a` (H, B) are scratch; `saved` (S, H, B) is the step's slice of
    the tape, and `apart` (A, H, B) the hidden projection of the gates that are apart.
    """

    def __init__(
        self, squash: Squash, tanh: Squash, gates: Array, a: Array, saved: Array, apart: Array
    ) -> None:
        self.squash = squash
        self.tanh = tanh
        self.gates = gates
        self.a = a
        self.saved = saved
        self.apart = apart
