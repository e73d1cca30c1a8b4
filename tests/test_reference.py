"""docs/reference.md is what the program says of itself."""

import pytest
import reference


def test_the_reference_is_what_the_program_says() -> None:
    written = reference.PAGE.read_text(encoding="utf-8")
    assert written == reference.page(), "out of date: make reference"


def test_a_name_without_words_is_a_mistake_and_so_are_words_without_a_name() -> None:
    assert "`a`, `b`" in reference.table("key", {"a, b": "both"}, ["b", "a"])
    with pytest.raises(KeyError, match="c"):
        reference.table("key", {"a, b": "both"}, ["a", "b", "c"])
    with pytest.raises(KeyError, match="b"):
        reference.table("key", {"a, b": "both"}, ["a"])
