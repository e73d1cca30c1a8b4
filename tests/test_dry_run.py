"""`charrnn train --dry-run` says what is known before training, in 80 columns, and does nothing."""

import json
import os
from pathlib import Path

import pytest
from commands import SMALL, TEXT, charrnn, environment, foreign, run_here, seen_on_terminal
from rich.cells import cell_len

from charrnn.text.kinds import kind
from charrnn.training import forecast, recipe

HOSTILE = "\x1b]0;pwned\x07 \u202e \x9b31m 漢字 e\u0301 Ünïcödé\r\n"
DRY = ("train", "text", "--dry-run")
HELD = ("--validation", "0.1")  # of so short a text nothing would be


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(forecast, "REHEARSAL", 0.0)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_bytes((TEXT + "Z\r\n\n").encode())
    return tmp_path


def rows(stderr: str) -> dict[str, str]:
    """The table, read back: the words of each label, and that all of them begin in one column."""
    found: dict[str, str] = {}
    label, margin = "", len("line endings  ")
    for line in stderr.splitlines():
        assert line[margin - 1] == " "
        assert line[margin] != " "
        label = line[:margin].strip() or label
        found[label] = f"{found.get(label, '')} {line[margin:]}".strip()
    return found


def test_it_says_what_would_be_done_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(*DRY, *SMALL, *HELD, "--steps", "90", "--seed", "7") == 0
    out, err = capsys.readouterr()
    assert out == ""
    said = rows(err)
    letters = " ".join("abcdefghijklmnopqrstuvwxyz")
    assert said["text"] == "text: 903 characters, utf-8"
    assert said["line endings"] == "1 LF, 1 CRLF 1 CRLF line ending became LF"
    assert said["alphabet"] == f"30 characters: \\n space . Z {letters}"
    assert said["rare"] == "2 occur fewer than 10 times: Z 1, \\n 2"
    assert said["training"] == "812 characters"
    assert said["held out"] == "the last 91 characters; only there: \\n Z"
    assert "grams" in said["to beat"]
    assert "single characters" in said["to beat"]
    assert said["network"] == "lstm 1x8, 1,550 parameters, 1.9 for each training character"
    assert said["learning"].startswith("4 streams of 8 characters a step, rate ")
    assert said["reason"].startswith("the size that was asked for, expected to read 812 ")
    assert said["budget"].startswith("training for 90 steps: about ")
    assert " 3.5 epochs, at " in said["budget"]
    assert said["memory"].startswith("about ")
    assert said["checkpoint"].startswith("charrnn.npz, about 0.")
    assert said["seed"] == "7"
    assert os.listdir(folder) == ["text"]


def test_an_alphabet_of_thousands_is_two_lines(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    han = "".join(map(chr, range(0x4E00, 0x4E00 + 2000)))
    (folder / "text").write_text("的" * 9 + "一" * 5 + han + "abc かな 12,.", "utf-8")
    assert run_here(*DRY, *SMALL, "--steps", "1") == 0
    lines = capsys.readouterr().err.splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("alphabet"))
    assert lines[first + 2].startswith("rare")
    assert "2,011 characters: 2,001 Han, 3 Latin, 2 Hiragana, 5 others" in lines[first]
    assert "commonest: 的 一 " in lines[first + 1]


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        ("aéßＡ", "Latin"),
        ("яЯ", "Cyrillic"),
        ("日㐀豈", "Han"),
        ("ｱア", "Katakana"),
        ("각", "Hangul"),
        ("कि्", "Devanagari"),
        ("1५½", "digits"),
        (".।。", "punctuation"),
        ("👍+€", "symbols"),
        (" \u3000", "spaces"),
        ("\n\u200d\ue000", "controls"),
        ("\u0301\ufe0f", "marks"),
    ],
)
def test_a_character_is_of_its_script_or_kind(characters: str, expected: str) -> None:
    assert {kind(character) for character in characters} == {expected}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--time", "1h"], "the most that this text can use"),
        (["--steps", "100"], "the size that this budget trains best"),
    ],
)
def test_the_reason_is_what_limits_the_size(
    folder: Path, options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(*DRY, *options) == 0
    assert rows(capsys.readouterr().err)["reason"].startswith(reason)


def test_nothing_held_out_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--validation", "0"]):
        assert run_here(*DRY, *SMALL, "--steps", "1", *more) == 0
        said = rows(capsys.readouterr().err)
        assert said["held out"].startswith("903 characters are too few to hold any out")
        assert "to beat" not in said
    (folder / "text").write_text(TEXT * 10)
    assert run_here(*DRY, *SMALL, "--steps", "1", "--validation", "0") == 0
    assert rows(capsys.readouterr().err)["held out"] == "nothing"


def test_json_is_two_objects_with_the_same_facts(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "STEPS", 10**9)  # no machine gets so far, so the time is not cut
    assert run_here(*DRY, *SMALL, *HELD, "--time", "9s", "--json") == 0
    out, err = capsys.readouterr()
    assert err == ""
    start, facts = map(json.loads, out.splitlines())
    assert (start["event"], facts["event"]) == ("start", "dry_run")
    assert facts["alphabet"] == "\n .Zabcdefghijklmnopqrstuvwxyz"
    assert facts["line_endings"] == {"LF": 1, "CRLF": 1, "CR": 0}
    assert facts["rare"] == [["Z", 1], ["\n", 2]]
    assert facts["training_characters"] + facts["held_out_characters"] == start["characters"]
    assert facts["only_held_out"] == "\nZ"
    assert facts["parameters_per_character"] == start["parameters"] / facts["training_characters"]
    assert facts["forecast"]["seconds"] == 9
    assert facts["forecast"].keys() == {"characters_per_second", "seconds", "steps", "epochs"}
    assert facts["memory"] > facts["checkpoint_bytes"] > 4 * start["parameters"]


def test_a_time_with_too_little_to_read_is_cut_short(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(*DRY, *SMALL, "--time", "99h", "--json") == 0
    ahead = json.loads(capsys.readouterr().out.splitlines()[1])["forecast"]
    assert ahead["seconds"] < 99 * 3600
    assert ahead["epochs"] == pytest.approx(recipe.PASSES, rel=0.05)


def test_a_run_that_could_be_resumed_is_left_as_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("train", "text", *SMALL, "--steps", "3", "--quiet") == 0
    before = Path("charrnn.npz").read_bytes()
    assert run_here(*DRY, "--resume", "--steps", "5") == 0
    assert Path("charrnn.npz").read_bytes() == before
    said = rows(capsys.readouterr().err)
    assert said["reason"] == "resuming charrnn.npz at step 3"
    assert said["budget"].startswith("training for 5 steps: about ")


def test_quiet_says_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here(*DRY, *SMALL, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_no_text_harms_a_terminal_or_leaves_its_columns(folder: Path, encoding: str) -> None:
    (folder / "text").write_bytes((TEXT + HOSTILE * 3).encode())
    env = environment(PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    piped = charrnn(*DRY, *SMALL, "--steps", "1", cwd=folder, env=env).stderr.decode(encoding)
    code, shown = seen_on_terminal([*DRY, *SMALL, "--steps", "1"], folder, env=env)
    assert code == 0
    assert foreign(shown) == "[]"
    for line in piped.splitlines():
        assert line.isprintable()
        assert cell_len(line) <= 80
    assert rows(piped)["alphabet"].startswith("45 characters: \\x07 \\n \\x1b space . 0 1 3 ;")
    assert "\\u202e" in piped
