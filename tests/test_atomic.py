"""Whatever happens while a file is replaced, the old content or the new is there, whole."""

import errno
import io
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from charrnn.errors import CheckpointError
from charrnn.storage import atomic
from charrnn.storage.atomic import check_writable, remove_orphans, write_atomically

OLD, NEW = b"old", b"new" * 20_000


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    path.write_bytes(OLD)
    return path


def write(content: bytes) -> Callable[[Any], None]:
    def write_in_pieces(file: Any) -> None:
        for start in range(0, len(content), 7000):
            file.write(content[start : start + 7000])

    return write_in_pieces


class Calls:
    """Records the writer's system calls, and lets the nth of them fail."""

    def __init__(self, nth: int = 0, error: BaseException | None = None) -> None:
        self.nth, self.error = nth, error
        self.made: list[str] = []

    def make(self, name: str) -> None:
        self.made.append(name)
        if len(self.made) == self.nth and self.error is not None:
            raise self.error

    @contextmanager
    def patched(self) -> Iterator[None]:
        calls = self

        class File(io.FileIO):
            def write(self, data: Any) -> int:
                calls.make("write")
                return super().write(data) or 0

            def close(self) -> None:
                already = self.closed
                super().close()
                if not already:
                    calls.make("close")

        def open_file(path: str, mode: str) -> Any:
            calls.make("create")
            return io.BufferedWriter(File(path, mode.replace("b", "")))

        def fsync(descriptor: int) -> None:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            calls.make("fsync folder" if is_folder else "fsync")

        def watch(name: str) -> Callable[..., Any]:
            real = getattr(os, name)

            def call(*arguments: Any) -> Any:
                calls.make(name)
                return real(*arguments)

            return call

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(atomic, "open", open_file, raising=False)
            patch.setattr(os, "fsync", fsync)
            for name in ("stat", "chmod", "replace", "open"):
                patch.setattr(os, name, watch(name))
            yield


def one_line(error: BaseException | None) -> str:
    """The message without the bytes needed."""
    assert isinstance(error, CheckpointError)
    return re.sub(r" \([0-9,]+ bytes needed\)$", "", error.message)


ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES]


@pytest.mark.parametrize(
    "error",
    [*(OSError(code, os.strerror(code)) for code in ERRORS), KeyboardInterrupt(), MemoryError()],
    ids=lambda error: str(error) or type(error).__name__,
)
def test_failing_each_system_call_in_turn_keeps_a_whole_file_and_no_other(
    target: Path, error: BaseException
) -> None:
    nth = 0
    while nth := nth + 1:
        target.write_bytes(OLD)
        calls, raised = Calls(nth, error), None
        try:
            with calls.patched():
                write_atomically(target, write(NEW))
        except (CheckpointError, KeyboardInterrupt, MemoryError) as exception:
            raised = exception
        failed = calls.made[nth - 1 : nth]
        replaced = "replace" in calls.made[: nth - 1]
        assert target.read_bytes() == (NEW if replaced or not failed else OLD), failed
        assert os.listdir(target.parent) == [target.name], failed
        if not failed:
            break
        if isinstance(error, OSError):
            silent = failed == ["open"] and isinstance(error, PermissionError)
            assert silent or one_line(raised) == f"cannot write {target}: {error.strerror}"
        else:
            assert raised is error
    assert nth > 10


def test_the_content_is_forced_to_disk_before_the_name_and_the_name_after(target: Path) -> None:
    calls = Calls()
    with calls.patched():
        write_atomically(target, write(NEW))
    order = [name for name in calls.made if name not in ("write", "stat", "chmod")]
    assert order == ["create", "fsync", "close", "replace", "open", "fsync folder"]
    assert "write" not in calls.made[calls.made.index("fsync") :]


def test_a_folder_that_cannot_be_opened_or_synchronised_is_no_failure(target: Path) -> None:
    calls = Calls()
    with calls.patched():
        write_atomically(target, write(NEW))
    for name, code in (("open", errno.EACCES), ("fsync folder", errno.EINVAL)):
        failing = Calls(calls.made.index(name) + 1, OSError(code, os.strerror(code)))
        with failing.patched():
            write_atomically(target, write(NEW))
        assert failing.made[failing.nth - 1] == name


def test_an_exception_of_the_callback_passes_unchanged(target: Path) -> None:
    def fail(file: Any) -> None:
        file.write(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_atomically(target, fail)
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == [target.name]


def test_a_full_disk_is_reported_with_the_bytes_needed(target: Path) -> None:
    import resource  # not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(CheckpointError) as refusal:
            write_atomically(target, write(NEW))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refusal.value.message.endswith("File too large (60,000 bytes needed)")
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == [target.name]


def test_a_new_file_obeys_the_umask_and_an_old_one_keeps_its_mode(target: Path) -> None:
    target.chmod(0o640)
    before = os.umask(0o027)
    try:
        write_atomically(target, write(NEW))
        write_atomically(target.with_name("fresh"), write(NEW))
        os.umask(0)
        write_atomically(target, write(NEW))
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert stat.S_IMODE(target.with_name("fresh").stat().st_mode) == 0o640


def test_a_symbolic_link_stays_and_its_target_is_replaced(target: Path, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    link, dangling = folder / "link", folder / "dangling"
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "elsewhere")
    for path in (link, dangling):
        write_atomically(path, write(NEW))
        assert path.is_symlink()
    assert target.read_bytes() == (tmp_path / "elsewhere").read_bytes() == NEW
    assert sorted(os.listdir(folder)) == ["dangling", "link"]


def test_the_path_is_used_exactly_as_given(tmp_path: Path) -> None:
    for name in ("model", "modèle 1.bin", os.fsdecode(b"\xff"), "-o"):
        write_atomically(tmp_path / name, write(NEW))
        assert (tmp_path / name).read_bytes() == NEW


def unwritable(tmp_path: Path) -> dict[str, tuple[Path, str]]:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(OLD)
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    return {
        "folder": (tmp_path / "folder", "it is a folder"),
        "missing": (tmp_path / "no" / "model.npz", "there is no folder"),
        "in a file": (tmp_path / "file" / "model.npz", "Not a directory"),
        "loop": (tmp_path / "loop", "Too many levels of symbolic links"),
        "pipe": (tmp_path / "pipe", "it is not a regular file"),
        "device": (Path(os.devnull), "it is not a regular file"),
        "long": (tmp_path / ("x" * 250), "File name too long"),
        "hostile": (tmp_path / "\x1b[2J\n" / "m", "/\\x1b[2J\\n/m: there is no folder"),
    }


@pytest.mark.parametrize(
    "case", ["folder", "missing", "in a file", "loop", "pipe", "device", "long", "hostile"]
)
def test_what_cannot_be_written_is_refused_before_and_at_writing(tmp_path: Path, case: str) -> None:
    path, reason = unwritable(tmp_path)[case]
    listing = sorted(os.listdir(tmp_path))
    for attempt in (check_writable, lambda path: write_atomically(path, write(NEW))):
        with pytest.raises(CheckpointError, match=re.escape(reason)) as refusal:
            attempt(path)
        assert refusal.value.message.isprintable()
        assert refusal.value.hint
    assert sorted(os.listdir(tmp_path)) == listing


def test_a_read_only_file_is_not_replaced(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.chmod(0o444)
    if os.geteuid() == 0:  # for root nothing is read-only
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    for attempt in (check_writable, lambda path: write_atomically(path, write(NEW))):
        with pytest.raises(CheckpointError, match="it is read-only"):
            attempt(target)
    assert target.read_bytes() == OLD


def test_checking_leaves_nothing_behind(target: Path) -> None:
    check_writable(target)
    check_writable(target.with_name("fresh"))
    assert os.listdir(target.parent) == [target.name]
    assert target.read_bytes() == OLD


def test_only_orphans_of_dead_processes_and_of_this_target_are_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        dead = process.pid
    kept = [
        "model.npz",
        f".model.npz.{os.getpid()}.00ff.tmp",
        ".model.npz.1.00ff.tmp",
        f".other.npz.{dead}.00ff.tmp",
        f".model.npz.{dead}.{os.getpid()}.00ff.tmp",  # the target model.npz.DEAD, being written
        f".model.npz.{dead}.tmp",
        f"model.npz.{dead}.00ff.tmp",
        f".modelxnpz.{dead}.00ff.tmp",
        f".model.npz.{'9' * 30}.00ff.tmp",
        f".model.npz.-{dead}.00ff.tmp",
    ]
    for name in [*kept, f".model.npz.{dead}.00ff.tmp"]:
        (tmp_path / name).write_bytes(OLD)
    (tmp_path / f".model.npz.{dead}.aa.tmp").mkdir()
    (tmp_path / f".model.npz.{dead}.bb.tmp").symlink_to("model.npz")
    kept += [f".model.npz.{dead}.aa.tmp", f".model.npz.{dead}.bb.tmp"]
    remove_orphans(tmp_path / "model.npz")
    assert sorted(os.listdir(tmp_path)) == sorted(kept)
    remove_orphans(tmp_path / "missing" / "model.npz")


def test_many_writers_and_a_reader_see_only_whole_contents(target: Path) -> None:
    contents = [bytes([letter]) * 30_000 for letter in b"abcd"]

    def write_often(content: bytes) -> None:
        for _ in range(10):
            write_atomically(target, write(content))

    threads = [threading.Thread(target=write_often, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert target.read_bytes() in (OLD, *contents)
    assert target.read_bytes() in contents
    assert os.listdir(target.parent) == [target.name]
