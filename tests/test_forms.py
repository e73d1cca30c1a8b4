"""Composed and decomposed text: one form on request, a line if there are two, prompts in either."""

import json
import sys
import unicodedata
from pathlib import Path

import pytest
from commands import SMALL, run_here
from hypothesis import given
from hypothesis import strategies as st

import charrnn
from charrnn.errors import UsageError
from charrnn.storage import checkpoint
from charrnn.text import FORMS
from charrnn.text.corpus import read_corpus, read_text
from charrnn.text.forms import begins, normalized, spelled
from charrnn.text.reading import Reading
from charrnn.text.vocabulary import Vocabulary, to_code_points

COMPOSED, DECOMPOSED = "é", "e\u0301"
PIECES = st.lists(
    st.text(
        st.sampled_from("ae\u0301\u0323\u0302éếậ\u00c5\u212b각\u1100\u1161\u11a8क\u093cक़\n日👍")
    )
)


def alphabet(characters: str) -> Vocabulary:
    return Vocabulary(to_code_points("".join(sorted(set(characters)))))


@given(pieces=PIECES, form=st.sampled_from(FORMS))
def test_normalizing_in_pieces_is_normalizing_the_whole(pieces: list[str], form: str) -> None:
    whole = unicodedata.normalize(form.upper(), "".join(pieces))  # type: ignore[arg-type]
    assert "".join(normalized(pieces, form)) == whole
    assert "".join(normalized(pieces, None)) == "".join(pieces)


def test_a_character_that_begins_is_no_later_part_of_any_other() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        parts = unicodedata.normalize("NFD", character)
        if len(parts) > 1 or unicodedata.combining(character):
            assert not any(map(begins, parts[1:])), hex(ord(character))
            assert begins(character) == begins(parts[0])
            assert not (begins(character) and unicodedata.combining(parts[0]))


def test_a_text_in_both_forms_is_told_so_with_counts(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text(f"{COMPOSED} {DECOMPOSED} o\u0302 o\u0302 x\u0302\n" * 10)
    notes = read_corpus([str(path)]).notes
    assert len(notes) == 1
    for part in ("composed 10 ", "decomposed 30 ", "'ô' as o and U+0302", "--normalize nfc"):
        assert part in notes[0]
    for form in FORMS:
        assert read_corpus([str(path)], Reading(normalize=form)).notes == ()
    path.write_text(f"{COMPOSED} x\u0302 क़\n" * 10)  # these have no other form
    assert read_corpus([str(path)]).notes == ()
    with pytest.raises(UsageError):
        read_text(str(path), Reading(normalize="nfkc"))


def test_hangul_has_two_forms_as_well(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("각 \u1100\u1161 나다라마바사\n" * 3)
    assert "composed 21 times, decomposed 3 times" in read_corpus([str(path)]).notes[0]


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        (COMPOSED, "e\u0301", DECOMPOSED),
        (f"a{DECOMPOSED}a", "aeé", f"a{COMPOSED}a"),
        ("\u212b", "Å", "Å"),
        ("ế", "ê\u0301", "ê\u0301"),
        ("éxé", "e\u0301", f"{DECOMPOSED}x{DECOMPOSED}"),
        (COMPOSED, "e", COMPOSED),
        ("각", "\u1100\u1161\u11a8", "\u1100\u1161\u11a8"),
        (DECOMPOSED, "eé\u0301", DECOMPOSED),  # all known: left as it is
    ],
)
def test_what_the_alphabet_lacks_is_spelled_in_its_form(
    text: str, known: str, expected: str
) -> None:
    assert spelled(text, alphabet(known), None) == expected


def test_the_form_is_remembered_and_everything_is_read_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text(f"caf{COMPOSED} caf{DECOMPOSED}\n" * 40)
    train = ["train", "text", *SMALL, "--steps", "2", "-q"]
    assert run_here(*train, "--normalize", "nfd", "--threads", "1") == 0
    assert run_here("train", "text", "--resume", "--steps", "1", "-q") == 0
    model = charrnn.load("charrnn.npz")
    assert model.meta["corpus"]["normalize"] == "nfd"
    assert model.vocabulary.characters == "\n acef\u0301"
    sample = ["sample", "-n", "9", "--seed", "1", "--json", "--stop", COMPOSED, "--novelty"]
    capsys.readouterr()
    for prompt in (["-p", COMPOSED], ["--prompt-file", "text", "--corpus", "text"]):
        assert run_here(*sample, *prompt) == 0
        out, err = capsys.readouterr()
        assert (DECOMPOSED in json.loads(out)["prompt"], err) == (True, "")
    for text in (["--prompt", COMPOSED * 3], ["--text", "text"]):
        assert run_here("inspect", *text, "--view", "surprisal", "--json") == 0
    stored = checkpoint.load(Path("charrnn.npz"))
    stored.meta["corpus"]["normalize"] = "\x1b[2J"
    checkpoint.save(Path("odd.npz"), stored)
    capsys.readouterr()
    assert run_here("sample", "odd.npz", "--prompt-file", "text") == 2
    assert "\x1b" not in capsys.readouterr().err


def test_without_the_option_a_file_is_what_it_was(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(f"{COMPOSED}a\n" * 40)
    out = tmp_path / "m.npz"
    run_here("train", str(tmp_path / "text"), *SMALL, "--steps", "0", "-q", "--out", str(out))
    assert "normalize" not in checkpoint.load(out).meta["corpus"]
