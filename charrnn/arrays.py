"""The type of an array in a signature. Shapes stand in the docstrings; a type cannot say them."""

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]
