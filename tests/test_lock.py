"""One trainer at a time: the second is refused, and nothing is left of the lock."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from commands import SMALL, TEXT, charrnn, environment, error_of, start

from charrnn.errors import CheckpointError
from charrnn.storage import checkpoint
from charrnn.storage.lock import locked


def test_a_second_trainer_is_refused_and_named_the_first(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(TEXT)
    (tmp_path / "link.npz").symlink_to("m.npz")
    long = ["train", "text", *SMALL, "--steps", "1000000", "-o", "m.npz", "--seed", "7"]
    with start(*long, cwd=tmp_path) as first:
        assert first.stderr
        while b"seed 7" not in first.stderr.readline():
            pass
        for name in ("m.npz", "link.npz"):
            force = ["-o", name, "--force"]
            second = charrnn("train", "text", *SMALL, "--steps", "1", *force, cwd=tmp_path)
            assert second.returncode == 1
            assert error_of(second.stderr) == (
                f"{name} is in use by process {first.pid}, which trains it"
            )
        first.terminate()
        first.communicate(timeout=30)
        assert first.returncode == 143
    assert checkpoint.load(tmp_path / "m.npz").meta["seed"] == 7
    assert sorted(os.listdir(tmp_path)) == ["link.npz", "m.npz", "text"]


def test_the_lock_of_a_killed_process_is_no_obstacle_and_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".m.lock").write_text("1\n")
    with locked(tmp_path / "m"):
        assert (tmp_path / ".m.lock").read_text() == f"{os.getpid()}\n"
        with (
            pytest.raises(CheckpointError, match=rf"in use by process {os.getpid()}"),
            locked(tmp_path / "m"),
        ):
            pass
        assert os.listdir(tmp_path) == [".m.lock"]
    assert os.listdir(tmp_path) == []


def test_a_lock_is_released_by_an_exception_too(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "m"):
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []
    with locked(tmp_path / "m"):
        pass


def test_a_lock_is_no_way_to_write_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / ".m.lock").symlink_to("victim")
    with locked(tmp_path / "m"):
        pass
    assert (tmp_path / "victim").read_text() == "precious"


def test_where_nothing_can_be_created_there_is_no_lock(tmp_path: Path) -> None:
    with locked(tmp_path / "no folder" / "m"):
        pass


def test_of_many_at_once_only_one_holds_it(tmp_path: Path) -> None:
    script = """
        import os, sys, time
        from pathlib import Path
        from charrnn.errors import CheckpointError
        from charrnn.storage.lock import locked

        path, held = Path(sys.argv[1]) / "m", 0
        for child in range(5):
            if os.fork() == 0:
                break
        end = time.monotonic() + 1
        while time.monotonic() < end:
            try:
                with locked(path):
                    os.close(os.open(path.with_name("inside"), os.O_CREAT | os.O_EXCL))
                    held += 1
                    os.unlink(path.with_name("inside"))
            except CheckpointError:
                pass
        print(held, flush=True)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.stderr == ""
    assert sum(map(int, result.stdout.split())) > 100
    assert os.listdir(tmp_path) == []
