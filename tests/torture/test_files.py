"""Writers that are killed, system calls that fail, files that are damaged."""

import errno
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import SMALL, TEXT, environment, run_here
from damage import ask, check_mutations, mutate, open_all
from test_atomic import ERRORS, Calls
from test_checkpoint import HOSTILE, example

from charrnn.errors import CheckpointError
from charrnn.storage.checkpoint import load, save

Figure = Callable[[str, str], None]
Scaled = Callable[[int], int]

KILLS = """
import json, os, random, signal, sys, time, zipfile
from pathlib import Path
import numpy as np
from charrnn.storage.atomic import remove_orphans
from charrnn.storage.checkpoint import Checkpoint, load, save
from charrnn.errors import CheckpointError
from charrnn.network.parameters import parameter_shapes

path, kills, naive = Path(sys.argv[1]) / "model.npz", int(sys.argv[2]), len(sys.argv) > 3
meta = dict(cell="lstm", activation="tanh", layers=1, hidden_size=256, vocabulary_size=65)
shapes = parameter_shapes("lstm", 1, 256, 65)
states = [
    Checkpoint(meta | {"step": step}, np.arange(65, dtype=np.uint32),
               {name: np.full(s, step, np.float32) for name, s in shapes.items()})
    for step in range(2)
]

def write(state):
    if naive:
        meta = {"format": "charrnn", "version": 1} | state.meta
        meta = np.frombuffer(json.dumps(meta).encode(), np.uint8)
        np.savez(path, meta=meta, vocabulary=state.vocabulary, **state.parameters)
    else:
        save(path, state)

write(states[0])
rng, lost, orphans, left = random.Random(0), 0, 0, 0
for _ in range(kills):
    child = os.fork()
    if child == 0:
        while True:
            for state in states:
                write(state)
    time.sleep(rng.uniform(0.005, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        loaded = load(path)
        step = loaded.meta["step"]
        assert all((array == step).all() for array in loaded.parameters.values())
    except (CheckpointError, AssertionError):
        lost += 1
        write(states[0])
    orphans += len(os.listdir(path.parent)) - 1
    remove_orphans(path)
    left += len(os.listdir(path.parent)) - 1
print(json.dumps([lost, orphans, left]))
"""


def kill(folder: Path, *arguments: object) -> tuple[int, int, int]:
    result = subprocess.run(
        [sys.executable, "-c", KILLS, str(folder), *map(str, arguments)],
        env=environment(),
        capture_output=True,
        check=True,
    )
    lost, orphans, left = json.loads(result.stdout)
    return lost, orphans, left


def test_kills(tmp_path: Path, figure: Figure, scaled: Scaled) -> None:
    kills, naive_kills = scaled(1000), scaled(200)
    lost, orphans, left = kill(tmp_path, kills)
    (tmp_path / "model.npz").unlink()
    naive, _, _ = kill(tmp_path, naive_kills, "naive")
    figure(
        f"{kills:,} kill -9 at random moments of a saving loop",
        f"{lost} files lost, {orphans} temporary files left, {left} after the next start; "
        f"`numpy.savez`: {naive} of {naive_kills} lost",
    )
    assert lost == left == 0
    assert naive > naive_kills / 10


def test_failing_calls(tmp_path: Path, figure: Figure) -> None:
    path, failures = tmp_path / "model.npz", 0
    old, new = example("lstm", seed=1), example("lstm", seed=2)
    save(tmp_path / "new", new)
    after = (tmp_path / "new").read_bytes()
    (tmp_path / "new").unlink()
    for code in [*ERRORS, errno.ENOMEM]:
        nth = 0
        while nth := nth + 1:
            save(path, old)
            before = path.read_bytes()
            calls, message = Calls(nth, OSError(code, os.strerror(code))), ""
            try:
                with calls.patched():
                    save(path, new)
            except CheckpointError as error:
                message = error.message
            if len(calls.made) < nth:
                break
            failures += 1
            assert os.listdir(tmp_path) == ["model.npz"]
            replaced = "replace" in calls.made[: nth - 1]
            assert path.read_bytes() == (after if replaced else before)
            assert replaced or "\n" not in message != ""
    figure(
        f"{failures} system calls of a save failing in turn ({len(ERRORS) + 1} errors)",
        "whole file every time, one line, no temporary file left",
    )


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, bytes]:
    """Two models, in a folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    Path("text").write_text(TEXT)
    for seed, name in (("1", "good.npz"), ("2", "other.npz")):
        assert run_here("train", "text", *SMALL, "--steps", "5", "--seed", seed, "-o", name) == 0
    return Path("good.npz").read_bytes(), Path("other.npz").read_bytes()


def test_mutations(models: tuple[bytes, bytes], figure: Figure, scaled: Scaled) -> None:
    found = check_mutations(scaled(10_000), *models)
    figure(
        f"{found['mutations']:,} mutated checkpoints through sample and inspect",
        f"{found['refused']:,} refusals in one line, {found['accepted']:,} answers, "
        f"{found['different']} of them different; slowest {found['slowest']:.2f} s",
    )
    assert found["different"] == 0
    assert found["slowest"] < 1


def test_mutations_resumed(models: tuple[bytes, bytes], figure: Figure, scaled: Scaled) -> None:
    """To resume is to read everything, so every change is found."""
    path, rng, count, same = Path("m.npz"), random.Random(4), scaled(2000), 0
    for _ in range(count):
        path.write_bytes(mutate(*models, rng))
        code, _, err, _ = ask(("train", "text", "--resume", "-o", "m.npz", "-q"))
        assert code in (0, 1)
        assert code == 0 or err.startswith("charrnn: error: m.npz ")
        assert code == 1 or path.read_bytes() in models
        same += code == 0
    figure(
        f"{count:,} mutated checkpoints resumed",
        f"{count - same:,} refusals in one line, {same} unchanged files, 0 different",
    )


def test_hostile_files(tmp_path: Path, figure: Figure) -> None:
    accepted, growth, largest = open_all(HOSTILE, tmp_path)
    for path in tmp_path.glob("*.npz"):
        with pytest.raises(CheckpointError):
            load(path, with_resume=True)
    figure(
        f"{len(HOSTILE)} hand-made hostile checkpoints, every rule broken once",
        f"all refused; memory grew by {growth / 2**20:.0f} MiB (largest file "
        f"{largest / 2**20:.0f} MiB)",
    )
    assert growth < largest + 50 * 2**20
    assert len(accepted) <= 2  # what is damaged in them is only read to resume


def test_reading_beside_a_writer(tmp_path: Path, figure: Figure, scaled: Scaled) -> None:
    path, loads = tmp_path / "model.npz", scaled(1000)
    save(path, example())
    script = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from test_checkpoint import example, save\n"
        "states = [example(seed=seed) for seed in range(3)]\n"
        "while True:\n"
        "    for state in states: save(Path(sys.argv[1]), state)\n"
    )
    tests = str(Path(__file__).parents[1])
    with subprocess.Popen([sys.executable, "-c", script, str(path), tests], env=environment()) as p:
        for _ in range(loads):
            load(path, with_resume=True)
        p.kill()
    figure(f"{loads:,} loads beside a saving loop", "0 errors")
