"""The registry of cells: a file of this folder that defines a subclass of `Cell` is a cell.

Its file name is the cell's name. One of them, `mlp`, is there for contrast: an `Architecture` that
has no cell. All that the house knows of a cell, from the shapes of its weights to the choices of
`--cell`, follows from here. The names are known without importing NumPy; a cell itself is imported
when it is first asked for.
"""

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charrnn.network.architecture import Architecture


class Registry(Mapping[str, "type[Architecture]"]):
    """The cells by name."""

    def __init__(self) -> None:
        modules = (module.name for module in pkgutil.iter_modules(__path__))
        self._names = [name for name in modules if name != "base"]

    def __getitem__(self, name: str) -> "type[Architecture]":
        if name not in self._names:
            raise KeyError(name)
        module = import_module(f"{__name__}.{name}")
        defined = (value for value in vars(module).values() if isinstance(value, type))
        return next(cell for cell in defined if getattr(cell, "name", None) == name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


CELLS = Registry()
