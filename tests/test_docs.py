"""What the pages say of the house is so."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md")), TOP / "corpora" / "README.md"]
#: A row of the reading list: a file below charrnn/, and how many lines it has.
ROW = re.compile(r"^\| `([a-z_/]+\.py)` \| (\d+) \|", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"\b(?:charrnn|tests|docs|corpora)/[a-z_/]+\.(?:py|md|txt|svg)\b", text)
    assert not [name for name in named if not (TOP / name).exists()]


def test_the_reading_list_is_as_long_as_it_says() -> None:
    rows = ROW.findall((TOP / "docs" / "code.md").read_text(encoding="utf-8"))
    assert len(rows) > 10
    for name, count in rows:
        lines = (TOP / "charrnn" / name).read_text(encoding="utf-8").splitlines()
        assert abs(len(lines) - int(count)) <= 20, f"{name} has {len(lines)} lines"


def test_the_way_of_one_character_names_files_and_functions_that_exist() -> None:
    text = (TOP / "docs" / "one-character.md").read_text(encoding="utf-8")
    steps = re.findall(r"^\d+\. `([a-z_/]+\.py)`, `([A-Za-z_.]+)`", text, re.MULTILINE)
    assert len(steps) > 12
    for name, function in steps:
        found = [p for p in (TOP / "charrnn").rglob("*.py") if str(p).endswith("/" + name)]
        last = function.rpartition(".")[2]
        assert any(
            re.search(rf"(def|class) {last}\b", p.read_text(encoding="utf-8")) for p in found
        ), (name, function)
