"""charrnn's side of the speed comparison: whole training steps, or generation one by one.

The options and the JSON object that is printed are those of `torch_step.py`, and so is the work: a
training step is everything from characters to updated weights, at a random text.

    python tests/benchmarks/charrnn_step.py --cell lstm --hidden-size 256 --batch-size 32
    python tests/benchmarks/charrnn_step.py --cell lstm --hidden-size 256 --sample
    python tests/benchmarks/charrnn_step.py --peak
"""

import argparse
import json
import time
from collections.abc import Callable
from statistics import median

from charrnn.machine import blas

WARM_UP = 3  # steps
SAMPLED = 50


def training_step(options: argparse.Namespace) -> Callable[[], None]:
    import numpy as np

    from charrnn.machine.workers import WorkerPool
    from charrnn.network.initialisation import initialise
    from charrnn.text.batches import Batches
    from charrnn.training.run import Run
    from charrnn.training.settings import Settings

    V, rng = options.vocabulary, np.random.default_rng(0)
    settings = Settings(
        cell=options.cell,
        activation="tanh",
        layers=options.layers,
        hidden_size=options.hidden_size,
        dropout=0.0,
        batch_size=options.batch_size,
        sequence_length=options.sequence_length,
        learning_rate=1e-3,
        weight_decay=0.0,
        clip_norm=1.0,
        validation=0.0,
        seed=0,
        optimizer=options.optimizer,
    )
    counts = np.ones(V, np.int64)
    model = initialise(options.cell, "tanh", options.layers, options.hidden_size, counts, rng)
    text = rng.integers(0, V, 1_000_000).astype(np.uint8)
    batches = Batches(text, options.batch_size, options.sequence_length)
    run = Run(model, batches, settings, options.threads)
    pool = WorkerPool(run.workers, run.gradient, run.update)

    def step() -> None:
        run.step(1e-3, 0.5, pool)

    return step


def sampling_step(options: argparse.Namespace) -> Callable[[], None]:
    from itertools import islice

    import numpy as np

    from charrnn.generation.sampling import generate
    from charrnn.network.initialisation import initialise
    from charrnn.text.vocabulary import Vocabulary

    rng = np.random.default_rng(0)
    counts = np.ones(options.vocabulary, np.int64)
    model = initialise(options.cell, "tanh", options.layers, options.hidden_size, counts, rng)
    vocabulary = Vocabulary(np.arange(40, 40 + options.vocabulary, dtype=np.uint32))
    characters = generate(model, vocabulary, temperature=1.0, length=0)

    def step() -> None:
        for _ in islice(characters, SAMPLED):
            pass

    return step


def peak(threads: int, seconds: float) -> float:
    """The machine's own single-precision peak in GFLOP/s, over large products on all threads."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    size = 1024
    a, b = (np.ones((size, size), np.float32) for _ in range(2))
    outs = [np.empty_like(a) for _ in range(threads)]
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            start = time.perf_counter()
            list(pool.map(lambda out: np.matmul(a, b, out=out), outs))
            best = min(best, time.perf_counter() - start)
    return threads * 2 * size**3 / best / 1e9


def measure(options: argparse.Namespace) -> dict[str, float]:
    step = sampling_step(options) if options.sample else training_step(options)
    characters = SAMPLED if options.sample else options.batch_size * options.sequence_length
    for _ in range(WARM_UP):
        step()
    durations: list[float] = []
    end = time.perf_counter() + options.seconds
    while time.perf_counter() < end or len(durations) < 5:
        start = time.perf_counter()
        step()
        durations.append(time.perf_counter() - start)
    return {
        "steps": len(durations),
        "characters_per_second": characters / median(durations),
        "best": characters / min(durations),
    }


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time charrnn training steps or sampling.")
    parser.add_argument("--cell", default="lstm")
    parser.add_argument("--hidden-size", type=int, default=256)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--sequence-length", type=int, default=64)
    parser.add_argument("--vocabulary", type=int, default=65)
    parser.add_argument("--optimizer", default="adam", help="adam, as PyTorch has here, or muon")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sample", action="store_true", help="measure generation at batch 1")
    parser.add_argument("--peak", action="store_true", help="measure products alone, in GFLOP/s")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    blas.configure(blas.threads_for(1) if options.sample else 1)
    if options.peak:
        print(json.dumps({"gflops": peak(options.threads, options.seconds)}))
    else:
        print(json.dumps({**vars(options), **measure(options)}))


if __name__ == "__main__":
    main()
