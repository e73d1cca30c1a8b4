"""The bundled texts are what their README says, well formed, and music that can be played."""

import hashlib
import re
from fractions import Fraction
from pathlib import Path

import pytest
from tunes import eighths, eighths_of

CORPORA = Path(__file__).parent.parent / "corpora"
#: A row of the README's table: name, characters, bytes, distinct characters, SHA-256.
ROW = re.compile(r"^\| `(\w+\.\w+)` \|.*?\| ([\d,]+) \| ([\d,]+) \| (\d+) \| `(\w{64})` \|", re.M)
ROWS = ROW.findall((CORPORA / "README.md").read_text(encoding="utf-8"))
#: The prose, and the signs that open and close speech in it.
PROSE = {"lighthouse.txt": '""', "faergen.txt": "»«", "museum.txt": '""'}


def text_of(name: str) -> str:
    return (CORPORA / name).read_bytes().decode("utf-8")


def test_every_bundled_text_is_in_the_table() -> None:
    files = {p.name for p in CORPORA.iterdir() if p.suffix in (".txt", ".abc")}
    assert {row[0] for row in ROWS} == files


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_table_says_what_is_in_a_file(row: tuple[str, ...]) -> None:
    name, characters, size, distinct, digest = row
    raw = (CORPORA / name).read_bytes()
    text = raw.decode("utf-8")
    assert [int(n.replace(",", "")) for n in (characters, size)] == [len(text), len(raw)]
    assert int(distinct) == len(set(text))
    assert digest == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("name", PROSE)
def test_prose_is_plain_wrapped_text_with_balanced_speech(name: str) -> None:
    text, (opening, closing) = text_of(name), PROSE[name]
    assert text.endswith("\n")
    assert not re.search(r"[^\S\n ]| \n|\n\n\n|\n\n$", text)
    for paragraph in text.split("\n\n"):
        quotes = [c for c in paragraph if c in PROSE[name]]
        expected = [opening, closing] * (len(quotes) // 2)
        assert quotes == expected, paragraph
        assert paragraph.count("(") == paragraph.count(")"), paragraph


@pytest.mark.parametrize(("name", "letters"), [("faergen.txt", "æøåÆØÅé"), ("museum.txt", "éëïóö")])
def test_a_language_comes_with_its_letters(name: str, letters: str) -> None:
    text = text_of(name)
    assert len(text.encode()) >= 60_000
    assert set(letters) <= set(text)


# Tunes in ABC notation

TUNES = text_of("tunes.abc").rstrip("\n").split("\n\n")
BAR_LINE = re.compile(r"(\|:|:\|2?|\|1|\|\]|\|\||\|)")


def header(tune: str) -> dict[str, str]:
    return dict(line.split(":", 1) for line in tune.split("\n")[:6])


def bars(tune: str) -> list[tuple[Fraction, bool, bool]]:
    """The length of every bar in eighths, and whether it begins and whether it ends a part."""
    body = " ".join(tune.split("\n")[6:])
    found, begins = [], True
    pieces = BAR_LINE.split(body)
    for bar, line in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        if length := eighths(bar):
            ends = line in (":|", ":|2", "|]", "||")
            found.append((length, begins, ends))
            begins = ends and line != ":|2"
    return found


def test_every_bar_of_every_tune_is_full() -> None:
    """But for an upbeat, which the last bar of its part makes room for."""
    for tune in TUNES:
        full, upbeat, found = eighths_of(header(tune)["M"]), Fraction(0), bars(tune)
        assert len(found) >= 16
        for length, begins, ends in found:
            if begins:
                upbeat = length if length < full else Fraction(0)
            assert length == (upbeat or full if begins else full - upbeat * ends), tune


def test_the_tunes_are_numbered_and_each_has_a_name_of_its_own() -> None:
    heads = [header(tune) for tune in TUNES]
    assert all(list(head) == ["X", "T", "R", "M", "L", "K"] for head in heads)
    assert [head["X"] for head in heads] == [str(n + 1) for n in range(len(heads))]
    assert len({head["T"] for head in heads}) == len(heads) >= 100
