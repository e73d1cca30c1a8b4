"""How a network uses its gates: saturation, the clocks of its cells, and units that do nothing.

Saturation is that of Karpathy, Johnson and Fei-Fei (2015): a sigmoid is shut below 0.1 and open
above 0.9. How long a cell keeps what it has is in `clocks`.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection import clocks
from charrnn.inspection.report import Report
from charrnn.inspection.side_by_side import chunks, readers_for
from charrnn.network.model import CharModel

READERS, SHORTEST_SHARE, WARM_UP = 16, 512, 128
SHUT_BELOW = {"sigmoid": 0.1, "tanh": -0.9, "relu": 1e-300}
OPEN = 0.9
ALWAYS = 0.9  # of the time
STILL = 1e-3  # a unit whose standard deviation is below this is dead
STUCK = 0.99
TINY = 1e-300  # stands for 0 where a logarithm is taken
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
    """How long each unit (H,) keeps what it has by its own gate (`gate`, the LSTM's f or the GRU's
    z), in characters, over the first `characters` of the text.

    half_lives         ln 0.5 / mean ln f: how near to 0 f comes at its worst, and no half-life
                       unless f is always the same; infinite where nothing is lost
    median_half_lives  of `clocks`; infinite where it is `limit` or more
    """

    layer: int
    gate: str
    half_lives: Array
    median_half_lives: Array
    limit: int
    characters: int


@dataclass(frozen=True)
class Idle:
    """Units of a layer whose h never moves, and those whose |h| is nearly always 1."""

    layer: int
    dead: tuple[int, ...]
    stuck: tuple[int, ...]


@dataclass(frozen=True, repr=False)
class Gates(Report):
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
        self.log += np.log(np.maximum(gates, TINY)).sum(axis=2)
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
    keeping = [g for g, name in enumerate(cell.gates) if name == cell.keep_gate]
    log_keep = np.empty((model.layers, len(keeping), H, min(len(ids), clocks.MOST)), np.float32)
    for tape, places, counted in chunks(model, ids, readers, WARM_UP):
        kept = places[counted] < clocks.MOST
        for logs, tally, layer in zip(log_keep, tallies, tape.layers, strict=True):
            gates = layer.gates.transpose(1, 2, 0, 3)[:, :, counted]
            logs[..., places[counted][kept]] = np.log(np.maximum(gates[keeping][..., kept], TINY))
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
            clock(layer, list(cell.gates)[g], tally.log[g] / n, logs)
            for layer, tally in enumerate(tallies)
            for g, logs in zip(keeping, log_keep[layer], strict=True)
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


def clock(layer: int, name: str, mean_log: Array, log_keep: Array) -> Clock:
    with np.errstate(divide="ignore"):
        lives: Array = math.log(0.5) / np.where(mean_log < 0, mean_log, -0.0)
    characters = log_keep.shape[1]
    medians = clocks.half_lives(log_keep)
    return Clock(layer, name, lives, medians, clocks.limit_for(characters), characters)


def idle(layer: int, tally: Tally, n: int, relu: bool) -> Idle:
    deviation = np.sqrt(np.maximum(tally.h2 / n - (tally.h / n) ** 2, 0))
    dead = np.flatnonzero(deviation < STILL)
    stuck = np.flatnonzero((tally.size / n > STUCK) & ~np.full(len(deviation), relu))
    return Idle(layer, tuple(dead.tolist()), tuple(stuck.tolist()))
