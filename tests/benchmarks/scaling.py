"""How the cost of a training step grows: with T, with B, and with the hidden size H.

    python tests/benchmarks/scaling.py [--cell lstm] [--layers 1] [--rounds 3] [--seconds 2]

The arithmetic of a step is proportional to its B*T characters, and for each of them to H^2, but for
the softmax layer and the input, which are linear in H (see `side_by_side.operations`). Below each
table stand the exponents: the slope of log time over log size by least squares, and that of the
arithmetic. Every size is measured in a process of its own, in turn over several rounds, and the
fastest round counts, because what disturbs only ever adds time.
"""

import argparse
import math
import os
import sys
from statistics import linear_regression

from side_by_side import call, operations

Size = dict[str, int]
MIDDLE: Size = {"H": 256, "B": 32, "T": 64}
SIZES = {
    "T": (16, 32, 64, 128, 256),
    "B": (16, 32, 64, 128),
    "H": (64, 128, 256, 512, 1024),
}
FLAGS = {"H": "--hidden-size", "B": "--batch-size", "T": "--sequence-length"}
FITTED_FROM = {"T": 16, "B": 32, "H": 256}  # below, overheads count


def measure(options: argparse.Namespace, sizes: list[Size]) -> list[float]:
    """Seconds of a training step for each size, the fastest of the rounds' medians."""
    common = f"--cell {options.cell} --layers {options.layers} --threads {options.threads}"
    fastest = [math.inf] * len(sizes)
    for _ in range(options.rounds):
        for i, size in enumerate(sizes):
            shape = " ".join(f"{FLAGS[letter]} {n}" for letter, n in size.items())
            arguments = f"{common} --seconds {options.seconds} {shape}".split()
            speed = call(sys.executable, "charrnn_step.py", *arguments)["characters_per_second"]
            fastest[i] = min(fastest[i], size["B"] * size["T"] / speed)
    return fastest


def exponent(sizes: list[int], values: list[float]) -> float:
    """The slope of log(value) over log(size)."""
    return linear_regression([math.log(n) for n in sizes], [math.log(v) for v in values]).slope


def study(options: argparse.Namespace, letter: str) -> None:
    """Print the table and the exponents for one dimension; the others stay in the middle."""
    sizes = [MIDDLE | {letter: n} for n in SIZES[letter]]
    seconds = measure(options, sizes)
    fixed = ", ".join(f"{other} {n}" for other, n in MIDDLE.items() if other != letter)
    print(f"\n| {letter} ({fixed}) | ms a step | us a character | kFLOP a character | GFLOP/s |")
    print("|---:|---:|---:|---:|---:|")
    work = []
    for size, step in zip(sizes, seconds, strict=True):
        characters = size["B"] * size["T"]
        each = operations(options.cell, size["H"], options.layers)
        work.append(characters * each)
        figures = (1e3 * step, 1e6 * step / characters, each / 1e3, work[-1] / step / 1e9)
        print(f"| {size[letter]} | {' | '.join(f'{x:,.1f}' for x in figures)} |")
    first = SIZES[letter].index(FITTED_FROM[letter])
    upper = list(SIZES[letter][first:])
    time, ideal = (exponent(upper, values[first:]) for values in (seconds, work))
    print(
        f"\nfrom {letter} {upper[0]} on the exponent is {time:.2f}; the arithmetic's is {ideal:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cell", default="lstm")
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    print(f"{options.cell}, {options.layers} layer(s), {options.threads} threads")
    for letter in SIZES:
        study(options, letter)


if __name__ == "__main__":
    main()
