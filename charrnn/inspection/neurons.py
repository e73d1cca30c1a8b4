"""What single units do over a text, and which of them follow a property of it, such as a quotation.

Units picked by eye prove nothing: among thousands, some follow anything. So the correlation of the
best unit stands beside what the best unit reaches when the property is shifted along the text by
100 random distances, which keeps its rhythm and breaks its connection.
"""

from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.predicates import PREDICATES
from charrnn.inspection.side_by_side import chunks, readers_for
from charrnn.network.model import CharModel

READERS, SHORTEST_SHARE, WARM_UP = 16, 512, 128
SHIFTS = 100
MATCHES = 5


@dataclass(frozen=True, eq=False)
class Units:
    """The signal (L, H, n) of every unit at every character: h, or tanh(c) where there is a c."""

    quantity: str
    signals: Array


@dataclass(frozen=True)
class Match:
    """A unit and its correlation with a predicate (Pearson's r; point-biserial for yes or no)."""

    layer: int
    unit: int
    correlation: float | None


@dataclass(frozen=True)
class Finding:
    """The units that follow a predicate best, and the null.

    mean            of the predicate over the text: for yes or no, how often it holds
    null_median     the largest |r| of any unit when the predicate is shifted: the median of
    null_p95        100 shifts, and what 5 of them exceed
    """

    predicate: str
    mean: float
    matches: tuple[Match, ...]
    null_median: float
    null_p95: float


@dataclass(frozen=True, eq=False)
class Neurons:
    """Findings, and one unit's values (n,) over the text; `painted` is None without a unit."""

    quantity: str
    text: str
    findings: tuple[Finding, ...]
    painted: Match | None
    values: Array
    readers: int  # as of `surprisal.Reading`
    warm_up: int


def find_all(
    model: CharModel,
    ids: Array,
    text: str,
    predicates: list[str],
    *,
    layer: int | None = None,
    unit: int | None = None,
) -> Neurons:
    """Rank the units (of one layer, or of all) for each predicate that changes on this text, and
    paint one: `unit` (of the top layer unless said) or the best one of the clearest predicate."""
    readers = readers_for(len(ids), SHORTEST_SHARE, READERS)
    all_units = units(model, ids, readers)
    rng = np.random.default_rng(0)
    findings = [find(all_units, text, name, rng, layer) for name in predicates]
    found = [finding for finding in findings if finding is not None]
    painted = None
    if unit is not None:
        painted = Match(model.layers - 1 if layer is None else layer, unit, None)
    elif found:
        painted = max(found, key=clarity).matches[0]
    values = np.zeros(0) if painted is None else all_units.signals[painted.layer, painted.unit]
    warm_up = WARM_UP if readers > 1 else 0
    return Neurons(all_units.quantity, text, tuple(found), painted, values, readers, warm_up)


def clarity(finding: "Finding") -> float:
    """How far the best unit is above what chance gives."""
    return abs(finding.matches[0].correlation or 0) - finding.null_p95


def units(model: CharModel, ids: Array, readers: int = 1) -> Units:
    """Run a text (n,) through the network; float32, because there are many values."""
    signals = np.empty((model.layers, model.hidden_size, len(ids)), np.float32)
    has_c = "c" in model.cell.states
    for tape, places, counted in chunks(model, ids, readers, WARM_UP):
        for layer, memory in enumerate(tape.layers):
            states = np.stack([s[1 if has_c else 0] for s in memory.states[1:]], axis=1)
            signals[layer][:, places[counted]] = states[:, counted]
    if has_c:
        np.tanh(signals, out=signals)
    return Units("tanh(c)" if has_c else "h", signals)


def find(
    units: Units, text: str, predicate: str, rng: np.random.Generator, layer: int | None = None
) -> Finding | None:
    """Rank the units by |r|, those of one layer or all; None if the predicate never changes."""
    values = PREDICATES[predicate](text)
    wanted = standardised(values[None].astype(np.float32))
    if not wanted.any():
        return None
    first = layer or 0
    chosen = units.signals if layer is None else units.signals[first : first + 1]
    _, H, n = chosen.shape
    signals = standardised(chosen.reshape(-1, n))
    r = (signals @ wanted[0]).astype(np.float64)
    low = min(max(n // 10, 1), 1000)
    shifts = rng.integers(low, max(n - low, low + 1), SHIFTS)
    shifted = np.stack([np.roll(wanted[0], shift) for shift in shifts], axis=1)
    null = np.abs(signals @ shifted).max(axis=0)
    best = np.argsort(-np.abs(r), kind="stable")[:MATCHES]
    return Finding(
        predicate=predicate,
        mean=float(values.mean()),
        matches=tuple(Match(first + int(i) // H, int(i) % H, float(r[i])) for i in best),
        null_median=float(np.median(null)),
        null_p95=float(np.quantile(null, 0.95)),
    )


def standardised(rows: Array) -> Array:
    """Rows with mean 0 and length 1, so that a product of two is their correlation; constant rows
    become 0."""
    centred: Array = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centred.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    centred /= np.where(lengths > 1e-6, lengths, np.inf)
    return centred
