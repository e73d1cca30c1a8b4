"""Nothing that a terminal obeys, hides or reorders passes `visible`; ordinary text does."""

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charrnn.visible import Showing, visible

HOSTILE = [
    *range(0x00, 0x09),
    *range(0x0B, 0x20),
    *range(0x7F, 0xA0),
    0x061C,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    0x2060,
    *range(0x2066, 0x206A),
    0xFEFF,
    0xD800,
    0xDFFF,
    0xE000,
    0x0378,  # unassigned
    *range(0xE0000, 0xE0080),
    0x10FFFF,
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("\x00\r", "\\x00\\r"),
    ],
)
def test_an_escape_names_its_code_point(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_every_hostile_code_point_becomes_ascii() -> None:
    for code in HOSTILE:
        shown = visible(chr(code))
        assert shown.startswith("\\"), hex(code)
        assert shown.isascii()
        assert shown.isprintable()


def test_text_stays_as_it_is_in_every_script() -> None:
    text = "Grüße, Ὀδυσσεύς, שלום, हिन्दी, 日本語, 👍 e\u0301 C:\\x1b\u00a0end ۝1\n\tindented"
    assert visible(text) == text


def test_newline_and_tab_go_only_when_one_line_is_asked_for() -> None:
    assert visible("a\n\tb") == "a\n\tb"
    assert visible("a\n\tb", one_line=True) == "a\\n\\tb"


def test_no_control_or_format_remains_except_signs_that_are_drawn() -> None:
    shown = set(visible("".join(map(chr, range(sys.maxunicode + 1))), one_line=True))
    left = {c for c in shown if unicodedata.category(c)[0] == "C"}
    assert {unicodedata.name(c).split()[0] for c in left} == {"ARABIC", "SYRIAC", "KAITHI"}
    assert not {unicodedata.category(c) for c in shown} & {"Zl", "Zp"}


def test_showing_piece_by_piece_equals_showing_the_whole() -> None:
    text = "a\x1b]0;title\x07\u202e\U000e0041b"
    assert "".join(map(visible, text)) == visible(text)


# Joiners and selectors

FAMILY = "👩\u200d👩\u200d👧"


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian
        "क्\u200dष क्\u200cष",  # Hindi
        "র\u200d্যাব",  # Bengali
        "ශ්\u200dරී",  # Sinhala
        FAMILY,
        "👩🏽\u200d⚕\ufe0f",
        "🏳\ufe0f\u200d🌈",
        "❤\ufe0f ☺\ufe0e ©\ufe0f",
        "1\ufe0f\u20e3 👍🏽 🇩🇪🇫🇷",
        "葛\U000e0101 ∩\ufe00",
        "e\u0301\u0323" + "\u0300" * 50,  # marks are drawn, however many
    ],
)
def test_what_a_reader_takes_for_one_character_is_shown_as_such(text: str) -> None:
    assert visible(text) == visible(text, one_line=True) == text


@pytest.mark.parametrize(
    "text",
    [
        "pay\u200dpal",
        "a\u200cb",
        "é\u200dé",
        "д\u200cд",
        "日\u200d日",
        "\u200dक",
        "क\u200d",
        "क\u200d क",
        "क\u200d\u200dक",
        "क\u200c\u200dक",
        "क\u200da",
        "a\u094d\u200dक",  # a mark of one script on a letter of another
        "म\u200d\u202eम",
        "م\u200d\u200fم",
        "م\u200d\x1b[31mم",
        "👩\u200c👩",
        "👩\u200da",
        "👩\u200d\u200d👩",
        "👩\u200d🏽",
        "🏽\u200d👩",
        "🇩\u200d🇪",
        "a\ufe0f",
        "\ufe0f",
        "❤\ufe0f\ufe0f",
        "क\u200d\ufe0fक",
        "👍\U000e0101\U000e0102",  # a text hidden in selectors
        "葛\U000e0101\U000e0102",
        "x\U000e0101",
    ],
)
def test_a_joiner_or_selector_anywhere_else_is_a_trick(text: str) -> None:
    shown = visible(text)
    hidden = "\u200c\u200d\ufe0f\u202e\u200f\x1b\U000e0101\U000e0102"
    assert shown != text
    assert len(set(shown) & set(hidden)) <= (text[0] in "❤葛")  # the first selector is right


@given(
    text=st.text(
        st.sampled_from("a\n\x1b\u200c\u200d\u202e\ufe0f\U000e0101कم\u094d\u0301👩❤🏽🇩1日")
    ),
    one_line=st.booleans(),
)
@example(text=FAMILY, one_line=True)
def test_character_by_character_is_the_whole(text: str, one_line: bool) -> None:
    showing = Showing(one_line=one_line)
    pieces = [shown for character in text for shown in showing.feed(character)] + showing.end()
    shown = visible(text, one_line=one_line)
    assert "".join(pieces) == shown
    assert len(pieces) == len(text)
    assert visible(shown, one_line=one_line) == shown


def test_only_a_joiner_waits() -> None:
    showing = Showing()
    shown = ["".join(showing.feed(c)) for c in "aक\u200dष👩\u200d"]
    assert shown == ["a", "क", "", "\u200dष", "👩", ""]
    assert showing.end() == ["\\u200d"]
    assert showing.feed("\u200d👩") == ["\\u200d", "👩"]  # of another text
