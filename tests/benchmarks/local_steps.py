"""Two machines of one core each on networks that are slow: what to do with them, at equal time.

Time is simulated: a step takes what its arithmetic was measured to take on one core, and what its
messages take by the cost model of `ranks.py`, so that no other program can disturb the comparison.
The losses are those of real training, with the learning rate following the simulated time.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from ranks import ALL_NETWORKS, B, Network, T, step_cost

from charrnn.network.ensemble import Ensemble
from charrnn.network.initialisation import initialise
from charrnn.text.batches import Batches
from charrnn.text.corpus import read_corpus
from charrnn.text.division import divide
from charrnn.training.evaluation import Evaluator
from charrnn.training.optimisers import schedule
from charrnn.training.recipe import parameter_count, rate_for
from charrnn.training.run import Run
from charrnn.training.settings import Settings

SIZE, LAYERS, WIDTH = "1x256", 1, 256
#: Seconds that one core of an AMD EPYC (AVX-512, 2026-11-27) takes for the gradient of 32 columns,
#: for that of 16, and for an update.
COSTS = 0.074, 0.041, 0.004
TEXT = "corpora/lighthouse.txt"


class Columns(Batches):
    """Some of the columns of a batch."""

    def __init__(self, ids: Any, columns: slice) -> None:
        super().__init__(ids, B, T)
        self._offsets = self._offsets[:, columns]
        self.batch_size = self._offsets.shape[1]


def made_run(text: Any, vocabulary: int, columns: slice, seed: int, threads: int) -> Run:
    rng, counts = np.random.default_rng(seed), np.bincount(text, minlength=vocabulary)
    model = Ensemble([initialise("lstm", "tanh", LAYERS, WIDTH, counts, rng)])
    settings = Settings(
        cell="lstm",
        activation="tanh",
        layers=LAYERS,
        hidden_size=WIDTH,
        dropout=0.0,
        batch_size=B,
        sequence_length=T,
        learning_rate=rate_for("lstm", "tanh", LAYERS, WIDTH),
        weight_decay=0.1,
        clip_norm=1.0,
        validation=0.1,
        seed=seed,
        optimizer="muon",
    )
    return Run(model, Columns(text, columns), settings, threads)


def advance(runs: list[Run], seconds: float, each: float, after: Callable[[int], float]) -> int:
    """Let some runs do steps of `each` second, and whatever comes `after` a step, until the time is
    over; the number of steps."""
    now, steps = 0.0, 0
    while now < seconds:
        now += each + after(steps)
        share = min(now / seconds, 1.0)
        for run in runs:
            run.step(schedule(share, steps, peak=run.settings.learning_rate), share)
        steps += 1
    return steps


def methods(text: Any, vocabulary: int, seconds: float) -> Iterator[tuple[str, int, Any]]:
    """What was done, in how many steps, and the vectors and models of which the result is made."""
    whole, half, update = COSTS
    P = parameter_count("lstm", LAYERS, WIDTH, vocabulary)
    print(f"{SIZE}, {P:,} parameters, {seconds:g} simulated seconds, {TEXT}\n")
    everything, halves = slice(0, B), (slice(0, B // 2), slice(B // 2, B))

    def nothing(step: int) -> float:
        return 0.0

    alone = made_run(text, vocabulary, everything, 1, 1)
    yield "one machine alone", advance([alone], seconds, whole + update, nothing), [alone]
    other = made_run(text, vocabulary, everything, 2, 1)
    steps = advance([other], seconds, whole + update, nothing)
    yield "a member each, any network", steps, [alone, other]
    for name, network in ALL_NETWORKS.items():
        run = made_run(text, vocabulary, everything, 1, 1)
        each = half + update / 2 + step_cost(network, 2, P)
        yield f"parts of the batch, {name}", advance([run], seconds, each, nothing), [run]
    for name in ("1 Gbit/s Ethernet", "0.1 Gbit/s, 1 ms"):
        for often in (4, 16):
            network = ALL_NETWORKS[name]
            runs = [made_run(text, vocabulary, columns, 1, 1) for columns in halves]

            def meet(
                step: int, runs: list[Run] = runs, often: int = often, network: Network = network
            ) -> float:
                if not step or step % often:
                    return 0.0
                mean = (runs[0].model.flat + runs[1].model.flat) / 2
                for run in runs:
                    run.model.flat[...] = mean
                return step_cost(network, 2, P)

            steps = advance(runs, seconds, half + update, meet)
            mean = (runs[0].average + runs[1].average) / 2
            runs[0].average[...] = mean
            yield f"an average every {often} steps, {name}", steps, runs[:1]


def slow(seconds: float) -> None:
    corpus = read_corpus([TEXT])
    division = divide(corpus.ids, 0.1, None, 0)
    vocabulary = len(corpus.vocabulary)
    rows = []
    for name, steps, runs in methods(division.training, vocabulary, seconds):
        members = [run.model.members[0].with_weights(run.average) for run in runs]
        model = Ensemble(members)
        found = Evaluator(model, division.measured).measure(model.flat)
        assert found
        rows.append(f"| {name} | {steps:,} | {found.loss:.3f} |")
        print(rows[-1], flush=True)
    print("\n| what | steps | nats per character |\n|---|---:|---:|", *rows, sep="\n")
