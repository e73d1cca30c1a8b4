"""charrnn and PyTorch in turn, on the same machine, as a table of ratios.

    python tests/benchmarks/side_by_side.py --torch-python PATH [--rounds 3] [--seconds 3]

Each program runs in its own environment and its own process, one after the other, several times
over, so that a slow moment of the machine hits both; the median of the ratios is what counts.
charrnn has `--threads`; PyTorch has whatever is fastest of one thread and `--threads`, with oneDNN
and without, and "PyTorch's best" says what that was, round after round. "share of peak" is the
arithmetic of a training step over the machine's own matrix products.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

from charrnn.network.cells import CELLS

HERE = Path(__file__).parent
SIZES = [(128, 1, 50, 50), (256, 1, 32, 64), (256, 2, 32, 64), (512, 2, 64, 64)]
VOCABULARY = 65


def call(python: str, script: str, *arguments: str) -> dict[str, float]:
    command = [python, str(HERE / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def operations(cell: str, hidden: int, layers: int) -> int:
    """Floating-point operations of a training step for each character: 6 for every weight, but for
    the first layer's, which has no input gradient and whose input is looked up."""
    G, H, V = len(CELLS[cell].gates), hidden, VOCABULARY
    return 6 * (layers * G * H * H + (layers - 1) * G * H * H + V * H) + 2 * G * H * V


class Comparison(NamedTuple):
    """Medians over the rounds, in characters per second, and what PyTorch was fastest with."""

    ours: float
    theirs: float
    ratio: float
    variants: str


def compare(options: argparse.Namespace, *arguments: str) -> Comparison:
    pairs, variants = [], []
    arguments = (*arguments, "--seconds", str(options.seconds), "--threads", str(options.threads))
    for _ in range(options.rounds):
        ours = call(sys.executable, "charrnn_step.py", *arguments)
        theirs = call(options.torch_python, "torch_step.py", *arguments)
        pairs.append((ours["characters_per_second"], theirs["characters_per_second"]))
        variants.append(f"{theirs['threads']}{' oneDNN' if theirs['onednn'] else ''}")
    ours, theirs = zip(*pairs, strict=True)
    ratio = median(a / b for a, b in pairs)
    return Comparison(median(ours), median(theirs), ratio, ", ".join(variants))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-python", required=True, help="a Python that has PyTorch 2.13.0")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cells", default="lstm,gru,rnn")
    options = parser.parse_args()
    peak_arguments = ("--peak", "--threads", str(options.threads))
    peak = call(sys.executable, "charrnn_step.py", *peak_arguments)["gflops"]
    print(f"{options.threads} threads, products peak at {peak:.0f} GFLOP/s")
    print("characters per second, medians; PyTorch's best: threads, oneDNN or not\n")
    print("| training step | charrnn | PyTorch | ratio | share of peak | PyTorch's best |")
    print("|---|---:|---:|---:|---:|---|")
    for cell in options.cells.split(","):
        for H, layers, B, T in SIZES:
            sizes = f"--hidden-size {H} --layers {layers} --batch-size {B} --sequence-length {T}"
            found = compare(options, "--cell", cell, *sizes.split())
            share = f"{operations(cell, H, layers) * found.ours / peak / 1e9:.0%}"
            print(row(f"{cell} H{H} x{layers} B{B} T{T}", found, share), flush=True)
    print("\n| sampling, one stream | charrnn | PyTorch | ratio | PyTorch's best |")
    print("|---|---:|---:|---:|---|")
    for H, layers, _, _ in SIZES:
        sizes = f"--sample --cell lstm --hidden-size {H} --layers {layers}"
        print(row(f"lstm H{H} x{layers}", compare(options, *sizes.split())), flush=True)


def row(name: str, found: Comparison, *more: str) -> str:
    figures = (f"{found.ours:,.0f}", f"{found.theirs:,.0f}", f"{found.ratio:.2f}")
    return f"| {' | '.join([name, *figures, *more, found.variants])} |"


if __name__ == "__main__":
    main()
