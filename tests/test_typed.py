"""Every command of the README and of the lesson, and the examples of each help, typed in order.

The commands of a page are processes in one session of a shell, in one folder: a file that one
writes is there for the next, and an environment that one activates stays so. What takes minutes, or
would install something, is changed by `SHORTER` and by nothing else.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from commands import MANY, PYTHON, environment
from test_pages import FUNCTIONS

from charrnn import cli

TOP = Path(__file__).parent.parent
#: What is typed in place of what a page says: budgets that a test can afford, and installing and
#: the tests themselves only as far as it needs neither a network nor a test within a test.
SHORTER = (
    (r"--time \S+", "--time 0.4"),
    (r"(lighthouse\.txt .*)--steps \d+", r"\1--steps 4 --threads 1"),
    (r"(charrnn train \S+\.txt)(?!.*--(time|steps))", r"\1 --time 0.4"),
    (r"(charrnn train - .*)$", r"\1 --time 0.4"),
    (r"^make (\w+)", r"make --dry-run \1 >/dev/null"),
    (r"^python3 -m venv ", "python3 -m venv --without-pip "),
    (r"^pip install ", "echo pip install "),
    (r"^(charrnn inspect(?!.*--view)[^#]*)", r"\1 --windows 4 --steps 20 "),
    (r"sample -i", "sample -i < typed.txt"),
)


def shorter(command: str) -> str:
    for pattern, replacement in SHORTER:
        command = re.sub(pattern, replacement, command)
    return command


def typed(folder: Path, commands: list[str]) -> str:
    """Type them one after the other; what the last said on stderr if one fails, else nothing."""
    (folder / "typed.txt").write_text("The lamp \n", encoding="ascii")
    lines = [f"echo {n} >at.txt\n{shorter(each)}" for n, each in enumerate(commands)]
    done = subprocess.run(
        ["sh", "-e"],
        input="\n".join([FUNCTIONS, *lines]),
        cwd=folder,
        env=environment(PYTHON=sys.executable, PYTHONPATH=str(TOP)),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    at = int((folder / "at.txt").read_text())
    return f"{commands[at]}: {done.stderr[-500:]}" if done.returncode else ""


def commands_of(page: Path) -> list[str]:
    """The lines of its blocks of shell, `make` among them."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.M)
    return "".join(blocks).splitlines()


@pytest.mark.parametrize("page", ["README.md", "docs/lesson.md"])
def test_every_command_of_a_page_works_in_its_turn(page: str, tmp_path: Path) -> None:
    shutil.copytree(TOP / "corpora", tmp_path / "corpora")
    shutil.copy(TOP / "Makefile", tmp_path)
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    commands = commands_of(TOP / page)
    assert len(commands) > 10
    assert not typed(tmp_path, commands)


def test_every_example_of_the_help_works_in_its_turn(tmp_path: Path) -> None:
    """In one process, because they are many; a pipe is its standard input."""
    text = (TOP / "corpora" / "lighthouse.txt").read_bytes()[:20_000]
    (tmp_path / "book.txt").write_bytes(text)
    group: Any = typer.main.get_command(cli.app)
    helps = [group.commands[name].help for name in ("train", "sample", "inspect")]
    found = [re.findall(r"^ *((?:cat|charrnn) .*?)(?: {2,}\S.*)?$", each, re.M) for each in helps]
    examples = [command for each in found for command in each]
    assert len(examples) > 15
    words = [shlex.split(shorter(each).removeprefix("cat *.txt | "))[1:] for each in examples]
    done = subprocess.run(
        [*PYTHON[:-2], "-c", MANY, json.dumps(words)],
        input=text,
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(TOP)),
        capture_output=True,
        check=False,
        timeout=600,
    )
    codes = json.loads(done.stdout.splitlines()[-1])
    failed = [example for example, code in zip(examples, codes, strict=True) if code]
    assert not failed, (failed, done.stderr[-500:])


def test_the_front_page_stays_a_front_page() -> None:
    assert len((TOP / "README.md").read_text(encoding="utf-8").splitlines()) < 120
