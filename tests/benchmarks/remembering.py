"""The figures of docs/remembering.md: which network still knows a key L letters later, and why.

    python tests/benchmarks/remembering.py FOLDER [--lengths 10,20,40,80] [--seeds 1,2,3]

For every length, cell and seed it prints and runs `charrnn train` and `charrnn inspect`, and then
the tables, each figure with that of every seed: the loss at the second key, ln 2 = 0.693 nats for a
network that has forgotten, 0 for one that remembers; the lags from which the gradient stays below a
half and 1 %; and what exchanging the state does to the loss at the second key. FOLDER receives the
texts, the models and, for the first seed, a picture for each length.
"""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

CELLS = ("rnn", "gru", "lstm")
STEPS, WINDOWS = 200, 64  # of the measurement; the windows are the program's
ROOT = Path(__file__).parent.parent.parent


def charrnn(*arguments: str) -> str:
    print("$ charrnn", shlex.join(arguments), flush=True)
    command = [sys.executable, "-m", "charrnn", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def train(folder: Path, cell: str, length: int, steps: int, seed: int) -> Path:
    model = folder / f"seed-{seed}" / f"{cell}-{length}.npz"
    model.parent.mkdir(exist_ok=True)
    network = ["--cell", cell, "--layers", "1", "--hidden-size", "48", "--dropout", "0"]
    learning = ["--sequence-length", "128", "--learning-rate", "0.005", "--weight-decay", "0"]
    budget = ["--steps", str(steps), "--seed", str(seed)]
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


def at_second_keys(folder: Path, length: int, steps: int = STEPS) -> list[str]:
    """The options with which every window ends at a second key: a text cut so that the windows,
    which are spread evenly, are whole lines apart, and a burn-in that brings the end there."""
    line = length + 3
    burn_in = 100 + (length + 2 - (100 + steps + 1)) % line
    window = burn_in + steps + 1
    text = (folder / f"recall-{length}-test.txt").read_text(encoding="ascii")
    apart = (len(text) - window) // line // (WINDOWS - 1) * line
    path = folder / f"recall-{length}-{steps}.txt"
    path.write_text(text[: window + apart * (WINDOWS - 1)], encoding="ascii")
    return ["--text", str(path), "--steps", str(steps), "--burn-in", str(burn_in)]


def memory(model: Path, where: list[str], length: int) -> list[float | None]:
    """Below 1/2, below 1 %, and the effect of an exchange: now, at the last lag at which the state
    has read the key, and at the first at which it has not."""
    report = json.loads(charrnn("inspect", str(model), *where, "--json"))
    top, swap = report["layers"][-1], report["exchange"]
    after = max(lag for lag in swap["lags"] if lag <= length)
    before = min(lag for lag in swap["lags"] if lag > length)
    effects = dict(zip(swap["lags"], swap["effect"], strict=True))
    return [top["below_half"], top["memory"], *(effects[lag] for lag in (0, after, before))]


def each(figures: list[float | None]) -> str:
    """The figures of all seeds in a cell of a table."""
    return " ".join(
        f"> {STEPS - 1}" if f is None else f"{f:.3f}" if isinstance(f, float) else str(f)
        for f in figures
    )


def table(heading: str, rows: list[list[str]]) -> None:
    print(f"\n| {heading} |\n|{'---:|' * len(heading.split('|'))}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--lengths", default="10,20,40,80")
    parser.add_argument("--seeds", default="1,2,3")
    options = parser.parse_args()
    folder = options.folder
    lengths, seeds = ([int(n) for n in x.split(",")] for x in (options.lengths, options.seeds))
    subprocess.run(
        [sys.executable, str(ROOT / "corpora" / "synthesise.py"), str(folder)], check=True
    )
    losses, memories = [], []
    for length in lengths:
        test, where = folder / f"recall-{length}-test.txt", at_second_keys(folder, length)
        losses.append([str(length)])
        firsts = []
        for cell in CELLS:
            models = [train(folder, cell, length, options.steps, seed) for seed in seeds]
            firsts.append(str(models[0]))
            losses[-1].append(each([loss_at_second_key(model, test) for model in models]))
            found = zip(*(memory(model, where, length) for model in models), strict=True)
            memories.append([str(length), cell, *(each(list(figures)) for figures in found)])
        compare = [argument for other in firsts[1:] for argument in ("--compare", other)]
        picture = str(folder / f"remember-{length}.svg")
        near = at_second_keys(folder, length, 6 * (length + 3))
        print(charrnn("inspect", firsts[0], *compare, *near, "--save", picture))
    table("noise L | " + " | ".join(CELLS), losses)
    lags = "below 1/2 | below 1 % | exchanged now | with the key | before it"
    table(f"noise L | cell | {lags}", memories)


if __name__ == "__main__":
    main()
