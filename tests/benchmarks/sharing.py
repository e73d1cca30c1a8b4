"""The figures of docs/sharing.md: a network that shares its weights between places, and one that
does not.

    python tests/benchmarks/sharing.py FOLDER [--steps 1500]

Perceptrons over N characters, an Elman network, a GRU and an LSTM of about as many parameters learn
one text; then some of them the recall task, in which the answer stands 11 characters back.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from remembering import ROOT, charrnn, loss_at_second_key

TEXT = str(ROOT / "corpora" / "lighthouse.txt")
#: Each has about 100,000 parameters with an alphabet of 73 characters.
SIZES = {1: 684, 2: 456, 4: 273, 8: 152, 16: 80, 32: 41, 64: 21}
RECURRENT = {"rnn": 251, "gru": 140, "lstm": 119}
NOISE = 10


def train(text: str, model: Path, cell: str, size: int, steps: int, *more: str) -> dict[str, Any]:
    """The last event of a run, with the network's parameters."""
    network = ["--cell", cell, "--layers", "1", "--hidden-size", str(size), *more]
    budget = ["--steps", str(steps), "--seed", "1", "--threads", "1"]
    lines = charrnn("train", text, "-o", str(model), "--force", "--json", *network, *budget)
    first, *_, last = map(json.loads, lines.splitlines())
    return last | {"parameters": first["parameters"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args()
    folder, steps = options.folder, options.steps
    subprocess.run(
        [sys.executable, str(ROOT / "corpora" / "synthesise.py"), str(folder)], check=True
    )
    rows = []
    for N, size in SIZES.items():
        model, context = folder / f"mlp-{N}.npz", ("--context", str(N))
        rows.append([f"mlp, N = {N}", size, train(TEXT, model, "mlp", size, steps, *context)])
    for cell, size in RECURRENT.items():
        rows.append([cell, size, train(TEXT, folder / f"{cell}.npz", cell, size, steps)])
    print("| network | units | parameters | nats per character | characters/s |")
    print("|---|---:|---:|---:|---:|")
    for name, size, end in rows:
        speed = round(end["characters_per_second"], -2)
        print(
            f"| {name} | {size} | {end['parameters']:,} | {end['best_loss']:.3f} | {speed:,.0f} |"
        )
    recall, test = folder / f"recall-{NOISE}.txt", folder / f"recall-{NOISE}-test.txt"
    learning = ["--dropout", "0", "--sequence-length", "128"]
    print("| network | nats at the second key |")
    print("|---|---:|")
    for N in (NOISE - 1, NOISE, NOISE + 1, NOISE + 2):
        model = folder / f"recall-mlp-{N}.npz"
        train(str(recall), model, "mlp", 48, 1000, "--context", str(N), *learning)
        print(f"| mlp, N = {N} | {loss_at_second_key(model, test):.3f} |")
    for cell in ("rnn", "lstm"):
        model, slow = folder / f"recall-{cell}.npz", ["--learning-rate", "0.005"]
        train(str(recall), model, cell, 48, 1000, *learning, *slow, "--weight-decay", "0")
        print(f"| {cell} | {loss_at_second_key(model, test):.3f} |")


if __name__ == "__main__":
    main()
