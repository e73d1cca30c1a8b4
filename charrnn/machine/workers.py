"""Worker processes that share arrays with this one: the same mechanism on every system.

Threads would be simpler, but each NumPy call takes Python's global lock for a moment, and at the
sizes of a recurrent network the calls are so short that two threads mostly wait for each other:
measured at 128 units, two threads reached 106 thousand characters a second and two processes 197.

A worker is a Python of its own, not a fork, which could not be trusted where the host has threads.
It gets its jobs pickled, once; arrays made by `shared` arrive as the memory that they are. Orders
come through its stdin and replies go through its stdout, a byte each. It ends when its stdin does,
so that nothing is left behind even if this process is killed.
"""

import os
import pickle
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from typing import Any, Self

import numpy as np

from charrnn.errors import CharRNNError
from charrnn.machine.shared import Memory, Unpickler, pickled

DONE, FAILED = b".", b"!"
LONGEST_REASON = 200  # characters that a worker says of a failure
#: What a worker runs. The host's `__main__` is not imported, as `multiprocessing` would do: it may
#: be a script that trains. BLAS has to be configured before NumPy is imported.
PROGRAM = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from charrnn.machine import blas
blas.configure()
from charrnn.machine.workers import serve
serve()
"""


class Job(ABC):
    """What a pool does together, in as many shares as `workers`: one call does one share.

    What changes between calls has to be in arrays made by `shared`. What a worker needs for itself
    it makes on first use and keeps in `private`, which stays in its process.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.private: dict[Any, Any] = {}

    @abstractmethod
    def __call__(self, worker: int) -> None:
        """Do the share of one worker."""

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"private": {}}


class WorkerPool:
    """`size` processes, of which this one is number 0; a context that ends the others.

    Where no memory can be shared, or there is no Python to start, this process works alone. Raises
    CharRNNError if the system refuses a process, with none left behind.
    """

    def __init__(self, size: int, *jobs: Job) -> None:
        self.jobs = jobs
        memories, message = pickled(jobs) if size > 1 else ([], b"")
        possible = sys.executable and all(memory.handle is not None for memory in memories)
        self.size = size if possible else 1
        self._workers: list[_Worker] = []
        with ExitStack() as undo:
            undo.callback(self.close)
            for number in range(1, self.size):
                self._workers.append(_Worker(memories))
                self._workers[-1].begin(pickle.dumps((number, self.size)) + message)
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """End the other processes."""
        while self._workers:
            self._workers.pop().end()

    def run(self, job: Job) -> None:
        """Do every share of one of the pool's jobs, and return when all are done."""
        order = bytes([self.jobs.index(job)])
        for worker in self._workers:
            worker.begin(order)
        do_shares(job, 0, self.size)
        for worker in self._workers:
            worker.wait()


def do_shares(job: Job, number: int, size: int) -> None:
    """Those of one process; a single one does them all, one after the other."""
    for share in range(number, job.workers, size):
        job(share)


class _Worker:
    """One worker process, seen from the one that it works for."""

    def __init__(self, memories: list[Memory]) -> None:
        handles = [(memory.handle, len(memory)) for memory in memories]
        files = [handle for handle, _ in handles if isinstance(handle, int)]
        # A signal for all the processes of a terminal must not meet a worker before it can ignore
        # it: the mask is inherited, and `serve` lifts it.
        masks = hasattr(signal, "pthread_sigmask")
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()) if masks else ()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=files,
            )
        except OSError as error:
            raise CharRNNError(
                f"cannot start a worker process: {error.strerror or error}",
                "Use --threads 1, which needs none, or end other programs.",
            ) from error
        finally:
            if masks:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        assert self._process.stdin
        assert self._process.stdout
        self._orders, self._replies = self._process.stdin, self._process.stdout
        self.begin(pickle.dumps(sys.path) + pickle.dumps(handles))

    def begin(self, order: bytes) -> None:
        left = memoryview(order)
        with suppress(BrokenPipeError):  # `wait` will tell
            while left:
                left = left[self._orders.write(left) or 0 :]

    def wait(self) -> None:
        reply = self._replies.read(1)
        if reply == DONE:
            return
        said = self._replies.read(4 * LONGEST_REASON) if reply == FAILED else b""
        reason = (said or b"perhaps because memory ran out").decode("utf-8", "replace")
        raise CharRNNError(
            f"a worker process ended, {reason}",
            "Try again with --threads 1, a smaller --hidden-size or a smaller --batch-size.",
        )

    def end(self) -> None:
        self._orders.close()
        self._replies.close()
        self._process.wait()


def serve() -> None:
    """The life of a worker: do what is ordered until stdin ends. It prints nothing, and leaves
    signals to the process that it works for."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
    orders, replies = sys.stdin.buffer, os.dup(1)
    os.dup2(2, 1)  # whatever may print leads nowhere
    np.seterr(all="ignore")
    with suppress(OSError):  # nobody waits for the reply any more
        try:
            memories = [Memory.attached(*handle) for handle in pickle.load(orders)]
            number, size = pickle.load(orders)
            jobs = Unpickler(orders, memories).load()
            while order := orders.read(1):
                do_shares(jobs[order[0]], number, size)
                os.write(replies, DONE)
        except Exception as error:  # whatever it was, the other side has to know
            reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
            os.write(replies, FAILED + reason.encode("utf-8", "replace"))
