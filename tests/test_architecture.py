"""The house has rooms on floors: imports only go down, at every level, and nothing goes in circles.

A room is a module of charrnn, or one of its packages with everything in it; the same holds for the
files and folders inside every room.
"""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "charrnn"
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({path.parent for path in MODULES})
LONGEST = 250  # lines

#: From the ground up. The package itself (`__init__`) holds the version and names found when asked.
ROOMS = [
    "errors",
    "clusters",
    "visible",
    "progress",
    "arrays",
    "machine",
    "network",
    "text",
    "storage",
]
ROOMS += ["training", "generation", "inspection", "library", "page", "cli", "python", "__main__"]


def child_of(folder: Path, path: Path) -> str:
    """The file or folder directly in `folder` to which the module at `path` belongs."""
    return path.relative_to(folder).parts[0].removesuffix(".py")


def module_file(name: str) -> Path | None:
    """The file of a module inside charrnn; None if there is no such module."""
    path = PACKAGE.parent.joinpath(*name.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def imported(path: Path) -> Iterator[str]:
    """The full names that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def files_imported(path: Path) -> Iterator[Path]:
    """The files of charrnn's modules that a module imports, or imports names from."""
    for name in imported(path):
        file = module_file(name) or module_file(name.rpartition(".")[0])
        if file and file != path:
            yield file


def graph(folder: Path) -> dict[str, set[str]]:
    """What each file and folder in `folder` imports of the others."""
    found: dict[str, set[str]] = {}
    for path in MODULES:
        if folder not in path.parents:
            continue
        here = child_of(folder, path)
        there = {child_of(folder, f) for f in files_imported(path) if folder in f.parents}
        found[here] = found.get(here, set()) | there - {here, "__init__"}
    return found


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_every_module_has_its_room_and_every_room_exists() -> None:
    assert {child_of(PACKAGE, path) for path in MODULES} == {*ROOMS, "__init__"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_rooms_below_it(room: str) -> None:
    above = graph(PACKAGE)[room] - set(ROOMS[: ROOMS.index(room)])
    assert not above, f"{room} imports {above}"


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_no_folder_has_a_circle(folder: Path) -> None:
    try:
        TopologicalSorter(graph(folder)).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_is_short_and_opens_with_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_the_command_line_knows_typer_and_rich_and_nobody_prints(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if child_of(PACKAGE, path) != "cli":
        packages = {name.partition(".")[0] for name in imported(path)}
        assert not packages & {"typer", "rich"}
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    assert not any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_blas_changes_the_environment(path: Path) -> None:
    changes = ("os.environ[", "os.environ.setdefault", "os.putenv", "os.environ.update")
    if named(path) != "machine/blas.py":
        assert not any(change in path.read_text(encoding="utf-8") for change in changes)
