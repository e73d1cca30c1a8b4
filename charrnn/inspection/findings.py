"""What is found of a property of a text: the units that follow it, and whether that is more than
chance, than an untrained network and than the character just read would give.
"""

from dataclasses import dataclass, replace

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.clamping import Effect, Effects
from charrnn.inspection.correlation import resembles_itself
from charrnn.inspection.evidence import (
    Chance,
    Evidence,
    Halves,
    beyond_character,
    chance,
    evidence,
    followed,
    surpasses,
)
from charrnn.inspection.signals import Units
from charrnn.network.model import CharModel

#: What is said of a property. Of one that is "unjudged", a shifted copy is predictable, so that
#: chance cannot be measured; a "rare" one does not change in both halves of the text.
VERDICTS = ("unjudged", "rare", "chance", "untrained", "character", "follows")
NEEDED = VERDICTS[3:]  # those after which it is asked what the unit is needed for


@dataclass(frozen=True)
class Match:
    """A unit and its correlation with a predicate (Pearson's r; point-biserial for yes or no)."""

    layer: int
    unit: int
    correlation: float | None


@dataclass(frozen=True)
class Finding:
    """The units that follow a predicate best on the whole text, and one judged on half of it.

    mean            of the predicate over the text: for yes or no, how often it holds
    null_median     the largest |r| of any unit when the predicate is shifted: the median of
    null_p95        100 shifts, and what 5 of them exceed
    verdict         the first of `VERDICTS` that is so: no better than chance, than an untrained
                    network, than the character just read would allow, or it does follow it
    chosen          the unit that was chosen on one half and measured on the other; `untrained` is
                    that of the untrained twin, and `effect` what is lost without it
    """

    predicate: str
    mean: float
    matches: tuple[Match, ...]
    null_median: float
    null_p95: float
    verdict: str = "unjudged"
    chosen: Evidence | None = None
    untrained: Evidence | None = None
    effect: Effect | None = None


def judged(
    model: CharModel,
    ids: Array,
    findings: list[Finding],
    values: Array,
    units: tuple[Units, Units],
    layer: int | None = None,
) -> tuple[list[Finding], Chance | None]:
    """The findings with a verdict each, and what chance gives. `values` (P, n) are those of their
    properties, `units` those of the network and of its untrained twin, of one layer or of all."""
    properties = Halves(values.astype(np.float32), ids)
    unfit = {
        row: reason for row in range(len(values)) if (reason := unfitness(properties, values, row))
    }
    results = [replace(f, verdict=unfit.get(row, "chance")) for row, f in enumerate(findings)]
    fit = [row for row in range(len(values)) if row not in unfit]
    if not fit:
        return results, None
    trained, untrained = (Halves(u.rows(layer), ids) for u in units)
    null = chance(trained, properties, fit, np.random.default_rng(0))
    effects = Effects(model, ids[len(ids) // 2 :], units[0].mean_h)
    for row in fit:
        ours, other = (
            evidence(halves, properties, row, units[0].hidden_size, layer or 0)
            for halves in (trained, untrained)
        )
        verdict, (unit, _) = judge(ours, other, null), ours
        results[row] = replace(
            findings[row],
            verdict=verdict,
            chosen=unit,
            untrained=other[0],
            effect=effects.of(unit.layer, unit.unit, values[row]) if verdict in NEEDED else None,
        )
    return results, null


def unfitness(properties: Halves, values: Array, row: int) -> str | None:
    """Why nothing can be said of a property, if so."""
    if not properties.varies(row):
        return "rare"
    return "unjudged" if resembles_itself(values[row]) else None


def judge(ours: tuple[Evidence, Array], other: tuple[Evidence, Array], null: Chance) -> str:
    """The verdict on a unit, beside the one of the untrained network."""
    found, _ = ours
    if not followed(found) > null.p95:
        return "chance"
    if not surpasses(ours, other):
        return "untrained"
    return "follows" if beyond_character(found, null) else "character"


def clearest(findings: list[Finding]) -> Match:
    """The unit of the best verdict, and of those the one that follows its property most."""
    chosen = [
        (VERDICTS.index(f.verdict), followed(f.chosen), f.chosen) for f in findings if f.chosen
    ]
    if not chosen:
        return findings[0].matches[0]
    *_, best = max(chosen, key=lambda rank: rank[:2])
    return Match(best.layer, best.unit, best.correlation)
