"""What disks, networks, editors and strangers do to checkpoints, and what has to come of it."""

import io
import json
import random
import sys
import time
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any
from unittest import mock

from commands import run_here

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


def describe(figures: dict[str, Any]) -> str:
    return json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()})
