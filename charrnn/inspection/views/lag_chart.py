"""The curves of gradients and exchanges as charts, with the range of the middle 80 %."""

from collections.abc import Sequence

import numpy as np

from charrnn.inspection.canvas import Chart, Series
from charrnn.inspection.exchange import Exchange
from charrnn.inspection.gradients import StateGradients
from charrnn.inspection.uncertainty import with_error
from charrnn.inspection.views.lag_table import LOWEST

EXPLODES = 1e3  # a range from which on a linear scale shows nothing but its end


def charts(
    names: Sequence[str],
    states: Sequence[StateGradients],
    swaps: Sequence[Exchange | None],
    steps: int,
    of: str,
) -> tuple[Chart, Chart]:
    """Lag and total; `swaps` are of the last states."""
    lags, ts = list(range(steps)), list(range(1, steps + 1))
    pairs = list(zip(names, states, strict=True))
    relative = [(name, s.relative) for name, s in pairs]
    summed = [(name, s.total) for name, s in pairs]
    lag_curves, total_curves = (
        [Series(n, xs, b.median[:steps], b.p10[:steps], b.p90[:steps]) for n, b in bands]
        for xs, bands in ((lags, relative), (ts, summed))
    )
    first = len(states) - len(swaps)
    lag_curves += [
        exchanged(names[i], i, swap) for i, swap in enumerate(swaps, first) if swap is not None
    ]
    totals = np.concatenate([series.ys for series in total_curves])
    lag = Chart(
        "lag: loss at one step",
        "k, characters back",
        f"|d loss(T) / d {of}(T - k)|, share of k = 0",
        lag_curves,
        log_y=True,
        lowest=LOWEST,
        marks=[("1 %", 0.01)],
    )
    total = Chart(
        "total: loss at every step",
        "t, step of the window",
        f"|d sum of losses / d {of}(t)|",
        total_curves,
        log_y=bool(totals.max() > EXPLODES * np.median(totals) > 0),
    )
    return lag, total


def exchanged(name: str, index: int, swap: Exchange) -> Series:
    """What an exchange does, also as a share of lag 0, within two standard errors."""
    now, error = float(swap.effect[0]), float(swap.standard_error[0])
    share, reach = swap.effect / (now or 1), 2 * np.nan_to_num(swap.standard_error) / (now or 1)
    return Series(
        f"{name} exchanged for another place's: |change of the loss|, "
        f"{with_error(now, error)} nats at k = 0",
        swap.lags,
        share,
        np.maximum(share - reach, 0),
        share + reach,
        dashed=True,
        like=index,
    )
