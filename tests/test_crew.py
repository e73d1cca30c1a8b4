"""The parts of a chunk, and the processes that share them."""

import os
import signal
import time

import numpy as np
import pytest

from charrnn.errors import CharRNNError
from charrnn.machine.workers import CAN_FORK, Team, shared
from charrnn.network.cells import CELLS
from charrnn.network.ensemble import Ensemble, gathered
from charrnn.network.initialisation import initialise
from charrnn.network.model import CharModel
from charrnn.training.evaluation import Evaluator
from charrnn.training.gradient import Crew
from charrnn.training.muon import Muon
from charrnn.training.optimisers import Adam
from charrnn.training.update import Updater

V, H, T, B = 7, 5, 12, 4


def noisy_model(cell: str, seed: int = 3) -> CharModel:
    rng = np.random.default_rng(seed)
    start = initialise(cell, "tanh", 2, H, np.arange(1, V + 1), rng)
    noisy = {n: p + rng.normal(0, 0.3, p.shape) for n, p in start.parameters.items()}
    return CharModel(noisy, cell=cell, dtype=np.float64)


def one_chunk(crew: Crew, team: Team, dropout: float = 0.0) -> tuple[float, np.ndarray, dict]:
    rng = np.random.default_rng(1)
    inputs, targets = rng.integers(0, V, (2, T, B))
    state = {n: rng.normal(0, 0.5, s.shape) for n, s in crew.model.zero_state(B).items()}
    crew.prepare(inputs, targets, state, dropout, step=11)
    team.do(0)
    loss, after = crew.collect()
    return loss, crew.gradient.copy(), after


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("parts", [2, 3, 4])
def test_any_number_of_processes_finds_the_same_gradient(cell: str, parts: int) -> None:
    found = []
    for size in (1, parts):
        crew = Crew(gathered(noisy_model(cell)), T, B, size)
        with Team(size, [crew.job]) as team:
            found.append(one_chunk(crew, team))
    (loss, gradient, state), (same_loss, same_gradient, same_state) = found
    assert same_loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(same_gradient, gradient, rtol=1e-9, atol=1e-15)
    for name, array in state.items():
        np.testing.assert_allclose(same_state[name], array, rtol=1e-12)


def test_who_does_the_parts_changes_no_bit() -> None:
    """Two processes, or one after the other: the parts are the same, dropout and all."""
    crew = Crew(gathered(noisy_model("lstm")), T, B, 2, seed=5)
    with Team(2, [crew.job]) as team:
        together = one_chunk(crew, team, dropout=0.3)
    crew = Crew(gathered(noisy_model("lstm")), T, B, 2, seed=5)
    with Team(1, [lambda _: [crew.job(part) for part in range(2)] and None]) as team:
        in_turn = one_chunk(crew, team, dropout=0.3)
    assert together[0] == in_turn[0]
    np.testing.assert_array_equal(together[1], in_turn[1])


def test_a_batch_has_no_more_parts_than_columns() -> None:
    assert len(Crew(gathered(noisy_model("rnn")), T, 2, 5).parts) == 2


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
def test_every_member_gets_the_gradient_it_would_get_alone(workers: int) -> None:
    networks = [noisy_model("gru", seed) for seed in (3, 4)]
    crew = Crew(Ensemble(networks), T, B, workers)
    with Team(crew.workers, [crew.job]) as team:
        loss, gradient, after = one_chunk(crew, team)
    inputs, targets = crew.text
    whole = np.random.default_rng(1)
    whole.integers(0, V, (2, T, B))
    states = {n: whole.normal(0, 0.5, a.shape) for n, a in after.items()}
    losses = []
    for number, alone in enumerate(networks):
        single = Crew(gathered(noisy_model("gru", 3 + number)), T, B, 1)
        single.prepare(inputs, targets, crew.model.part(states, number), 0.0, 11)
        single.job(0)
        its_loss, its_state = single.collect()
        losses.append(its_loss)
        row = crew.model.rows(gradient)[number]
        np.testing.assert_allclose(row, single.gradient, rtol=1e-9, atol=1e-15)
        for name, array in its_state.items():
            np.testing.assert_allclose(crew.model.part(after, number)[name], array, rtol=1e-12)
        assert alone.flat.base is not None  # the members' weights are the shared vector's
    assert loss == pytest.approx(np.mean(losses), rel=1e-12)


@pytest.mark.parametrize("parts", [2, 3])
def test_a_divided_evaluation_is_the_whole_one(parts: int) -> None:
    model = noisy_model("gru")
    ids = np.random.default_rng(0).integers(0, V, 5001).astype(np.uint8)
    expected = Evaluator(model, ids, readers=4).measure(model.flat)
    evaluator = Evaluator(model, ids, readers=4, parts=parts)
    with Team(parts, [evaluator.job]) as team:
        evaluator.prepare(model.flat)
        team.do(0)
        assert evaluator.collect() == pytest.approx(expected, rel=1e-12)


def test_a_stopped_evaluation_has_no_result() -> None:
    model = noisy_model("gru")
    ids = np.random.default_rng(0).integers(0, V, 5001).astype(np.uint8)
    evaluator = Evaluator(model, ids, parts=2)
    with Team(2, [evaluator.job]) as team:
        evaluator.prepare(model.flat, stop=lambda: True)
        team.do(0)
        assert evaluator.collect() is None
        evaluator.prepare(model.flat)
        team.do(0)
        assert evaluator.collect() is not None


@pytest.mark.skipif(not CAN_FORK, reason="the parts are threads here")
class TestProcesses:
    def test_a_copy_that_dies_is_an_error_and_not_a_wait(self) -> None:
        def job(part: int) -> None:
            if part:
                os.kill(os.getpid(), signal.SIGKILL)

        with Team(2, [job]) as team, pytest.raises(CharRNNError, match="worker process ended"):
            team.do(0)

    def test_a_job_that_fails_in_a_copy_is_an_error_here(self) -> None:
        def job(part: int) -> None:
            if part:
                raise ValueError

        with Team(2, [job]) as team, pytest.raises(CharRNNError, match="worker process ended"):
            team.do(0)

    def test_copies_end_with_their_team(self) -> None:
        pids = shared((3,), np.int64)

        def job(part: int) -> None:
            pids[part] = os.getpid()

        with Team(3, [job]) as team:
            team.do(0)
            assert len(set(pids.tolist())) == 3
        for pid in pids[1:].tolist():
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)

    def test_copies_end_when_the_original_is_killed(self) -> None:
        pids = shared((2,), np.int64)

        def job(part: int) -> None:
            pids[part] = os.getpid()

        original = os.fork()
        if not original:
            Team(2, [job]).do(0)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(original, 0)
        copy = int(pids[1])
        assert copy
        end = time.monotonic() + 5
        while time.monotonic() < end and alive(copy):
            time.sleep(0.01)
        assert not alive(copy)

    def test_copies_leave_signals_to_the_original(self) -> None:
        pids = shared((2,), np.int64)

        def job(part: int) -> None:
            pids[part] = os.getpid()

        with Team(2, [job]) as team:
            team.do(0)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(int(pids[1]), number)
            team.do(0)

    def test_copies_hold_nothing_of_the_original_open(self) -> None:
        inlet, outlet = os.pipe()
        with Team(2, [lambda part: None]) as team:
            team.do(0)
            os.close(outlet)
            assert os.read(inlet, 1) == b""  # nobody else can write any more
        os.close(inlet)


def alive(pid: int) -> bool:
    """Is there such a process, and is it more than a zombie?"""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("hidden", [(), (slice(0, 300), slice(500, 800))])
@pytest.mark.parametrize("parts", [2, 3])
def test_an_update_in_parts_changes_no_bit(parts: int, hidden: tuple[slice, ...]) -> None:
    """Slices that cut through matrices and biases alike; the decayed ones end inside a slice."""
    found = []
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=1001), rng.normal(size=(5, 1001))
    for size in (1, parts):
        weights, gradient = shared((1001,), np.float32), shared((1001,), np.float32)
        weights[:] = start
        decayed = [slice(0, 300), slice(500, 900)]
        updater = Updater(
            weights, gradient, size, decayed=decayed, window=0.1, hidden=hidden, hidden_size=10
        )
        with Team(size, [updater.job]) as team:
            for step, g in enumerate(gradients):
                gradient[:] = g
                updater.prepare(0.01, 0.2, share=0.1 * (step + 1), growth=0.1)
                team.do(0)
        found.append([weights, updater.m, updater.v, updater.average])
        assert updater.updates == 5
    for one, several in zip(*found, strict=True):
        np.testing.assert_array_equal(one, several)
    assert not np.array_equal(found[0][0], found[0][3])


def test_muon_is_for_the_hidden_matrices_and_adam_for_all_else() -> None:
    weights, gradient = (shared((40,), np.float32) for _ in range(2))
    gradient[:] = np.arange(40)
    updater = Updater(
        weights, gradient, 2, decayed=[], window=0.1, hidden=[slice(9, 25)], hidden_size=4
    )
    updater.prepare(0.1, 0.0, 0.5, 0.1)
    for part in range(2):
        updater.job(part)
    expected = np.zeros(40, np.float32)
    Adam(*np.zeros((2, 40), np.float32)).update(expected, gradient, 0.1)
    matrix = np.zeros(16, np.float32)
    Muon(np.zeros(16, np.float32), 4).update(matrix, gradient[9:25], 0.1)
    expected[9:25] = matrix
    np.testing.assert_array_equal(weights, expected)
    assert not updater.v[9:25].any()
