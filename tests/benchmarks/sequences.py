"""The figures and pictures of docs/sequences.md, in the folder sequences/; about seven minutes.

    python tests/benchmarks/sequences.py [--measure]

Runs every command of the page, in its order, and then measures what no command prints: which digits
cost what, how far a continued series is from the tide, which errors of a gauge are found, and what
the last k characters are worth to one who knows the process. `--measure` does only that, with the
models that are there.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "corpora")]

import synthesise  # noqa: E402
from pages import commands  # noqa: E402
from synthesise import FAULTS, LINE, MOON, SUN, TOGETHER, WAVES, tide  # noqa: E402
from tunes import eighths, eighths_of  # noqa: E402

from charrnn.inspection.canvas import Chart, Series  # noqa: E402
from charrnn.inspection.pictures.sheet import Sheet  # noqa: E402
from charrnn.inspection.pictures.svg import svg  # noqa: E402

FOLDER = ROOT / "sequences"
PAGES = synthesise.pages(synthesise.TEST_PAGES, seed=1)  # those of tides-test.txt
CHANCES = np.array(list(WAVES.values()))
PROMPT = 25 * LINE  # readings: one spring tide and a neap tide
HORIZONS = ((0, 25), (25, 100), (100, 300), (300, 600))
FUNCTION = 'charrnn() { "$PYTHON" -m charrnn "$@"; }; python() { "$PYTHON" "$@"; }; '
TUNES = ("--temp", "0.7", "--length", "20000", "--seed", "1", "--prompt", "X:")


def run(command: str) -> None:
    print("$", command, flush=True)
    names = os.environ | {"PYTHON": sys.executable}
    subprocess.run(["sh", "-ec", FUNCTION + command], cwd=ROOT, env=names, check=True)


def report(*arguments: str) -> list[dict]:
    """The lines of JSON that a command writes."""
    command = [sys.executable, "-m", "charrnn", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def nats(model: str, text: str) -> np.ndarray:
    """The loss of each reading's four characters, (readings, 4); the very first one is 0."""
    path = FOLDER / "measured.txt"
    path.write_text(text, encoding="ascii", newline="\n")
    [found] = report(
        "inspect", f"sequences/{model}.npz", "--view", "surprisal", "--text", str(path)
    )
    return np.array([0.0, *found["per_character"]]).reshape(-1, 4)


def table(*header: str) -> None:
    print("\n| " + " | ".join(header) + " |")
    print("|" + "---:|" * len(header))


def row(*cells: object) -> None:
    print("| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells) + " |")


def places() -> None:
    """Nats by place, on pages of tides-test.txt without their first line, where the hour is to be
    found yet: the process, and the network."""
    pages = [nats("tides", synthesise.written(heights))[LINE:] for _, heights in PAGES]
    measured = np.concatenate(pages).mean(axis=0)
    table("nats in", "hundreds", "tens", "units", "space or newline", "a reading")
    exact = [*synthesise.tides_entropy_by_place(), 0.0]
    row("entropy", *exact, sum(exact))
    row("network", *map(float, measured), float(measured.sum()))


def continued(model: str, prompt: str, *options: str) -> list[np.ndarray]:
    """The readings that a model writes after a prompt, one series for each text."""
    path = FOLDER / "prompt.txt"
    path.write_text(prompt, encoding="ascii", newline="\n")
    length = str(4 * TOGETHER)
    texts = report(
        *("sample", f"sequences/{model}.npz", "--prompt-file", str(path)),
        *("--length", length, *options),
    )
    return [np.array([int(n) for n in t["text"].split()[:TOGETHER]]) for t in texts]


def fitted(heights: np.ndarray, hours: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Harmonic analysis: least squares by one who knows both periods."""

    def columns(t: np.ndarray) -> np.ndarray:
        waves = [2 * np.pi * t / period for period in (MOON, SUN)]
        return np.stack([np.ones(len(t)), *(f(w) for w in waves for f in (np.cos, np.sin))], 1)

    return columns(later) @ np.linalg.lstsq(columns(hours), heights, rcond=None)[0]


def forecasts() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(way, forecast, tide without waves) for every page of tides-test.txt, from its middle."""
    for hour, heights in PAGES:
        read = np.array(heights[:PROMPT])
        prompt = synthesise.written(heights[:PROMPT])
        later = hour + PROMPT + np.arange(TOGETHER)
        truth = np.array([tide(i) for i in later])
        for model in ("tides", "plain"):
            yield f"{model}, --temp 0", continued(model, prompt, "--temp", "0")[0], truth
            several = continued(model, prompt, "--temp", "1", "--count", "16", "--seed", "1")
            shortest = min(map(len, several))
            mean = np.mean([series[:shortest] for series in several], axis=0)
            yield f"{model}, mean of 16 at --temp 1", mean, truth
        yield "as 25 readings ago", np.resize(read[-MOON:], TOGETHER), truth
        yield "as 600 readings ago", read[-TOGETHER:], truth
        yield "harmonic fit", fitted(read, hour + np.arange(PROMPT), later), truth


def horizons() -> None:
    """Root mean square errors in centimetres, over ten pages."""
    squares: dict[str, list[np.ndarray]] = {}
    for way, forecast, truth in forecasts():
        square = np.full(TOGETHER, np.nan)
        square[: len(forecast)] = (forecast - truth[: len(forecast)]) ** 2
        squares.setdefault(way, []).append(square)
    table("cm after", *(f"{a + 1} to {b} readings" for a, b in HORIZONS), "worst page")
    for way, found in squares.items():
        errors = np.sqrt([np.nanmean([s[a:b] for s in found]) for a, b in HORIZONS])
        worst = max(math.sqrt(np.nanmean(s)) for s in found)
        row(way, *(f"{error:.1f}" for error in errors), f"{worst:.1f}")


def picture() -> None:
    """A series and its continuations, as sequences/tides.svg."""
    hour, heights = PAGES[0]
    text = synthesise.written(heights[:PROMPT])
    days = (1 + np.arange(TOGETHER)) / 48
    truth = [tide(hour + PROMPT + i) for i in range(TOGETHER)]
    sheet = Sheet("The tides of Skerrow, continued at --temp 0", 118)
    for title, model in (("a GRU", "tides"), ("a plain network", "plain")):
        series = continued(model, text, "--temp", "0")[0]
        curves = [Series("the network", days[: len(series)], series)]
        curves.append(Series("the tide", days, truth, dashed=True))
        sheet.chart(Chart(title, "days after the prompt", "centimetres", curves))
    (FOLDER / "tides.svg").write_text(svg(sheet.drawing), encoding="utf-8")


def faults() -> None:
    """How the readings of tides-fault.txt rank by what their digits cost, and how many errors of a
    single reading cost more than 999 of 1,000 right readings do."""
    text = (FOLDER / "tides-fault.txt").read_text(encoding="ascii")
    costs = nats("tides", text).sum(axis=1)
    rank = np.argsort(np.argsort(-costs)) + 1
    table("fault", "reading", "nats", "rank of 1,200")
    for name, where in FAULTS.items():
        for i in where:
            row(name, i, f"{costs[i]:.1f}", rank[i])
    print("the 20 worst readings:", np.argsort(-costs)[:20].tolist())

    clean = [nats("tides", synthesise.written(heights)) for _, heights in PAGES]
    limit = float(np.quantile([page[LINE:].sum(axis=1) for page in clean], 0.999))
    table("cm too high, one reading of 100", f"share above {limit:.1f} nats")
    for error in (2, 3, 4, 5, 6, 8):
        found = []
        for _, heights in PAGES:
            hits = range(TOGETHER // 10, len(heights), 119)
            faulty = [height + error * (i in hits) for i, height in enumerate(heights)]
            costs = nats("tides", synthesise.written(faulty)).sum(axis=1)
            found += [costs[i] > limit for i in hits]
        row(error, f"{np.mean(found):.0%} of {len(found)}")


#: Of every hour and wave, the four characters: (600, 5, 4).
READINGS = np.array(
    [
        [list(f"{tide(hour) + wave}" + " \n"[hour % LINE == LINE - 1]) for wave in WAVES]
        for hour in range(TOGETHER)
    ]
)


def likelihood(text: str, place: int) -> float:
    """That the process writes `text` from that place in a reading, summed over the hours."""
    hours, later = np.ones(TOGETHER), 0
    while text:
        piece = list(text[: 4 - place])
        same = (READINGS[:, :, place : place + len(piece)] == piece).all(axis=2)
        hours *= np.roll(same @ CHANCES, -later)
        text, place, later = text[len(piece) :], 0, later + 1
    return float(hours.sum())


def visible() -> None:
    """Bits beyond those of one who knows the hour, with k visible characters: at best, and the
    network's."""
    model = ("inspect", "sequences/tides.npz", "--view", "context")
    wide = ("--steps", "960", "--windows", "2400", "--text", "sequences/tides-test.txt")
    [found] = report(*model, *wide)
    table("characters visible", "at best", "network")
    for k, excess in zip(found["visible"], found["excess"], strict=True):
        beyond = []
        for hour, heights in PAGES:
            text = synthesise.written(heights)
            for i in range(1200, len(text), 193):
                past, now, known = text[i - k : i], text[i], text[i - i % 4 : i]
                offsets = [(i - k) % 4] if k >= 4 else range(4)
                both = sum(likelihood(past + now, place) for place in offsets)
                best = both / sum(likelihood(past, place) for place in offsets)
                here = READINGS[(hour + i // 4) % TOGETHER]
                fits = [(here[:, : len(t)] == list(t)).all(axis=1) for t in (known + now, known)]
                exact = (fits[0] @ CHANCES) / (fits[1] @ CHANCES)
                beyond.append(math.log2(exact / best))
        row(k, float(np.mean(beyond)), excess)


def bars(abc: str) -> list[bool]:
    """Of every bar, whether its notes fill it; bars that an upbeat begins or ends do not."""
    found = []
    for tune in re.split(r"^X:", abc, flags=re.M):
        meter = re.search(r"^M:(\d+/[1-9]\d*)$", tune, re.M)
        if meter:
            body = re.sub(r"^[A-Za-z]:.*$", "", tune[tune.index("K:") :], flags=re.M)
            lengths = filter(None, map(eighths, re.split(r"[|:\[\]]+[12]?", body)))
            found += [length == eighths_of(meter[1]) for length in lengths]
    return found


def tunes() -> None:
    """How many bars have the length that the meter asks for."""
    [written] = report("sample", "sequences/tunes.npz", *TUNES)
    table("", "bars", "filled exactly")
    for name, abc in (
        ("tunes.abc", (ROOT / "corpora" / "tunes.abc").read_text(encoding="utf-8")),
        ("the network", written["text"]),
    ):
        found = bars(abc)
        row(name, len(found), f"{np.mean(found):.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", action="store_true")
    if not parser.parse_args().measure:
        for command in commands(ROOT / "docs" / "sequences.md"):
            run(command)
    for measure in (places, horizons, faults, visible, tunes, picture):
        measure()


if __name__ == "__main__":
    main()
