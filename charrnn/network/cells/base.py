"""What a cell is: pointwise mathematics between two matrix products.

At every timestep a recurrent layer computes two products,

    xp_t = W_ih x_t + b_ih        the input projection, shape (G, H, B), for all t at once
    hp_t = W_hh h_{t-1} + b_hh    the hidden projection, the only product inside the time loop

and a cell turns them, with the previous state, into the next state. The products, the loops over
time and the memory belong to `layer`; a cell holds no data and writes into arrays it is given.

G is the number of gates, H the hidden size, B the batch. Gate order and equations are PyTorch's.
A new cell is one new file of this folder, named like the cell.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from charrnn.arrays import Array
from charrnn.network.activations import Activation, gate_activations
from charrnn.network.architecture import Architecture


@dataclass(slots=True)
class Step:
    """One timestep as a cell sees it, in memory that is made before the time loop begins.

    gates     (G, H, B), holds xp_t before `Cell.forward` and the gate activations after it
    hp        (G, H, B), hp_t, which may be overwritten
    separate  (A, H, B), the hp_t of the gates for which it is kept separate
    previous  the states (H, B) before the step, the hidden state first
    state     the states after it, which `Cell.forward` writes
    saved     (S, H, B), what else the way back needs
    activate  the activations of all gates that are not `separate`, together
    tanh      the same for one (H, B)
    scratch   (G, H, B), and `a` (H, B): free to be used, and not kept
    """

    gates: Array
    hp: Array
    separate: Array
    previous: list[Array]
    state: list[Array]
    saved: Array
    activate: Activation
    tanh: Activation
    scratch: Array
    a: Array


class Cell(Architecture):
    """The contract of a cell. Arrays named below are feature-major: (H, B) per gate and state."""

    #: Gates in PyTorch's row order, each with its function: "sigmoid", "tanh", or "activation" for
    #: the one that the user chooses. G = len(gates).
    gates: ClassVar[dict[str, str]]
    states: ClassVar[tuple[str, ...]] = ("h",)  # or ("h", "c")
    #: Further quantities that the backward pass needs, kept on the tape at every step.
    saved: ClassVar[tuple[str, ...]] = ()
    #: How many gates, the last ones, use hp_t other than in the sum xp_t + hp_t. Theirs is in
    #: `Step.separate`, and their d(loss)/d(xp_t) and d(loss)/d(hp_t) differ.
    separate: ClassVar[int] = 0
    #: True when h_{t-1} reaches h_t also without W_hh.
    direct_path: ClassVar[bool] = False
    #: The gate that is the share of a unit's state that it keeps, if there is one.
    keep_gate: ClassVar[str | None] = None
    #: Bias added to a gate's b_ih at initialisation, so that a new network keeps what it has.
    initial_bias: ClassVar[dict[str, float]] = {}

    @classmethod
    def parameter_shapes(cls, L: int, H: int, V: int, context: int) -> dict[str, tuple[int, ...]]:
        """`rnn.weight_ih_l0` (G·H, V), `rnn.weight_hh_l0` (G·H, H), ...: the first layer reads
        one-hot characters, each later one the states of the layer below."""
        rows = len(cls.gates) * H
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(L):
            shapes[f"rnn.weight_ih_l{layer}"] = (rows, H if layer else V)
            shapes[f"rnn.weight_hh_l{layer}"] = (rows, H)
            shapes[f"rnn.bias_ih_l{layer}"] = (rows,)
            shapes[f"rnn.bias_hh_l{layer}"] = (rows,)
        return shapes

    @classmethod
    def sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        return sum(name.startswith("rnn.weight_hh") for name in shapes), 0

    @classmethod
    def carried_shapes(cls, L: int, H: int, context: int) -> dict[str, tuple[int, int]]:
        """Its states."""
        return dict.fromkeys(cls.states, (L, H))

    @classmethod
    def kept_rows(cls) -> int:
        """A `tape.Tape`, the layer's dropped output and its mask."""
        G, A, S = len(cls.gates), cls.separate, len(cls.states)
        return 3 * G + 2 * A + S + len(cls.saved) + 5

    @property
    def functions(self) -> tuple[str, ...]:
        """The function of each gate: "sigmoid", "tanh" or "relu"."""
        return tuple(self.activation if f == "activation" else f for f in self.gates.values())

    def activations(self, dtype: np.dtype) -> tuple[Activation, Array]:
        """That of the gates that are not `separate`, and the factors (G,) by which it wants the
        pre-activations multiplied, which are 1 for the `separate` ones."""
        activate, factors = gate_activations(self.functions[: -self.separate or None], dtype)
        return activate, np.append(factors, np.ones(self.separate, dtype))

    @abstractmethod
    def forward(self, step: Step) -> None:
        """From xp_t, hp_t and the states before to the gates and the states after."""

    def output(self, step: Step) -> None:
        """Write h_t anew from the states behind it, as `forward` does at its end. Only a cell with
        a state behind h has anything to do; who changes such a state has to call it."""

    def through_output(self, step: Step, dstate: list[Array]) -> None:
        """Add to the other state gradients what reaches them through h_t. After this, `dstate` is
        the whole derivative of the loss with respect to the state after step t, which is what
        `inspect` reports. Only a cell with a state behind h has anything to add."""

    @abstractmethod
    def backward(self, step: Step, dstate: list[Array], dhp: Array, dxp_separate: Array) -> None:
        """One step back. Reads d(loss)/d(state after t) from `dstate`, writes d(loss)/d(hp_t)
        (G, H, B) and, for the gates that are `separate`, d(loss)/d(xp_t) (A, H, B). Leaves in
        `dstate` the pointwise part of d(loss)/d(state before t); the loop adds the part through
        W_hh, which is all of it for h unless the cell has a `direct_path`."""
