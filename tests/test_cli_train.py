"""`charrnn train` as a program: streams, exit codes, bad input, terminals of all kinds."""

import json
import math
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import (
    PEAK,
    PYTHON,
    SMALL,
    TEXT,
    charrnn,
    environment,
    error_of,
    foreign,
    needs_full_disk,
    run_here,
    seen_on_terminal,
    start,
)
from rich.cells import cell_len

from charrnn.errors import UsageError
from charrnn.library import load
from charrnn.storage import checkpoint
from charrnn.text.division import FEW
from charrnn.training import memory, saving
from charrnn.training.settings import Settings

TOP = Path(__file__).parents[1]
#: Of so short a text nothing is held out unless that is asked for.
HELD = ("--validation", "0.1")
THREE = ("--steps", "3", "--seed", "1", *HELD, *SMALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "text").write_text(TEXT)
    return tmp_path


# Streams


def test_progress_goes_to_stderr_and_nothing_to_stdout(folder: Path) -> None:
    result = charrnn("train", "text", *THREE, cwd=folder)
    assert (result.returncode, result.stdout) == (0, b"")
    shown = result.stderr.decode()
    assert "text: 900 characters, 28 different" in shown
    assert "seed 1, training for 3 steps" in shown
    assert "step 3" in shown
    assert "\nsaved charrnn.npz" in shown
    assert shown.endswith("\nNext: charrnn sample --temp 0.8\n")
    assert "\x1b" not in shown
    assert sorted(os.listdir(folder)) == ["charrnn.npz", "text"]


def test_of_a_short_text_nothing_is_held_out_unless_that_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    run = ("train", "text", *SMALL, "--steps", "1", "--seed", "1", "--force")
    for length, options, held_out in (
        (900, (), 0),
        (FEW - 1, (), 0),
        (FEW, (), FEW // 10),
        (900, ("--validation", "0.2"), 180),
        (FEW, ("--validation", "0"), 0),
    ):
        (folder / "text").write_text((TEXT * 9)[:length])
        assert run_here(*run, *options) == 0
        err = capsys.readouterr().err
        assert (f"held out: the last {held_out:,} characters" in err) == (held_out > 0)
        few = f"{length:,} characters are too few to hold any out"
        assert (few in err) == (length < FEW and not held_out)
        assert ("not known" in err) == (not held_out)
        best = load("charrnn.npz").meta["best"]["loss"]
        assert (best is None) == (not held_out)


def test_a_list_of_titles_becomes_readable_by_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a tenth held out a twentieth of the letters is in words of the text, or less."""
    monkeypatch.chdir(folder)
    titles = (TOP / "tests/texts/titles.txt").read_text()
    (folder / "text").write_text(titles)
    run = ("train", "text", "--hidden-size", "96", "--steps", "80", "--seed", "1", "-q")
    assert run_here(*run) == 0
    written = "".join(load("charrnn.npz").stream(seed=1, length=600)).split()[:-1]
    known = sum(len(word) for word in written if word in titles.split())
    assert known > 0.6 * sum(map(len, written))


def test_quiet_says_nothing(folder: Path) -> None:
    result = charrnn("train", "text", *THREE, "--quiet", cwd=folder)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_json_is_one_object_a_line_with_the_keys_of_the_contract(folder: Path) -> None:
    result = charrnn("train", "text", *THREE, "--json", "--sample-every", "2", cwd=folder)
    assert (result.returncode, result.stderr) == (0, b"")

    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    events = [json.loads(line, parse_constant=refuse) for line in result.stdout.splitlines()]
    numbers = "step seconds loss gradient_norm learning_rate characters_per_second"
    keys = {
        "start": "cell layers hidden_size parameters vocabulary_size characters seed baselines",
        "step": numbers,
        "evaluation": "step seconds loss best",
        "sample": "step text",
        "end": "steps seconds best_loss network_loss ngram_loss ngram_weight bits_per_character"
        " characters_per_second checkpoint stopped_by",
    }
    assert {event["event"] for event in events} == keys.keys()
    for event in events:
        assert event.keys() >= set(keys[event["event"]].split())
    assert [e["step"] for e in events if e["event"] == "step"] == [1, 2, 3]
    assert [e["step"] for e in events if e["event"] == "sample"] == [2]
    first, last = events[0], events[-1]
    assert (first["event"], last["event"]) == ("start", "end")
    assert (first["cell"], first["hidden_size"], first["characters"]) == ("lstm", 8, 900)
    assert (last["steps"], last["stopped_by"], last["checkpoint"]) == (3, "budget", "charrnn.npz")
    assert last["bits_per_character"] == pytest.approx(last["best_loss"] / np.log(2))
    meta = checkpoint.load(folder / "charrnn.npz").meta
    assert meta["best"]["loss"] == last["network_loss"]
    assert meta["parameters"] == first["parameters"]


@pytest.mark.parametrize("validation", ["0.1", "0"])
def test_the_end_is_in_the_file_also_when_a_save_was_due_after_the_last_step(
    folder: Path, monkeypatch: pytest.MonkeyPatch, validation: str
) -> None:
    command = ("train", "text", *THREE, "--seed", "1", "--validation", validation, "-q", "-o")
    monkeypatch.chdir(folder)
    assert run_here(*command, "rarely") == 0
    monkeypatch.setattr(saving, "EVERY", 0.0)
    monkeypatch.setattr(saving, "SHARE", math.inf)
    assert run_here(*command, "always") == 0
    assert Path("always").read_bytes() == Path("rarely").read_bytes()


def test_the_same_seed_and_steps_give_the_same_file_in_any_process(folder: Path) -> None:
    for name, seed in (("a", "1"), ("b", "2")):
        env = environment(PYTHONHASHSEED=seed)
        charrnn("train", "text", *THREE, "-o", name, "--dropout", "0.3", cwd=folder, env=env)
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


def test_zero_steps_write_the_untrained_model(folder: Path) -> None:
    assert run_here("train", folder / "text", *SMALL, "--steps", "0", "-o", folder / "m", "-q") == 0
    loaded = checkpoint.load(folder / "m")
    assert not loaded.parameters["head.weight"].any()
    assert loaded.meta["best"]["step"] == 0


def test_text_comes_from_stdin_too(folder: Path) -> None:
    result = charrnn("train", "-", *THREE, "-q", cwd=folder, input=TEXT.encode())
    assert (result.returncode, result.stderr) == (0, b"")
    assert checkpoint.load(folder / "charrnn.npz").meta["corpus"]["files"] == ["-"]


# Bad texts: one line, what to do, exit code 1, nothing written


BAD_TEXTS: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "there is no file corpus"),
    "empty": (b"", "corpus is empty"),
    "short": (b"hello", "the text has only 5 characters, and 20 are needed"),
    "one character": (b"a" * 50, "the text is only 'a', 50 times over"),
    "not UTF-8": (
        b"hello\nw\xffrld, and so on",
        "corpus is not utf-8 text: byte 0xff at offset 7, line 2 (invalid start byte)",
    ),
    "cut UTF-8": (b"hello hello hello hello \xc3", "byte 0xc3 at offset 24, line 1"),
    "surrogate": (b"hello \xed\xa0\x80 hello hello", "byte 0xed at offset 6, line 1"),
    "UTF-16": ("hello hello hello".encode("utf-16"), "the byte order mark of utf-16"),
    "binary": (b"hello hello\0hello hello", "looks like a binary file (NUL at character 11)"),
    "random": (np.random.default_rng(0).bytes(1 << 20), "corpus is not utf-8 text: byte 0x"),
    "escapes": (b"\x1b]0;pwned\x07" * 9 + b"\xff", "byte 0xff at offset 90"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_a_text_that_cannot_be_learnt_is_refused_in_one_line(
    tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content, reason = BAD_TEXTS[case]
    if content is not None:
        (tmp_path / "corpus").write_bytes(content)
    assert run_here("train", "corpus", *THREE) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert reason in error_of(err)
    assert len(err.splitlines()) >= 2  # what to do
    assert os.listdir(tmp_path) == ([] if content is None else ["corpus"])


def test_marks_and_line_ends_are_counted_and_become_lf(folder: Path) -> None:
    (folder / "dos").write_bytes(b"\xef\xbb\xbf" + b"one\r\ntwo\rthree\r\n" * 30)
    result = charrnn("train", "dos", *THREE, cwd=folder)
    assert result.returncode == 0
    for note in ("1 byte order mark dropped", "60 CRLF", "30 lone CR"):
        assert note in result.stderr.decode()
    assert 13 not in checkpoint.load(folder / "charrnn.npz").vocabulary


# Outputs that cannot be written: found before the text is even read


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("old", "old exists already"),
        (".", "it is a folder"),
        ("no/model.npz", "there is no folder no"),
        ("old/model.npz", "Not a directory"),
        ("x" * 250, "File name too long"),
        ("\x1b[31mred\n/m", "there is no folder \\x1b[31mred\\n"),
        ("/dev/null", "exists already"),
        ("pipe", "it is not a regular file"),
    ],
)
def test_an_output_that_cannot_be_written_is_found_before_anything_else(
    folder: Path,
    out: str,
    reason: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    (folder / "old").write_bytes(b"precious")
    os.mkfifo(folder / "pipe")
    before = sorted(os.listdir(folder))
    force = ["--force"] if out in ("pipe", ".") else []
    assert run_here("train", "no such text", *THREE, "-o", out, *force) == 1
    message = error_of(capsys.readouterr().err)
    assert reason in message or (out == "/dev/null" and "not a regular file" in message)
    assert sorted(os.listdir(folder)) == before
    assert (folder / "old").read_bytes() == b"precious"


def test_an_unwritable_folder_is_found_before_training(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    if os.access(closed, os.W_OK):
        pytest.skip("for this user every folder is writable")
    result = charrnn("train", "text", *THREE, "-o", "closed/m.npz", cwd=folder)
    assert result.returncode == 1
    assert "Permission denied" in error_of(result.stderr)


def test_a_text_is_never_replaced_by_its_model(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    Path("link").symlink_to("text")
    for out in ("text", "link"):
        assert run_here("train", "text", *THREE, "-o", out, "--force") == 2
        assert f"{out} is the text itself" in error_of(capsys.readouterr().err)
    assert Path("text").read_text() == TEXT


def test_force_overwrites(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "old").write_bytes(b"worthless")
    assert run_here("train", "text", *THREE, "-o", "old", "--force", "-q") == 0
    assert checkpoint.load(folder / "old").meta["cell"] == "lstm"


# Options that make no sense: exit code 2


NONSENSE = {
    "--time 1m --steps 3": "--time and --steps are two budgets",
    "--epochs 1 --steps 3": "--steps and --epochs are two budgets",
    "--time -3": "--time '-3' is not a duration",
    "--time 0s": "--time '0s' is not a duration",
    "--time 3x": "--time '3x' is not a duration",
    "--epochs 0": "--epochs 0 is no budget",
    "--epochs inf": "--epochs inf is no budget",
    "--epochs nan": "--epochs",
    "--epochs 1e300": "--epochs 1e+300 is no budget",
    "--steps -1": "--steps",
    "--steps 1.5": "--steps",
    "--cell mamba": "--cell",
    "--activation relu": "the lstm cell has no activation 'relu'",
    "--activation relu --cell gru": "the gru cell has no activation 'relu'",
    "--activation gelu": "no cell has an activation 'gelu'",
    "--layers 0": "--layers",
    "--layers 17": "--layers",
    "--hidden-size 0": "--hidden-size",
    "--hidden-size many": "--hidden-size",
    "--dropout 1": "--dropout",
    "--dropout nan": "--dropout",
    "--learning-rate 0": "--learning-rate",
    "--learning-rate inf": "--learning-rate",
    "--clip-norm -1": "--clip-norm",
    "--validation 1": "--validation",
    "--validation nan": "--validation",
    "--encoding klingon": "there is no text encoding 'klingon'",
    "--encoding rot13": "there is no text encoding 'rot13'",
    "--newlines dos": "--newlines",
    "--seed -1": "--seed",
    "--threads 0": "--threads",
    "--resume --force": "--resume continues a file",
    "--nonsense": "--nonsense",
    "--hidden-size 8192 --layers 16": "the checkpoint of lstm 16x8192 would have",
}


@pytest.mark.parametrize("options", NONSENSE)
def test_options_that_make_no_sense_are_refused_in_one_line(
    folder: Path, options: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert run_here("train", "text", *options.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert NONSENSE[options] in error_of(err)
    assert len(err.splitlines()) == 2
    assert os.listdir(folder) == ["text"]


@pytest.mark.parametrize("arguments", [["train"], ["trian"], ["train", "text", "-o"]])
def test_wrong_usage_exits_with_2_and_says_where_to_look(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(*arguments) == 2
    err = capsys.readouterr().err
    assert error_of(err)
    assert "--help" in err


def test_a_time_too_short_for_a_step_still_writes_a_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert run_here("train", "text", *SMALL, "--time", "0.0001s", "-q") == 0
    assert checkpoint.load(folder / "charrnn.npz").meta["cell"] == "lstm"


# Memory


def settings(**changes: Any) -> Settings:
    small = Settings(
        cell="lstm",
        activation="tanh",
        layers=2,
        hidden_size=64,
        dropout=0.1,
        batch_size=16,
        sequence_length=32,
        learning_rate=0.01,
        weight_decay=0.1,
        clip_norm=1.0,
        validation=0.1,
        seed=1,
    )
    return replace(small, **changes)


@pytest.mark.parametrize("members", [1, 2])
def test_what_does_not_fit_is_refused_with_what_would(members: int) -> None:
    """A given size is that of one network, so one has to fit, whatever was chosen."""
    for free in (200 * 2**20, 2**30, 2**32):
        with pytest.raises(UsageError, match="lstm 2x8000") as refusal:
            memory.check_fits(settings(hidden_size=8000, members=members), 65, 10**6, free=free)
        match = re.fullmatch(r"--hidden-size (\d+) would fit\.", refusal.value.hint)
        assert match, refusal.value.hint
        fitting = int(match[1])
        memory.check_fits(settings(hidden_size=fitting), 65, 10**6, free=free)
        with pytest.raises(UsageError):
            memory.check_fits(settings(hidden_size=fitting + 1), 65, 10**6, free=free)


def test_memory_that_is_not_there_is_named() -> None:
    wide = settings(batch_size=4096, sequence_length=4096)
    with pytest.raises(UsageError, match=r"needs about .* GB of memory, and 1\.1 GB are free"):
        memory.check_fits(wide, 65, 10**9, free=2**30)


def test_the_estimate_of_memory_is_near_what_a_run_takes(folder: Path) -> None:
    script = """
import sys
from charrnn import cli
sys.argv[0] = "charrnn"
assert cli.run() == 0
print(peak())
"""
    options = "train text --steps 2 -q --cell gru --threads 1 --batch-size 32 --sequence-length 24"
    size = ["--hidden-size", "512", "--layers", "1", "--dropout", "0.1"]
    result = subprocess.run(
        [PYTHON[0], "-c", PEAK + script, *options.split(), *size],
        cwd=folder,
        env=environment(),
        capture_output=True,
        check=True,
    )
    sizes = {
        "cell": "gru",
        "layers": 1,
        "hidden_size": 512,
        "batch_size": 32,
        "sequence_length": 24,
    }
    estimate = memory.need(settings(**sizes), 28, len(TEXT))
    assert 0.7 < int(result.stdout) / estimate.memory < 1.2
    assert 0.9 < (folder / "charrnn.npz").stat().st_size / estimate.file < 1


# Streams that end or fail


def test_a_reader_that_leaves_stops_the_run_which_saves_first(folder: Path) -> None:
    arguments = ["train", "text", *SMALL, "--steps", "100000", "--seed", "1", "--json"]
    with start(*arguments, cwd=folder) as process:
        assert process.stdout
        assert process.stdout.readline().startswith(b'{"event": "start"')
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141
    checkpoint.load(folder / "charrnn.npz", with_resume=True)
    assert sorted(os.listdir(folder)) == ["charrnn.npz", "text"]


@needs_full_disk
def test_a_full_disk_behind_stdout_is_one_line_and_the_model_is_saved(folder: Path) -> None:
    with open("/dev/full", "wb") as full:
        result = charrnn("train", "text", *THREE, "--json", cwd=folder, stdout=full)
    assert result.returncode == 1
    assert "No space left on device" in error_of(result.stderr)
    checkpoint.load(folder / "charrnn.npz")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_closed_streams_do_not_matter(folder: Path, closed: str, more: list[str]) -> None:
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *PYTHON, "train", "text", *THREE, *more]
    result = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    assert b"Traceback" not in result.stderr
    checkpoint.load(folder / "charrnn.npz")


def test_a_reader_of_stderr_that_leaves_does_not_stop_the_run(folder: Path) -> None:
    with start("train", "text", *THREE, "--sample-every", "1", cwd=folder) as process:
        assert process.stderr
        process.stderr.close()
        assert process.wait(timeout=30) == 0
    checkpoint.load(folder / "charrnn.npz")


# A disk that is full


def limited(size: int) -> Callable[[], None]:
    import resource  # not on Windows

    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_disk_full_in_training_is_a_warning_and_at_the_end_an_error(folder: Path) -> None:
    (folder / "old").write_bytes(b"old")
    arguments = ["train", "text", *SMALL, *HELD, "--steps", "40", "-q", "-o", "old", "--force"]
    result = charrnn(*arguments, cwd=folder, preexec_fn=limited(4096))
    assert result.returncode == 1
    warning, error, hint = result.stderr.decode().splitlines()
    assert warning.startswith("charrnn: warning: cannot write old: File too large (")
    assert warning.endswith("bytes needed); training goes on and will try again")
    assert re.fullmatch(
        r"charrnn: error: cannot write old: File too large \([0-9,]+ bytes needed\)", error
    )
    assert hint
    assert (folder / "old").read_bytes() == b"old"
    assert sorted(os.listdir(folder)) == ["old", "text"]


# Terminals


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 15), (40, 6)])
def test_the_live_view_fits_the_terminal_and_leaves_it_as_it_was(
    folder: Path, columns: int, rows: int
) -> None:
    arguments = ["train", "text", *SMALL, *HELD, "--steps", "400", "--seed", "1"]
    code, shown = seen_on_terminal(arguments, folder, columns=columns, rows=rows)
    assert code == 0
    assert foreign(shown) == "[]"
    assert "saved charrnn.npz" in shown
    assert "──" in shown.partition(" left")[0]
    assert ("unigram" in shown.rpartition(" left")[2]) == (rows > 6)
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    for line in re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)):
        assert cell_len(line) <= columns, line


PLAIN: dict[str, dict[str, str]] = {
    "NO_COLOR": {"NO_COLOR": "1"},
    "dumb": {"TERM": "dumb"},
    "ASCII": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
}


@pytest.mark.parametrize("case", PLAIN)
def test_terminals_without_colour_cursor_or_unicode_are_respected(folder: Path, case: str) -> None:
    (folder / "text").write_text(TEXT + "Ünïcödé → 漢字\n" * 5)
    arguments = ["train", "text", *SMALL, *HELD, "--steps", "100", "--seed", "1"]
    code, shown = seen_on_terminal(arguments, folder, env=environment(**PLAIN[case]))
    assert code == 0, shown
    assert "saved charrnn.npz" in shown
    assert foreign(shown) == "[]"
    if case == "NO_COLOR":
        assert not re.search(r"\x1b\[[0-9;]*3[0-9][0-9;]*m", shown)
    if case == "dumb":
        assert "\x1b" not in shown
    if case == "ASCII":
        assert shown.isascii()
        assert "--" in shown.partition(" left")[0]
        assert re.search(r"grams \d\.\d{3} \|-", shown)


@pytest.mark.parametrize("case", ["ASCII", "latin-1"])
def test_narrow_encodings_of_pipes_are_respected(folder: Path, case: str) -> None:
    (folder / "text").write_text(TEXT + "Ünïcödé → 漢字\n" * 5)
    for more in ([], ["--json", "--force"]):
        result = charrnn("train", "text", *THREE, *more, cwd=folder, env=environment(**PLAIN[case]))
        assert result.returncode == 0
        assert b"Traceback" not in result.stderr
        assert more or result.stderr.endswith(b"Next: charrnn sample --temp 0.8\n")
