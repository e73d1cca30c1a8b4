"""The figures of a report as a table: one header, one row for each value, for CSV and HTML.

Full precision, a `model` column first, empty cells where there is no value. Characters are shown as
escapes where they are invisible.
"""

import csv
import dataclasses
import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from charrnn.inspection.context import Context
from charrnn.inspection.dynamics import Dynamics
from charrnn.inspection.gates import Gates
from charrnn.inspection.gradients import Gradients
from charrnn.inspection.neurons import Neurons
from charrnn.inspection.summary import Summary
from charrnn.inspection.surprisal import Surprisal
from charrnn.inspection.unfold import Prediction, Unfolding
from charrnn.visible import visible

Row = list[object]
HEADERS = {
    "gradients": (
        ["layer", "state", "curve", "step", "median", "p10", "p90", "mean", "standard_error"]
    ),
    "summary": ["step", "seconds", "loss", "validation"],
    "unfold": ["step", "character", "target", "what", "index", "value"],
    "surprisal": ["position", "character", "nats", "bits"],
    "next": ["character", "code_point", "probability", "cumulative"],
    "neurons": [
        *("predicate", "rank", "layer", "unit", "r", "null_median", "null_p95", "verdict"),
        *("chosen_layer", "chosen_unit", "chosen_r", "standard_error", "partial"),
        *("untrained_r", "untrained_partial"),
        *("effect_there", "effect_there_error", "effect_elsewhere", "effect_elsewhere_error"),
    ],
    "gates": [
        "layer",
        "gate",
        "unit",
        "shut_share",
        "open_share",
        "half_life",
        "median_half_life",
    ],
    "context": [
        "visible",
        "bits",
        "excess",
        "standard_error",
        "changed",
        "elsewhere",
        "elsewhere_standard_error",
        "elsewhere_changed",
    ],
    "dynamics": ["layer", "what", "number", "value", "standard_error"],
}


def table(
    view: str, names: Sequence[str], reports: Sequence[Any], text: str
) -> tuple[list[str], list[Row]]:
    """Header and rows of one view; `text` is what was read."""
    rows = [
        [visible(name, one_line=True), *row]
        for name, report in zip(names, reports, strict=True)
        for row in rows_of(report, text)
    ]
    return ["model", *HEADERS[view]], rows


def csv_text(header: list[str], rows: list[Row]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def rows_of(report: Any, text: str) -> Iterator[Row]:
    match report:
        case Gradients():
            yield from gradients(report)
        case Summary():
            for point in report.history:
                yield [point.step, point.seconds, point.loss, point.validation]
        case Unfolding():
            yield from unfolding(report)
        case Dynamics():
            yield from dynamics(report)
        case Surprisal():
            for i, nats in enumerate(report.per_character.tolist()):
                known = not math.isnan(nats)
                values = [nats, nats / math.log(2)] if known else [None, None]
                yield [i + 1, shown(text[i + 1]), *values]
        case Prediction():
            for c in report.candidates:
                code_point = f"U+{ord(c.character):04X}"
                yield [shown(c.character), code_point, c.probability, c.cumulative]
        case Neurons():
            yield from neurons(report)
        case Gates():
            yield from gates(report)
        case Context():
            yield from context(report)


def dynamics(report: Dynamics) -> Iterator[Row]:
    """Exponents by their rank from 0, and time scales by unit; nothing where one is infinite."""
    for spectrum in report.spectra:
        pairs = zip(spectrum.exponents.tolist(), spectrum.standard_error.tolist(), strict=True)
        for rank, (value, error) in enumerate(pairs):
            known = error if math.isfinite(error) else None
            yield [spectrum.layer, "exponent", rank, value, known]
    for units in report.time_scales:
        for unit, scale in enumerate(units.scales.tolist()):
            what, value = f"time scale of {units.gate}", scale if math.isfinite(scale) else None
            yield [units.layer, what, unit, value, None]


def gradients(report: Gradients) -> Iterator[Row]:
    """`step` is t from 1 for the total, and the lag k from 0 for the others. Of the exchange there
    is a mean with its standard error, of the others the median and the middle 80 %."""
    for state in report.layers:
        for curve, first in (("total", 1), ("lag", 0), ("relative", 0)):
            band = getattr(state, curve)
            values = zip(band.median.tolist(), band.p10.tolist(), band.p90.tolist(), strict=True)
            for i, (median, p10, p90) in enumerate(values):
                yield [state.layer, state.state, curve, i + first, median, p10, p90, None, None]
    if (swap := report.exchange) is not None:
        pairs = zip(swap.lags, swap.effect.tolist(), swap.standard_error.tolist(), strict=True)
        for lag, mean, error in pairs:
            known = error if math.isfinite(error) else None
            yield [swap.layer, swap.state, "exchange", lag, None, None, None, mean, known]


def unfolding(report: Unfolding) -> Iterator[Row]:
    for t, moment in enumerate(report.moments, 1):
        target = None if moment.target is None else shown(moment.target)
        head: Row = [t, shown(moment.character), target]
        for strip in moment.strips:
            for unit, value in enumerate(strip.values.tolist()):
                yield [*head, f"{strip.state} of layer {strip.layer}", unit, value]
        for character, p in zip(report.vocabulary, moment.probabilities.tolist(), strict=True):
            yield [*head, "probability", shown(character), p]


def neurons(report: Neurons) -> Iterator[Row]:
    """The best units of each property on the whole text; beside them, the same in each row, what
    was found of one of them on half of it."""
    for f in report.findings:
        c, u, e = f.chosen, f.untrained, f.effect
        judged: Row = [
            *([c.layer, c.unit, c.correlation, c.standard_error, c.partial] if c else [None] * 5),
            *([u.correlation, u.partial] if u else [None] * 2),
            *(dataclasses.astuple(e) if e else [None] * 4),
        ]
        judged = [v if not isinstance(v, float) or math.isfinite(v) else None for v in judged]
        for rank, m in enumerate(f.matches, 1):
            found = [f.predicate, rank, m.layer, m.unit, m.correlation, f.null_median, f.null_p95]
            yield [*found, f.verdict, *judged]


def gates(report: Gates) -> Iterator[Row]:
    lives = {(c.layer, c.gate): (c.half_lives, c.median_half_lives) for c in report.clocks}
    none = np.full(report.hidden_size, np.nan)
    for gate in report.gates:
        columns = lives.get((gate.layer, gate.gate), (none, none))
        for unit in range(report.hidden_size):
            values = [float(column[unit]) for column in columns]
            yield [
                gate.layer,
                gate.gate,
                unit,
                float(gate.shut_share[unit]),
                float(gate.open_share[unit]),
                *(value if math.isfinite(value) else None for value in values),
            ]


def context(report: Context) -> Iterator[Row]:
    columns = [report.bits]
    for excess in (report, report.elsewhere):
        columns += [excess.excess, excess.standard_error, excess.changed]
    values = ([v if math.isfinite(v) else None for v in c.tolist()] for c in columns)
    for row in zip(report.visible, *values, strict=True):
        yield list(row)


def shown(character: str) -> str:
    return visible(character, one_line=True)
