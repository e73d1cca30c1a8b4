"""Options are written once, in `config`, and the help shows every one of them as it is there."""

import dataclasses
import inspect
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from commands import charrnn, environment, error_of, run_here

from charrnn import __version__, cli
from charrnn.cli.options import options, parameter
from charrnn.machine import memory
from charrnn.training.settings import Choices, Request, option

FIELDS = [*dataclasses.fields(Choices), *dataclasses.fields(Request)]


def train_parameters() -> dict[str, Any]:
    group: Any = typer.main.get_command(cli.app)
    return {parameter.name: parameter for parameter in group.commands["train"].params}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_is_an_option_with_its_default_and_help(field: Any) -> None:
    found = train_parameters()[field.name]
    assert found.default == field.default
    assert found.help == field.metadata["help"]
    assert f"--{field.name.replace('_', '-')}" in found.opts
    assert field.metadata.get("short") in (None, *found.opts)


@pytest.mark.parametrize("columns", ["80", "100"])
def test_help_names_every_option_and_has_examples(tmp_path: Path, columns: str) -> None:
    result = charrnn("train", "-h", cwd=tmp_path, env=environment(COLUMNS=columns))
    assert (result.returncode, result.stderr) == (0, b"")
    shown = result.stdout.decode()
    for field in FIELDS:
        assert f"--{field.name.replace('_', '-')}" in shown
    assert "Examples:" in shown
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= int(columns)


@pytest.mark.parametrize("command", ["train", "sample", "inspect"])
def test_help_fits_two_screens_and_speaks_of_no_python(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run_here(command, "--help") == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) <= 100
    assert not re.findall(r"<(?:bool|str|path|list)|\{", shown)
    assert (" CORPUS..." if command == "train" else " [MODEL]") in shown.splitlines()[1]


@pytest.mark.parametrize("command", ["train", "inspect"])
def test_what_is_asked_first_stands_first_in_the_help(command: str) -> None:
    group: Any = typer.main.get_command(cli.app)
    panels = [p.rich_help_panel for p in group.commands[command].params if p.opts[0][0] == "-"]
    order = list(dict.fromkeys(panels))
    if command == "train":
        assert [name.partition(" (")[0] for name in order[:2]] == [
            "The budget",
            "Saving and watching",
        ]
        assert order[-1].startswith("The network")
    assert None not in order


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("inspect", "--view", "bogus"), ("--view", "'bogus'", "gradients", "dynamics")),
        (("inspect", "--layer", "x"), ("--layer", "'x'", "whole number")),
        (("sample", "--length", "2.5"), ("--length", "'2.5'", "whole number")),
        (("inspect", "--temp", "hot"), ("--temp", "'hot'", "number")),
        (("sample", "--length", "-3"), ("--length", "-3", "0 or more")),
    ],
)
def test_a_wrong_value_is_named_and_no_library_speaks(
    arguments: tuple[str, ...], parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(*arguments) == 2
    message = error_of(capsys.readouterr().err)
    assert all(part in message for part in parts), message
    assert not re.search(r"Value error|Input should", message)


def test_help_and_version_answer_without_numpy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = (
        "import sys; sys.argv = ['charrnn', '--help']; from charrnn import cli; cli.run();"
        "assert 'numpy' not in sys.modules, 'numpy'"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert run_here("--version") == 0
    assert capsys.readouterr().out == f"charrnn {__version__}\n"


def test_a_command_receives_one_object() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        size: int = option("How large.", default=3, minimum=1, short="-s")
        kind: str | None = option("Which.", choices=("a", "b"))

    @options(Settings, into="settings")
    def command(name: str, settings: Settings) -> tuple[str, Settings]:
        return name, settings

    assert list(inspect.signature(command).parameters) == ["name", "size", "kind"]
    assert command(name="x", size=4, kind=None) == ("x", Settings(size=4))


def test_metadata_nobody_reads_is_a_mistake() -> None:
    @dataclass
    class Wrong:
        size: int = option("How large.", default=1, maximal=3)

    with pytest.raises(TypeError, match="maximal"):
        parameter(dataclasses.fields(Wrong)[0], Wrong)


# What the machine has


def test_free_memory_is_the_least_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   2048 kB\n")
    assert memory._available(tmp_path / "meminfo") == 2 * 2**20
    assert memory._available(tmp_path / "absent") is None
    for limit, left in (("max", None), ("1000", 400), ("500", 0), ("junk", None)):
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        (tmp_path / "memory.current").write_text("600\n")
        assert memory._left_in_group(tmp_path) == left
    free = memory.free_memory()
    assert free is None or free > 2**20


def test_sizes_are_told_in_readable_units() -> None:
    found = [memory.gigabytes(count) for count in (5e6, 99e6, 1.5e9, 3e12)]
    assert found == ["5 MB", "99 MB", "1.5 GB", "3000.0 GB"]
    assert all(re.fullmatch(r"[0-9.]+ [GM]B", text) for text in found)
