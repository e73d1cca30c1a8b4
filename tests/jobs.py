"""Jobs for worker processes, which import them from here."""

import os
import signal

import numpy as np

from charrnn.machine.shared import shared
from charrnn.machine.workers import Job


class Present(Job):
    """Each worker writes down which process it is, and how often it was asked."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.process, self.calls = (shared((workers,), np.int64) for _ in range(2))

    def __call__(self, worker: int) -> None:
        self.private[worker] = self.private.get(worker, 0) + 1
        self.process[worker], self.calls[worker] = os.getpid(), self.private[worker]


class Doubled(Job):
    """Doubles a view of an array that is shared and copies one that is not, part by part."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.whole = shared((workers, 6), np.float32)
        self.view = self.whole[:, 1::2].T
        self.own = np.arange(3.0)

    def __call__(self, worker: int) -> None:
        self.view[:, worker] = 2 * self.own
        self.own[:] = -1  # in the worker's own copy


class Failing(Job):
    """Fails in every process but the first."""

    def __init__(self, workers: int, how: str) -> None:
        super().__init__(workers)
        self.how = how

    def __call__(self, worker: int) -> None:
        if worker and self.how == "raises":
            raise ValueError("a reason")
        if worker and self.how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)


class Noisy(Job):
    """Prints, and divides by zero."""

    def __call__(self, worker: int) -> None:
        print("noise", flush=True)
        np.array([1.0]) / np.zeros(1) if worker else None
