"""Lines, paragraphs and files as independent units: where they end, and what is left out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charrnn.errors import CharRNNError, CorpusError, UsageError
from charrnn.text.corpus import read_corpus
from charrnn.text.decoding import Found
from charrnn.text.reading import Reading
from charrnn.text.units import END, Units

SEPARATORS = (None, "\n%\n", "aba")
KINDS = st.sampled_from([("line", None), ("file", None), *(("paragraph", s) for s in SEPARATORS)])
TEXT = st.text(st.sampled_from("ab%\n \t\r" + END), max_size=40)


def marked(text: str, kind: str, separator: str | None = None) -> str:
    return "".join(Units(kind, separator).marked([text], Found()))


@pytest.mark.parametrize(
    ("kind", "separator", "text", "units"),
    [
        ("line", None, "\n\nAnna\nBo b\n\n \t\nCleo", ["Anna", "Bo b", "Cleo"]),
        ("line", None, "Anna \nBo\n", ["Anna ", "Bo"]),
        ("paragraph", None, "a\nb\n\nc\n \n\n\nd\n\n", ["a\nb", "c", "d"]),
        ("paragraph", None, "a\n\t\r\nb", ["a", "b"]),
        ("paragraph", "\n%\n", "a\nb\n%\nc\n\nd\n%\n", ["a\nb", "c\n\nd"]),
        ("paragraph", "<|end|>", "one<|end|>two<|end|><|end|>three\n", ["one", "two", "three"]),
        ("file", None, f"a\n\nb\n{END}c", ["a\n\nb\n", "c"]),
    ],
)
def test_units_end_where_a_reader_sees_them_end(
    kind: str, separator: str | None, text: str, units: list[str]
) -> None:
    boundary = Units(kind, separator).boundary
    assert marked(text, kind, separator) == "".join(unit + boundary for unit in units)


@given(KINDS, TEXT, st.data())
@example(("paragraph", None), "a\n\n \nb", None)
def test_where_pieces_end_does_not_matter(
    how: tuple[str, str | None], text: str, data: st.DataObject | None
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(text)))))) if data else [3]
    borders = zip([0, *cuts], [*cuts, len(text)], strict=True)
    pieces = [text[a:b] for a, b in borders if text[a:b]]
    units, found, whole = Units(*how), Found(), Found()
    in_pieces = "".join(units.marked(pieces, found))
    assert in_pieces == "".join(units.marked([text], whole))
    assert found == whole


@given(KINDS, TEXT)
def test_no_unit_is_empty_and_every_one_ends(how: tuple[str, str | None], text: str) -> None:
    result, boundary = marked(text, *how), Units(*how).boundary
    if result:
        assert result.endswith(boundary)
        assert all(result[: -len(boundary)].split(boundary))
    else:
        assert not text.strip("\n" + END).replace(how[1] or " ", "").strip()


@pytest.mark.parametrize(
    ("kind", "separator", "said"),
    [
        ("word", None, "no unit word"),
        ("line", ";", "--unit paragraph"),
        ("paragraph", "", "everywhere"),
    ],
)
def test_what_makes_no_sense_is_refused(kind: str, separator: str | None, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        Units(kind, separator)
    assert said in caught.value.message


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str], str]:
    def write(text: str, name: str = "text.txt") -> str:
        (tmp_path / name).write_bytes(text.encode())
        return str(tmp_path / name)

    return write


def test_the_files_of_a_corpus_are_units_or_end_one(file: Callable[[str, str], str]) -> None:
    paths = [file("a line\nanother", "1"), file("", "2"), file("a third line, longer\n", "3")]
    for how, text in (
        (Reading(unit="file"), f"a line\nanother{END}a third line, longer\n{END}"),
        (Reading(unit="line"), "a line\nanother\na third line, longer\n"),
        (Reading(unit="paragraph"), f"a line\nanother{END}a third line, longer{END}"),
    ):
        corpus = read_corpus(paths, how)
        assert corpus.vocabulary.decode(corpus.ids) == text
        assert corpus.boundary == corpus.vocabulary.characters.index(text[-1])


def test_empty_units_are_left_out_and_counted(file: Callable[[str, str], str]) -> None:
    corpus = read_corpus([file("Anna\n\nBo and Bea\n\n\nCleo, Dan\n\n", "1")], Reading(unit="line"))
    assert corpus.notes == ("3 empty units left out",)
    text = "one and\n%\n\n%\n\n%\ntwo, three\n%\nfour"
    corpus = read_corpus([file(text, "2")], Reading(unit="paragraph", separator="\n%\n"))
    assert corpus.notes == ("2 empty units left out",)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (Reading(unit="line"), "no second line"),
        (Reading(unit="paragraph"), "no blank line"),
        (Reading(unit="paragraph", separator="\n%\n"), r"'\n%\n' never stands"),
        (Reading(unit="file"), "one file"),
    ],
)
def test_a_text_that_is_a_single_unit_is_refused(
    file: Callable[[str, str], str], how: Reading, said: str
) -> None:
    with pytest.raises(CorpusError) as caught:
        read_corpus([file("all of this is one single line\n", "1")], how)
    assert said in caught.value.message
    assert "--unit" in caught.value.hint


@given(
    st.dictionaries(
        st.sampled_from(["unit", "separator", "encoding", "normalize", "newlines"]),
        st.none() | st.integers() | st.text(max_size=4) | st.sampled_from(["line", "paragraph"]),
    )
)
def test_whatever_a_file_says_of_its_reading_is_no_error(about: dict[str, object]) -> None:
    reading = Reading.of(about)
    try:
        assert reading.units is None or reading.units.kind == about["unit"]
    except CharRNNError:
        pytest.fail("the units of a file's reading make sense, or are left out")
    assert Reading.of(reading.stated()) == reading
