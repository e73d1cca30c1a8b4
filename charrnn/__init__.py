"""charrnn: a character-level recurrent network, written by hand in NumPy.

    model = charrnn.train("book.txt", time="3m")    # or charrnn.load("charrnn.npz")
    print(model.sample("Once ", temperature=0.7))
    model.gradients()                               # and the other views of `charrnn inspect`

docs/python.md has more of it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charrnn.errors import CharRNNError as CharRNNError
    from charrnn.library import Model as Model
    from charrnn.library import load as load
    from charrnn.python import train as train

__version__ = "0.1.0"

__all__ = ["CharRNNError", "Model", "__version__", "load", "train"]

#: Where each name is found, once it is asked for: importing charrnn does not import NumPy.
_FOUND = {
    "CharRNNError": "charrnn.errors",
    "Model": "charrnn.library",
    "load": "charrnn.library",
    "train": "charrnn.python",
}


def __getattr__(name: str) -> Any:
    """A name of `__all__`."""
    if name in _FOUND:
        from importlib import import_module

        return getattr(import_module(_FOUND[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"Any", "TYPE_CHECKING", "_FOUND"})
