"""Small texts of units as indices, put together and cut apart in plain ways. The boundary is 0."""

import numpy as np
from hypothesis import strategies as st

from charrnn.text.division import spans

#: Units of 0 to 9 characters, none of which is the boundary, 0.
UNITS = st.lists(st.lists(st.integers(1, 5), max_size=9), min_size=5, max_size=40)


def joined(units: list[list[int]]) -> np.ndarray:
    return np.array([c for unit in units for c in [*unit, 0]], np.uint8)


def cut(ids: np.ndarray) -> list[tuple[int, ...]]:
    starts, lengths = spans(ids, 0)
    return [tuple(ids[a : a + n].tolist()) for a, n in zip(starts, lengths, strict=True)]
