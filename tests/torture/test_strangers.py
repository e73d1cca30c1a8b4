"""Terminals under attack, and options and bytes that nobody would give."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import test_hostile
from commands import foreign
from hypothesis import HealthCheck, Phase, given, settings
from test_hostile import ATTACKS, UNSEEN, command_lines, folder, shown_of_all

__all__ = ["folder"]  # a fixture
Figure = Callable[[str, str], None]
Scaled = Callable[[int], int]


def test_terminals(tmp_path: Path, figure: Figure) -> None:
    received = 0
    for term in ("dumb", "xterm-256color"):
        folder = tmp_path / term
        folder.mkdir()
        shown = shown_of_all(folder, ATTACKS, TERM=term)
        assert foreign(shown) == "[]"
        assert not set(UNSEEN) & set(shown)
        assert term != "dumb" or "\x1b" not in shown
        received += len(shown)
    figure(
        f"all control codes and {len(ATTACKS)} attacks through every command on two terminals",
        f"0 foreign control characters among {received:,}",
    )


def many(test: Any, count: int) -> Any:
    """The same property with so many new examples."""
    inner = test.hypothesis.inner_test
    return lambda **strategies: settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(given(**strategies)(inner))


def test_options(
    folder: Path, figure: Figure, scaled: Scaled, capsys: Any, monkeypatch: Any
) -> None:
    count = scaled(3000)
    test = many(test_hostile.test_no_option_value_breaks_a_command, count)
    test(line=command_lines())(folder=folder, capsys=capsys, monkeypatch=monkeypatch)
    figure(f"{count:,} command lines with random options and values", "0 tracebacks")


def test_bytes(folder: Path, figure: Figure, scaled: Scaled, capsys: Any) -> None:
    from hypothesis import strategies as st

    count = scaled(3000)
    encodings = st.sampled_from(["utf-8", "utf-16", "utf-32", "cp1252", "shift_jis", "utf-7"])
    test = many(test_hostile.test_no_bytes_break_training, count)
    test(content=st.binary(max_size=400), encoding=encodings)(folder=folder, capsys=capsys)
    figure(f"{count:,} random byte strings as a corpus, six encodings", "0 tracebacks")
