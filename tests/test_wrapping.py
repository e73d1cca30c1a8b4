"""Text that wraps at its words while it is written, and what a terminal gets of it through Rich."""

import io
import math
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rich.cells import cell_len

from charrnn.cli.sample.terminal_writer import TerminalWriter
from charrnn.cli.terminal.stream import Stream
from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.terminal.wrapping import Wrapping

WIDE, MARK = "日", "\u0301"
TEXTS = st.lists(
    st.one_of(
        st.sampled_from([" ", "  ", "\n", "\t", WIDE, WIDE * 3, "e" + MARK, MARK, "a-b"]),
        st.text("abcdé", min_size=1, max_size=12),
    ),
    max_size=40,
).map("".join)
XTERM = {"TERM": "xterm-256color"}


def pieces_of(text: str, width: int) -> list[tuple[str, int | None]]:
    """What is written of a text; the ink of a character is its place."""
    wrapping = Wrapping[int](lambda: width)
    return [p for i, c in enumerate(text) for p in wrapping.put(c, i)] + list(wrapping.end())


def wrapped(text: str, width: int) -> str:
    return "".join(piece for piece, _ in pieces_of(text, width))


@hypothesis_settings(max_examples=300, derandomize=True)
@given(text=TEXTS, width=st.integers(2, 30))
def test_wrapping_loses_nothing_and_cuts_no_word_that_fits(text: str, width: int) -> None:
    line = ""
    broken = []  # before these places stands a newline that is not in the text
    pieces = pieces_of(text, width)
    assert [place for _, place in pieces if place is not None] == list(range(len(text)))
    for number, (piece, place) in enumerate(pieces):
        if place is None:
            broken.append(pieces[number + 1][1])
        elif text[place] == " ":
            assert piece == " " or (piece == "" and cell_len(line) >= width)
        elif text[place] == "\t":
            assert not piece.strip(" ")
            assert (cell_len(line) + len(piece)) % 8 == 0 or cell_len(line + piece) == width
        else:
            assert piece == text[place]
        line = "" if piece == "\n" else line + piece
        assert cell_len(line) <= width
    for word in re.finditer(rf"[^\s{WIDE}]+", text):
        if cell_len(word[0]) <= width:
            assert not set(range(word.start() + 1, word.end())) & set(broken)


CLUSTERS = ["👩\u200d👩\u200d👧", "👩🏽\u200d⚕\ufe0f", "❤\ufe0f", "❤", "🇩🇪", "1\ufe0f\u20e3", "12"]
CLUSTERS += ["क्\u200dष", "e\u0301", "日", "ab"]


@hypothesis_settings(max_examples=300, derandomize=True)
@given(
    clusters=st.lists(st.sampled_from([*CLUSTERS, " ", "\n"]), max_size=30),
    width=st.integers(3, 12),
)
def test_no_cluster_is_cut_and_no_line_too_wide(clusters: list[str], width: int) -> None:
    text, whole = "".join(clusters), set()
    for number in range(len(clusters)):
        whole.add(len("".join(clusters[:number])))
    line, pieces = "", pieces_of(text, width)
    assert [place for _, place in pieces if place is not None] == list(range(len(text)))
    for number, (piece, place) in enumerate(pieces):
        if place is None:
            after = pieces[number + 1][1]
            assert after in whole or text[after - 1 : after + 1] in ("12", "ab")  # type: ignore
        line = "" if piece == "\n" else line + piece
        assert cell_len(line) <= width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one two three", "one two \nthree"),
        ("one twos three", "one twos\nthree"),  # no room for the space
        ("one two  three", "one two \nthree"),
        ("one twos\n three", "one twos\n three"),
        ("no abcdefghijk lm", "no \nabcdefgh\nijk lm"),  # a word longer than a line
        ("a\tb\n\tc", "a       \nb\n        \nc"),
        ("ab日本語日", "ab日本語\n日"),
        ("abc日本語", "abc日本\n語"),
        ("日cde\u0301fgh", "日cde\u0301fgh"),
        ("日日日👩\u200d👩\u200d👧", "日日日👩\u200d👩\u200d👧"),
        ("日日日a👩\u200d👧👧", "日日日a\n👩\u200d👧👧"),
        ("日日日a❤\ufe0f", "日日日\na❤\ufe0f"),
        ("abcdefg❤\ufe0f", "abcdefg\n❤\ufe0f"),
        ("abcdefg❤h", "abcdefg❤\nh"),
        ("abcdefg🇩🇪", "abcdefg\n🇩🇪"),
    ],
)
def test_lines_end_where_a_reader_expects_it(text: str, shown: str) -> None:
    assert wrapped(text, 8) == shown


def test_what_cannot_move_any_more_is_shown_at_once() -> None:
    """The first word of a line, and all scripts without spaces; another word when it is too long
    for its line."""
    wrapping = Wrapping[str](lambda: 8)
    shown = ["".join(piece for piece, _ in wrapping.put(c, "")) for c in "ab cdefghi日本"]
    assert shown == ["a", "b", " ", *[""] * 5, "\ncdefgh", "i", "\n日", "本"]


def test_a_terminal_that_changes_is_asked_again() -> None:
    width = 8
    wrapping = Wrapping[str](lambda: width)
    shown = [piece for c in "aaa bbb ccc" for piece, _ in wrapping.put(c, "")]
    width = 20
    shown += [piece for c in " ddd eee" for piece, _ in wrapping.put(c, "")]
    shown += [piece for piece, _ in wrapping.end()]
    assert "".join(shown) == "aaa bbb \nccc ddd eee"


# Through Rich


class Tty(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def shown_by(use: Callable[[TerminalWriter], object], heat: bool = False, **variables: str) -> str:
    """What a terminal receives, stdout and stderr together."""
    file = Tty(io.BytesIO(), encoding="utf-8", newline="")
    environment = {"COLUMNS": "20"} | variables
    stdout, stderr = Stream(file, environment), Stream(file, environment)
    use(TerminalWriter(Terminal(None, stdout, stderr), heat=heat))
    return file.buffer.getvalue().decode()  # type: ignore[attr-defined, no-any-return]


def a_text(writer: TerminalWriter) -> None:
    writer.begin("--- a label ---", "A prompt whose last wo")
    for character in "rd goes on,\nand a line.":
        writer.write(character, [2 * math.log(2)])
    writer.finish()


def test_a_word_that_the_prompt_begins_is_not_cut() -> None:
    shown = "A prompt whose last \nword goes on,\nand a line.\n"
    for variables in ({"TERM": "dumb"}, XTERM | {"NO_COLOR": "1"}):
        assert shown_by(a_text, **variables) == f"--- a label ---\n{shown}"
    coloured = shown_by(a_text, **XTERM)
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == f"--- a label ---\n{shown}"
    assert "\x1b[1m--- a label ---\x1b[0m" in coloured
    assert "\x1b[2mwo\x1b[0mrd" in coloured


def test_heat_is_a_background_that_a_legend_explains() -> None:
    """In 256 colours; Rich remembers a style's codes, so a process can have one kind only."""
    shown, two_bits = shown_by(a_text, heat=True, **XTERM), "38;5;231;48;5;239"
    assert f"\x1b[2mwo\x1b[0m\x1b[{two_bits}mr\x1b[0m" in shown
    legend = shown.splitlines()[-1]
    assert f" \x1b[{two_bits}m2\x1b[0m " in legend
    plain = re.sub("\x1b\\[[0-9;]*m", "", legend)
    assert plain == "bits of surprisal: 0 1 2 3 4 5 6 7 8+"


def test_heat_without_colour_is_digits_below_each_wrapped_line() -> None:
    def use(writer: TerminalWriter) -> None:
        a_text(writer)
        text = f"e{MARK}日\x1b\t123\n\n123456789 123456789 .\n"
        writer.write(text, [k % 10 * math.log(2) for k in range(len(text))])
        writer.finish()

    assert shown_by(use, heat=True, TERM="dumb").splitlines()[1:] == [
        "A prompt whose last",
        "word goes on,",
        "  222222222222",  # the newline has one too
        "and a line.",
        "22222222222",
        f"e{MARK}日\\x1b 123",
        "02 3   45678",
        "",
        "9",
        "123456789 123456789",
        "01234567890123456789",  # and the space for which there was no room
        ".",
        "01",
    ]


def test_joined_writing_reaches_a_terminal_character_by_character() -> None:
    family, persian = "👩\u200d👩\u200d👧", "می\u200cخواهم"

    def use(writer: TerminalWriter) -> None:
        text = f"{family} {persian}\na\u200db{family}\u200d"
        for k, character in enumerate(text):
            writer.write(character, [k % 10 * math.log(2)])
        writer.finish()

    shown = f"{family} {persian}\na\\u200db{family}\\u200d\n"
    assert shown_by(use, TERM="dumb", COLUMNS="40") == shown
    assert shown_by(use, **XTERM, COLUMNS="40") == shown
    digits = shown_by(use, heat=True, TERM="dumb", COLUMNS="40").splitlines()
    assert digits[0::2] == shown.splitlines()
    assert digits[1::2] == ["0 567901234", "56     78 3     "]


def test_a_terminal_that_lacks_characters_gets_escapes_that_are_whole() -> None:
    def use(writer: TerminalWriter) -> None:
        writer.write("é日\x1b[31m\u202e[bold]:smile:[/]\n")

    assert shown_by(use, LC_ALL="C", COLUMNS="80") == (
        "\\xe9\\u65e5\\x1b[31m\\u202e[bold]:smile:[/]\n"
    )


def test_a_terminal_gets_three_thousand_characters_a_second_and_more() -> None:
    def use(writer: TerminalWriter) -> None:
        for character in "All work and no play. " * 140:
            writer.write(character)

    began = time.perf_counter()
    shown_by(use, **XTERM)
    assert time.perf_counter() - began < 1  # 0.05 s on a machine of 2026
