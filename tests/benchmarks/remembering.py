"""The figures of docs/remembering.md: which network still knows a key L letters later.

    python tests/benchmarks/remembering.py FOLDER [--steps 1000] [--lengths 10,20,40,80]

For every length and cell it prints and runs `charrnn train` and `charrnn inspect`, and then a table
of the loss at the second key: ln 2 = 0.693 nats for a network that has forgotten, 0 for one that
remembers. FOLDER receives the texts, the models and a picture for each length.
"""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

CELLS = ("rnn", "gru", "lstm")
ROOT = Path(__file__).parent.parent.parent


def charrnn(*arguments: str) -> str:
    print("$ charrnn", shlex.join(arguments), flush=True)
    command = [sys.executable, "-m", "charrnn", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def train(folder: Path, cell: str, length: int, steps: int) -> Path:
    model = folder / f"{cell}-{length}.npz"
    network = ["--cell", cell, "--layers", "1", "--hidden-size", "48", "--dropout", "0"]
    learning = ["--sequence-length", "128", "--learning-rate", "0.005", "--weight-decay", "0"]
    budget = ["--steps", str(steps), "--seed", "1"]
    text = str(folder / f"recall-{length}.txt")
    charrnn("train", text, "-o", str(model), "--force", "-q", *network, *learning, *budget)
    return model


def loss_at_second_key(model: Path, test: Path) -> float:
    """Mean nats where a key follows the noise: a key letter with a newline after it."""
    report = json.loads(
        charrnn("inspect", str(model), "--view", "surprisal", "--text", str(test), "--json")
    )
    text = test.read_text(encoding="ascii")
    nats = [None] * (len(text) - len(report["per_character"])) + report["per_character"]
    keys = [nats[i] for i in range(1, len(text) - 1) if text[i] in "AB" and text[i + 1] == "\n"]
    return sum(keys) / len(keys)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--lengths", default="10,20,40,80")
    options = parser.parse_args()
    folder = options.folder
    lengths = [int(n) for n in options.lengths.split(",")]
    subprocess.run(
        [sys.executable, str(ROOT / "corpora" / "synthesise.py"), str(folder)], check=True
    )
    rows = []
    for length in lengths:
        models = [train(folder, cell, length, options.steps) for cell in CELLS]
        test = folder / f"recall-{length}-test.txt"
        rows.append([loss_at_second_key(model, test) for model in models])
        first, *others = map(str, models)
        compare = [argument for other in others for argument in ("--compare", other)]
        picture = str(folder / f"remember-{length}.svg")
        measure = ["--text", str(test), "--steps", "120", "--save", picture]
        print(charrnn("inspect", first, *compare, *measure))
    print("| noise L | " + " | ".join(CELLS) + " |")
    print("|---:|" + "---:|" * len(CELLS))
    for length, row in zip(lengths, rows, strict=True):
        print(f"| {length} | " + " | ".join(f"{loss:.3f}" for loss in row) + " |")


if __name__ == "__main__":
    main()
