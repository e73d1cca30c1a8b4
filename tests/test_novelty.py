"""Novelty against a search of the whole corpus with Python's own `in`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import CorpusError
from charrnn.generation import novelty
from charrnn.generation.novelty import Loop, corpus_of, ending_loop, find_loop, is_learnt, known
from charrnn.text.corpus import read_corpus
from charrnn.text.reading import Reading
from charrnn.text.vocabulary import to_code_points

ALICE = "Down, down, down. Would the fall never come to an end? I wonder how many miles."


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "alice.txt"
    path.write_text(ALICE, encoding="utf-8")
    return read_corpus([str(path)])


PARTS = st.lists(st.sampled_from([ALICE[:20], ALICE[13:60], "down", "xyz", "é", " "]), max_size=4)


@given(PARTS.map("".join), st.integers(1, 40))
def test_known_ngrams_are_those_that_occur_in_the_corpus(corpus, text, n):
    if n <= len(text):
        expected = [text[i : i + n] in ALICE for i in range(len(text) - n + 1)]
        assert known(to_code_points(text), corpus, n).tolist() == expected


def test_ngrams_across_the_borders_of_pieces_are_found(corpus, monkeypatch):
    monkeypatch.setattr(novelty, "_PIECE", 7)
    for n in (1, 2, 5, 13, len(ALICE)):
        assert known(to_code_points(ALICE), corpus, n).all()


@given(PARTS.map("".join))
def test_the_longest_copy_is_the_longest_run_that_the_corpus_has(corpus, text):
    runs = {text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)}
    longest = max((len(run) for run in runs if run in ALICE), default=0)
    copied = novelty.novelty(text, corpus).copied
    assert len(copied) == longest
    assert copied in text
    assert copied in ALICE


def test_shares_count_every_ngram_and_leave_out_lengths_that_do_not_fit(corpus):
    assert novelty.novelty(ALICE, corpus).new == {8: 0, 12: 0, 16: 0, 32: 0}
    found = novelty.novelty("Down, dxyz??", corpus)
    assert found.new == {8: 1.0, 12: 1.0}
    assert found.copied == "Down, d"
    assert novelty.novelty("", corpus) == novelty.Novelty("", {}, None)


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        ("the end, " * 6, Loop("the end, ", 6, 0)),
        ("so it was that " + "no " * 20 + "yes", Loop(" no", 20, 14)),
        ("-" * 60, Loop("-", 60, 0)),
        ("abc" * 12, None),  # 36 characters are no loop yet
        (ALICE, None),
        ("", None),
    ],
)
def test_loops_are_noticed_with_their_shortest_unit(text, loop):
    assert find_loop(text) == loop


@given(st.text("ab ", min_size=1, max_size=60), st.text("abc .", max_size=20))
def test_a_loop_at_the_end_is_noticed_wherever_the_text_stops(unit, before):
    text = before + unit * max(4, 2 + 40 // len(unit))
    for cut in range(len(unit)):
        loop = ending_loop(text[: len(text) - cut])
        assert loop
        assert len(unit) % len(loop.unit) == 0
        assert text[loop.start :].startswith(loop.unit * loop.repeats)


@pytest.mark.parametrize("text", ["", ALICE, "abc" * 12, "the end, " * 6 + "and so on."])
def test_no_loop_at_the_end_is_none(text):
    assert ending_loop(text) is None


def test_the_corpus_is_found_by_the_checkpoint_and_refused_if_it_has_changed(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(ALICE.encode("latin-1") + b"\r\nna\xefve\r\n")
    learnt = read_corpus([str(path)], Reading(encoding="latin-1", newlines="keep"))
    meta = {
        "corpus": {"files": [str(path)], "sha256": learnt.sha256, "encoding": "latin-1"},
    }
    assert corpus_of(meta).sha256 == learnt.sha256
    assert is_learnt(learnt, meta)
    path.write_bytes(b"another text of more than twenty characters")
    with pytest.raises(CorpusError, match="changed"):
        corpus_of(meta)
    path.unlink()
    with pytest.raises(CorpusError, match="cannot be read again"):
        corpus_of(meta)
    for foreign in ({}, {"corpus": None}, {"corpus": {"files": ["-"]}}, {"corpus": {"files": 5}}):
        with pytest.raises(CorpusError) as error:
            corpus_of(foreign)
        assert "--corpus" in error.value.hint
