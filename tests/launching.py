"""Runs charrnn on several ranks as its users do, by the `mpiexec` of mpi4py's library."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from commands import PYTHON, environment

MPIEXEC = shutil.which("mpiexec", path=Path(sys.executable).parent) or shutil.which("mpiexec")
needs_ranks = pytest.mark.skipif(
    MPIEXEC is None or importlib.util.find_spec("mpi4py") is None,
    reason="needs mpi4py and its mpiexec: pip install '.[mpi]'",
)
#: Open MPI's launcher kills all ranks a quarter of a second after it got SIGINT or SIGTERM.
HASTY = MPIEXEC is not None and shutil.which("prterun", path=Path(MPIEXEC).parent) is not None
#: Open MPI starts nothing for root, and no more ranks than cores, unless it is told to; and looks
#: for a second for networks that are not there.
OPEN_MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OMPI_MCA_pml": "ob1",
    "OMPI_MCA_btl": "self,sm",
}


def start_ranks(
    *commands: Sequence[str | Path], cwd: Path, **more: Any
) -> "subprocess.Popen[bytes]":
    """Start one rank for each of these commands, whose first part is a Python program."""
    line = [MPIEXEC or "mpiexec"]
    for command in commands:
        line += [":"] * (len(line) > 1) + ["-n", "1", *map(str, command)]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    more = pipes | {"env": environment(**OPEN_MPI)} | more
    return subprocess.Popen(line, cwd=cwd, start_new_session=True, **more)


def on_ranks(
    count: int, *arguments: str | Path, cwd: Path, program: Sequence[str] = PYTHON, **more: Any
) -> tuple[int, str, str]:
    """Run the command on so many ranks to its end; the exit code, stdout, stderr."""
    process = start_ranks(*[[*program, *map(str, arguments)]] * count, cwd=cwd, **more)
    return end_of(process)


def end_of(process: "subprocess.Popen[bytes]") -> tuple[int, str, str]:
    """The exit code, stdout, stderr."""
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout.decode(), stderr.decode()


def said(stderr: str) -> list[str]:
    """The lines that are charrnn's own errors, whatever the launcher says beside them."""
    return [line for line in stderr.splitlines() if line.startswith("charrnn: error: ")]
