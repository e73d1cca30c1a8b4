"""What a training run needs of memory and of its file, and what the machine has.

An estimate from sizes alone, made before anything is allocated: Linux grants memory that it does
not have, and ends the process when it is used.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from charrnn.errors import UsageError
from charrnn.network.cells import CELLS
from charrnn.storage.npz import FILE_BYTES
from charrnn.training.recipe import parameter_count
from charrnn.training.settings import Settings

#: Copies of the parameters in float32: weights, gradient, Adam's two, average, the evaluator, four
#: to go back to, four that are being saved. And of those of the network that the members become:
#: the best, and the one that it is made from.
COPIES, COPIES_JOINED = 14, 2
#: And in a checkpoint: last, average, Adam's two; and once the joined network. Bytes for all that
#: is not an array of the network: the excerpt, the history, the heads of the arrays.
SAVED_COPIES = 4
SAVED_BESIDES = 2**17
#: What a forked worker has of its own: a gradient, and what the original has changed since.
WORKER_COPIES = 11
WORKER = 15 * 2**20
#: Bytes for each character of the text while its baselines are counted, and what Python takes.
PER_CHARACTER = 40
PROGRAM = 60 * 2**20


@dataclass(frozen=True)
class Need:
    """Bytes of memory, and bytes of the checkpoint."""

    memory: int
    file: int


def need(settings: Settings, vocabulary_size: int, characters: int, processes: int = 1) -> Need:
    """What a run with these settings takes, to within a third or so."""
    kind, members = (settings.cell, settings.layers), settings.members
    joined = parameter_count(*kind, settings.hidden_size, vocabulary_size)
    P = members * parameter_count(*kind, settings.hidden_size // members, vocabulary_size)
    steps = settings.batch_size * settings.sequence_length
    cell = CELLS[settings.cell](settings.activation)
    G, S, H = len(cell.gates), len(cell.states), settings.hidden_size
    # Per step and stream: the tape of each layer with its dropout, the logits (three times in the
    # loss), the one-hot input.
    layer = H * (3 * G + 2 * cell.separate + S + len(cell.saved) + 5)
    activations = steps * (settings.layers * layer + 3 * members * vocabulary_size)
    activations += steps * members * min(vocabulary_size, steps)
    carried = settings.layers * S * H * settings.batch_size
    text = PER_CHARACTER * min(characters, 16_000_000) + 2 * characters
    others = (processes - 1) * (4 * WORKER_COPIES * P + WORKER)
    return Need(
        memory=4 * (COPIES * P + COPIES_JOINED * joined + activations) + others + text + PROGRAM,
        file=4 * (SAVED_COPIES * P + joined + carried + vocabulary_size) + SAVED_BESIDES,
    )


def check_fits(
    settings: Settings,
    vocabulary_size: int,
    characters: int,
    processes: int = 1,
    free: int | None = None,
) -> None:
    """Raise UsageError, saying what would fit, if memory or the checkpoint's format is too small.

    `free` is `free_memory()` unless given.
    """
    free = free_memory() if free is None else free

    def fits(candidate: Settings) -> bool:
        wanted = need(candidate, vocabulary_size, characters, processes)
        return wanted.file <= FILE_BYTES and (free is None or wanted.memory <= free)

    if fits(settings):
        return
    wanted = need(settings, vocabulary_size, characters, processes)
    if wanted.file > FILE_BYTES:
        size = gigabytes(wanted.file)
        problem = f"the checkpoint of {settings.network} would have {size}, more than 2 GB"
    else:
        problem = f"{settings.network} needs about {gigabytes(wanted.memory)} of memory"
        problem += f", and {gigabytes(free or 0)} are free"
    raise UsageError(problem, suggestion(settings, fits))


def suggestion(settings: Settings, fits: Callable[[Settings], bool]) -> str:
    """The largest hidden size of one network that fits with everything else unchanged; else the
    batch size."""
    settings = replace(settings, members=1)  # which a given size means
    for name in ("hidden_size", "batch_size"):
        low, high = 0, getattr(settings, name)
        while high - low > 1:
            middle = (low + high) // 2
            if fits(replace(settings, **{name: middle})):
                low = middle
            else:
                high = middle
        if low:
            return f"--{name.replace('_', '-')} {low} would fit."
    return "Try fewer --layers, a smaller --hidden-size and a smaller --batch-size."


def free_memory() -> int | None:
    """Bytes that this process may still use, as far as Linux says; None if nothing is known."""
    known = [_available(Path("/proc/meminfo")), _left_in_group(Path("/sys/fs/cgroup"))]
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        known.append(None if limit == resource.RLIM_INFINITY else limit)
    except ImportError:
        pass
    return min((value for value in known if value is not None), default=None)


def _available(meminfo: Path) -> int | None:
    try:
        match = re.search(r"MemAvailable:\s+(\d+) kB", meminfo.read_text("ascii", "replace"))
    except OSError:
        return None
    return int(match[1]) * 1024 if match else None


def _left_in_group(group: Path) -> int | None:
    """What a container may still take."""
    try:
        limit = (group / "memory.max").read_text("ascii").strip()
        used = (group / "memory.current").read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    return max(int(limit) - int(used), 0) if limit.isdigit() and used.isdigit() else None


def gigabytes(count: int) -> str:
    """A size to two figures or so: `1.3 GB`, `157 MB`, `4.6 MB`."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.2g} MB"
