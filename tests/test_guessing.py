"""What is guessed decodes and gives no controls, and the right encoding mostly comes first."""

import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from writings import passages, rank, writings

from charrnn.text.guessing import decodes, guesses, is_damaged_utf_8, is_odd
from charrnn.visible import visible

LEGACY = sorted((text, encoding) for _, text, encodings in writings() for encoding in encodings)


def pieces_of(content: bytes, size: int = 1 << 18) -> Callable[[], Iterator[bytes]]:
    return partial(iter, [content[i : i + size] for i in range(0, len(content), size)])


@pytest.mark.parametrize(
    ("length", "first", "named"), [(40, 0.95, 0.99), (100, 0.98, 1), (300, 1, 1)]
)
def test_the_right_encoding_comes_first_or_among_three(
    length: int, first: float, named: float
) -> None:
    ranks = [rank(text, encoding) for _, encoding, text in passages(length, every=90)]
    assert ranks.count(0) >= first * len(ranks)
    assert ranks.count(None) <= (1 - named) * len(ranks)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("“It’s late – isn’t it?” she’d asked.", "cp1252"),
        ("He paid 10 £ for it.", "cp1252"),
        ("It’s", "cp1252"),
        ("don’t", "mac-roman"),
        ("Ça s’appelle « été ».", "mac-roman"),
        ("Met één vinger, in het voorbijgaan", "cp850"),
        ("╔═══════╦═════╗\n║ Größe ║ 5 m ║", "cp437"),
        ("Привет", "koi8-r"),
        ("Привет", "cp866"),
        ("你好，世界", "big5"),
        ("こんにちは", "cp932"),
        ("안녕하세요", "cp949"),
        ("Hello world", "utf-16-le"),
        ("Hello world", "utf-32-be"),
    ],
)
def test_a_few_characters_can_be_enough(text: str, encoding: str) -> None:
    assert rank(text, encoding) == 0


def test_the_words_begin_shortly_before_the_first_telling_one() -> None:
    content = ("plain words\n" * 1000 + "and on one line some of them: süß\n").encode("cp1252")
    (guess, *_) = guesses(pieces_of(content))
    assert guess.words.startswith("of them: süß")


def test_two_guesses_never_read_the_same() -> None:
    for text, encoding in LEGACY:
        content = text.encode(encoding, "ignore")
        texts = [content.decode(guess.encoding) for guess in guesses(pieces_of(content))]
        assert len(texts) == len(set(texts)) <= 3


def test_what_only_the_end_of_a_file_rules_out_is_not_named() -> None:
    content = "Die Tür ist größer.\n".encode("cp1252") * 20_000
    assert guesses(pieces_of(content))[0].encoding == "cp1252"
    assert not any(
        guess.encoding in ("cp1252", "iso8859-15")
        for guess in guesses(pieces_of(content + b"\x81"))
    )


@pytest.mark.parametrize("size", [1 << 12, 1 << 18])
def test_a_file_that_tells_late_is_looked_at_until_it_does(size: int) -> None:
    content = b"nothing to see here\n" * 30_000 + "старый дом\n".encode("koi8-r") * 9
    assert guesses(pieces_of(content, size))[0].encoding == "koi8-r"


@settings(max_examples=25)
@given(st.sampled_from(LEGACY), st.integers(4, 99))
def test_where_pieces_end_does_not_matter_to_a_guess(text: tuple[str, str], size: int) -> None:
    content = text[0].encode(text[1], "ignore")
    pieces = pieces_of(b"nothing to see here\n" * 9 + content, size)
    assert text[1][:3] == "utf" or guesses(pieces) == guesses(partial(iter, [b"".join(pieces())]))


@pytest.mark.parametrize("length", [200, 5_000, 300_000])
def test_random_bytes_read_like_no_text(length: int) -> None:
    assert guesses(pieces_of(random.Random(length).randbytes(length))) == []


def test_utf_8_that_was_cut_is_known_from_another_encoding() -> None:
    text = "Тихо в доме, все спят.\n" * 9
    assert is_damaged_utf_8(pieces_of(text.encode()[:-2] + b"\n"))
    assert not is_damaged_utf_8(pieces_of(text.encode("cp1251")))


@pytest.mark.parametrize("character", "\0\x0b\x1a\x1b\x7f\x85\x92\ufffd\ue000\u0378\uffff")
def test_characters_that_no_text_has(character: str) -> None:
    assert is_odd(character)
    assert not any(map(is_odd, "a\t\n\r\f é’\u00a0\u00ad\u200e漢👍"))


# Laws


@given(st.binary(max_size=200) | st.sampled_from(LEGACY).map(lambda e: e[0].encode(e[1], "ignore")))
def test_a_guess_decodes_and_gives_no_character_that_no_text_has(content: bytes) -> None:
    for guess in guesses(pieces_of(content)):
        assert not any(map(is_odd, content.decode(guess.encoding)))
        assert guess.words == visible(guess.words, one_line=True)


def test_words_may_have_signs_that_are_drawn_though_python_does_not_print_them() -> None:
    (guess,) = guesses(pieces_of(("\u0642\u0644\u0645 \u0603 " * 9).encode("utf-16-be")), most=1)
    assert guess.encoding == "utf-16-be"
    assert "\u0603" in guess.words


@given(st.text(), st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.integers(1, 9))
def test_the_whole_is_decoded_whatever_the_pieces(text: str, encoding: str, size: int) -> None:
    content = text.encode(encoding)
    assert decodes(pieces_of(content, size), encoding) == ("\0" not in text)
