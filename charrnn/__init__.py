"""charrnn: a character-level recurrent network, written by hand in NumPy."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charrnn.library import Model as Model
    from charrnn.library import load as load

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`charrnn.load`, found when first asked for: importing charrnn does not import NumPy."""
    if name in ("load", "Model"):
        from charrnn import library

        return getattr(library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
