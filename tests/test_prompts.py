"""Escapes in prompts, and what becomes of characters that the model never saw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import UnknownCharacter
from charrnn.generation.prompts import fit, nearest
from charrnn.text.forms import line_ends
from charrnn.text.vocabulary import Vocabulary, to_code_points
from charrnn.visible import unescape

ASCII = Vocabulary(np.array([10, *range(32, 127)], np.uint32))
KNOWN = set(ASCII.characters)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (r"a\nb", "a\nb"),
        (r"\t", "\t"),
        (r"\\n", r"\n"),
        (r"\\\n", "\\\n"),
        (r"\x \é", r"\x \é"),
        ("\\", "\\"),
        ("", ""),
        ("a\nb", "a\nb"),
    ],
)
def test_escapes_stand_for_newline_tab_and_backslash(typed, meant):
    assert unescape(typed) == meant


def test_line_ends_become_those_of_the_models_text():
    assert fit("a\r\nb\rc\n", ASCII, "error") == ("a\nb\nc\n", [])
    kept = Vocabulary(np.array([10, 13, 97], np.uint32))
    assert fit("a\r\na\r", kept, "error") == ("a\r\na\r", [])


def test_unknown_characters_are_named_with_code_point_and_position():
    with pytest.raises(UnknownCharacter) as error:
        fit("naïve €5 ï\u202e", ASCII, "error")
    message = error.value.message
    assert "'ï' (U+00EF) at position 2," in message
    assert "'€' (U+20AC) at position 6" in message
    assert r"'\u202e' (U+202E)" in message
    assert "skip" in error.value.hint
    assert "nearest" in error.value.hint


def test_an_error_about_many_characters_stays_short():
    with pytest.raises(UnknownCharacter, match="and 995 more"):
        fit("".join(map(chr, range(0x4E00, 0x4E00 + 1000))), ASCII, "error")


def test_skipping_leaves_out_and_says_so():
    assert fit("a€b€", ASCII, "skip") == ("ab", ["'€' (U+20AC) was left out"])
    assert fit("plain", ASCII, "skip") == ("plain", [])


@pytest.mark.parametrize(
    ("character", "stand_in"),
    [
        ("é", "e"),
        ("Å", "A"),
        ("ﬁ", "fi"),
        ("ß", "ss"),
        ("’", "'"),
        ("—", "-"),
        ("…", "..."),
        ("½", "1/2"),
        ("´", "'"),
        ("″", '"'),
        ("Ａ", "A"),
        ("\u00a0", " "),
        ("\t", " "),
        ("²", "2"),
        ("\u0301", ""),
        ("å", "a"),
    ],
)
def test_the_nearest_is_what_a_typist_would_take(character, stand_in):
    assert nearest(character, KNOWN) == stand_in


def test_the_other_case_is_nearer_than_another_letter():
    assert nearest("q", set("QRp")) == "Q"
    assert nearest("É", set("ae")) == "e"


@pytest.mark.parametrize(
    ("character", "known", "stand_in"),
    [
        ("'", "a’", "’"),
        ("-", "a–", "–"),
        ('"', "“”", "“"),
        (" ", "a\u00a0", "\u00a0"),
        ("e", "aéz", "é"),
        ("“", "«»", "«"),
        ("ß", "SA", "SS"),
    ],
)
def test_a_typographic_form_stands_for_a_plain_one(character, known, stand_in):
    assert nearest(character, set(known)) == stand_in


@pytest.mark.parametrize("character", ["春", "日", "€", "z", "7", "!", "\u0301", "\u200b", "😀"])
def test_nothing_stands_for_a_character_that_is_near_none(character):
    assert nearest(character, set("aS1 .'-\n")) == ""


def test_a_character_without_a_near_one_is_left_out_and_named():
    assert fit("a春é", ASCII, "nearest") == (
        "ae",
        ["'春' (U+6625) was left out", "'é' (U+00E9) became 'e'"],
    )


@given(st.text(max_size=12), st.sets(st.characters(codec="utf-8"), min_size=1, max_size=6))
def test_whatever_is_typed_becomes_readable(text, alphabet):
    vocabulary = Vocabulary(np.unique(to_code_points("".join(alphabet))))
    for unknown in ("skip", "nearest"):
        text = line_ends(text, vocabulary)
        fitted, notes = fit(text, vocabulary, unknown)
        assert set(fitted) <= alphabet
        assert len(notes) == len(set(text) - alphabet)
        assert not set(text) <= alphabet or fitted == text
