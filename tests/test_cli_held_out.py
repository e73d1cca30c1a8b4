"""What is held out of a running text, as people meet it: `train --held-out`, and a note."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from commands import SMALL, error_of, run_here

import charrnn
from charrnn.errors import CheckpointError
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.tail import tail_note
from charrnn.training.holding_out import hold_out
from charrnn.training.session import new_session
from charrnn.training.settings import Budget
from tests.runs import assert_resumed_bit_for_bit, resume, settings

TOP = Path(__file__).parent.parent
CORPORA = [
    TOP / "corpora" / n for n in ("faergen.txt", "lighthouse.txt", "museum.txt", "tunes.abc")
]
NAMES = (TOP / "tests/texts/names.txt").read_text(encoding="utf-8")

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(capfd: pytest.CaptureFixture[str]) -> Ask:
    """Run `charrnn train`, so small that it takes no time: exit code, stdout, stderr."""

    def ask(*arguments: str | Path) -> tuple[int, str, str]:
        code = run_here("train", *SMALL, "--seed", "1", *arguments)
        return code, *capfd.readouterr()

    return ask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two texts of 12,000 characters each, in different letters."""
    for name, letters in (("a", "abcde fgh\n"), ("b", "ABCDE FGH\n")):
        rng = np.random.default_rng(len(name))
        text = "".join(rng.choice(list(letters), 12_000))
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def text_of(corpus: Corpus) -> str:
    return corpus.vocabulary.decode(corpus.ids)


def test_the_starts_of_files_are_where_their_texts_begin(folder: Path) -> None:
    (folder / "a0.txt").write_text("no newline at its end")
    (folder / "a1.txt").write_text("")
    corpus = read_corpus([str(folder / "a0.txt"), str(folder)])
    text = text_of(corpus)
    begun = [text[place:][:9] for place in corpus.starts.tolist()]
    expected = [(folder / n).read_text()[:9] for n in ("a0.txt", "a.txt", "a0.txt", "b.txt")]
    assert begun == expected


@pytest.mark.parametrize("members", [1, 2])
def test_a_run_on_blocks_is_resumed_bit_for_bit(folder: Path, members: int) -> None:
    corpus = read_corpus([str(folder / "a.txt"), str(folder / "b.txt")])
    # In 40 steps of 7 characters some of so many readers come to a seam.
    chosen = settings(dropout=0.2, members=members, held_out="spread", batch_size=30)
    assert_resumed_bit_for_bit(corpus, chosen, folder, (1, 11), threads=1)


def test_no_character_that_is_held_out_is_ever_read(folder: Path) -> None:
    """Nor is it a target; and the others are, but for few at the seams."""
    corpus = read_corpus([str(folder / "a.txt"), str(folder / "b.txt")])
    session = new_session(corpus, settings(held_out="spread"), Budget(steps=1))
    batches, learnt = session.run.batches, session.division.training
    batches.ids = np.arange(len(corpus.ids))  # each place by its number
    read = {p for _ in range(2 * 700) for p in np.concatenate(batches.next()).reshape(-1).tolist()}
    places = {p for a, b in learnt.spans.tolist() for p in range(a, b)}
    assert read <= places
    assert len(places - read) < 7 * len(learnt.spans)


def test_where_a_segment_begins_nothing_is_remembered(folder: Path) -> None:
    """Two readers stand where a segment begins, and go on to its second chunk; in each of the two
    steps one of them would have started anew anyway."""
    corpus = read_corpus([str(folder / "a.txt")])
    losses = []
    for memory in (0.0, 0.9):
        run = new_session(corpus, settings(held_out="spread", batch_size=2), Budget(steps=9)).run
        run.model.flat[...] = np.random.default_rng(1).normal(0, 0.3, run.model.flat.shape)
        segments = run.batches
        segments._starts[1] = segments._firsts[1]
        for _ in range(2):
            for array in run.state.values():
                array[...] = memory
            losses.append(run.step(0.0, 0.0)[0])
    first, second, same, other = losses
    assert first == same
    assert second != other


def test_of_one_file_the_end_is_held_out_and_of_several_blocks_of_each(
    folder: Path, ask: Ask
) -> None:
    out = ("--steps", "2", "-o", folder / "m.npz", "--force", "--json")
    for corpus, options, place in (
        ([folder / "a.txt"], [], "tail"),
        ([folder], [], "spread"),
        ([folder], ["--held-out", "tail"], "tail"),
        ([folder / "a.txt"], ["--held-out", "spread"], "spread"),
    ):
        code, lines, _ = ask(*corpus, *options, *out)
        assert code == 0
        assert json.loads(lines.splitlines()[0])["held_out"] == place
        meta = charrnn.load(folder / "m.npz").meta
        assert meta["training"]["held_out"] == place
        assert ("blocks" in meta) == (place == "spread")
        (folder / "m.npz").unlink()
    _, lines, _ = ask(folder, "--steps", "2", "-o", folder / "m.npz", "--json")
    middles = [sum(block) / 2 for block in charrnn.load(folder / "m.npz").meta["blocks"]]
    assert sum(middle < 12_000 for middle in middles) == len(middles) / 2


def test_several_files_with_no_room_for_blocks_have_their_end_held_out(
    folder: Path, ask: Ask
) -> None:
    for options in (["--validation", "0.02"], ["--sequence-length", "900"]):
        code, _, err = ask(folder, *options, "--dry-run")
        assert code == 0
        assert "the last " in err


def test_the_plan_names_the_blocks(folder: Path, ask: Ask) -> None:
    code, _, err = ask(folder, "--dry-run")
    assert code == 0
    assert "2,401 characters, in 4 blocks from all of the text" in " ".join(err.split())
    code, out, _ = ask(folder, "--dry-run", "--json")
    known = json.loads(out.splitlines()[1])
    assert known["held_out_characters"] == 2_401
    assert known["training_characters"] == 21_600


def test_the_text_that_a_model_carries_is_whole_lines_that_were_held_out(
    folder: Path, ask: Ask
) -> None:
    assert ask(folder, "--steps", "1", "-o", folder / "m.npz")[0] == 0
    text = text_of(read_corpus([str(folder)]))
    meta = charrnn.load(folder / "m.npz").meta
    blocks = [text[a:b] for a, b in meta["blocks"]]
    lines = [line for block in blocks for line in block.split("\n")[1:-1]]
    assert meta["excerpt"].splitlines() == lines
    assert meta["excerpt"].lower() != meta["excerpt"] != meta["excerpt"].upper()


def test_a_file_is_not_resumed_with_other_files(folder: Path, ask: Ask) -> None:
    """The same characters, but their blocks would be others. The advice is followed."""
    out = ("-o", folder / "m.npz", "--steps", "3")
    assert ask(folder / "a.txt", folder / "b.txt", *out)[0] == 0
    both = (folder / "a.txt").read_text() + (folder / "b.txt").read_text()
    (folder / "both").write_text(read_joined(folder, both))
    code, _, err = ask(folder / "both", *out, "--resume")
    assert code == 1
    assert "other blocks" in error_of(err)
    files = err.splitlines()[1].partition(": ")[2].split()
    assert ask(*files, *out, "--resume")[0] == 0
    code, _, err = ask(*files, *out, "--resume", "--held-out", "tail")
    assert code == 2
    assert "--held-out tail contradicts" in error_of(err)


def read_joined(folder: Path, text: str) -> str:
    """`text` as it is read from two files: a newline may come between them."""
    corpus = read_corpus([str(folder / "a.txt"), str(folder / "b.txt")])
    assert abs(len(corpus.ids) - len(text)) <= 1
    return text_of(corpus)


@pytest.mark.parametrize("place", ["here", 3, None])
def test_a_file_whose_held_out_text_is_nowhere_is_refused(folder: Path, place: object) -> None:
    corpus = read_corpus([str(folder / "a.txt")])
    session = new_session(corpus, settings(), Budget(steps=1))
    object.__setattr__(session.settings, "held_out", place)
    session.save(folder / "m.npz")
    with pytest.raises(CheckpointError, match="cannot be resumed"):
        resume(corpus, folder / "m.npz")


@pytest.mark.parametrize(
    ("options", "code", "said", "better"),
    [
        ("--held-out spread --unit line", 2, "held out whole", "--unit line"),
        ("--held-out tail --unit paragraph", 2, "held out whole", "--held-out tail"),
        ("--held-out spread --validation 0", 2, "holds nothing out", "--held-out spread"),
        ("--held-out spread --validation 0.05", 1, "blocks of at least 500", "--validation 0.09"),
        ("--held-out spread --sequence-length 700", 1, "600 characters is held", "--held-out tail"),
        ("--held-out middle", 2, "--held-out", "--held-out spread"),
    ],
)
def test_what_makes_no_sense_is_refused_and_the_advice_works(
    folder: Path, ask: Ask, options: str, code: int, said: str, better: str
) -> None:
    out = ("--steps", "1", "-o", folder / "m.npz")
    found, _, err = ask(folder / "a.txt", *options.split(), *out)
    assert found == code
    assert said in error_of(err)
    assert not (folder / "m.npz").exists()
    assert ask(folder / "a.txt", *better.split(), *out)[0] == 0


def test_spread_asks_for_something_to_be_held_out_of_a_short_text(tmp_path: Path, ask: Ask) -> None:
    (tmp_path / "text").write_text("a short text. " * 400)
    code, _, err = ask(tmp_path / "text", "--held-out", "spread", "--dry-run")
    assert code == 1
    assert "Give --validation 0.18" in err
    options = ("--held-out", "spread", "--validation", "0.18", "--dry-run")
    code, _, err = ask(tmp_path / "text", *options)
    assert code == 0
    assert "in 2 blocks" in err


def noted(*texts: str) -> bool:
    """Is the end of these texts, one after the other, said to be unlike the rest?"""
    codes, ids = np.unique([ord(c) for c in "".join(texts)], return_inverse=True)
    return tail_note(ids, len(ids) // 10, len(codes)) is not None


@pytest.mark.parametrize(
    "path",
    [
        *CORPORA,
        TOP / "tests/texts/chat.txt",
        TOP / "docs/sampling.md",
        TOP / "docs/results.md",
        TOP / "README.md",
    ],
    ids=lambda path: path.name,
)
def test_the_end_of_an_ordinary_text_gets_no_note(path: Path) -> None:
    assert not noted(path.read_text(encoding="utf-8"))


def test_an_end_that_is_unlike_the_rest_gets_one() -> None:
    journal, tunes = CORPORA[1].read_text(), CORPORA[3].read_text()
    assert noted(journal, tunes[:8_000])  # two thirds of the tenth
    assert noted(journal, journal[:14_000].upper())


def test_the_note_names_the_option_with_which_there_is_none(tmp_path: Path, ask: Ask) -> None:
    both = tmp_path / "both"
    both.write_text(CORPORA[2].read_text() + CORPORA[3].read_text()[:9_000])
    code, _, err = ask(both, "--dry-run")
    assert code == 0
    assert "--held-out spread" in " ".join(err.split())
    assert "unlike" not in ask(both, "--dry-run", "--held-out", "spread")[2]
    _, out, _ = ask(both, "--steps", "1", "--json", "-o", tmp_path / "m.npz")
    notes = json.loads(out.splitlines()[0])["notes"]
    assert [note for note in notes if "--held-out spread" in note]


def test_of_a_list_there_is_one_note(tmp_path: Path) -> None:
    """That its lines are another at the end, and not that the end is unlike the rest, too."""
    names = NAMES.lower().split() * 4
    mixed = [names[i] for i in np.random.default_rng(1).permutation(len(names))]
    text = "\n".join([*mixed, *(name.upper() for name in mixed[:200])])
    (tmp_path / "names").write_text(text, encoding="utf-8")
    corpus = read_corpus([str(tmp_path / "names")])
    assert tail_note(corpus.ids, len(text) // 10, len(corpus.vocabulary))
    held = hold_out(corpus, 0.1, None, seed=1, sequence_length=64)
    assert len(held[0].notes) == 1
    assert "--unit line" in held[0].notes[0]
