"""The texts in `tests/texts` are what the tests that read them rely on."""

import re
import unicodedata
from pathlib import Path

import pytest
from tunes import eighths, eighths_of

TEXTS = Path(__file__).parent / "texts"
#: A row of the README's table: name, lines, characters, bytes.
ROW = re.compile(r"^\| `(\w+\.\w+)` \|.*?\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|", re.M)
ROWS = ROW.findall((TEXTS / "README.md").read_text(encoding="utf-8"))
ZWNJ, ZWJ = "\u200c", "\u200d"


def text_of(name: str) -> str:
    return (TEXTS / name).read_bytes().decode("utf-8")


def lines_of(name: str) -> list[str]:
    return text_of(name).removesuffix("\n").split("\n")


def test_every_text_is_in_the_table() -> None:
    files = {path.name for path in TEXTS.iterdir() if path.suffix in (".txt", ".abc")}
    assert {row[0] for row in ROWS} == files


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_table_says_how_large_a_text_is(row: tuple[str, ...]) -> None:
    text = text_of(row[0])
    sizes = [text.count("\n"), len(text), len(text.encode())]
    assert sizes == [int(size.replace(",", "")) for size in row[1:]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_text_is_composed_and_has_plain_ends_of_line(row: tuple[str, ...]) -> None:
    text = text_of(row[0])
    assert text == unicodedata.normalize("NFC", text)
    assert text.endswith("\n")
    assert not re.search(r"[^\S\n ]|  |^ | $|\n\n\n|\n\n\Z", text, re.M)


def test_names_are_sorted_by_code_point_and_each_is_there_once() -> None:
    names = lines_of("names.txt")
    assert names == sorted(set(names))
    assert 350 <= len(names) <= 450
    assert all(name.isalpha() and name == name.capitalize() for name in names)
    assert not all(map(str.isascii, names))


def test_the_last_tenth_of_the_names_begins_with_letters_that_come_nowhere_before() -> None:
    names = lines_of("names.txt")
    begun = {name[0] for name in names[: len(names) * 9 // 10]}
    assert len({name[0] for name in names[len(names) * 9 // 10 :]} - begun) >= 8


def test_every_line_of_the_chat_has_its_time_and_somebody() -> None:
    messages = [
        re.fullmatch(r"\[(2\d{3}-\d\d-\d\d \d\d:\d\d)\] (\w+): \S.*", line)
        for line in lines_of("chat.txt")
    ]
    times, people = zip(*(found.groups() for found in messages if found), strict=True)
    assert len(times) == len(messages)
    assert list(times) == sorted(times)
    assert len(set(people)) == 4


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param("\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", id="family"),
        pytest.param("\U0001f3c3\U0001f3fd\u200d\u2642\ufe0f", id="joined, with a skin tone"),
        pytest.param("\U0001f44d\U0001f3fb", id="skin tone"),
        pytest.param("\U0001f1f5\U0001f1f9", id="flag of two letters"),
        pytest.param("\U0001f3f4\U000e0067\U000e0062\U000e0073", id="flag of tags"),
        pytest.param("\U0001f3f3\ufe0f\u200d\U0001f308", id="flag, joined"),
        pytest.param("2\ufe0f\u20e3", id="keycap"),
        pytest.param("\u2764\ufe0f\n", id="heart with a variation selector"),
        pytest.param("\u2764\ufe0f\u200d\U0001f525", id="heart, joined"),
        pytest.param("\U0001f49b", id="heart"),
    ],
)
def test_the_chat_has_emoji_of_every_make(sign: str) -> None:
    assert sign in text_of("chat.txt")


def test_two_scripts_have_joiners_where_they_write_them_and_their_own_ends() -> None:
    persian, bengali = text_of("scripts.txt").split("\n\nআজ সকালে", 1)
    assert len(re.findall(f"[\u0600-\u06ff]{ZWNJ}[\u0600-\u06ff]", persian)) == persian.count(ZWNJ)
    assert persian.count(ZWNJ) > 50
    assert ZWJ not in persian
    # Ra and a joiner before the virama keep the ra whole, as in "racket"; k and ss apart.
    assert bengali.count("\u09b0\u200d\u09cd\u09af") == bengali.count(ZWJ) == 3
    assert bengali.count("\u0995\u09cd\u200c\u09b7") == bengali.count(ZWNJ) == 1
    assert [len(re.findall("[.؟]", persian)), persian.count("؟")] == [48, 8]
    assert [len(re.findall("[।?]", bengali)), bengali.count("।")] == [48, 40]


def test_every_tune_has_its_headers_and_full_bars() -> None:
    """But for an upbeat, which the last bar makes room for."""
    tunes = text_of("tunes.abc").removesuffix("\n").split("\n\n")
    for number, tune in enumerate(tunes, 1):
        lines = tune.split("\n")
        header, body = dict(line.split(":", 1) for line in lines[:6]), "".join(lines[6:])
        assert list(header) == ["X", "T", "R", "M", "L", "K"]
        assert [header["X"], header["L"], body[-2:]] == [str(number), "1/8", "|]"]
        full, bars = eighths_of(header["M"]), [eighths(bar) for bar in body[:-2].split("|")]
        if bars[0] < full:
            bars[-1] += bars.pop(0)
        assert bars == [full] * 8, tune
    assert len(set(re.findall("^T:.*", "\n".join(tunes), re.M))) == len(tunes) == 26


def test_the_titles_are_few_and_in_no_order() -> None:
    titles = lines_of("titles.txt")
    assert len(set(titles)) == len(titles) == 27
    assert titles != sorted(titles)
    assert 850 <= len(text_of("titles.txt")) < 900
