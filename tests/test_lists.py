"""A text that looks like a list is told so once; no other text is."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.text.corpus import read_corpus
from charrnn.text.reading import Reading

TOP = Path(__file__).parent.parent
NAMES = (TOP / "tests/texts/names.txt").read_text(encoding="utf-8").splitlines()


def notes(folder: Path, text: str, how: Reading | None = None) -> str:
    (folder / "text.txt").write_text(text, encoding="utf-8")
    return "; ".join(read_corpus([str(folder / "text.txt")], how or Reading()).notes)


def test_a_sorted_list_is_noticed_and_the_option_named(tmp_path: Path) -> None:
    assert "395 short lines in sorted order" in notes(tmp_path, "\n".join(NAMES))
    assert "--unit line" in notes(tmp_path, "\n".join(NAMES))


def test_a_list_whose_end_is_unlike_the_rest_is_noticed(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    mixed = [NAMES[i].lower() for i in rng.permutation(len(NAMES))]
    assert notes(tmp_path, "\n".join(mixed)) == ""
    end = [name.upper() for name in mixed[:40]]
    assert "at the end of the text" in notes(tmp_path, "\n".join(mixed + end))


def test_nothing_is_said_of_a_list_that_is_learnt_as_one(tmp_path: Path) -> None:
    assert notes(tmp_path, "\n".join(NAMES), Reading(unit="line")) == ""


@pytest.mark.parametrize(
    "path",
    [
        *sorted((TOP / "corpora").glob("*.txt")),
        *sorted((TOP / "corpora").glob("*.abc")),
        *(TOP / "tests/texts" / name for name in ("chat.txt", "tunes.abc", "scripts.txt")),
        TOP / "README.md",
        TOP / "charrnn/library/writing.py",
    ],
    ids=lambda path: path.name,
)
def test_prose_verse_tunes_chats_and_code_are_no_lists(path: Path) -> None:
    assert not any("short lines" in note for note in read_corpus([str(path)]).notes)


def test_dates_in_order_and_numbers_are_no_list(tmp_path: Path) -> None:
    dates = [f"2024-{month:02d}-{day:02d} rain" for month in range(1, 13) for day in range(1, 29)]
    assert notes(tmp_path, "\n".join(dates)) == ""


def test_an_alphabet_of_any_size_is_compared(tmp_path: Path) -> None:
    """Above 256 characters the indices are wider."""
    letters = [chr(c) for c in range(0x4E00, 0x4E00 + 600)]
    lines = sorted(a + b for a, b in zip(letters, reversed(letters), strict=True))
    assert "600 short lines in sorted order" in notes(tmp_path, "\n".join(lines))
