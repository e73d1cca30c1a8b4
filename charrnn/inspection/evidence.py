"""What shows that a unit follows a property of a text, and what does not.

Among hundreds of units some follow anything. So the unit is chosen on the first half of the text,
and what is said of it is measured on the second half, beside what chance gives, what an untrained
network gives, and what the character just read would give alone.
"""

import math
from dataclasses import dataclass

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.correlation import (
    by_chance,
    influence,
    random_shifts,
    standardised,
    without,
)
from charrnn.inspection.standard_errors import blocks_for, standard_error, two_sided


@dataclass(frozen=True)
class Evidence:
    """The unit of one network that has the largest |r| with a property on the first half.

    chosen_on    that r
    correlation  r on the second half, with its standard error from blocks of the text
    partial      r on the second half given the character just read; None for a property that is a
                 function of it
    """

    layer: int
    unit: int
    chosen_on: float
    correlation: float
    standard_error: float
    partial: float | None


@dataclass(frozen=True)
class Chance:
    """The largest |r| of any unit with any property on the second half, when the properties are
    shifted along it: what 5 of 100 shifts exceed; the same given the character just read."""

    p95: float
    partial_p95: float


class Halves:
    """Rows of a text (R, n), units or properties: standardised on both halves, and on the second
    one also given the character just read, which `ids` (n,) name."""

    def __init__(self, rows: Array, ids: Array) -> None:
        middle = len(ids) // 2
        self.first, self.second = standardised(rows[:, :middle]), standardised(rows[:, middle:])
        self.given = without(ids[middle:], rows[:, middle:])

    def varies(self, row: int) -> bool:
        """On both halves?"""
        return bool(self.first[row].any() and self.second[row].any())


def chance(units: Halves, properties: Halves, rows: list[int], rng: np.random.Generator) -> Chance:
    """Of the `rows` of the properties."""
    shifts = random_shifts(units.second.shape[1], rng)
    nulls = (
        by_chance(units.second, properties.second[rows], shifts),
        by_chance(units.given, properties.given[rows], shifts),
    )
    return Chance(*(float(np.quantile(null, 0.95)) for null in nulls))


def evidence(
    units: Halves, properties: Halves, row: int, H: int, layer: int
) -> tuple[Evidence, Array]:
    """For one property; units are numbered from `layer` on, H each. And the influence (n / 2,) of
    each place on the r that counts: positive in the direction that was chosen."""
    r = units.first @ properties.first[row]
    best = int(np.abs(r).argmax())
    x, y, given = units.second[best], properties.second[row], properties.given[row]
    places = influence(x, y)
    found = Evidence(
        layer=layer + best // H,
        unit=best % H,
        chosen_on=float(r[best]),
        correlation=float(x @ y),
        standard_error=error_of(places),
        partial=float(units.given[best] @ given) if given.any() else None,
    )
    return found, math.copysign(1, found.chosen_on) * places


def error_of(places: Array) -> float:
    """That of r, or of a difference, from the influence of each place; NaN on a short text."""
    return float(standard_error(places, blocks_for(len(places))))


def followed(found: Evidence) -> float:
    """r in the direction that was chosen on the first half."""
    return found.correlation * math.copysign(1, found.chosen_on)


def surpasses(trained: tuple[Evidence, Array], untrained: tuple[Evidence, Array]) -> bool:
    """Does the one unit follow the property more than the other, beyond the error of that?"""
    (unit, places), (other, other_places) = trained, untrained
    margin = two_sided(blocks_for(len(places))) * error_of(places - other_places)
    return followed(unit) - followed(other) > margin


def beyond_character(found: Evidence, chance: Chance) -> bool:
    return found.partial is not None and abs(found.partial) > chance.partial_p95
