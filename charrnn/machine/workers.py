"""Several copies of this process, doing the same job on different parts of shared arrays.

Threads would be simpler, but each NumPy call takes Python's global lock for a moment, and at the
sizes of a recurrent network the calls are so short that two threads mostly wait for each other:
measured at 128 units, two threads reached 106 thousand characters a second and two processes 197.
A copy is made with `fork`, shares arrays made by `shared`, waits on a pipe and ends when its pipe
is closed, so that nothing is left behind even if this process is killed. Where there is no safe
fork (Windows, macOS) the parts are threads.
"""

import mmap
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from charrnn.arrays import Array
from charrnn.errors import CharRNNError

#: What a job is: a function of the number of the part to do.
Job = Callable[[int], None]

CAN_FORK = sys.platform.startswith("linux")
DONE, FAILED = b".", b"!"
#: Streams of a batch: with fewer, the products of one worker are inefficient.
FEWEST_STREAMS = 16


def shared(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """A zero array that forked copies of this process see and write too."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(mmap.mmap(-1, max(size, 1)), dtype, int(np.prod(shape))).reshape(shape)


def cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_workers(batch: int, members: int = 1) -> int:
    """How many workers have enough to do when each member of an ensemble reads `batch` streams."""
    return members * max(batch // FEWEST_STREAMS, 1)


class Team:
    """`size` workers, of which this process is number 0; a context that ends the others.

    The jobs are fixed when the team is made, and so is all that they refer to: what changes later
    has to be in arrays made by `shared`.
    """

    def __init__(self, size: int, jobs: Sequence[Job]) -> None:
        self.jobs = list(jobs)
        self.size = size
        self._others: list[_Copy] = []
        self._pool = ThreadPoolExecutor(size) if size > 1 and not CAN_FORK else None
        if CAN_FORK:
            for part in range(1, size):
                self._others.append(_Copy(part, self.jobs))

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, *unused: object) -> None:
        for other in self._others:
            other.end()
        if self._pool:
            self._pool.shutdown()

    def do(self, job: int) -> None:
        """Do job number `job`, every part of it, and return when all are done."""
        if self._pool:
            list(self._pool.map(self.jobs[job], range(self.size)))
            return
        for other in self._others:
            other.begin(job)
        self.jobs[job](0)
        for other in self._others:
            other.wait()


class _Copy:
    """One forked worker, seen from this process."""

    def __init__(self, part: int, jobs: list[Job]) -> None:
        orders, self._orders = os.pipe()
        self._replies, replies = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        with warnings.catch_warnings():
            # The other threads of this process hold no lock that the copy needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = os.fork()
        if not self._process:
            serve(part, jobs, orders, replies)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(orders)
        os.close(replies)

    def begin(self, job: int) -> None:
        with suppress(BrokenPipeError):  # `wait` will tell
            os.write(self._orders, bytes([job]))

    def wait(self) -> None:
        if os.read(self._replies, 1) != DONE:
            raise CharRNNError(
                "a worker process ended, perhaps because memory ran out",
                "Try again with --threads 1, a smaller --hidden-size or a smaller --batch-size.",
            )

    def end(self) -> None:
        os.close(self._orders)
        os.close(self._replies)
        with suppress(ChildProcessError):
            os.waitpid(self._process, 0)


def serve(part: int, jobs: list[Job], orders: int, replies: int) -> NoReturn:
    """The life of a copy: do what is ordered until the pipe closes. It never returns to the code
    that it was copied from, prints nothing, and leaves signals to the process that it serves."""
    try:
        for number in {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}:
            signal.signal(number, signal.SIG_IGN)
        with suppress(ValueError):
            signal.set_wakeup_fd(-1)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        close_all_but({orders, replies})
        np.seterr(all="ignore")
        while order := os.read(orders, 1):
            jobs[order[0]](part)
            os.write(replies, DONE)
    except BaseException:  # whatever it was, the other side has to know
        with suppress(OSError):
            os.write(replies, FAILED)
    finally:
        os._exit(0)


def close_all_but(kept: set[int]) -> None:
    """Let go of everything that the original has open: its locks, its output, other copies' pipes.

    0, 1 and 2 stay, but lead nowhere.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    edges = [2, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for low, high in pairwise(edges):
        os.closerange(low + 1, high)
