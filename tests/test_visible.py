"""Nothing that a terminal obeys, hides or reorders passes `visible`; ordinary text does."""

import sys
import unicodedata

import pytest

from charrnn.visible import visible

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
