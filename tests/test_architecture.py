"""The house has floors, and a room imports only from floors below its own.

A room is a module of charrnn, or one of its packages with everything in it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from charrnn.cells import CELLS
from charrnn.config import ACTIVATIONS
from charrnn.shapes import GATES

PACKAGE = Path(__file__).parent.parent / "charrnn"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 250  # lines

FLOORS = [
    {"errors", "visible", "blas", "machine", "shapes", "strict_json", "ops", "baselines"},
    {"cells", "config", "optim", "muon", "streams", "vocabulary", "team", "verdict"}
    | {"atomic", "lock", "npz", "decoding", "filters", "stopping"},
    {"recurrent", "recipe", "checkpoint", "textfiles", "prompts"},
    {"model", "corpus", "memory"},
    {"ensemble", "initialisation", "updater", "novelty", "introspect"},
    {"crew", "evaluation", "stepper", "pictures"},
    {"run", "sampling"},
    {"pace", "session", "library"},
    {"training", "forecast"},
    {"resume", ""},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def room_of(path: Path) -> str:
    """The first part of a module's name inside charrnn; "" for the package itself."""
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The full names that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def rooms_imported(path: Path) -> set[str]:
    """The rooms of charrnn that a module imports from, other than its own."""
    rooms = set()
    for name in imported(path):
        package, _, rest = name.partition(".")
        if package == "charrnn":
            first = rest.split(".")[0]
            rooms.add(first if first in FLOOR else "")
    return rooms - {room_of(path)}


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_every_module_has_its_room_and_every_room_exists() -> None:
    assert {room_of(path) for path in MODULES} == set(FLOOR)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_only_go_down(path: Path) -> None:
    here = FLOOR[room_of(path)]
    for room in rooms_imported(path):
        # The package itself holds the version and nothing that imports anything.
        assert room == "" or FLOOR[room] < here, f"{room!r} is not below {room_of(path)!r}"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_is_short_and_opens_with_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_the_command_line_knows_typer_and_rich_and_nobody_prints(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if room_of(path) != "cli":
        packages = {name.partition(".")[0] for name in imported(path)}
        assert not packages & {"typer", "rich"}
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    assert not any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_blas_changes_the_environment(path: Path) -> None:
    changes = ("os.environ[", "os.environ.setdefault", "os.putenv", "os.environ.update")
    if room_of(path) != "blas":
        assert not any(change in path.read_text(encoding="utf-8") for change in changes)


def test_what_is_written_without_numpy_agrees_with_the_cells() -> None:
    assert {name: len(cell.gates) for name, cell in CELLS.items()} == GATES
    assert set(ACTIVATIONS) == {a for cell in CELLS.values() for a in cell.activations()}
