"""A new cell is one new file: everything that the house knows of it follows.

The package is copied, the file `mgu.py` is put beside the other cells, and that is all.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import MANY, TEXT, charrnn, environment

import charrnn as package
from charrnn.inspection.request import VIEWS

HERE = Path(__file__).parent
#: Tests that go over all cells; with the new one in the folder they go over that too.
LAWS = ("test_gradients.py", "test_layer.py", "test_gradient.py", "test_ensemble.py")
LAWS += ("test_stepper.py", "test_evaluation.py")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, one file richer, and a text."""
    folder = tmp_path_factory.mktemp("house")
    source = Path(package.__file__).parent
    shutil.copytree(source, folder / "charrnn", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "mgu.py", folder / "charrnn" / "network" / "cells")
    (folder / "text").write_text(TEXT * 5)
    return folder


def run(house: Path, *arguments: str) -> str:
    done = charrnn(*arguments, cwd=house, env=environment(PYTHONPATH=str(house)))
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_it_passes_the_laws_that_hold_for_every_cell(house: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-o", "addopts=", "-q", "-k", "mgu"]
        + ["-p", "no:cacheprovider"]
        + [str(HERE / name) for name in LAWS],
        cwd=house,
        env=environment(PYTHONPATH=os.pathsep.join((str(house), str(HERE)))),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 30


@pytest.fixture(scope="module")
def trained(house: Path) -> Path:
    """A model that two workers trained in two sessions."""
    small = ("--hidden-size", "12", "--layers", "2", "--dropout", "0.1", "--threads", "2")
    train = ("train", "text", "--cell", "mgu", "--steps", "30", "--seed", "1", *small)
    said = [json.loads(line) for line in run(house, *train, "--json").splitlines()]
    assert (said[0]["cell"], said[0]["layers"], said[-1]["steps"]) == ("mgu", 2, 30)
    run(house, "train", "text", "--resume", "--steps", "10", "-q")
    return house


def test_it_learns_is_saved_and_goes_on(trained: Path) -> None:
    run(trained, "train", "text", "--init-from", "charrnn.npz", "-o", "b.npz", "--steps", "2", "-q")
    written = run(trained, "sample", "--seed", "1", "--temp", "0.5", "-n", "300")
    assert written == run(trained, "sample", "--seed", "1", "--temp", "0.5", "-n", "300")
    assert len(run(trained, "sample", "-c", "3", "-n", "50")) >= 150
    assert "mgu" in run(trained, "train", "-h")


def test_every_view_shows_it(trained: Path) -> None:
    drawn = [["inspect", "charrnn.npz", "--view", view] for view in VIEWS]
    commands = [*drawn, *([*command, "--json"] for command in drawn)]
    done = subprocess.run(
        [sys.executable, "-c", MANY, json.dumps(commands)],
        cwd=trained,
        env=environment(PYTHONPATH=str(trained)),
        capture_output=True,
        text=True,
        check=False,
    )
    *lines, codes = done.stdout.splitlines()
    assert json.loads(codes) == [0] * len(commands), done.stderr
    reports = [json.loads(line) for line in lines[-len(VIEWS) :]]
    assert [report["view"] for report in reports] == list(VIEWS)
    assert {report["model"]["cell"] for report in reports} == {"mgu"}
    (gates,) = (report["gates"] for report in reports if report["view"] == "gates")
    assert [(gate["gate"], gate["function"]) for gate in gates] == [
        ("f", "sigmoid"),
        ("n", "tanh"),
    ] * 2
