"""The Lyapunov spectrum of every layer and the time scales of its units, as tables and curves."""

import math
from collections.abc import Sequence

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.canvas import Canvas, Cell, Chart, How, Series
from charrnn.inspection.dynamics import Dynamics
from charrnn.inspection.spectrum import Spectrum
from charrnn.inspection.timescales import beyond
from charrnn.inspection.uncertainty import rounded, with_error
from charrnn.inspection.words import figure

TITLE = "how long changes last"
TIMES = (1, 2, 5, 10, 20, 50)  # characters


def show(report: Dynamics, canvas: Canvas, how: How) -> None:
    canvas.prose(
        ("Lyapunov spectrum", "bold"),
        ": growth per character of tiny changes of a layer's state, by direction, the layers below "
        f"as they are; {report.steps:,} characters after a burn-in of {report.burn_in:,}",
    )
    if canvas.charts:
        canvas.chart(spectrum_chart(report.spectra), scale_chart(report))
    canvas.table(
        "layer  directions  largest           second  tenth   middle  smallest  sum",
        [spectrum_row(spectrum) for spectrum in report.spectra],
    )
    canvas.line()
    canvas.prose(
        ("time scales T", "bold"),
        ", after which 1/e is left: -1 / exponent of a direction, -1 / ln (mean of the gate that "
        f"keeps) of a unit, over {report.characters:,} characters; how many are longer than so "
        "many characters:",
    )
    heading = "".join(f"{f'> {time}':>6}" for time in TIMES)
    canvas.table(f"layer  {'what':<24}{heading}  longest", scale_rows(report))
    for units in report.time_scales:
        if units.shape is None or units.scale is None:
            canvas.prose(f"layer {units.layer}: the units are all alike")


def spectrum_row(spectrum: Spectrum) -> list[Cell]:
    exponents, errors = spectrum.exponents, spectrum.standard_error
    count = len(exponents)
    places = (1, 9, count // 2, count - 1)
    shown = [rounded(exponents[i], errors[i]) if i < count else "-" for i in places]
    return [
        f"{spectrum.layer:>5}  ",
        f"{count:>10,}  ",
        f"{with_error(exponents[0], errors[0]):<16}  ",
        f"{shown[0]:<6}  ",
        f"{shown[1]:<6}  ",
        f"{shown[2]:<6}  ",
        f"{shown[3]:<8}  ",
        figure(float(exponents.sum())),
    ]


def scales_of(spectrum: Spectrum) -> Array:
    """Of the directions; infinite where changes do not shrink."""
    with np.errstate(divide="ignore"):
        scales: Array = np.where(spectrum.exponents < 0, -1 / spectrum.exponents, math.inf)
    return scales


def scale_rows(report: Dynamics) -> list[list[Cell]]:
    """Directions, units, and what the fitted distribution says of units, layer by layer."""
    rows: list[list[Cell]] = []
    for spectrum in report.spectra:
        scales = scales_of(spectrum)
        rows.append(shares_row(spectrum.layer, f"{len(scales):,} directions", scales))
        for units in report.time_scales:
            if units.layer != spectrum.layer:
                continue
            name = f"{len(units.scales):,} units by gate {units.gate}"
            rows.append(shares_row(units.layer, name, units.scales))
            if units.shape is not None and units.scale is not None:
                fitted = [beyond(time, units.shape, units.scale) for time in TIMES]
                name = f"inverse gamma, a = {figure(units.shape)}"
                rows.append([*shares_cells(units.layer, name, fitted), ""])
    return rows


def shares_row(layer: int, name: str, scales: Array) -> list[Cell]:
    shares = [float((scales > time).mean()) for time in TIMES]
    return [*shares_cells(layer, name, shares), f"  {figure(float(scales.max()))}"]


def shares_cells(layer: int, name: str, shares: Sequence[float]) -> list[Cell]:
    percent = (f"{f'{100 * share:.0f} %':>6}" for share in shares)
    return [f"{layer:>5}  ", f"{name:<24}", *percent]


def spectrum_chart(spectra: Sequence[Spectrum]) -> Chart:
    """Exponents in order, within two standard errors."""
    curves = []
    for spectrum in spectra:
        reach = 2 * np.nan_to_num(spectrum.standard_error)
        values = spectrum.exponents
        ranks = range(1, len(values) + 1)
        curves.append(
            Series(f"layer {spectrum.layer}", ranks, values, values - reach, values + reach)
        )
    return Chart("Lyapunov spectrum", "direction", "exponent per character", curves)


def scale_chart(report: Dynamics) -> Chart:
    """The share of directions and of units with a longer time scale, and the fitted curve."""
    curves: list[Series] = []
    for number, spectrum in enumerate(report.spectra):
        curves.append(survival(f"layer {spectrum.layer}", scales_of(spectrum), number, dashed=True))
        for units in report.time_scales:
            if units.layer == spectrum.layer:
                curves.append(survival(f"layer {units.layer}", units.scales, number))
    curves = [curve for curve in curves if len(curve.xs)]
    return Chart(
        "time scales; dashed: of directions",
        "T, characters",
        "share that is longer",
        curves,
        log_x=True,
        log_y=True,
        lowest=1e-3,
    )


def survival(name: str, scales: Array, like: int, *, dashed: bool = False) -> Series:
    """P(T > t) at every t that occurs, as steps."""
    known = np.sort(scales[np.isfinite(scales)])
    left = 1 - np.arange(1, len(known) + 1) / len(scales)
    xs = np.repeat(known, 2)[1:]
    ys = np.repeat(left, 2)[:-1]
    return Series(name, xs, ys, dashed=dashed, like=like)
