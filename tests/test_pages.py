"""Every command of a page runs as it stands there, only smaller."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import environment, run_here
from pages import commands

TOP = Path(__file__).parent.parent
DOCS = ("docs/sequences.md", "docs/sharing.md", "docs/recipes.md", "corpora/README.md")
PAGES = [TOP / name for name in DOCS]
#: What takes long, and what it is given instead; the networks have all their sizes from here.
VALUES = {"steps": "4", "windows": "3", "burn-in": "4", "length": "40", "lines": "2", "count": "2"}
BUDGETS = r"--(time|epochs|steps)[ =]\S+"
SIZES = r"--(layers|hidden-size|members|batch-size|sequence-length|threads)[ =]\S+"
SMALL = "--steps 4 --threads 1"
SMALL_NETWORK = "--layers 1 --hidden-size 8 --batch-size 4 --sequence-length 8"
LONGEST = 20_000  # bytes of a text
#: The shell knows these names as functions, so that no other installation is run.
FUNCTIONS = """
python() { "$PYTHON" "$@"; }
python3() { "$PYTHON" "$@"; }
charrnn() { "$PYTHON" -P -W error -m charrnn "$@"; }
"""


def smaller(command: str) -> str:
    """The same with a budget and sizes that a test can afford."""
    if re.search(r"\bcharrnn train\b", command):
        options = SMALL if "--resume" in command else f"{SMALL} {SMALL_NETWORK}"
        command = re.sub(rf" *({BUDGETS}|{SIZES})", "", command)
        return re.sub(r"\bcharrnn train\b", f"charrnn train {options}", command)
    command = re.sub(r"(charrnn sample .*)-n[ =]?(?=\d)", r"\1--length ", command)
    for name, value in VALUES.items():
        command = re.sub(rf"(charrnn .*--{name})[ =]\d+", rf"\1 {value}", command)
    return command


def shorten(folder: Path) -> None:
    for path in folder.rglob("*.txt"):
        if path.stat().st_size > LONGEST:
            path.write_bytes(path.read_bytes()[:LONGEST])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for source in ("corpora", "charrnn/text"):
        shutil.copytree(TOP / source, tmp_path / source)
    monkeypatch.chdir(tmp_path)
    path = environment(PYTHON=sys.executable, PYTHONPATH=str(TOP))
    found = commands(page)
    assert found
    for command in found:
        shorten(tmp_path)
        command = smaller(command)
        if command.startswith("charrnn ") and not re.search(r"[|&;<>$*?~`]", command):
            code = run_here(*shlex.split(command, comments=True)[1:])
        else:
            done = subprocess.run(["sh", "-ec", FUNCTIONS + command], env=path, check=False)
            code = done.returncode
        assert code == 0, (command, capfd.readouterr().err)


def test_a_smaller_command_is_the_same_command() -> None:
    assert smaller("charrnn train a.txt --time 3m --hidden-size 128 -o b.npz") == (
        f"charrnn train {SMALL} {SMALL_NETWORK} a.txt -o b.npz"
    )
    assert smaller("charrnn train a.txt --resume --steps 100") == (
        f"charrnn train {SMALL} a.txt --resume"
    )
    assert smaller("head -n 20 a.txt > b.txt") == "head -n 20 a.txt > b.txt"
    assert (
        smaller("charrnn sample -n 2400 -c 3 --lines 25")
        == "charrnn sample --length 40 -c 3 --lines 2"
    )
    assert smaller("charrnn inspect --steps 240") == "charrnn inspect --steps 4"
