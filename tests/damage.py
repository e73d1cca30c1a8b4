"""What disks, networks, editors and strangers do to checkpoints, and what has to come of it."""

import io
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any
from unittest import mock

from commands import PEAK, environment, run_here

#: What is asked of a damaged file: text from it, a report on it.
QUESTIONS = (
    ("sample", "m.npz", "-n", "20", "--seed", "1"),
    ("inspect", "m.npz", "--view", "summary", "--json"),
)


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Flip a bit, cut, overwrite, delete, insert, or splice with another file."""
    start = rng.randrange(len(data))
    length = rng.choice([1, 2, 16, 512])
    match rng.choice(["flip", "cut", "overwrite", "delete", "insert", "splice"]):
        case "flip":
            return data[:start] + bytes([data[start] ^ 1 << rng.randrange(8)]) + data[start + 1 :]
        case "cut":
            return data[:start]
        case "overwrite":
            return data[:start] + rng.randbytes(length) + data[start + length :]
        case "delete":
            return data[:start] + data[start + length :]
        case "insert":
            return data[:start] + rng.randbytes(length) + data[start:]
        case _:
            return data[:start] + other[start:]


def ask(question: tuple[str, ...]) -> tuple[int, bytes, str, float]:
    """Exit code, stdout, stderr and processor seconds of a command, run in this process."""
    out, err = io.BytesIO(), io.StringIO()
    before = time.process_time()
    stdout = io.TextIOWrapper(out, "utf-8", write_through=True)
    with mock.patch.object(sys, "stdout", stdout), redirect_stderr(err):
        code = run_here(*question)
        stdout.flush()
    return code, out.getvalue(), err.getvalue(), time.process_time() - before


def check_mutations(count: int, good: bytes, other: bytes, seed: int = 0) -> dict[str, Any]:
    """Mutate `good` and ask the questions of each; in the current folder. Returns figures."""
    path, rng = Path("m.npz"), random.Random(seed)
    answers = []
    for content in (good, other):
        path.write_bytes(content)
        answers.append([ask(question)[1] for question in QUESTIONS])
    figures = {"mutations": count, "refused": 0, "accepted": 0, "different": 0, "slowest": 0.0}
    for _ in range(count):
        mutated = mutate(good, other, rng)
        path.write_bytes(mutated)
        for number, question in enumerate(QUESTIONS):
            code, out, err, seconds = ask(question)
            figures["slowest"] = max(figures["slowest"], seconds)
            if code == 1:
                assert out == b""
                assert err.startswith("charrnn: error: m.npz ")
                assert err.replace("\n", "").isprintable()
                assert len(err.splitlines()) == 2
                figures["refused"] += 1
            else:
                assert code == 0
                figures["accepted"] += 1
                figures["different"] += out not in [answer[number] for answer in answers]
    return figures


OPEN_ALL = """
import contextlib, io, json, sys
from charrnn import cli

count, codes = int(sys.argv[1]), []

def run(*arguments):
    sys.argv = ["charrnn", *arguments]
    with contextlib.redirect_stderr(io.StringIO()):
        codes.append(cli.run())

run("sample", "0.npz")
before = peak()
for number in range(count):
    run("sample", f"{number}.npz", "-n", "1")
    run("inspect", f"{number}.npz")
print("\\n" + json.dumps([codes[2::2], peak() - before]))
"""


def open_all(
    hostile: dict[str, tuple[Callable[[], bytes], str]], folder: Path
) -> tuple[list[str], int, int]:
    """Let one process sample from and inspect all the files. Returns the names of those that
    `inspect` did not refuse, the bytes its memory grew by, and the size of the largest file."""
    largest = 0
    for number, (build, _) in enumerate(hostile.values()):
        path = folder / f"{number}.npz"
        path.write_bytes(build())
        largest = max(largest, path.stat().st_size)
    result = subprocess.run(
        [sys.executable, "-c", PEAK + OPEN_ALL, str(len(hostile))],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    codes, growth = json.loads(result.stdout.splitlines()[-1])
    return [name for name, code in zip(hostile, codes, strict=True) if code != 1], growth, largest
