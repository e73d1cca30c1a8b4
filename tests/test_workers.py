"""Worker processes: they share arrays, start and end with their pool, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from commands import environment
from jobs import Doubled, Failing, Noisy, Present

from charrnn.errors import CharRNNError
from charrnn.machine import workers
from charrnn.machine.shared import memory_of, pickled, shared
from charrnn.machine.workers import WorkerPool


def alive(pid: int) -> bool:
    """Is there such a process, and is it more than a zombie?"""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(pid: int, seconds: float = 5) -> bool:
    """Does a process end in time?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end and alive(pid):
        time.sleep(0.01)
    return not alive(pid)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_share_is_done_once_a_run_whatever_the_number_of_processes(size: int) -> None:
    job = Present(3)
    with WorkerPool(size, job) as pool:
        for _ in range(4):
            pool.run(job)
    assert job.calls.tolist() == [4, 4, 4]
    assert len(set(job.process.tolist())) == size
    assert job.process[0] == os.getpid()


@pytest.mark.parametrize("named", [False, True], ids=["memory file", "temporary file"])
def test_views_of_shared_arrays_are_the_same_memory_in_a_worker(
    named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if named:  # as on systems without memfd_create
        monkeypatch.delattr(os, "memfd_create")
    job = Doubled(2)
    with WorkerPool(2, job) as pool:
        pool.run(job)
        pool.run(job)
    expected = np.zeros((2, 6), np.float32)
    expected[0, 1::2] = -2  # this process keeps its own array from run to run, as a worker does
    expected[1, 1::2] = -2
    np.testing.assert_array_equal(job.whole, expected)


def test_only_what_is_shared_travels_as_memory() -> None:
    a, b = shared((5, 7), np.float64), np.arange(1000)
    memories, message = pickled([a, a[1:, ::2], b])
    assert [len(memory) for memory in memories] == [5 * 7 * 8]
    assert 8000 < len(message) < 9000
    assert memory_of(b) is None
    assert memory_of(b[1:]) is None


def test_a_pool_does_several_jobs_in_turn() -> None:
    jobs = [Present(2), Present(2), Present(2)]
    with WorkerPool(2, *jobs) as pool:
        for job in (jobs[2], jobs[0], jobs[2]):
            pool.run(job)
    assert [job.calls.tolist() for job in jobs] == [[1, 1], [0, 0], [2, 2]]


def test_a_worker_that_dies_is_an_error_and_not_a_wait() -> None:
    job = Failing(2, "dies")
    with WorkerPool(2, job) as pool, pytest.raises(CharRNNError, match="worker process ended"):
        pool.run(job)


def test_a_job_that_fails_in_a_worker_is_an_error_here_that_says_why() -> None:
    job = Failing(2, "raises")
    with WorkerPool(2, job) as pool, pytest.raises(CharRNNError, match="ValueError: a reason"):
        pool.run(job)


def test_workers_end_with_their_pool() -> None:
    job = Present(3)
    with WorkerPool(3, job) as pool:
        pool.run(job)
    for pid in job.process[1:].tolist():
        assert not alive(pid)


def test_a_process_that_is_refused_is_an_error_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started, start = [], subprocess.Popen

    def refuse(*arguments: object, **more: object) -> object:
        if started:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        started.append(start(*arguments, **more))
        return started[0]

    monkeypatch.setattr(workers.subprocess, "Popen", refuse)
    with pytest.raises(CharRNNError, match="cannot start a worker process: Resource") as found:
        WorkerPool(3, Present(3))
    assert "--threads 1" in found.value.hint
    assert not alive(started[0].pid)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


#: Starts a pool of two, says which processes there are, and waits.
ORIGINAL = """
import sys, time
sys.path.insert(0, sys.argv[1])
from charrnn.machine.workers import WorkerPool
from jobs import Present
job = Present(2)
pool = WorkerPool(2, job)
pool.run(job)
print(job.process[1], flush=True)
time.sleep(60)
"""


def test_workers_end_when_the_original_is_killed_and_no_memory_is_left() -> None:
    before = set(os.listdir("/dev/shm"))
    command = [sys.executable, "-c", ORIGINAL, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as original:
        assert original.stdout
        worker = int(original.stdout.readline())
        assert alive(worker)
        original.kill()
    assert ends(worker)
    assert set(os.listdir("/dev/shm")) <= before


def test_workers_leave_signals_to_the_original() -> None:
    job = Present(2)
    with WorkerPool(2, job) as pool:
        pool.run(job)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(int(job.process[1]), number)
        pool.run(job)
    assert job.calls.tolist() == [2, 2]


def test_a_worker_that_is_hit_while_it_starts_works_all_the_same() -> None:
    job = Present(2)
    with WorkerPool(2, job) as pool:
        pid = pool._workers[0]._process.pid
        for _ in range(20):
            os.kill(pid, signal.SIGINT)
            time.sleep(0.005)
        pool.run(job)
    assert job.process[1] == pid


def test_workers_hold_nothing_of_the_original_open() -> None:
    inlet, outlet = os.pipe()
    os.set_inheritable(outlet, True)
    job = Present(2)
    with WorkerPool(2, job) as pool:
        pool.run(job)
        os.close(outlet)
        assert os.read(inlet, 1) == b""  # nobody else can write any more
    os.close(inlet)


def test_what_a_worker_prints_or_is_warned_of_leads_nowhere(
    capfd: pytest.CaptureFixture[str],
) -> None:
    job = Noisy(2)
    with WorkerPool(2, job) as pool:
        pool.run(job)
        pool.run(job)
    assert capfd.readouterr() == ("noise\nnoise\n", "")  # this process's own


def test_a_host_with_threads_may_have_workers() -> None:
    """Nothing is forked, so that no lock of another thread can be inherited locked."""
    stop = threading.Event()
    others = [threading.Thread(target=stop.wait) for _ in range(4)]
    for other in others:
        other.start()
    job = Present(2)
    with WorkerPool(2, job) as pool:
        pool.run(job)
    stop.set()
    for other in others:
        other.join()
    assert job.calls.tolist() == [1, 1]


def test_starting_a_worker_takes_less_than_a_moment() -> None:
    job = Present(2)
    began = time.perf_counter()
    with WorkerPool(2, job) as pool:
        pool.run(job)
        took = time.perf_counter() - began
    assert took < 5  # on a busy machine; 0.1 s on a quiet one
