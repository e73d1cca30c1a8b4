"""--min-count: rare characters become one, which is learnt and read but never written."""

import json
from pathlib import Path

import numpy as np
import pytest
from commands import SMALL, error_of, run_here
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import CorpusError, UnknownCharacter
from charrnn.generation.filters import Filters
from charrnn.generation.prompts import fit
from charrnn.generation.sampling import generate
from charrnn.library import Model, load
from charrnn.network.initialisation import initialise
from charrnn.storage import checkpoint
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.reading import Reading
from charrnn.text.vocabulary import STAND_IN, Vocabulary, to_code_points

#: Of its characters only a, b, space and newline occur ten times or more.
TEXT = "ab ba\n" * 40 + "a春b夏 秋\n" * 3


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text"
    path.write_text(TEXT)
    return path


@pytest.fixture
def model(text: Path) -> Path:
    """A small model of the text, which expects the stand-in more than anything."""
    out = text.with_name("m.npz")
    training = ["train", text, "--min-count", "10", "--steps", "3", "--seed", "1", "--out", out]
    assert run_here(*training, *SMALL, "--quiet") == 0
    stored = checkpoint.load(out)
    stored.parameters["head.bias"][load(out).vocabulary.stand_in] = 9.0
    checkpoint.save(out, stored)
    return out


def read(path: Path, min_count: int | None, **how: str) -> Corpus:
    return read_corpus([str(path)], Reading(min_count=min_count, **how))


def test_a_text_has_the_stand_in_where_rare_characters_stood(text):
    whole, corpus = read(text, None), read(text, 10)
    expected = TEXT.translate(dict.fromkeys(map(ord, "春夏秋"), STAND_IN))
    assert corpus.vocabulary.decode(corpus.ids) == expected
    assert corpus.vocabulary.characters == "\n ab" + STAND_IN
    assert corpus.counts.tolist() == np.bincount(corpus.ids).tolist()
    assert corpus.sha256 == whole.sha256  # the same text, read in another way
    (note,) = (note for note in corpus.notes if STAND_IN in note)
    assert "3 of 7 characters occur fewer than 10 times" in note
    assert f"{900 / len(TEXT):.2g} % of the text" in note


@given(st.text("abcdé春夏\n\ufffd", min_size=20), st.integers(2, 9))
def test_what_is_frequent_stays_and_all_else_is_the_stand_in(tmp_path_factory, text, least):
    path = tmp_path_factory.getbasetemp() / "rare"
    path.write_text(text)
    frequent = {c for c in text if text.count(c) >= least}
    if len(frequent) < 2:
        with pytest.raises(CorpusError):
            read(path, least)
        return
    corpus = read(path, least)
    expected = "".join(c if c in frequent else STAND_IN for c in text)
    assert corpus.vocabulary.decode(corpus.ids) == expected
    assert len(corpus.vocabulary) == len(set(expected))


def test_the_boundary_of_units_stays_however_rare(tmp_path):
    path = tmp_path / "text"
    path.write_text("abab" * 10 + "\n" + "baab" * 10)
    corpus = read(path, 20, unit="line")
    assert corpus.vocabulary.characters == "\nab"
    assert corpus.vocabulary.stand_in is None
    assert STAND_IN in read(path, 20).vocabulary.characters


def test_too_high_a_count_is_an_error_whose_advice_works(text, capsys):
    run = ["train", text, "--dry-run", "--steps", "1", "--min-count"]
    assert run_here(*run, "200") == 1
    stderr = capsys.readouterr().err
    assert "--min-count 200 leaves 0 of 7 characters" in error_of(stderr)
    most = stderr.split("Give ")[1].split()[0]
    assert run_here(*run, most) == 0
    assert run_here(*run, str(int(most) + 1)) == 1
    text.write_text("abcdefghijklmnopqrstuvwxyz")
    capsys.readouterr()
    assert run_here(*run, "2") == 1
    assert "Leave --min-count out" in capsys.readouterr().err


def test_no_way_of_sampling_writes_the_stand_in(model, capsys):
    ways = [[], ["-t", "0"], ["-t", "5", "-c", "3"], ["--top-k", "2"], ["--no-repeat", "3"]]
    ways += [["--only", f"ab{STAND_IN}"], ["--ban", "a"], ["--best-of", "2", "--json"]]
    for way in ways:
        assert run_here("sample", model, "-n", "40", "--seed", "1", *way) == 0
        out = capsys.readouterr().out
        assert STAND_IN not in out
        assert "\\ufffd" not in out
    assert run_here("sample", model, "--only", STAND_IN) == 2
    # The surprisal is under the model itself, which expects the stand-in.
    assert run_here("sample", model, "-n", "9", "--json") == 0
    assert max(json.loads(capsys.readouterr().out)["log_probabilities"]) < -2


def test_training_shows_no_stand_in_either():
    vocabulary = Vocabulary(to_code_points("ab" + STAND_IN), rare=True)
    rng = np.random.default_rng(0)
    network = initialise("gru", "tanh", 1, 4, np.array([1, 1, 98]), rng)
    assert set(generate(network, vocabulary, length=200)) == {"a", "b"}
    plain = Vocabulary(vocabulary.code_points)  # a text may have that character of its own
    assert STAND_IN in set(generate(network, plain, length=200))


def test_an_unknown_character_of_a_prompt_is_read_as_the_stand_in(model, capsys):
    loaded = load(model)
    text, notes = loaded.fit("a冬b冬", "error")
    assert text == "a冬b冬"  # and is written as it was typed
    assert len(notes) == 1
    assert "冬" in notes[0]
    assert "U+51AC" in notes[0]
    prompts = text, f"a{STAND_IN}b{STAND_IN}"
    read, meant = (loaded.start(prompt).streams().logits for prompt in prompts)
    assert np.array_equal(read, meant)
    assert loaded.fit("a冬", "skip")[0] == "a"
    assert loaded.fit("Ä冬", "nearest")[0] == "a冬"
    assert run_here("sample", model, "-p", "冬", "--with-prompt", "-n", "5") == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("冬")
    assert "冬" in shown.err


def test_inspect_reads_unknown_characters_as_the_stand_in(model, text, capsys):
    values = []
    for source in (["--text", text], ["-p", TEXT], ["-p", TEXT.replace("春", "冬")]):
        run = ["inspect", model, "--view", "surprisal", "--json", *source]
        assert run_here(*run) == 0
        values.append(json.loads(capsys.readouterr().out)["nats"])
    assert values[0] == values[1] == values[2]
    assert run_here("inspect", model, "-p", "a冬b", "--view", "next") == 0


def test_a_run_resumes_exactly_and_not_with_another_count(text, capsys):
    once, twice = text.with_name("1.npz"), text.with_name("2.npz")
    run = ["train", text, *SMALL, "--quiet", "--seed", "1"]
    assert run_here(*run, "--out", once, "--steps", "4", "--min-count", "10") == 0
    assert run_here(*run[:2], "--out", once, "--resume", "--steps", "3", "--min-count", "10") == 0
    assert run_here(*run, "--out", twice, "--steps", "4", "--min-count", "10") == 0
    assert run_here(*run[:2], "--out", twice, "--resume", "--steps", "3") == 0
    assert once.read_bytes() == twice.read_bytes()
    capsys.readouterr()
    assert run_here(*run[:2], "--out", once, "--resume", "--min-count", "11") == 2
    assert "--min-count 11 contradicts" in error_of(capsys.readouterr().err)


def test_novelty_reads_the_training_text_like_the_model(model, capsys):
    assert run_here("sample", model, "-n", "60", "-t", "0.1", "--novelty") == 0
    assert "not exactly" not in capsys.readouterr().err


@pytest.mark.parametrize("value", [1, 0, -3, 2.0, True, "10", None, [10]])
def test_a_file_can_name_no_count_below_two(value):
    assert Reading.of({"min_count": value}) == Reading()
    assert Reading.of({"min_count": 10}) == Reading(min_count=10)


def test_a_file_without_the_stand_in_has_none_to_read(model):
    stored = checkpoint.load(model)
    stored.vocabulary[-1] = 0xFFFE
    loaded = Model(stored)
    assert loaded.vocabulary.stand_in is None
    assert loaded.filters().allowed is None
    with pytest.raises(UnknownCharacter):
        loaded.fit("冬", "error")


def test_without_rare_characters_nothing_changes(text):
    text.write_text("ab ba\n" * 40)
    whole, corpus = read(text, None), read(text, 10)
    assert np.array_equal(whole.ids, corpus.ids)
    assert whole.vocabulary == corpus.vocabulary
    assert any("none is rare" in note for note in corpus.notes)
    assert fit("a", corpus.vocabulary, "error") == ("a", [])
    assert Filters().allowed is None
