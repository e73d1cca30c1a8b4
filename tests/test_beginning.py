"""What a stream reads before it writes: a passage of text that its seed draws."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import SMALL, run_here
from small import VARIANTS, noisy_model
from test_sampling import LETTERS, TINY, texts

from charrnn.generation import beginning
from charrnn.generation.beginning import PASSAGE, draw_below, passages, places
from charrnn.generation.sampling import Uniforms, generate
from charrnn.generation.stopping import Rules
from charrnn.library import Model, load
from charrnn.storage import checkpoint

#: Paragraphs of two lines, in characters that every model of these tests knows.
EXCERPT = "".join(f"{'abcde'[i % 5]} abc {'de' * (i % 7)}\nabc\n\n" for i in range(60))


def carrying(excerpt: Any) -> Model:
    """The tiny model with this excerpt in its file."""
    stored = checkpoint.load(TINY)
    return Model(replace(stored, meta=stored.meta | {"excerpt": excerpt}))


def written(model: Model, seeds: list[int]) -> list[str]:
    """The text of each seed, all written as one batch."""
    result = [""] * len(seeds)
    for piece in model.pieces(model.start(seeds=seeds), model.filters(), Rules(length=80)):
        result[piece.stream] += piece.text
    return result


@pytest.mark.parametrize("prompt", ["", "abc"])
def test_a_stream_has_read_its_passage_and_the_prompt(prompt: str) -> None:
    model, seeds = noisy_model("lstm"), [7, 8, 9]
    streams = beginning.start(model, LETTERS, prompt, seeds, EXCERPT).streams()
    for column, passage in enumerate(passages(EXCERPT, seeds)):
        assert passage in EXCERPT
        assert len(passage) == PASSAGE
        one = beginning.stepper_of(model)
        one.read(LETTERS.encode(passage + prompt))
        np.testing.assert_allclose(streams.logits[:, column], one.logits[:, 0], atol=1e-14)


@pytest.mark.parametrize(("cell", "activation"), VARIANTS)
def test_a_warmed_batch_writes_what_each_seed_writes_alone(cell: str, activation: str) -> None:
    model, seeds = noisy_model(cell, activation), [3, 1, 4, 159, 26]
    many = texts(model, seeds, length=300, excerpt=EXCERPT)
    assert many == [texts(model, [s], length=300, excerpt=EXCERPT)[0] for s in seeds]
    assert many != texts(model, seeds, length=300)


@pytest.mark.parametrize("cores", [2, 3])
def test_the_number_of_cores_changes_no_warmed_text(cores: int) -> None:
    model, seeds = noisy_model("gru"), list(range(25))
    alone = texts(model, seeds, length=100, excerpt=EXCERPT)
    assert texts(model, seeds, cores, length=100, excerpt=EXCERPT) == alone


def test_ten_seeds_begin_in_ten_places() -> None:
    text = "".join(f"{i:03}\n" for i in range(900))
    assert len(set(passages(text, range(10)))) == 10
    assert passages(text, [5]) == passages(text, range(10))[5:6]


def test_the_place_is_the_same_on_every_machine_and_independent_of_the_characters() -> None:
    assert [draw_below(1000, seed) for seed in (0, 1, 2, 2**63 - 1)] == PLACES
    u = [float(Uniforms([seed])()[0]) for seed in range(2000)]
    v = [draw_below(10**9, seed) / 10**9 for seed in range(2000)]
    assert abs(np.corrcoef(u, v)[0, 1]) < 0.09  # four standard errors
    counts = np.bincount([draw_below(8, seed) for seed in range(2000)], minlength=8)
    assert ((counts - 250) ** 2 / 250).sum() < 24.4  # 7 degrees of freedom: once in a thousand


PLACES = [677, 475, 926, 520]


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("a line\nanother\n\n" * 30, "\n\n"),
        ("a line\r\nanother\r\n\r\n" * 30, "\r\n\r\n"),
        ("a line\nanother\n" * 30 + "\n" + "a line\n" * 30, "\n"),  # one blank line is not enough
        ("words without a line " * 30, " "),
        ("字" * 300, "字"),
        ("short\nlines", "short\n"),
        ("no line", "no "),
        ("word", "word"),
    ],
)
def test_a_passage_ends_where_a_unit_ends(text: str, before: str) -> None:
    ends = places(text)
    assert all(text[:end].endswith(before) for end in ends)
    assert not any(text[end:].startswith("\n") for end in ends)
    assert {len(passage) for passage in passages(text, range(5))} == {min(PASSAGE, ends[0])}


def test_a_prompt_as_long_as_a_passage_needs_none() -> None:
    model, prompt = carrying(EXCERPT), "a" * PASSAGE
    assert len(model.start(prompt).ahead) == 0
    assert len(model.start(prompt[1:]).ahead) == 2 * PASSAGE - 1
    logits = [model.start(prompt, cold=cold).streams().logits for cold in (False, True)]
    np.testing.assert_array_equal(*logits)


@pytest.mark.parametrize(
    "excerpt", [None, 5, [], {}, "", "日本", "a\ud800b\n" * 20, EXCERPT + "日"]
)
def test_where_no_text_can_be_read_a_stream_begins_cold(excerpt: Any) -> None:
    assert "".join(carrying(excerpt).stream(seed=3)) == "".join(carrying("").stream(seed=3))


def test_a_model_of_units_begins_with_the_zero_state_that_units_begin_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("one\ntwo\nthree\nfour\n" * 100)
    for unit, ahead in (("line", 0), ("text", PASSAGE)):
        options = [*SMALL, "--steps", "2", "--unit", unit, "-o", f"{unit}.npz", "-q"]
        assert run_here("train", "text", *options) == 0
        model = load(f"{unit}.npz")
        assert model.excerpt
        assert len(model.start().ahead) == ahead


def test_cold_is_the_old_way() -> None:
    model, old = carrying(EXCERPT), "".join(carrying("").stream("The", seed=3))
    assert "".join(model.stream("The", seed=3, cold=True)) == old
    assert "".join(model.stream("The", seed=3)) != old


def test_all_ways_to_one_text_begin_alike() -> None:
    model = carrying(EXCERPT)
    expected = "".join(model.stream(seed=9, length=80))
    characters = generate(model.network(), model.vocabulary, excerpt=EXCERPT, seed=9, length=80)
    assert "".join(characters) == expected
    assert written(model, [8, 9])[1] == expected


def test_the_golden_warmed_text_is_written_on_every_machine() -> None:
    text = "".join(carrying(EXCERPT).stream(seed=20, temperature=0.7, length=2000))
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN


GOLDEN = "6c427196c66b059b7b764fc7a53763bdd9d361e0be7b7a63bfb605bc630aeadb"
