"""How a network uses its gates: saturation, the clocks of its cells, and units that do nothing.

Saturation is that of Karpathy, Johnson and Fei-Fei (2015): a sigmoid is shut below 0.1 and open
above 0.9. A cell that keeps the share f of itself at every step has the half-life ln 0.5 / mean of
ln f: a geometric mean, because a single f near 0 wipes the cell.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.side_by_side import chunks, readers_for
from charrnn.network.model import CharModel

READERS, SHORTEST_SHARE, WARM_UP = 16, 512, 128
SHUT_BELOW = {"sigmoid": 0.1, "tanh": -0.9, "relu": 1e-300}
OPEN = 0.9
ALWAYS = 0.9  # of the time
STILL = 1e-3  # a unit whose standard deviation is below this is dead
STUCK = 0.99
BINS = 20


@dataclass(frozen=True, eq=False)
class Gate:
    """One gate of one layer. Shares are over units and characters; for tanh, which is no gate but a
    signal, `shut` and `open` are below -0.9 and above 0.9, for ReLU 0 and above 0.9.

    shut_share, open_share  of each unit (H,), over the characters
    histogram               shares of all values in 20 equal bins over the range of the function
    """

    layer: int
    gate: str
    function: str
    shut: float
    open: float
    always_shut: int
    always_open: int
    shut_share: Array
    open_share: Array
    histogram: Array


@dataclass(frozen=True, eq=False)
class Clock:
    """Half-lives (H,) in characters of what each unit keeps by its own gate (`gate`, the LSTM's f
    or the GRU's z); the way around through W_hh is not in it. Infinite where nothing is lost."""

    layer: int
    gate: str
    half_lives: Array


@dataclass(frozen=True)
class Idle:
    """Units of a layer whose h never moves, and those whose |h| is nearly always 1."""

    layer: int
    dead: tuple[int, ...]
    stuck: tuple[int, ...]


@dataclass(frozen=True)
class Gates:
    characters: int
    hidden_size: int
    gates: tuple[Gate, ...]
    clocks: tuple[Clock, ...]
    idle: tuple[Idle, ...]
    readers: int  # as of `surprisal.Reading`
    warm_up: int


class Tally:
    """Running sums of one layer over a text; arrays have the unit as their last axis. `low` (G,) is
    the least value of each gate, 0 or -1; a gate is shut below `shut_below` (G,)."""

    def __init__(self, low: Array, shut_below: Array, hidden_size: int) -> None:
        self.low, self.shut_below = low[:, None, None], shut_below[:, None, None]
        gates = len(low)
        self.shut, self.open, self.log = (np.zeros((gates, hidden_size)) for _ in range(3))
        self.histogram = np.zeros((gates, BINS))
        self.h, self.h2, self.size = (np.zeros(hidden_size) for _ in range(3))

    def add(self, gates: Array, h: Array) -> None:
        """`gates` (G, H, N) and `h` (H, N) of N characters."""
        self.shut += (gates < self.shut_below).sum(axis=2)
        self.open += (gates > OPEN).sum(axis=2)
        self.log += np.log(np.maximum(gates, 1e-300)).sum(axis=2)
        bins = ((gates - self.low) / (1 - self.low) * BINS).clip(0, BINS - 1).astype(int)
        for g, b in enumerate(bins):
            self.histogram[g] += np.bincount(b.reshape(-1), minlength=BINS)
        self.h += h.sum(axis=1)
        self.h2 += (h * h).sum(axis=1)
        self.size += np.abs(h).sum(axis=1)


def gate_use(model: CharModel, ids: Array) -> Gates:
    """Run a text (n,) through the network and count."""
    cell, H = model.recurrent_cell, model.hidden_size
    relu = cell.activation == "relu"
    functions = cell.functions
    low = np.array([-1.0 if function == "tanh" else 0.0 for function in functions])
    shut_below = np.array([SHUT_BELOW[function] for function in functions])
    tallies = [Tally(low, shut_below, H) for _ in range(model.layers)]
    readers = readers_for(len(ids), SHORTEST_SHARE, READERS)
    for tape, _, counted in chunks(model, ids, readers, WARM_UP):
        for tally, layer in zip(tallies, tape.layers, strict=True):
            gates = layer.gates.transpose(1, 2, 0, 3)[:, :, counted]
            h = np.stack([states[0] for states in layer.states[1:]])  # (T, H, B)
            tally.add(gates, h.transpose(1, 0, 2)[:, counted])
    n = len(ids)
    return Gates(
        characters=n,
        hidden_size=H,
        gates=tuple(
            gate(layer, name, functions[g], tally, g, n)
            for layer, tally in enumerate(tallies)
            for g, name in enumerate(cell.gates)
        ),
        clocks=tuple(
            Clock(layer, name, half_life(tally.log[g] / n))
            for layer, tally in enumerate(tallies)
            for g, name in enumerate(cell.gates)
            if name == cell.keep_gate
        ),
        idle=tuple(idle(layer, tally, n, relu) for layer, tally in enumerate(tallies)),
        readers=readers,
        warm_up=WARM_UP if readers > 1 else 0,
    )


def gate(layer: int, name: str, function: str, tally: Tally, g: int, n: int) -> Gate:
    shut, opened = tally.shut[g] / n, tally.open[g] / n
    return Gate(
        layer=layer,
        gate=name,
        function=function,
        shut=float(shut.mean()),
        open=float(opened.mean()),
        always_shut=int((shut > ALWAYS).sum()),
        always_open=int((opened > ALWAYS).sum()),
        shut_share=shut,
        open_share=opened,
        histogram=tally.histogram[g] / tally.histogram[g].sum(),
    )


def half_life(mean_log: Array) -> Array:
    with np.errstate(divide="ignore"):
        lives: Array = math.log(0.5) / np.where(mean_log < 0, mean_log, -0.0)
    return lives


def idle(layer: int, tally: Tally, n: int, relu: bool) -> Idle:
    deviation = np.sqrt(np.maximum(tally.h2 / n - (tally.h / n) ** 2, 0))
    dead = np.flatnonzero(deviation < STILL)
    stuck = np.flatnonzero((tally.size / n > STUCK) & ~np.full(len(deviation), relu))
    return Idle(layer, tuple(dead.tolist()), tuple(stuck.tolist()))
