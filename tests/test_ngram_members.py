"""n-grams in a file: they come back as they were, and a stranger's are refused or harmless."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import noisy_model

from charrnn.errors import CheckpointError
from charrnn.storage.checkpoint import Checkpoint, load, save
from charrnn.text.ngram_check import check
from charrnn.text.ngram_model import NGrams, count
from charrnn.text.ngram_reader import NGramReader

V = 7
MIXED = {"network_weight": 0.6, "ngram_weight": 0.4}
ARRAYS = ("discounts", "characters", "numbers", "counts", "children", "left_out")


def counted(V: int = V, order: int = 4, whole: int = 2) -> NGrams:
    """n-grams of a text that has large counts and families, of which some are left out."""
    rng = np.random.default_rng(1)
    text = rng.integers(0, V, 900).astype(np.uint8 if V <= 256 else np.uint16)
    text[::2] = 3
    return count(text, order, V, whole)


def example(ngrams: NGrams, V: int = V, **about: Any) -> Checkpoint:
    model = noisy_model("gru", layers=1, vocabulary_size=V, dtype=np.float32)
    meta = {"cell": "gru", "activation": "tanh", "layers": 1, "hidden_size": model.hidden_size}
    meta |= {"vocabulary_size": V, "ngrams": MIXED | about}
    return Checkpoint(meta, np.arange(V, dtype=np.uint32), model.parameters, ngrams=ngrams)


@pytest.mark.parametrize(("V", "order", "whole"), [(7, 4, 2), (40, 4, 4), (300, 3, 2), (256, 1, 1)])
def test_what_was_written_is_read(tmp_path: Path, V: int, order: int, whole: int) -> None:
    written = counted(V, order, whole) if order > 1 else count(np.zeros(9, np.uint8), 1, V, 1)
    save(tmp_path / "m.npz", example(written, V))
    loaded = load(tmp_path / "m.npz")
    assert loaded.ngrams
    assert loaded.meta["version"] == 5  # which an older program does not take for damage
    assert loaded.ngrams.whole == whole
    for name in ARRAYS:
        array, expected = getattr(loaded.ngrams, name), getattr(written, name)
        assert array.dtype == expected.dtype
        np.testing.assert_array_equal(array, expected)
    save(tmp_path / "again.npz", loaded)
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "m.npz").read_bytes()


def test_numpy_reads_them_and_a_file_without_has_none(tmp_path: Path) -> None:
    ngrams = counted(40)
    assert all(len(getattr(ngrams, name)) for name in ARRAYS)
    save(tmp_path / "m.npz", example(ngrams, 40))
    with np.load(tmp_path / "m.npz", allow_pickle=False) as members:
        assert [n for n in members if n.startswith("ngrams.")] == [f"ngrams.{n}" for n in ARRAYS]
    alone = example(ngrams, 40)
    del alone.meta["ngrams"]
    save(tmp_path / "alone.npz", replace(alone, ngrams=None))
    loaded = load(tmp_path / "alone.npz")
    assert (loaded.ngrams, loaded.meta["version"]) == (None, 1)


@pytest.mark.parametrize(
    "about",
    [
        {"network_weight": "0.5"},
        {"ngram_weight": 1e9},
        {"ngram_weight": True},
        {"network_weight": None},
    ],
)
def test_weights_that_are_no_usual_numbers_are_refused(tmp_path: Path, about: dict) -> None:
    with pytest.raises(CheckpointError, match=f"{next(iter(about))} is"):
        save(tmp_path / "m.npz", example(counted(), **about))


def change(name: str, at: Any, value: Any) -> Callable[[NGrams], NGrams]:
    def changed(ngrams: NGrams) -> NGrams:
        array = getattr(ngrams, name).copy()
        array[at] = value
        return replace(ngrams, **{name: array})

    return changed


HOSTILE = {
    "no discount": change("discounts", (0, 0), 0.0),
    "a discount next to none": change("discounts", (0, 0), 1e-12),
    "a discount that is no number": change("discounts", (1, 2), np.nan),
    "a discount above its count": change("discounts", (2, 1), 2.5),
    "all of what occurs once": change("discounts", (2, 0), 1.0),
    "a character beyond the alphabet": change("characters", 5, 40),
    "siblings out of order": change("characters", slice(10, 12), 1),
    "n-grams that do not occur": change("numbers", 45, 0),
    "one character only, and that not": change("numbers", slice(0, 40), 0),
    "a family too many": change("numbers", 45, 0x21),
    "children of the longest": change("numbers", -1, 0x11),
    "a listed count too many": change("numbers", 200, 0x0F),
    "a small number in the list": change("counts", 0, 3),
    "a small family in the list": change("children", 0, 3),
    "an endless family": change("children", 0, 255),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_text_has_is_refused_by_writer_and_reader(tmp_path: Path, name: str) -> None:
    bad = HOSTILE[name](counted(40))
    with pytest.raises(ValueError, match=r"^its|^what|^it "):
        check(bad)
    with pytest.raises(CheckpointError, match="cannot write"):
        save(tmp_path / "m.npz", example(bad, 40))
    assert not (tmp_path / "m.npz").exists()


def test_a_missing_or_unknown_member_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"ngrams\.order is None"):
        save(tmp_path / "m.npz", replace(example(counted()), ngrams=None))


@given(st.data())
@settings(max_examples=150)
def test_any_arrays_are_refused_or_say_probabilities(data: st.DataObject) -> None:
    ngrams = counted(40)
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(ARRAYS))
        array = getattr(ngrams, name).copy()
        place = data.draw(st.integers(0, array.size - 1))
        if name == "discounts":
            array.flat[place] = data.draw(st.floats())
        else:
            array[place] = data.draw(st.integers(0, np.iinfo(array.dtype).max))
        ngrams = replace(ngrams, **{name: array})
    try:
        check(ngrams)
    except ValueError:
        return
    reader = NGramReader(ngrams, 2)
    for character in (3, 5, 3, 3, 39, 3):
        reader.step(np.array([character, 3]))
        assert reader.probabilities.min() > 0
        np.testing.assert_allclose(reader.probabilities.sum(axis=0), 1, rtol=1e-9)
