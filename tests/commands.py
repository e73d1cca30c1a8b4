"""Runs charrnn as its users do: in a process of its own, or quickly in this one."""

import os
import re
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from charrnn import cli

TEXT = "the quick brown fox jumps over the lazy dog. " * 20
#: A network so small that processes start longer than they train.
SMALL = ("--hidden-size", "8", "--batch-size", "4", "--sequence-length", "8")
#: For tests whose output goes to a disk that is full.
needs_full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
# A warning is an error; that of NumPy's own sources being newer than their bytecode cannot occur.
PYTHON = (sys.executable, "-W", "error", "-m", "charrnn")


def environment(**changes: str) -> dict[str, str]:
    """That of this process, with what could colour the result taken out."""
    dropped = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LC_ALL", "LC_CTYPE")
    kept = {k: v for k, v in os.environ.items() if k not in dropped}
    return (
        kept | {"TERM": "xterm-256color", "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"} | changes
    )


def charrnn(
    *arguments: str | Path,
    cwd: Path,
    input: bytes = b"",
    env: dict[str, str] | None = None,
    **more: Any,
) -> "subprocess.CompletedProcess[bytes]":
    """Run the command to its end in `cwd`; stdout and stderr as bytes."""
    return subprocess.run(
        [*PYTHON, *map(str, arguments)],
        cwd=cwd,
        input=input,
        env=env or environment(),
        stdout=more.pop("stdout", subprocess.PIPE),
        stderr=more.pop("stderr", subprocess.PIPE),
        timeout=60,
        check=False,
        **more,
    )


def start(*arguments: str | Path, cwd: Path, **more: Any) -> "subprocess.Popen[bytes]":
    """Start the command in `cwd`."""
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment()} | more
    return subprocess.Popen([*PYTHON, *map(str, arguments)], cwd=cwd, **more)


def none_left(group: int, seconds: float = 10) -> bool:
    """Do all processes of a group end in time?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def run_here(*arguments: str | Path) -> int:
    """Run the command in this process, for the sake of speed; output goes to sys.stdout."""
    with mock.patch.object(sys, "argv", ["charrnn", *map(str, arguments)]):
        return cli.run()


def error_of(stderr: bytes | str) -> str:
    """The error message; stderr has to be that line and at most one more, nothing else, but for
    what else may be done, in lines of their own."""
    text = stderr.decode() if isinstance(stderr, bytes) else stderr
    lines = text.splitlines()
    assert lines, text
    assert all(line.lstrip().startswith("or --") for line in lines[2:]), text
    assert lines[0].startswith("charrnn: error: "), text
    assert text.replace("\n", "").isprintable(), text
    return lines[0].removeprefix("charrnn: error: ")


@contextmanager
def terminal(columns: int = 80, rows: int = 24) -> Iterator[tuple[int, int]]:
    """A pseudo-terminal: the descriptors of the side of the program and of ours. Not on Windows."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        yield theirs, ours
    finally:
        for descriptor in (ours, theirs):
            with suppress(OSError):
                os.close(descriptor)


def seen_on_terminal(
    arguments: Sequence[str | Path],
    cwd: Path,
    *,
    columns: int = 80,
    rows: int = 24,
    env: dict[str, str] | None = None,
    program: Sequence[str] = PYTHON,
) -> tuple[int, str]:
    """Run the command with all its streams on a terminal; its exit code, and what was shown."""
    with terminal(columns, rows) as (theirs, ours):
        process = subprocess.Popen(
            [*program, *map(str, arguments)],
            cwd=cwd,
            env=env or environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        shown = read_all(ours)
        return process.wait(timeout=30), shown.decode("utf-8", "replace")


def read_all(descriptor: int, seconds: float = 60) -> bytes:
    """Everything until the other side of a terminal is closed."""
    shown, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            piece = os.read(descriptor, 1 << 16)
        except OSError:  # Linux reports the end of a terminal as an error
            break
        if not piece:
            break
        shown += piece
    return shown


#: What our own live view and styles consist of.
OWN = re.compile(r"\x1b\[(?:[0-9;]*m|[0-9]*[ABCDKG]|2K|\?25[lh])")


def foreign(shown: str) -> str:
    """The control characters in `shown` that are not our own styling, in visible form."""
    rest = OWN.sub("", shown)
    return repr([c for c in rest if (c < " " and c not in "\r\n\t") or "\x7f" <= c <= "\x9f"])


#: Runs several commands in one process: `python -c MANY '[["train", "text"], ...]'`. Prints the
#: exit codes at the end, as JSON.
MANY = """
import json, sys
from charrnn import cli

codes = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["charrnn", *arguments]
    codes.append(cli.run())
print(json.dumps(codes), flush=True)
"""
#: A function for scripts. `ru_maxrss` would be that of pytest, from which the process was forked.
PEAK = """
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
"""
SAVED = ("svg", "html", "png", "csv", "json")


def every_command(text: str, model: str = "m.npz", prompt: str = "the ") -> list[list[str]]:
    """Command lines that train, sample and inspect in all the ways there are."""
    from charrnn.inspection.request import VIEWS

    small = ["--windows", "2", "--steps", "12", "--burn-in", "4"]
    second = ["--init-from", model, "--out", f"{model}2", "--force"]
    sample, inspect = ["sample", model, "-n", "60"], ["inspect", model, *small]
    return [
        ["train", text, *SMALL, "--steps", "12", "--seed", "1", "--out", model, "--force"],
        ["train", text, "--out", model, "--resume", "--steps", "2", "--json"],
        ["train", text, *second, "--steps", "2", "--threads", "2"],
        ["train", text, "--dry-run"],
        [*sample, "--temp", "1"],
        [*sample, "-c", "2", "-v"],
        [*sample, "--prompt", prompt, "--unknown", "nearest", "--heat"],
        [*sample, "--novelty", "--corpus", text, "--seed", "1"],
        [*sample, "--temp", "0.5,2", "--top-k", "9", "--best-of", "2"],
        [*sample, "--json", "--stop", "e", "--only", "a-z "],
        [*sample, "--page", f"{model}.page.html", "--force"],
        *([*inspect, "--view", view] for view in VIEWS),
        *([*inspect, "--view", view, "--json"] for view in VIEWS),
        [*inspect, "--view", "surprisal", "--text", text],
        [*inspect, "--compare", f"{model}2"],
        *([*inspect, "--save", f"{model}.{kind}"] for kind in SAVED),
        *([*inspect, "--view", "unfold", "--save", f"unfold.{kind}"] for kind in SAVED),
    ]
