"""What is shown before training: nothing at first, then a bar that is gone again, or lines."""

import io
import os
import threading
from pathlib import Path

from charrnn.cli.terminal.stream import Stream
from charrnn.cli.train.preparing import LINES, PATIENCE, Preparing
from charrnn.text.corpus import read_corpus
from charrnn.text.ngrams import baselines

TEXT = "the lamp was lit and the sea was calm\n" * 20_000


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def stream(file: io.StringIO, **environment: str) -> Stream:
    return Stream(file, {"TERM": "xterm", "COLUMNS": "80"} | environment)


def run(file: io.StringIO, seconds: float, quiet: bool = False, **environment: str) -> str:
    """What is written in so many seconds of reading a gigabyte."""
    now = 0.0
    with Preparing(stream(file, **environment), quiet, lambda: now) as progress:
        for percent in range(101):
            now = seconds * percent / 100
            progress("reading", percent * 10_000_000, 1_000_000_000)
    return file.getvalue()


def test_what_is_quick_shows_nothing() -> None:
    assert run(Terminal(), PATIENCE / 2) == run(io.StringIO(), LINES / 2) == ""


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end() -> None:
    shown = run(Terminal(), 20.0)
    assert "500 MB of 1.0 GB" in shown
    assert shown.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")
    assert "\x1b[3" not in run(Terminal(), 20.0, NO_COLOR="1")  # no colour


def test_a_log_gets_a_line_now_and_then() -> None:
    shown = run(io.StringIO(), 25.0)
    assert shown == "reading: 400 MB of 1.0 GB\nreading: 800 MB of 1.0 GB\n"
    assert run(Terminal(), 25.0, TERM="dumb") == shown


def test_who_wants_to_hear_nothing_hears_nothing() -> None:
    assert run(Terminal(), 25.0, quiet=True) == run(io.StringIO(), 25.0, quiet=True) == ""


def test_every_stage_says_how_far_it_is_and_of_what(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []

    def progress(*what: object) -> None:
        told.append(what)  # type: ignore[arg-type]

    (tmp_path / "a").write_text(TEXT)
    (tmp_path / "b").write_text(TEXT)
    ids = read_corpus([str(tmp_path)], progress=progress).ids
    total = 2 * len(TEXT)
    assert [what for what in told if what[0] != "reading"] == []
    done = [what[1] for what in told]
    assert done == sorted(done)
    assert done[-1] == total
    assert {what[2] for what in told} == {total}
    told.clear()
    baselines(ids[:9000], ids[9000:9900], 30, progress=progress)
    assert told == [("counting n-grams", order, 8) for order in range(8)]


def test_of_a_pipe_nobody_knows_the_end(tmp_path: Path) -> None:
    told: list[int | None] = []
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(TEXT,))
    writer.start()
    read_corpus([str(tmp_path / "pipe")], progress=lambda stage, done, total: told.append(total))
    writer.join()
    assert set(told) == {None}
