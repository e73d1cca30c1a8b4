"""Lists, tunes and files as people train on them: `train --unit`, and what follows from it."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from commands import SMALL, environment, error_of, run_here, seen_on_terminal
from commands import charrnn as charrnn_process

import charrnn
from charrnn.storage import checkpoint
from charrnn.text.corpus import read_corpus
from charrnn.text.reading import Reading
from charrnn.text.units import END
from tests.runs import assert_resumed_bit_for_bit, settings

TEXTS = Path(__file__).parent / "texts"
NAMES = (TEXTS / "names.txt").read_text(encoding="utf-8").splitlines()
TUNES = (TEXTS / "tunes.abc").read_text(encoding="utf-8").strip("\n").split("\n\n")

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(capfd: pytest.CaptureFixture[str]) -> Ask:
    """Run a command in this process: exit code, stdout, stderr."""

    def ask(*arguments: str | Path) -> tuple[int, str, str]:
        code = run_here(*arguments)
        return code, *capfd.readouterr()

    return ask


def trained(folder: Path, text: str, *options: str | Path) -> Path:
    (folder / "text").write_text(text, encoding="utf-8")
    out = folder / "model.npz"
    held = ("--validation", "0.1")  # of so short a text nothing would be
    assert run_here("train", folder / "text", "-q", "--seed", "1", "-o", out, *held, *options) == 0
    return out


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of names, as good as a second of training makes it."""
    sizes = ("--hidden-size", "48", "--layers", "1", "--steps", "80")
    return trained(tmp_path_factory.mktemp("names"), "\n".join(NAMES), "--unit", "line", *sizes)


@pytest.fixture(scope="module")
def tunes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of tunes."""
    sizes = ("--hidden-size", "48", "--layers", "1", "--steps", "120")
    text = "\n\n".join(TUNES)
    return trained(tmp_path_factory.mktemp("tunes"), text, "--unit", "paragraph", *sizes)


def test_a_sorted_list_is_not_learnt_in_its_order(names: Path, ask: Ask) -> None:
    """Of the names in the file 19 of 20 begin like the one before, here as many as by chance."""
    code, out, _ = ask("sample", names, "-c", "200", "--seed", "1")
    lines = out.splitlines()
    assert (code, len(lines)) == (0, 200)
    assert sum(a[:1] == b[:1] for a, b in pairwise(NAMES)) > 0.9 * len(NAMES)
    assert sum(a[:1] == b[:1] for a, b in pairwise(lines)) < 30
    assert len({line[:1] for line in lines}) >= 15
    # Each begins at the beginning of a name.
    assert sum(bool(re.match(r"[A-ZÀ-Ž]", line)) for line in lines) >= 190


def test_many_units_are_what_each_seed_writes_alone(names: Path, ask: Ask) -> None:
    _, out, _ = ask("sample", names, "-c", "3", "--seed", "7")
    alone = [ask("sample", names, "--seed", str(seed))[1] for seed in (7, 8, 9)]
    assert "".join(alone) == out
    assert all(text.count("\n") == 1 for text in alone)
    _, out, _ = ask("sample", names, "-c", "3", "--seed", "7", "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert [record["text"] + "\n" for record in records] == alone
    assert {record["ended"] for record in records} == {"unit"}
    assert all(len(r["text"]) == len(r["log_probabilities"]) for r in records)


def test_a_length_or_lines_or_another_unit_go_on_from_unit_to_unit(names: Path, ask: Ask) -> None:
    assert ask("sample", names, "--lines", "4", "--seed", "1")[1].count("\n") == 4
    assert len(ask("sample", names, "-n", "300", "--seed", "1")[1]) == 300
    one = ask("sample", names, "--seed", "1")[1]
    assert ask("sample", names, "--until", "line", "--seed", "1")[1] == one
    assert len("".join(charrnn.load(names).stream(seed=1, length=50))) == 50
    assert "".join(charrnn.load(names).stream(seed=1)) == one.strip()


def test_a_prompt_is_the_beginning_of_a_unit(names: Path, ask: Ask, tmp_path: Path) -> None:
    _, out, _ = ask("sample", names, "-p", "Mar", "-c", "20", "--with-prompt", "--seed", "3")
    lines = out.splitlines()
    assert len(lines) == 20
    assert all(line.startswith("Mar") for line in lines)
    (tmp_path / "prompt").write_text("Mar\n")  # the end of that file is no end of a name
    file = ask("sample", names, "--prompt-file", tmp_path / "prompt", "--seed", "3")[1]
    assert file == ask("sample", names, "-p", "Mar", "--seed", "3")[1]


def test_paragraphs_are_written_with_a_blank_line_between_them(tunes: Path, ask: Ask) -> None:
    _, out, _ = ask("sample", tunes, "-c", "3", "--seed", "1")
    assert END not in out
    assert out.endswith("\n")
    assert len(out.strip("\n").split("\n\n")) == 3
    _, out, _ = ask("sample", tunes, "-n", "2000", "--seed", "1", "--json")
    record = json.loads(out)
    assert len(record["text"]) == len(record["log_probabilities"]) == 2000
    assert "\n\n" in record["text"]
    assert END not in record["text"]
    # What follows the end of a unit as a matter of course has probability 1.
    place = record["text"].index("\n\n")
    assert record["log_probabilities"][place + 1] == 0
    assert record["log_probabilities"][place] < 0
    starts = re.findall(r"(?:^|\n\n)(..)", record["text"])
    assert starts.count("X:") >= 0.9 * len(starts)
    _, out, _ = ask("sample", tunes, "-n", "400", "--seed", "1", "--heat")
    assert END not in out


@pytest.mark.parametrize("options", [(), ("--heat",), ("--escape",), ("-t", "0.5,0.9", "--heat")])
def test_several_units_on_a_terminal_are_those_of_a_pipe(
    tunes: Path, options: tuple[str, ...]
) -> None:
    """Their words, whatever is painted around them."""
    command = ("sample", tunes, "-c", "3", "--seed", "1", *options)
    piped = charrnn_process(*command, cwd=tunes.parent).stdout.decode()
    env = environment(TERM="dumb")
    code, shown = seen_on_terminal(command, tunes.parent, env=env)
    shown = re.sub(r"---.*---|bits of surprisal.*", "", shown)
    assert code == 0
    assert "".join(shown.split()) == "".join(piped.split())


def test_a_separator_and_files_are_units_too(tmp_path: Path, ask: Ask) -> None:
    text = "\n%\n".join(["a joke", "two lines\nof it", "and a third"] * 5) + "\n%\n"
    how = ("--unit", "paragraph", "--separator", r"\n%\n", "--steps", "3", *SMALL)
    model = trained(tmp_path, text, *how)
    meta = charrnn.load(model).meta
    assert meta["units"] == {"count": 15, "longest": 15}
    assert meta["corpus"]["separator"] == "\n%\n"
    _, out, _ = ask("sample", model, "-n", "3000", "--seed", "1")
    assert "\n%\n" in out
    _, out, _ = ask("sample", model, "-c", "4", "--seed", "1")
    assert out.count("\n%\n") == 3
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.txt").write_text(f"file {number}\n\nhas two paragraphs\n")
    out_file = tmp_path / "files.npz"
    command = ("train", folder, "--unit", "file", "--steps", "2", "-q", "-o", out_file, *SMALL)
    assert ask(*command)[0] == 0
    assert charrnn.load(out_file).meta["units"]["count"] == 6


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("unit", ["line", "paragraph"])
def test_a_run_on_units_is_resumed_bit_for_bit(tmp_path: Path, unit: str, members: int) -> None:
    text = tmp_path / "text"
    text.write_text("\n".join(NAMES[:40]) + "\n\n" + "\n\n".join(NAMES[40:80]))
    corpus = read_corpus([str(text)], Reading(unit=unit))
    chosen = settings(dropout=0.2, members=members)
    assert_resumed_bit_for_bit(corpus, chosen, tmp_path, (1, 11))


def test_the_unit_of_a_run_is_not_changed_when_it_is_resumed(names: Path, ask: Ask) -> None:
    text = names.parent / "text"
    code, _, err = ask("train", text, "--resume", "--steps", "1", "-o", names, "--unit", "file")
    assert code == 2
    assert "--unit file contradicts" in error_of(err)


def test_whole_units_are_held_out_at_random(names: Path, ask: Ask) -> None:
    """And nothing of them is learnt: what is held out is another part for another seed."""
    for seed in ("1", "2"):
        command = ("train", TEXTS / "names.txt", "--unit", "line", "--seed", seed, "--dry-run")
        code, _, err = ask(*command, "--validation", "0.1")
        assert code == 0
        match = re.search(r"held out\s+(\d+) of 395 lines, drawn at random", err)
        assert match
        assert 30 <= int(match[1]) <= 39
    excerpt = charrnn.load(names).meta["excerpt"]
    held = excerpt.splitlines()
    assert set(held) <= set(NAMES)
    assert len({name[0] for name in held}) > 10


def test_a_short_list_is_learnt_whole_and_a_longer_one_is_not(tmp_path: Path, ask: Ask) -> None:
    """Both have fewer characters than a running text needs for anything to be held out."""
    for count, said in ((199, "too few to hold any out"), (200, "of 200 lines, drawn at random")):
        (tmp_path / "text").write_text("\n".join(NAMES[:count]), encoding="utf-8")
        code, _, err = ask("train", tmp_path / "text", "--unit", "line", "--dry-run")
        assert code == 0
        assert said in " ".join(err.split())


def test_inspect_measures_within_units(names: Path, tunes: Path, ask: Ask) -> None:
    code, out, _ = ask("inspect", names, "--json")
    report = json.loads(out)
    assert code == 0
    assert report["burn_in"] == 0
    assert report["steps"] <= 12
    # Within a name every character before matters.
    assert all(min(layer["lag"]["median"]) > 0 for layer in report["layers"])
    # Against the network itself: the first name is read from zero, each character counts.
    _, out, _ = ask("inspect", names, "--view", "surprisal", "--json")
    report = json.loads(out)
    model = charrnn.load(names)
    excerpt = model.meta["excerpt"]
    assert report["characters"] == len(excerpt)
    first = excerpt.split("\n")[0]
    (tmp := names.parent / "first").write_text(first + "\n", encoding="utf-8")
    _, out, _ = ask("inspect", names, "--view", "surprisal", "--json", "--text", tmp)
    alone = json.loads(out)["per_character"]
    assert len(alone) == len(first) + 1
    np.testing.assert_allclose(report["per_character"][: len(alone)], alone, rtol=1e-6)
    for view in ("context", "gates", "neurons", "unfold", "next", "summary"):
        assert ask("inspect", tunes, "--view", view)[0] == 0


def test_new_units_are_in_the_text_neither_before_nor_twice(names: Path, ask: Ask) -> None:
    code, out, _ = ask("sample", names, "--new", "-c", "100", "-t", "0.4", "--seed", "1")
    lines = out.splitlines()
    assert (code, len(lines), len(set(lines))) == (0, 100, 100)
    assert not set(lines) & set(NAMES)
    # Without the option some are copies, or come twice: else this says nothing.
    plain = ask("sample", names, "-c", "100", "-t", "0.4", "--seed", "1")[1].splitlines()
    assert set(plain) & set(NAMES) or len(set(plain)) < 100
    assert [line for line in lines if line in plain] == list(
        dict.fromkeys(line for line in plain if line not in NAMES)
    )


def test_new_takes_the_prompt_for_a_part_of_the_unit(tmp_path: Path, ask: Ask) -> None:
    """A model that knows two lines by heart."""
    how = ("--unit", "line", "--validation", "0", "--steps", "150", "--hidden-size", "24")
    model = trained(tmp_path, "abcdefgh\n" * 20 + "xyzwvuts\n" * 20, *how)
    assert ask("sample", model, "-p", "abcd", "-t", "0")[1] == "efgh\n"
    code, out, err = ask("sample", model, "-p", "abcd", "-t", "0", "--new", "-c", "2")
    assert (code, out) == (1, "")
    assert "0 of 2" in error_of(err)
    assert "--temp" in err
    # With another beginning it is no copy, but only once.
    code, out, err = ask("sample", model, "-p", "xxabcd", "-t", "0", "--new", "-c", "2")
    assert code == 1
    assert out.count("\n") == 1
    assert "1 of 2" in error_of(err)


def test_new_lines_of_a_running_text(tmp_path: Path, ask: Ask) -> None:
    model = trained(tmp_path, "abcdefgh\n" * 40, "--validation", "0", "--steps", "60", *SMALL)
    code, _, err = ask("sample", model, "--new")
    assert code == 2
    assert "--until line" in err
    code, out, _ = ask("sample", model, "--new", "--until", "line", "-c", "5", "-t", "1.5")
    assert code == 0
    assert "abcdefgh" not in out.splitlines()
    (tmp_path / "text").unlink()
    code, _, err = ask("sample", model, "--new", "--until", "line")
    assert code == 1
    assert "--corpus" in err


def test_only_and_ban_leave_a_unit_its_end(names: Path, ask: Ask) -> None:
    code, out, _ = ask("sample", names, "--only", "a-z", "-c", "5", "--seed", "1")
    assert code == 0
    assert all(line.isascii() and line.islower() for line in out.splitlines())
    assert out.count("\n") == 5


@pytest.mark.parametrize(
    ("about", "boundary"),
    [
        ({"unit": "line"}, True),
        ({"unit": "word"}, False),
        ({"unit": 7}, False),
        ({"unit": "line", "separator": "x"}, False),
        ({"separator": "x"}, False),
        ({"unit": "paragraph"}, False),  # of whose boundary the alphabet knows nothing
    ],
)
def test_what_a_file_says_of_its_units_may_be_wrong(
    names: Path, tmp_path: Path, ask: Ask, about: dict[str, object], boundary: bool
) -> None:
    stored = checkpoint.load(names)
    stored.meta["corpus"] = about
    stored.meta["units"] = {"longest": "x"}
    checkpoint.save(tmp_path / "x.npz", stored)
    assert (charrnn.load(tmp_path / "x.npz").boundary is not None) == boundary
    for command in (("sample", tmp_path / "x.npz", "-n", "20"), ("inspect", tmp_path / "x.npz")):
        assert ask(*command)[0] == 0
    assert ask("sample", tmp_path / "x.npz", "--seed", "1")[0] == 0


@pytest.mark.parametrize(
    ("options", "said", "advice"),
    [
        (("--unit", "paragraph"), "no blank line", "--unit"),
        (("--unit", "file"), "one file", "--unit"),
        (("--unit", "paragraph", "--separator", "%%"), "'%%' never stands", "--unit"),
        (("--separator", "%%"), "--separator", "leave --separator out"),
        (("--unit", "line", "--separator", "%%"), "--separator", "leave --separator out"),
        (("--unit", "paragraph", "--separator", ""), "empty separator", "--separator"),
    ],
)
def test_units_that_are_none_are_refused(
    tmp_path: Path, ask: Ask, options: tuple[str, ...], said: str, advice: str
) -> None:
    (tmp_path / "text").write_text("\n".join(NAMES), encoding="utf-8")
    code, _, err = ask("train", tmp_path / "text", "-o", tmp_path / "m.npz", *options)
    assert code in (1, 2)
    assert said in error_of(err)
    assert advice in err
    assert not (tmp_path / "m.npz").exists()
