"""What each rank tells of itself before work begins, so that a difference is found at once.

Ranks have to run the same program in the same way. A difference that nobody notices would end as a
wrong result, or as a wait for ever.
"""

import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from charrnn import __version__
from charrnn.errors import CharRNNError, UsageError
from charrnn.machine.cores import cores
from charrnn.visible import visible

END = 2**16  # bytes at each end of a file that are compared, and its size

Facts = dict[str, Any]


def facts_of(options: Mapping[str, Any], paths: Sequence[str]) -> Facts:
    """Plain values only: another version has to understand them."""
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "charrnn": __version__,
        "NumPy": np.__version__,
        "options": {name: str(value) for name, value in options.items()},
        "texts": {path: text_facts(path) for path in paths},
        "machine": platform.node(),
        "cores": sorted(affinity(0)) if affinity else list(range(cores())),
    }


def text_facts(path: str) -> str | None:
    """A file in a few words. None if there is none here, which need not be: rank 0 reads it."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            ends = file.read(END)
            file.seek(max(size - END, 0))
            ends += file.read(END)
    except OSError:
        return None
    return f"{size:,} bytes, SHA-256 of its ends {hashlib.sha256(ends).hexdigest()[:8]}"


def difference(facts: Sequence[Facts]) -> CharRNNError | None:
    """What keeps these ranks from working together, if anything does."""
    checks = versions_differ, options_differ, texts_differ
    for check in checks:
        for number, other in enumerate(facts[1:], 1):
            if problem := check(number, facts[0], other):
                return problem
    return None


def versions_differ(number: int, first: Facts, other: Facts) -> CharRNNError | None:
    for name in ("charrnn", "NumPy"):
        if other[name] != first[name]:
            return CharRNNError(
                f"rank {number} has {name} {other[name]}, rank 0 has {first[name]}",
                "Install the same versions on every machine.",
            )
    return None


def options_differ(number: int, first: Facts, other: Facts) -> CharRNNError | None:
    for name, value in first["options"].items():
        there = other["options"].get(name)
        if there != value:
            told = f"rank {number} was started with {name} {there}, rank 0 with {name} {value}"
            return UsageError(visible(told, one_line=True), "Give all ranks the same options.")
    return None


def texts_differ(number: int, first: Facts, other: Facts) -> CharRNNError | None:
    for path, here in first["texts"].items():
        there = other["texts"].get(path)
        if here and there and here != there:
            name = visible(path, one_line=True)
            return CharRNNError(
                f"rank {number} sees another {name} than rank 0: {there}, not {here}",
                "Name a file that is the same everywhere, or that only rank 0 has: it reads it.",
            )
    return None


def cores_each(facts: Sequence[Facts]) -> list[int]:
    """The cores for each rank, where the ranks of one machine may have to share them."""
    counts = []
    for own in facts:
        here = [other["cores"] for other in facts if other["machine"] == own["machine"]]
        together = len(set().union(*here)) // len(here)
        counts.append(max(min(len(own["cores"]), together), 1))
    return counts
