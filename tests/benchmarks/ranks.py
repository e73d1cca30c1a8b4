"""The figures of docs/scaling.md: what ranks of MPI gain, here and on networks that are not here.

    python tests/benchmarks/ranks.py local       ranks against workers, on this machine
    python tests/benchmarks/ranks.py corpus      a text of 100 MB: sent by rank 0, or read by each
    python tests/benchmarks/ranks.py predict     the cost model: efficiency on 2 to 64 machines
    python tests/benchmarks/ranks.py delay       the model against two ranks with delays injected
    python tests/benchmarks/ranks.py slow        loss against time, where the network is slow

`local`, `corpus` and `delay` start `mpiexec` themselves. Every figure comes from turns that
alternate, because what disturbs a machine disturbs all of them then.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from charrnn.machine import blas

MPIEXEC = shutil.which("mpiexec", path=Path(sys.executable).parent) or "mpiexec"
ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "PRTE_MCA_hwloc_default_binding_policy": "none",
    "OMPI_MCA_pml": "ob1",
    "OMPI_MCA_btl": "self,sm",
}
B, T, V = 32, 64, 80
SIZES = {f"{layers}x{H}": (layers, H) for layers in (1, 2) for H in (128, 256, 512, 1024)}


class Network(NamedTuple):
    """Seconds until a message arrives, and bytes a second in each direction of each machine."""

    latency: float
    bandwidth: float


NETWORKS = {
    "1 Gbit/s Ethernet": Network(50e-6, 0.117e9),
    "10 Gbit/s Ethernet": Network(20e-6, 1.17e9),
    "a cluster's network, 100 Gbit/s": Network(2e-6, 12e9),
}
ALL_NETWORKS = NETWORKS | {"0.1 Gbit/s, 1 ms": Network(1e-3, 0.0117e9)}


def step_cost(network: Network, ranks: int, numbers: float) -> float:
    """Seconds that the messages of one step take: the order, the pieces of the gradient to their
    owners, two short sums, and the pieces of the weights from them to all."""
    if ranks == 1:
        return 0.0
    hops = math.ceil(math.log2(ranks))
    latency = (3 * hops + 2) * network.latency
    return latency + 2 * 4 * numbers * (ranks - 1) / ranks / network.bandwidth


def made_run(layers: int, hidden_size: int, batch: int, threads: int, members: int = 1) -> Any:
    """A run at a random text."""
    import numpy as np

    from charrnn.network.ensemble import Ensemble
    from charrnn.network.initialisation import initialise
    from charrnn.text.batches import Batches
    from charrnn.training.run import Run
    from charrnn.training.settings import Settings

    rng, counts = np.random.default_rng(0), np.ones(V, np.int64)
    model = Ensemble(
        [initialise("lstm", "tanh", layers, hidden_size, counts, rng) for _ in range(members)]
    )
    settings = Settings(
        cell="lstm",
        activation="tanh",
        layers=layers,
        hidden_size=hidden_size * members,
        members=members,
        dropout=0.0,
        batch_size=batch,
        sequence_length=T,
        learning_rate=1e-3,
        weight_decay=0.0,
        clip_norm=1.0,
        validation=0.0,
        seed=0,
        optimizer="muon",
    )
    text = rng.integers(0, V, 1_000_000).astype(np.uint8)
    return Run(model, Batches(text, batch, T), settings, threads)


def timed(
    step: Callable[[], object], count: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    durations = []
    for _ in range(count):
        start = clock()
        step()
        durations.append(clock() - start)
    return durations


def delayed_class() -> Any:
    """`Ranks` whose every message, while it is active, takes as long as on another network, beside
    the time that it takes here."""
    from charrnn.machine.ranks import Ranks

    class Delayed(Ranks):
        def __init__(self, communicator: Any, network: Network) -> None:
            super().__init__(communicator)
            self.network, self.active = network, False

        def delay(self, hops: float, count: float = 0.0) -> None:
            if not self.active:
                return
            seconds = hops * self.network.latency + count / self.network.bandwidth
            end = time.perf_counter() + seconds
            if seconds > 2e-4:
                time.sleep(seconds - 1e-4)
            while time.perf_counter() < end:
                pass

        def order(self, numbers: Any) -> None:
            super().order(numbers)
            self.delay(math.ceil(math.log2(self.size)))

        def sum(self, array: Any) -> None:
            super().sum(array)
            self.delay(math.ceil(math.log2(self.size)))

        def sum_pieces(self, array: Any, edges: Any) -> None:
            super().sum_pieces(array, edges)
            self.delay(1, array.nbytes * (self.size - 1) / self.size)

        def spread_pieces(self, array: Any, edges: Any) -> None:
            super().spread_pieces(array, edges)
            self.delay(1, array.nbytes * (self.size - 1) / self.size)

    return Delayed


@contextmanager
def led(run: Any, network: Network | None = None) -> Iterator[Any]:
    """On rank 0 the ranks, and a step of the run on all of them; on the others nothing, when it is
    over. Only rank 0 has delays: the others wait for it."""
    from charrnn.machine.ranks import join
    from charrnn.machine.workers import WorkerPool
    from charrnn.text.passages import whole
    from charrnn.training.crew import Crew
    from charrnn.training.ranked import END, follow, lead, order

    ranks = join()
    if ranks.number:
        follow(ranks)
        yield ranks, None
        return
    if network:
        ranks = delayed_class()(ranks._comm, network)
    shared = lead(run, whole(run.batches.ids[:0]), Crew(ranks, 1), 1)
    with WorkerPool(shared.workers, shared.gradient, shared.update) as pool:
        yield ranks, lambda: shared.step(1e-3, 0.5, pool)
    order(ranks, END)


def on_ranks(ranks: int, *arguments: str) -> dict[str, Any]:
    """This program on so many ranks; what rank 0 has printed."""
    line = [MPIEXEC, "-n", str(ranks), sys.executable, __file__, *arguments]
    environment = os.environ | ENVIRONMENT
    found = subprocess.run(line, check=True, stdout=subprocess.PIPE, env=environment)
    result: dict[str, Any] = json.loads(found.stdout)
    return result


def pair(size: str, rounds: int) -> None:
    """On every rank: rank 0 lets workers and ranks do some steps each, in turn."""
    from charrnn.machine.workers import WorkerPool

    layers, hidden = SIZES[size]
    alone = made_run(layers, hidden, B, threads=2)
    workers: list[float] = []
    ranks: list[float] = []
    with led(made_run(layers, hidden, B, threads=1)) as (_, step):
        if step is None:
            return
        with WorkerPool(alone.workers, alone.gradient, alone.update) as pool:
            for turn in range(rounds + 1):
                times = timed(lambda: alone.step(1e-3, 0.5, pool), 4), timed(step, 4)
                if turn:
                    workers += times[0][1:]
                    ranks += times[1][1:]
    print(json.dumps({"workers": workers, "ranks": ranks}))


def local(options: argparse.Namespace) -> None:
    print("| network | ranks | step, 2 workers | step, ranks | speed of ranks | fastest tenth |")
    print("|---|---:|---:|---:|---:|---:|")
    for size in ("2x256", "2x512"):
        for ranks in (2, 4, 8) if size == "2x256" else (2,):
            found = on_ranks(ranks, "pair", "--size", size, "--rounds", str(options.rounds))
            a, b = (1e3 * median(found[name]) for name in ("workers", "ranks"))
            c, d = (sorted(found[k])[len(found[k]) // 10] for k in ("workers", "ranks"))
            print(f"| {size} | {ranks} | {a:.0f} ms | {b:.0f} ms | {a / b:.0%} | {c / d:.0%} |")


def compute(size: str, columns: int, steps: int = 6) -> tuple[float, float, int]:
    """Seconds of the gradient of some columns by one core, of the whole update, and parameters. The
    clock is that of the process, so that another program's turns do not count."""
    from charrnn.machine.workers import WorkerPool

    layers, hidden = SIZES[size]
    run = made_run(layers, hidden, columns, threads=1)
    pool = WorkerPool(1, run.gradient, run.update)
    clock = time.process_time
    whole = timed(lambda: run.step(1e-3, 0.5, pool), steps, clock)
    update = timed(lambda: run.update.apply(pool, 1e-3, 0.0, 0.5, 0.01), steps, clock)
    return median(whole) - median(update), median(update), run.model.flat.size


def predict(options: argparse.Namespace) -> None:
    """Each machine computes 16 columns with one core, the fewest with which it is efficient."""
    counts = (2, 4, 8, 16, 32, 64)
    for name, network in NETWORKS.items():
        print(f"\n{name}, one core of each machine computing\n")
        print(f"| network | parameters | step | {' | '.join(map(str, counts))} |")
        print(f"|---|---:|---:|{'---:|' * len(counts)}")
        for size in ("1x128", "2x256", "2x512", "2x1024"):
            gradient, update, numbers = compute(size, 16)
            row = []
            for ranks in counts:
                useful = gradient + update / ranks
                row.append(f"{useful / (useful + step_cost(network, ranks, numbers)):.0%}")
            print(f"| {size} | {numbers:,} | {1e3 * gradient:.0f} ms | {' | '.join(row)} |")


def delay(options: argparse.Namespace) -> None:
    print("| network | model | predicted: messages | measured: step with, without delay | error |")
    print("|---|---|---:|---:|---:|")
    for size in ("1x128", "2x256"):
        for name in ALL_NETWORKS:
            found = on_ranks(2, "delayed", "--size", size, "--network", name)
            plain, slow = found["plain"], found["delayed"]
            predicted = step_cost(ALL_NETWORKS[name], 2, found["numbers"])
            error = (plain + predicted) / slow - 1
            print(
                f"| {name} | {size} | {predicted * 1e3:.2f} ms | {slow * 1e3:.1f}, "
                f"{plain * 1e3:.1f} ms | {error:+.1%} |"
            )


def delayed(size: str, name: str, steps: int = 60) -> None:
    """On both ranks: steps without and with the delays, in turn."""
    layers, hidden = SIZES[size]
    times: tuple[list[float], list[float]] = [], []
    run = made_run(layers, hidden, B, threads=1)
    with led(run, ALL_NETWORKS[name]) as (ranks, step):
        if step is None:
            return
        timed(step, 3)
        for turn in range(steps):
            ranks.active = bool(turn % 2)
            times[turn % 2].extend(timed(step, 1))
    plain, slow = map(median, times)
    print(json.dumps({"plain": plain, "delayed": slow, "numbers": run.model.flat.size}))


def corpus(options: argparse.Namespace) -> None:
    print(json.dumps(on_ranks(2, "sent"), indent=1))


def sent() -> None:
    """100 MB: read and made indices, and sent."""
    import tempfile

    import numpy as np

    from charrnn.machine.ranks import join
    from charrnn.text.corpus import read_corpus

    ranks = join()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        text = Path(__file__).parents[2].joinpath("corpora", "lighthouse.txt").read_text()
        path.write_text(text * (100_000_000 // len(text)))
        start = time.perf_counter()
        ids = read_corpus([str(path)]).ids
        reading = max(ranks.gather(time.perf_counter() - start))
        start = time.perf_counter()
        other = ranks.broadcast(ids)
        sending = max(ranks.gather(time.perf_counter() - start))
        assert np.array_equal(ids, other)
    if ranks.number == 0:
        print(json.dumps({"read by each": reading, "sent and checked": sending}))


def main() -> None:
    blas.configure()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what")
    parser.add_argument("--size", default="2x256")
    parser.add_argument("--network", default="1 Gbit/s Ethernet")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    match options.what:
        case "pair":
            pair(options.size, options.rounds)
        case "delayed":
            delayed(options.size, options.network)
        case "sent":
            sent()
        case "slow":
            from local_steps import slow

            slow(options.seconds)
        case name:
            {"local": local, "corpus": corpus, "predict": predict, "delay": delay}[name](options)


if __name__ == "__main__":
    main()
