"""Texts in encodings that nobody has named, and texts that come through pipes, in every command."""

import json
import os
import threading
from pathlib import Path

import pytest
from commands import SMALL, error_of, run_here

from charrnn.storage import checkpoint

TEXT = "Der Wärter zählt die Wörter über dem Fluß, und “nichts” fehlt.\n" * 20
RUSSIAN = "Сторож считает слова над рекой, и ничего не пропало.\n" * 20
AUTO, LINE = ("--encoding", "auto"), ("--until", "line")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one text in three encodings, and a prompt."""
    monkeypatch.chdir(tmp_path)
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a").write_bytes(TEXT.encode("cp1252"))
    (texts / "b").write_bytes(TEXT.encode())
    (texts / "c").write_bytes(RUSSIAN.encode("koi8-r"))
    (tmp_path / "prompt").write_bytes("Der Wärter zählt über dem Fluß".encode("cp1252"))
    return tmp_path


def test_every_command_reads_what_auto_has_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("train", "texts", *AUTO, "-o", "m.npz", "--steps", "2", *SMALL) == 0
    said = capsys.readouterr().err.splitlines()
    assert "1 file read as cp1252: texts/a" in said
    assert "1 file read as koi8-r: texts/c" in said
    about = checkpoint.load(folder / "m.npz").meta["corpus"]
    assert about["encoding"] == "auto"
    assert about["encodings"] == {"cp1252": 1, "utf-8": 1, "koi8-r": 1}
    assert run_here("train", "texts", "--resume", "-o", "m.npz", "--steps", "3", "-q") == 0
    for arguments in (["--novelty"], ["--novelty", "--corpus", "texts"], ["--new", *LINE]):
        assert run_here("sample", "m.npz", "-n", "9", *arguments) == 0
        assert "not exactly" not in capsys.readouterr().err
    assert run_here("sample", "m.npz", "-n", "9", "--prompt-file", "prompt") == 0
    assert "prompt: 1 file read as cp1252: prompt" in capsys.readouterr().err
    assert run_here("inspect", "m.npz", "--view", "surprisal", "--text", "texts/c") == 0
    assert capsys.readouterr().err == "1 file read as koi8-r: texts/c\n"


def test_a_dry_run_says_what_auto_has_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("train", "texts/c", *AUTO, "--dry-run", "--steps", "1", "--json") == 0
    *_, known = map(json.loads, capsys.readouterr().out.splitlines())
    assert (known["encoding"], known["encodings"]) == ("auto", {"koi8-r": 1})


def test_advice_of_several_lines_is_several_lines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("train", "texts/c") == 1
    error, first, *others = capsys.readouterr().err.splitlines()
    assert error.startswith("charrnn: error: texts/c is not utf-8 text: byte 0xf3 at offset 0")
    assert first == "Read it with --encoding koi8-r: Сторож считает слова над рекой"
    assert all(line.startswith("          or --encoding ") for line in others)


def test_what_came_through_a_named_pipe_cannot_be_read_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo("pipe")

    def sent(content: bytes, *arguments: str) -> int:
        writer = threading.Thread(target=Path("pipe").write_bytes, args=(content,))
        writer.start()
        try:
            return run_here(*arguments)
        finally:
            writer.join()

    train = ("train", "pipe", *AUTO, "-q", "-o", "m.npz", "--steps")
    assert sent(TEXT.encode("cp1252"), *train, "2", *SMALL) == 0
    assert sent(TEXT.encode(), *train, "3", "--resume") == 0
    assert run_here("sample", "m.npz", "--novelty") == 1
    assert "came through a pipe" in error_of(capsys.readouterr().err)
    sample = ("sample", "m.npz", "-n", "9")
    assert sent(TEXT.encode(), *sample, "--novelty", "--corpus", "pipe") == 0
    assert sent(b"Der W", *sample, "--prompt-file", "pipe") == 0
    assert sent(TEXT.encode(), "inspect", "m.npz", "--view", "surprisal", "--text", "pipe") == 0
