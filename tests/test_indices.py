"""Indices that grow: the same numbers in memory and in a file, which nobody can see."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import CorpusError
from charrnn.text import indices as room
from charrnn.text.corpus import read_corpus
from charrnn.text.indices import BLOCK, FIRST, Indices

LARGE = FIRST + BLOCK // 2 + 7  # more than one block, and more than there is room for at first


def free(count: int) -> int:
    return count


@pytest.fixture(params=["memory", "file"])
def indices(request: pytest.FixtureRequest, tmp_path: Path) -> Indices:
    """Of two that hold the same, the second finds that memory is short when it has to grow."""
    return Indices(tmp_path, lambda: 2**40 if request.param == "memory" else 0)


def test_what_was_added_comes_out_renumbered(indices: Indices) -> None:
    numbers = np.random.default_rng(0).integers(0, 200, LARGE).astype(np.int32)
    for start in range(0, LARGE, 300_007):
        indices.append(numbers[start : start + 300_007])
    table = np.random.default_rng(1).permutation(256).astype(np.uint8)
    ids = indices.renumbered(table)
    assert isinstance(ids, np.memmap) == indices.in_file
    assert ids.dtype == np.uint8
    np.testing.assert_array_equal(ids, table[numbers])


@pytest.mark.parametrize("before", [5, LARGE])
def test_a_large_alphabet_is_met_late(indices: Indices, before: int) -> None:
    first = np.random.default_rng(0).integers(0, 256, before)
    later = np.random.default_rng(1).integers(0, 1000, LARGE)
    indices.append(first)
    indices.widen()
    indices.append(later)
    table = np.random.default_rng(2).permutation(1000).astype(np.uint16)
    ids = indices.renumbered(table)
    assert ids.dtype == np.uint16
    np.testing.assert_array_equal(ids, table[np.concatenate([first, later])])


@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=9), st.booleans())
def test_pieces_do_not_matter(pieces: list[list[int]], widened: bool) -> None:
    whole = Indices()
    for number, piece in enumerate(pieces):
        if widened and number == 4:
            whole.widen()
        whole.append(np.array(piece, np.int32))
    table = np.arange(10, dtype=np.uint16 if whole.dtype == np.uint16 else np.uint8)
    assert whole.renumbered(table).tolist() == [n for piece in pieces for n in piece]


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, content: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def close(self) -> None:
            self.write(b"")

    monkeypatch.setattr(room.tempfile, "TemporaryFile", lambda dir: Full())
    indices = Indices(tmp_path, lambda: 0)
    indices.append(np.zeros(FIRST, np.uint8))
    with pytest.raises(CorpusError) as caught:
        indices.append(np.zeros(9, np.uint8))
    assert os.strerror(errno.ENOSPC) in caught.value.message
    assert str(tmp_path) in caught.value.message
    assert "--out" in caught.value.hint


def test_where_memory_is_short_a_text_reads_the_same_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "".join(map(chr, np.random.default_rng(0).integers(97, 123, LARGE)))
    (tmp_path / "text").write_text(text)
    (tmp_path / "out").mkdir()
    usual = read_corpus([str(tmp_path / "text")], folder=tmp_path / "out")
    monkeypatch.setattr(room, "free_memory", lambda: 0)
    monkeypatch.setattr(Indices.__init__, "__defaults__", (None, lambda: 0, 0))
    short = read_corpus([str(tmp_path / "text")], folder=tmp_path / "out")
    assert short.in_file
    assert not usual.in_file
    assert (short.copies, usual.copies) == (0, 1)
    assert short.vocabulary.decode(short.ids) == text
    assert short.sha256 == usual.sha256
    assert str(tmp_path / "out") in short.notes[0]
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_nothing_is_left_of_the_file_after_a_kill(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import numpy as np, sys, time
        from pathlib import Path
        from charrnn.text.indices import Indices
        indices = Indices(Path(sys.argv[1]), lambda: 0)
        indices.append(np.zeros({LARGE}, np.uint8))
        assert indices.in_file
        ids = indices.renumbered(np.arange(256, dtype=np.uint8))
        print(ids.sum(), flush=True)
        time.sleep(60)
        """)
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"0\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert os.listdir(tmp_path) == []
