"""Signals stop training in good order: saved, in time, with the right exit code and one command."""

import itertools
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from commands import (
    PYTHON,
    SMALL,
    TEXT,
    environment,
    none_left,
    read_all,
    run_here,
    start,
    terminal,
)

from charrnn.errors import CheckpointError
from charrnn.storage import checkpoint
from charrnn.training.saving import EVERY, Saver

LONG = (*SMALL, "--steps", "1000000", "--seed", "1")
ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "text").write_text(TEXT)
    return tmp_path


def wait_for_step(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout
    for line in process.stdout:
        if line.startswith(b'{"event": "step"'):
            return


def finish(process: "subprocess.Popen[bytes]", seconds: float = 2.0) -> tuple[int, str]:
    """The exit code and stderr; the process has to end in time."""
    sent = time.monotonic()
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - sent < seconds
    return process.returncode, err.decode()


@pytest.mark.parametrize("number", ENDINGS)
def test_a_signal_in_training_saves_and_gives_the_command_to_go_on(
    folder: Path, number: int
) -> None:
    name = "a model.npz"
    with start("train", "text", *LONG, "-o", name, cwd=folder) as process:
        assert process.stderr
        while b"step" not in process.stderr.readline():
            pass
        process.send_signal(number)
        code, err = finish(process)
    assert code == ENDINGS[signal.Signals(number)]
    assert f"stopped by {signal.Signals(number).name}; saved {name}\n" in err
    assert "\nGo on: charrnn train text --out 'a model.npz' --resume\n" in err
    assert checkpoint.load(folder / name, with_resume=True).resume
    assert sorted(os.listdir(folder)) == [name, "text"]


def test_a_stopped_run_ends_its_json_properly(folder: Path) -> None:
    with start("train", "text", *LONG, "--json", cwd=folder) as process:
        wait_for_step(process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (143, b"")
    assert b'"stopped_by": "SIGTERM"' in out.splitlines()[-1]


def test_a_signal_before_training_ends_at_once_and_leaves_nothing(folder: Path) -> None:
    with start("train", "-", *LONG, cwd=folder, stdin=subprocess.PIPE) as process:
        while not (folder / ".charrnn.npz.lock").exists():  # then it waits for its text
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        code, err = finish(process)
    assert (code, err) == (130, "charrnn: SIGINT: nothing written\n")
    assert os.listdir(folder) == ["text"]


def test_a_signal_in_a_long_evaluation_does_not_wait_for_its_end(folder: Path) -> None:
    (folder / "text").write_text(TEXT * 300)
    sizes = ["--hidden-size", "512", "--validation", "0.9", "--steps", "2", "--seed", "1"]
    arguments = ["train", "text", *sizes, "--batch-size", "1", "--sequence-length", "8", "--json"]
    with start(*arguments, cwd=folder) as process:
        wait_for_step(process)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        code, err = finish(process)
    assert (code, err) == (143, "")
    assert checkpoint.load(folder / "charrnn.npz").meta["best"]["loss"] is None


def test_a_second_signal_leaves_at_once_without_saving(folder: Path) -> None:
    """The first one arrives within a step of minutes, in products that take seconds each."""
    (folder / "text").write_text(TEXT * 200)
    sizes = ["--hidden-size", "512", "--batch-size", "64", "--sequence-length", "2048"]
    arguments = ["train", "text", *sizes, "--steps", "5", "--seed", "1", "--validation", "0"]
    with start(*arguments, "--threads", "1", cwd=folder) as process:
        assert process.stderr
        while b"seed 1" not in process.stderr.readline():
            pass
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        code, err = finish(process, 0.5)
    assert code == 130
    assert err == "charrnn: SIGINT: stopped at once; the last save is in place\n"
    assert os.listdir(folder) == ["text"]


def test_the_terminal_is_left_as_it_was(folder: Path) -> None:
    with terminal() as (theirs, ours):
        with start("train", "text", *LONG, cwd=folder, stderr=theirs) as process:
            os.close(theirs)
            shown = b""
            while b"step" not in shown:
                shown += os.read(ours, 4096)
            process.send_signal(signal.SIGINT)
            shown += read_all(ours)
        assert process.returncode == 130
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")
    assert b"Go on: charrnn train text --out charrnn.npz --resume" in shown


def test_a_terminal_that_is_closed_hangs_up_in_good_order(folder: Path) -> None:
    with terminal() as (theirs, ours):
        process = subprocess.Popen(
            ["setsid", "-c", *PYTHON, "train", "text", *LONG],
            cwd=folder,
            env=environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        while b"step" not in shown:
            shown += os.read(ours, 4096)
    assert process.wait(timeout=30) == 129
    checkpoint.load(folder / "charrnn.npz", with_resume=True)
    assert sorted(os.listdir(folder)) == ["charrnn.npz", "text"]


def test_ignored_signals_stay_ignored(folder: Path) -> None:
    command = ["nohup", *PYTHON, "train", "text", *SMALL, "--steps", "60", "--seed", "1", "--json"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_for_step(process)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_signals_at_random_moments_leave_a_model_or_nothing(folder: Path) -> None:
    rng = random.Random(0)
    for threads, number in itertools.product("12", (signal.SIGINT, signal.SIGTERM)):
        for path in folder.glob("charrnn.npz"):
            path.unlink()
        more = ["--threads", threads]
        with start("train", "text", *LONG, *more, cwd=folder, start_new_session=True) as process:
            time.sleep(rng.uniform(0.25, 1.2))
            os.killpg(process.pid, number)  # as a terminal does, the workers included
            code, err = finish(process)
        assert none_left(process.pid)
        # Before Python runs us, the system itself ends the process; shells call that the same.
        assert code in (ENDINGS[number], -number)
        assert "Traceback" not in err
        left = sorted(os.listdir(folder))
        assert left in (["text"], ["charrnn.npz", "text"])
        if len(left) == 2:
            checkpoint.load(folder / "charrnn.npz", with_resume=True)
        else:
            assert "saved" not in err


#: Runs charrnn after it has said so. A signal that comes before its first line exits with 99.
FROM_THE_FIRST_LINE = """
import os, runpy, signal
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: os._exit(99))
os.write(1, b"begins")
runpy.run_module("charrnn", run_name="__main__", alter_sys=True)
"""
ENDLESS = {
    "train": ["text", *LONG, "--quiet", "--force"],
    "sample": ["m.npz", "--length", "0"],
    "inspect": ["m.npz", "--text", "-"],  # waits for its text
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ENDLESS)
def test_a_signal_is_quiet_from_the_first_line_on(folder: Path, command: str, number: int) -> None:
    """Also while Python imports, where a KeyboardInterrupt can strike in a callback."""
    assert run_here("train", folder / "text", *SMALL, "--steps", "0", "-qo", folder / "m.npz") == 0
    python, codes = [*PYTHON[:-2], "-c", FROM_THE_FIRST_LINE], []
    for delay in range(0, 300, 30):
        with subprocess.Popen(
            [*python, command, *ENDLESS[command]],
            cwd=folder,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout
            assert process.stdout.read(6) == b"begins"
            time.sleep(delay / 1000)
            process.send_signal(number)
            code, err = finish(process)
        assert "Traceback" not in err
        assert "ignored" not in err
        assert not err or command == "train"
        codes.append(code)
    assert set(codes) <= {99, ENDINGS[signal.Signals(number)]}
    assert codes.count(99) <= 2  # Python was still looking for the first line


def test_the_library_leaves_signals_alone() -> None:
    script = """
import signal
before = [signal.getsignal(number) for number in signal.valid_signals()]
import charrnn
charrnn.load
assert [signal.getsignal(number) for number in signal.valid_signals()] == before
"""
    subprocess.run([*PYTHON[:-2], "-c", script], check=True)


# When is saved


class FakeSession:
    def __init__(self) -> None:
        self.saves = 0
        self.full = False

    def save(self, path: Path) -> None:
        if self.full:
            raise CheckpointError("cannot write m: No space left on device (7 bytes needed)")
        self.saves += 1


def test_saves_come_at_least_once_a_minute_and_warn_once_while_they_fail() -> None:
    now, warnings, session = [0.0], list[str](), FakeSession()
    fake: Any = session
    saver = Saver(fake, Path("m"), warnings.append, clock=lambda: now[0])
    for second in range(1, 301):
        now[0] = second
        session.full = 100 < second <= 200
        saver.up_to_date = False
        if saver.due:
            saver.try_to_save()
    assert session.saves == 3
    assert len(warnings) == 1
    assert warnings[0].endswith("(7 bytes needed); training goes on and will try again")
    saver.save()
    assert session.saves == 3  # nothing has changed since the last one
    session.full, saver.up_to_date = True, False
    with pytest.raises(CheckpointError):
        saver.save()
    assert EVERY == 60
