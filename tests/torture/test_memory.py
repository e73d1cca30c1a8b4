"""What `inspect` says of the memory of a trained network, on a task whose need is known."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import run_here

L = 10
NEEDED = L + 1  # characters that have to be visible to know the second key: the key and the noise
MOST = 40
SYNTHESISE = Path(__file__).parents[2] / "corpora" / "synthesise.py"


def inspected(model: Path, view: str, capsys: pytest.CaptureFixture[str]) -> dict:  # type: ignore[type-arg]
    text = ("--text", model.parent / f"recall-{L}-test.txt")
    options = ("--steps", str(MOST)) if view == "context" else ()
    capsys.readouterr()
    assert run_here("inspect", model, "--view", view, *text, *options, "--json") == 0
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_network_that_recalls_a_key_is_seen_to_need_it(
    seed: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    figure: Callable[[str, str], None],
) -> None:
    """What the task needs is the least; a network may be thrown off by a zero state for longer."""
    subprocess.run([sys.executable, SYNTHESISE, tmp_path], check=True, capture_output=True)
    model = tmp_path / "lstm.npz"
    network = ("--cell", "lstm", "--layers", "1", "--hidden-size", "48", "--dropout", "0")
    learning = ("--sequence-length", "128", "--learning-rate", "0.005", "--weight-decay", "0")
    budget = ("--steps", "1000", "--seed", str(seed), "--members", "1", "-q")
    text = tmp_path / f"recall-{L}.txt"
    assert run_here("train", text, "-o", model, *network, *learning, *budget) == 0
    found = inspected(model, "context", capsys)
    k, (low, high) = found["stays_below"], found["between"]
    assert NEEDED <= low <= k <= high <= MOST
    other = found["elsewhere"]["stays_below"] or MOST + 1
    assert other > k  # the state of another place, with another key, is believed for longer
    clock = inspected(model, "gates", capsys)["clocks"][0]
    lives = [clock["limit"] if life is None else life for life in clock["median_half_lives"]]
    assert max(lives) >= L
    done = f"k from which older characters do not matter, recall of {L} letters, LSTM, seed {seed}"
    figure(
        done, f"{k} ({low} to {high}); of another place: {other}; longest half-life {max(lives)}"
    )
