"""The one JSON form of every report, which `--json`, pictures and other programs share.

Dataclasses become objects with their fields in order, arrays become lists, and what is no finite
number becomes null, because JSON has no NaN. Two views have a shape of their own in the contract.
"""

import dataclasses
import math
from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.gradients import StateGradients

SCHEMA = "charrnn.inspect/1"


def as_json(report: Any) -> Any:
    """Nested dicts and lists of strings, integers, floats, booleans and None."""
    if isinstance(report, StateGradients):
        return state_gradients(report)
    if dataclasses.is_dataclass(report):
        fields = dataclasses.fields(report)
        return {field.name: as_json(getattr(report, field.name)) for field in fields}
    if isinstance(report, dict):
        return {str(key): as_json(value) for key, value in report.items()}
    if isinstance(report, np.ndarray):
        return as_json(report.tolist())
    if isinstance(report, tuple | list):
        return [as_json(value) for value in report]
    if isinstance(report, float):
        return report if math.isfinite(report) else None
    return report


def state_gradients(state: StateGradients) -> dict[str, Any]:
    """`total` is the median; its range and the fit's details stand after the contract's keys."""
    decay = state.decay
    return {
        "layer": state.layer,
        "state": state.state,
        "total": as_json(state.total.median),
        "lag": as_json(state.lag),
        "gain_per_step": as_json(decay.gain_per_step),
        "half_life": as_json(decay.half_life),
        "memory": decay.memory,
        "memory_more_than": len(state.lag.median) - 1 if decay.memory is None else None,
        "r_squared": as_json(decay.r_squared),
        "fitted_lags": decay.fitted,
        "relative": as_json(state.relative),
        "total_band": as_json(state.total),
        "silent_windows": state.silent,
        "zero_from": state.zero_from,
        "below_half": decay.below_half,
        "gain_halves": as_json(decay.halves),
        "single_exponential": decay.single,
        "late_slope": as_json(state.late and state.late[0]),
        "late_slope_error": as_json(state.late and state.late[1]),
        "relative_interval": ends(state.interval),
        "total_interval": ends(state.total_interval),
    }


def ends(interval: tuple[Array, Array]) -> dict[str, Any]:
    low, high = interval
    return {"low": as_json(low), "high": as_json(high)}
