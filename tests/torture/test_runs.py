"""Runs that are stopped and resumed, signalled, and driven to infinity."""

import itertools
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from commands import SMALL, TEXT, charrnn, none_left, run_here, start

from charrnn.storage import checkpoint
from charrnn.text.corpus import read_corpus
from charrnn.training.resume import resume_session
from charrnn.training.run import Run
from charrnn.training.session import new_session
from charrnn.training.settings import Budget
from tests.runs import events, finish, settings

Figure = Callable[[str, str], None]
Scaled = Callable[[int], int]
STEPS = 200
KINDS = list(itertools.product(["rnn", "lstm", "gru", "mlp"], [1, 2], [0.0, 0.4]))


def test_resumes(tmp_path: Path, figure: Figure, scaled: Scaled) -> None:
    (tmp_path / "text").write_text(TEXT)
    corpus = read_corpus([str(tmp_path / "text")])
    rng, equal, made = random.Random(0), 0, 0
    for cell, layers, dropout in KINDS:
        chosen, threads = settings(cell, layers, dropout), rng.choice([1, 2])
        straight, path = tmp_path / "straight", tmp_path / "stopped"
        budget = Budget(steps=STEPS)
        whole = finish(new_session(corpus, chosen, budget, threads=threads), straight)
        for _ in range(scaled(16)):
            session = new_session(corpus, chosen, budget, threads=threads)
            stopped = events(session)
            for _ in range(rng.randrange(1, len(whole))):
                next(stopped)
            stopped.close()
            session.save(path)
            stored = checkpoint.load(path, with_resume=True)
            finish(resume_session(corpus, stored, path), path)
            equal += path.read_bytes() == straight.read_bytes()
            made += 1
    figure(f"{made} runs stopped at a random step and resumed", f"{equal} files equal")
    assert equal == made


def test_resumes_of_killed_processes(tmp_path: Path, figure: Figure, scaled: Scaled) -> None:
    rng, equal, made, already = random.Random(1), 0, 0, 0
    for cell, layers, dropout in KINDS:
        run = ["train", "text", *SMALL, "--cell", cell, "--layers", str(layers), "-q"]
        run += ["--dropout", str(dropout), "--steps", "600", "--seed", "5", "--threads", "2"]
        wanted = b""
        for number in [0, *[signal.SIGTERM, signal.SIGKILL] * scaled(2)]:
            folder = tmp_path / "run"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "text").write_text(TEXT)
            with start(*run, cwd=folder) as process:
                while not (folder / "charrnn.npz").exists():
                    time.sleep(0.005)
                time.sleep(rng.uniform(0, 1))
                if number:
                    process.send_signal(number)
                process.communicate(timeout=60)
            if not number:
                wanted = (folder / "charrnn.npz").read_bytes()
                continue
            already += process.returncode == 0
            result = charrnn("train", "text", "--resume", "-q", cwd=folder)
            assert result.returncode == 0
            equal += (folder / "charrnn.npz").read_bytes() == wanted
            made += 1
            assert sorted(os.listdir(folder)) == ["charrnn.npz", "text"]
    figure(
        f"{made} processes ended by SIGTERM or kill -9 and resumed",
        f"{equal} files equal" + (f" ({already} had finished before)" if already else ""),
    )
    assert equal == made


def test_signals(tmp_path: Path, figure: Figure, scaled: Scaled) -> None:
    (tmp_path / "text").write_text(TEXT * 20)
    rng, slowest, found = random.Random(2), 0.0, Counter[str]()
    count = scaled(200)
    for number in range(count):
        sent = rng.choice([signal.SIGINT, signal.SIGTERM])
        (tmp_path / "charrnn.npz").unlink(missing_ok=True)
        more = ["--steps", "100000", "--threads", str(1 + number % 2)]
        process = start("train", "text", *SMALL, *more, cwd=tmp_path, start_new_session=True)
        with process:
            time.sleep(rng.uniform(0, 2))
            before = time.monotonic()
            os.killpg(process.pid, sent)
            _, err = process.communicate(timeout=60)
            slowest = max(slowest, time.monotonic() - before)
        assert none_left(process.pid)
        if process.returncode != 128 + sent:  # Python itself was still starting
            assert process.returncode in (-sent, 1), err
            assert b"cli" not in err, err
            assert b"Traceback" not in err or b"KeyboardInterrupt" in err, err
            found["before"] += 1
        else:
            assert b"Traceback" not in err, err
        left = set(os.listdir(tmp_path)) - {"text"}
        assert left <= {"charrnn.npz"}
        if left:
            checkpoint.load(tmp_path / "charrnn.npz", with_resume=True)
            found["saved"] += 1
    figure(
        f"{count} signals (INT, TERM) at random moments, one or two workers",
        f"slowest exit {slowest:.2f} s; {found['saved']} while training, all saved; "
        f"{found['before']} before Python ran charrnn; 0 tracebacks of ours",
    )
    assert slowest < 2


def finite(path: Path) -> bool:
    stored = checkpoint.load(path, with_resume=True)
    arrays = [*stored.parameters.values(), *(stored.resume or {}).values()]
    return all(np.isfinite(array).all() for array in arrays)


def test_divergence(
    tmp_path: Path, figure: Figure, scaled: Scaled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text(TEXT)
    found = Counter[str]()
    for cell, seed in itertools.product(["rnn", "lstm", "gru"], range(scaled(20))):
        Path("m.npz").unlink(missing_ok=True)
        options = ["--cell", cell, "--seed", str(seed), "--learning-rate", "1000", "--steps", "100"]
        code = run_here("train", "text", *SMALL, *options, "-o", "m.npz", "-q")
        assert code in (0, 1)
        found["finished" if code == 0 else "stopped"] += 1
        if Path("m.npz").exists():
            found["checkpoints"] += 1
            assert finite(Path("m.npz"))
    figure(
        f"{found['finished'] + found['stopped']} runs at learning rate 1000, 3 cells",
        f"{found['stopped']} stopped and said so, {found['finished']} finished; "
        f"{found['checkpoints']} checkpoints, 0 with a value that is not finite",
    )


def test_poison(
    tmp_path: Path, figure: Figure, scaled: Scaled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gradient that is not finite at one random step of a run."""
    (tmp_path / "text").write_text(TEXT)
    corpus = read_corpus([str(tmp_path / "text")])
    rng, count = random.Random(3), scaled(50)
    for _ in range(count):
        session = new_session(corpus, settings(), Budget(steps=60))
        step, place = rng.randrange(60), rng.randrange(session.run.model.flat.size)
        real = session.run.gradient.compute

        def poisoned(*arguments, run: Run = session.run, step=step, place=place, real=real):  # type: ignore[no-untyped-def]
            result = real(*arguments)
            if run.progress.step == step:
                run.gradient.flat[place] = np.nan
            return result

        monkeypatch.setattr(session.run.gradient, "compute", poisoned)
        finish(session, tmp_path / "m")
        assert session.run.progress.strikes == 1
        assert session.run.progress.best_loss is not None
        assert finite(tmp_path / "m")
    figure(f"{count} runs with NaN in the gradient of a random step", "all finished, all finite")
