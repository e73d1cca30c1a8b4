"""What single units do over a text, and which of them follow a property of it, such as a quotation.

Units picked by eye prove nothing: among thousands, some follow anything. What counts as evidence is
in `evidence`, and what a unit is needed for in `clamping`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.correlation import by_chance, random_shifts, standardised
from charrnn.inspection.evidence import Chance
from charrnn.inspection.findings import Finding, Match, clearest, judged
from charrnn.inspection.predicates import PREDICATES
from charrnn.inspection.report import Report
from charrnn.inspection.side_by_side import readers_for
from charrnn.inspection.signals import WARM_UP, Units, units
from charrnn.inspection.twin import untrained
from charrnn.network.model import CharModel

READERS, SHORTEST_SHARE = 16, 512
MATCHES = 5


@dataclass(frozen=True, eq=False, repr=False)
class Neurons(Report):
    """Findings, and one unit's values (n,) over the text; `painted` is None without a unit, and
    `chance` without a property that can be judged."""

    quantity: str
    text: str
    findings: tuple[Finding, ...]
    painted: Match | None
    values: Array
    readers: int  # as of `surprisal.Reading`
    warm_up: int
    chance: Chance | None = None


def find_all(
    model: CharModel,
    ids: Array,
    text: str,
    predicates: list[str],
    *,
    layer: int | None = None,
    unit: int | None = None,
    seed: Any = None,
) -> Neurons:
    """Rank the units (of one layer, or of all) for each predicate that changes on this text, and
    paint one: `unit` (of the top layer unless said) or the one that follows its property most.
    `seed` is that of the training."""
    readers = readers_for(len(ids), SHORTEST_SHARE, READERS)
    own, rng = units(model, ids, readers), np.random.default_rng(0)
    values = {name: PREDICATES[name](text) for name in predicates}
    changing = {name: row for name, row in values.items() if row.min() < row.max()}
    found, null = [find(own, row, name, rng, layer) for name, row in changing.items()], None
    if found:
        pair = own, units(untrained(model, seed), ids, readers)
        found, null = judged(model, ids, found, np.array(list(changing.values())), pair, layer)
    painted = None
    if unit is not None:
        painted = Match(model.layers - 1 if layer is None else layer, unit, None)
    elif found:
        painted = clearest(found)
    shown = np.zeros(0) if painted is None else own.signals[painted.layer, painted.unit]
    warm_up = WARM_UP if readers > 1 else 0
    return Neurons(own.quantity, text, tuple(found), painted, shown, readers, warm_up, null)


def find(
    units: Units, values: Array, predicate: str, rng: np.random.Generator, layer: int | None = None
) -> Finding:
    """Rank the units by |r| with the values (n,) of a predicate, those of one layer or all."""
    wanted = standardised(values[None].astype(np.float32))
    first, H = layer or 0, units.hidden_size
    signals = standardised(units.rows(layer))
    r = (signals @ wanted[0]).astype(np.float64)
    null = by_chance(signals, wanted, random_shifts(len(values), rng))
    best = np.argsort(-np.abs(r), kind="stable")[:MATCHES]
    return Finding(
        predicate=predicate,
        mean=float(values.mean()),
        matches=tuple(Match(first + int(i) // H, int(i) % H, float(r[i])) for i in best),
        null_median=float(np.median(null)),
        null_p95=float(np.quantile(null, 0.95)),
    )
