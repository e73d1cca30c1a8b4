"""Characters and indices are two names of the same thing, and a stranger is called by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import UnknownCharacter
from charrnn.text.vocabulary import Vocabulary

ANY_TEXT = st.text(st.characters(codec="utf-8"))


def vocabulary_of(text: str) -> Vocabulary:
    return Vocabulary(np.array(sorted(set(map(ord, text))), np.uint32))


@given(ANY_TEXT)
def test_decoding_undoes_encoding(text: str) -> None:
    vocabulary = vocabulary_of(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(ANY_TEXT)
def test_an_index_is_the_rank_of_the_character(text: str) -> None:
    vocabulary = vocabulary_of(text)
    assert vocabulary.characters == "".join(sorted(set(text)))
    expected = [vocabulary.characters.index(character) for character in text]
    assert vocabulary.encode(text).tolist() == expected


@given(ANY_TEXT, ANY_TEXT)
def test_unknown_lists_exactly_the_characters_that_are_not_there(known: str, text: str) -> None:
    expected = [(i, c) for i, c in enumerate(text) if c not in known]
    assert vocabulary_of(known).unknown(text) == expected


@pytest.mark.parametrize(("size", "dtype"), [(0, "u1"), (1, "u1"), (256, "u1"), (257, "u2")])
def test_the_type_is_the_smallest_that_holds_every_index(size: int, dtype: str) -> None:
    vocabulary = Vocabulary(np.arange(size))
    assert len(vocabulary) == size
    assert vocabulary.dtype == np.dtype(dtype)
    ids = vocabulary.encode(vocabulary.characters)
    assert ids.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(ids, np.arange(size))


def test_the_largest_vocabulary_fits_sixteen_bits() -> None:
    vocabulary = Vocabulary(np.arange(0xF0000, 0x100000))
    assert vocabulary.encode("\U000f0000\U000fffff").tolist() == [0, 65_535]


def test_the_error_names_the_first_stranger_and_counts_them_all() -> None:
    with pytest.raises(UnknownCharacter) as caught:
        vocabulary_of("price: 0").encode("price: €€ 5")
    assert caught.value.message == (
        "the model never saw '€' (U+20AC, at position 7 counted from 0);"
        " 3 of 11 characters are unknown to it"
    )
    assert "--unknown" in caught.value.hint


@pytest.mark.parametrize("stranger", ["\x1b", "\u202e", "\n", "\ud800"])
def test_a_stranger_that_is_not_printable_is_shown_as_an_escape(stranger: str) -> None:
    with pytest.raises(UnknownCharacter) as caught:
        vocabulary_of("ab").encode("a" + stranger)
    assert caught.value.message.isprintable()
    assert f"U+{ord(stranger):04X}" in caught.value.message


def test_a_lone_surrogate_is_merely_unknown() -> None:
    assert vocabulary_of("ab").unknown("a\udfffb") == [(1, "\udfff")]


def test_an_empty_vocabulary_knows_nothing() -> None:
    assert vocabulary_of("").unknown("ab") == [(0, "a"), (1, "b")]
    assert vocabulary_of("").encode("").tolist() == []


def test_vocabularies_are_equal_by_their_characters() -> None:
    assert vocabulary_of("abc") == vocabulary_of("cba")
    assert hash(vocabulary_of("abc")) == hash(vocabulary_of("cba"))
    assert vocabulary_of("abc") != vocabulary_of("abd")
    assert vocabulary_of("abc") != "abc"


@pytest.mark.parametrize("code_points", [[2, 1], [1, 1]])
def test_code_points_that_do_not_ascend_are_refused(code_points: list[int]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        Vocabulary(np.array(code_points))
