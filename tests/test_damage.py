"""Damaged and malicious checkpoints through the commands: refused in one line, or unharmed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import SMALL, TEXT, run_here
from damage import ask, check_mutations, open_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_checkpoint import HOSTILE

from charrnn.inspection.request import VIEWS
from charrnn.storage import checkpoint


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[bytes, bytes]]:
    """Two small models, in a folder that is the current one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("models"))
        Path("text").write_text(TEXT)
        for seed, name in (("1", "good.npz"), ("2", "other.npz")):
            options = [
                *SMALL,
                "--steps",
                "5",
                "--seed",
                seed,
                "-o",
                name,
                "-q",
                "--validation",
                "0.1",
            ]
            assert run_here("train", "text", *options) == 0
        yield Path("good.npz").read_bytes(), Path("other.npz").read_bytes()


def test_a_mutated_file_is_refused_in_a_line_or_means_the_same(
    models: tuple[bytes, bytes],
) -> None:
    figures = check_mutations(100, *models)
    assert figures["different"] == 0
    assert figures["slowest"] < 1
    assert figures["refused"] > figures["accepted"]


def test_hostile_files_are_refused_and_take_no_memory(tmp_path: Path) -> None:
    accepted, growth, largest = open_all(HOSTILE, tmp_path)
    # What is only read to resume does not matter to them; it is refused there.
    assert set(accepted) <= {"NaN in a moment", "bad resume.json"}
    assert growth < largest + 50 * 2**20


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
#: What a checkpoint says of itself beside its sizes, one level deep.
GROUPS = ("training", "best", "baselines", "history", "corpus", "excerpt", "versions", "seed")
PLACES = [
    *((group, None) for group in (*GROUPS, "parameters", "characters", "threads")),
    *(("best", key) for key in ("step", "loss", "bits_per_character")),
    *(("baselines", key) for key in ("unigram", "ngram", "order")),
    *(("corpus", key) for key in ("files", "sha256", "characters")),
    *(("corpus", key) for key in ("encoding", "newlines", "normalize", "min_count")),
    *(("versions", key) for key in ("charrnn", "numpy", "python")),
    *(("training", key) for key in ("cell", "dropout", "learning_rate", "budget", "seed")),
]


@settings(
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(place=st.sampled_from(PLACES), value=JSON, absent=st.booleans(), view=st.sampled_from(VIEWS))
def test_no_value_in_meta_breaks_a_command(
    models: Any, place: tuple[str, str | None], value: Any, absent: bool, view: str
) -> None:
    stored = checkpoint.load(Path("good.npz"))
    meta = json.loads(json.dumps(stored.meta))
    group, key = (meta, place[0]) if place[1] is None else (meta[place[0]], place[1])
    group[key] = value
    if absent:
        del group[key]
    if not isinstance(meta.get("training"), dict):
        stored = replace(stored, resume=None)
    checkpoint.save(Path("m.npz"), replace(stored, meta=meta))
    measure = ["--windows", "1", "--steps", "5", "--burn-in", "0"]
    for question in (
        ("sample", "m.npz", "-n", "5", "--novelty"),
        ("inspect", "m.npz", "--view", view, *measure),
        ("inspect", "m.npz", "--view", view, *measure, "--json"),
    ):
        code, _, err, _ = ask(question)
        assert code in (0, 1), err
        assert code == 0 or err.startswith("charrnn: error: ")
