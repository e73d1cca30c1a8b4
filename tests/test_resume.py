"""A run that was stopped and continued ends in the same file, bit for bit, as one that was not."""

import json
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import SMALL, TEXT, charrnn, error_of, none_left, run_here, start
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from charrnn.errors import UsageError
from charrnn.machine.workers import WorkerPool
from charrnn.storage import checkpoint, strict_json
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.training import loop
from charrnn.training.events import Finished, Step
from charrnn.training.session import new_session
from charrnn.training.settings import Budget
from tests.runs import STEPS, events, finish, resume, settings


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    (tmp_path / "text").write_text(TEXT)
    return read_corpus([str(tmp_path / "text")])


#: Kinds of network and of training: of each network two kinds, and of all the pairs of values.
NETWORKS = ("rnn", 1), ("lstm", 1), ("gru", 1), ("lstm", 2), ("gru", 3), ("mlp", 1), ("mlp", 2)
TRAININGS = (1, 0.4, "adam"), (1, 0.0, "muon"), (2, 0.0, "adam"), (2, 0.4, "muon")


@pytest.mark.parametrize(
    ("cell", "members", "layers", "dropout", "optimizer"),
    [(*NETWORKS[i], *TRAININGS[(i + j) % 4]) for i in range(len(NETWORKS)) for j in (0, 1)],
)
def test_stopped_after_any_event_and_resumed_equals_straight_through(
    tmp_path: Path,
    corpus: Corpus,
    cell: str,
    members: int,
    layers: int,
    dropout: float,
    optimizer: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if layers == 2 or optimizer == "muon":  # the same parts in one process, which is quicker
        monkeypatch.setattr(loop, "WorkerPool", lambda size, *jobs: WorkerPool(1, *jobs))
    rng = random.Random(f"{cell}{layers}{dropout}")
    chosen = settings(cell, layers, dropout, members=members, optimizer=optimizer)
    threads = rng.choice([1, 2, 3])
    straight, path = tmp_path / "straight", tmp_path / "resumed"
    whole = finish(new_session(corpus, chosen, Budget(steps=STEPS), threads=threads), straight)
    for _ in range(3):
        session = new_session(corpus, chosen, Budget(steps=STEPS), threads=threads)
        for number in sorted(rng.sample(range(len(whole)), 2)):
            stopped = events(session)
            for _ in range(1 + number // 2):
                next(stopped, None)
            session.save(path)
            session = resume(corpus, path)
        finish(session, path)
        assert path.read_bytes() == straight.read_bytes()


def test_a_run_stopped_inside_an_evaluation_makes_it_again(tmp_path: Path, corpus: Corpus) -> None:
    finish(new_session(corpus, settings(), Budget(steps=STEPS)), tmp_path / "straight")
    questions = 0

    def count() -> bool:
        nonlocal questions
        questions += 1
        return False

    list(events(new_session(corpus, settings(), Budget(steps=STEPS)), count))
    for patience in (0, 1, 7, questions - 3, questions - 1):
        asked = iter(range(questions))

        def stop(asked: Any = asked, patience: int = patience) -> bool:
            return bool(next(asked) >= patience)

        session = new_session(corpus, settings(), Budget(steps=STEPS))
        partial = list(events(session, stop))
        assert not any(isinstance(event, Finished) for event in partial)
        session.save(tmp_path / "stopped")
        finish(resume(corpus, tmp_path / "stopped"), tmp_path / "stopped")
        assert (tmp_path / "stopped").read_bytes() == (tmp_path / "straight").read_bytes()


@pytest.mark.parametrize("validation", [0.1, 0.0])
def test_a_timed_run_is_exact_too_by_its_own_clock(
    tmp_path: Path, corpus: Corpus, validation: float
) -> None:
    chosen, budget = settings(dropout=0.2, validation=validation), Budget(seconds=0.4)
    finish(new_session(corpus, chosen, budget), tmp_path / "straight")
    for number in (1, 17, 30):
        session = new_session(corpus, chosen, budget)
        for event in events(session):
            if event.step == number:
                break
        session.save(tmp_path / "stopped")
        finish(resume(corpus, tmp_path / "stopped"), tmp_path / "stopped")
        assert (tmp_path / "stopped").read_bytes() == (tmp_path / "straight").read_bytes()


def test_resuming_a_finished_run_changes_nothing_until_it_gets_a_new_budget(
    tmp_path: Path, corpus: Corpus
) -> None:
    path = tmp_path / "m"
    finish(new_session(corpus, settings(), Budget(steps=STEPS)), path)
    before = path.read_bytes()
    finish(resume(corpus, path), path)
    assert path.read_bytes() == before
    session = resume(corpus, path)
    session.begin_budget(Budget(steps=10))
    steps = [event for event in finish(session, path) if isinstance(event, Step)]
    assert [event.step for event in steps] == [*range(STEPS + 1, STEPS + 11)]
    rates = [event.learning_rate for event in steps]
    assert rates[0] > 10 * rates[-1] > 0


# The same, as processes

RUN = (*SMALL, "--steps", "400", "--seed", "5", "--dropout", "0.2", "-q", "--threads", "2")
RUN += ("--validation", "0.1")  # so that there are evaluations, and saves


def interrupted(folder: Path, number: int, wait: float) -> int:
    """Train in `folder`, send the signal a while after the first save; the exit code."""
    with start("train", "text", *RUN, cwd=folder, start_new_session=True) as process:
        end = time.monotonic() + 30
        while not (folder / "charrnn.npz").exists() and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(wait)
        process.send_signal(number)
        process.communicate(timeout=30)
    assert none_left(process.pid)
    return process.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_process_is_resumed_exactly(tmp_path: Path, number: int) -> None:
    for name in ("straight", "killed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text").write_text(TEXT)
    assert charrnn("train", "text", *RUN, cwd=tmp_path / "straight").returncode == 0
    wanted = (tmp_path / "straight" / "charrnn.npz").read_bytes()
    code = interrupted(tmp_path / "killed", number, 0.05)
    assert code == (143 if number == signal.SIGTERM else -9)
    path = tmp_path / "killed" / "charrnn.npz"
    assert path.read_bytes() != wanted
    resumed = charrnn("train", "text", "--resume", "-q", cwd=tmp_path / "killed")
    assert (resumed.returncode, resumed.stderr) == (0, b"")
    assert path.read_bytes() == wanted
    assert sorted(p.name for p in path.parent.iterdir()) == ["charrnn.npz", "text"]


# What is said


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text(TEXT)
    held = ("--validation", "0.1")
    assert run_here("train", "text", *SMALL, *held, "--steps", "5", "--seed", "1", "-q") == 0
    return tmp_path / "charrnn.npz"


def test_a_finished_run_says_so(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = trained.read_bytes()
    assert run_here("train", "text", "--resume", "-q") == 0
    err = capsys.readouterr().err
    assert err == (
        "charrnn: warning: charrnn.npz is finished, its budget is spent;"
        " --resume --time 10m adds ten minutes\n"
    )
    assert trained.read_bytes() == before


def test_more_time_for_a_finished_run_is_a_new_schedule(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("train", "text", "--resume", "--time", "2s", "--json") == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    steps = [event for event in found if event["event"] == "step"]
    assert steps[0]["step"] == 6
    rates = [event["learning_rate"] for event in steps]
    assert max(rates) > 5 * rates[0]
    assert max(rates) > 5 * rates[-1]
    assert checkpoint.load(trained).meta["training"]["budget"] == {"seconds": 2.0, "steps": None}


@pytest.mark.parametrize(
    ("options", "known"),
    [
        ("--cell gru", "lstm"),
        ("--hidden-size 9", "8"),
        ("--layers 2", "1"),
        ("--dropout 0.5", "0.0"),
        ("--batch-size 5", "4"),
        ("--members 2", "1"),
        ("--seed 2", "1"),
        ("--validation 0.2", "0.1"),
    ],
)
def test_a_conflicting_option_is_refused_with_both_values(
    trained: Path, options: str, known: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = trained.read_bytes()
    assert run_here("train", "text", "--resume", "--steps", "3", *options.split()) == 2
    message = error_of(capsys.readouterr().err)
    assert message == f"{options} contradicts charrnn.npz, which has {known}"
    assert trained.read_bytes() == before
    agreeing = [options.split()[0], known]
    assert run_here("train", "text", "--resume", "--steps", "1", *agreeing, "-q") == 0


def test_another_text_is_refused_with_both_fingerprints(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = checkpoint.load(trained).meta["corpus"]["sha256"]
    before = trained.read_bytes()
    Path("text").write_text(TEXT + "!")
    assert run_here("train", "text", "--resume", "--steps", "3") == 1
    message = error_of(capsys.readouterr().err)
    new = read_corpus(["text"]).sha256
    assert (
        f"900 characters with SHA-256 {old[:12]}, and this one has 901 with {new[:12]}" in message
    )
    assert trained.read_bytes() == before


def test_how_the_text_was_read_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_bytes(("é\r\n" * 100).encode("latin-1"))
    reading = ["--encoding", "latin-1", "--newlines", "keep"]
    assert run_here("train", "text", *SMALL, *reading, "--steps", "2", "-q") == 0
    assert run_here("train", "text", "--resume", "--steps", "2", "-q") == 0
    assert checkpoint.load(Path("charrnn.npz")).meta["vocabulary_size"] == 3


def rewrite(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """Change what a checkpoint says of the run: `meta` and `resume.json`."""
    stored = checkpoint.load(path, with_resume=True)
    assert stored.resume
    state = strict_json.loads(bytes(stored.resume["json"]))
    change(stored.meta, state)
    resume = stored.resume | {"json": np.frombuffer(strict_json.dumps(state), np.uint8)}
    checkpoint.save(path, replace(stored, resume=resume))


def test_another_thread_count_or_numpy_is_a_warning(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checkpoint.load(trained).meta["threads"] == 1
    rewrite(trained, lambda meta, state: meta["versions"].update(numpy="1.0"))
    assert run_here("train", "text", "--resume", "--threads", "2", "--steps", "1", "-q") == 0
    err = capsys.readouterr().err
    assert err.startswith("charrnn: warning: the result may differ in its last digits")
    assert f"NumPy 1.0 then, {np.__version__} now; threads 1 then, 2 now" in err
    assert run_here("train", "text", "--resume", "--steps", "1", "-q") == 0
    assert capsys.readouterr().err == ""  # the two threads are the file's now


def test_a_file_without_a_run_is_refused(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint.save(trained, checkpoint.load(trained))
    assert run_here("train", "text", "--resume") == 1
    assert "holds no state to resume from" in error_of(capsys.readouterr().err)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)
PLACES = [
    ("meta", "baselines"),
    ("meta", "corpus"),
    ("meta", "versions"),
    ("meta", "threads"),
    *(("training", key) for key in [*settings().__dict__, "budget", "new"] if key != "batch_size"),
    *(("corpus", key) for key in ("sha256", "characters", "encoding", "newlines", "normalize")),
    *(("state", key) for key in ("progress", "updates", "position")),
    *(("progress", key) for key in ("step", "seconds", "from_step", "strikes", "history", "new")),
]


@hypothesis_settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(place=st.sampled_from(PLACES), value=JSON)
def test_no_value_in_a_run_breaks_resuming(
    trained: Path, place: tuple[str, str], value: Any
) -> None:
    path = trained.with_name("spoilt")
    shutil.copyfile(trained, path)
    group, key = place

    def spoil(meta: dict[str, Any], state: dict[str, Any]) -> None:
        groups = {
            "meta": meta,
            "training": meta["training"],
            "corpus": meta["corpus"],
            "state": state,
            "progress": state["progress"],
        }
        groups[group][key] = value

    rewrite(path, spoil)
    assert run_here("train", "text", "--resume", "-q", "-o", path, "--steps", "1") in (0, 1, 2)


# From another model


def test_another_model_is_matched_by_character_and_the_difference_listed(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("other").write_text(TEXT.replace("x", "é").replace("q", "\x1b") + "\n")
    start_from = ["--init-from", "charrnn.npz", "-o", "m.npz"]
    assert run_here("train", "other", *start_from, "--steps", "0", "--validation", "0.1") == 0
    assert (
        "characters of the other model: 26 kept; 3 new: \\n\\x1bé; 2 dropped: qx"
        in capsys.readouterr().err
    )
    old, new = checkpoint.load(trained), checkpoint.load(Path("m.npz"))
    assert new.meta["hidden_size"] == 8
    for character in "the quick".replace("q", ""):
        row, before = (int(np.searchsorted(m.vocabulary, ord(character))) for m in (new, old))
        np.testing.assert_array_equal(
            new.parameters["head.weight"][row], old.parameters["head.weight"][before]
        )
        np.testing.assert_array_equal(
            new.parameters["rnn.weight_ih_l0"][:, row],
            old.parameters["rnn.weight_ih_l0"][:, before],
        )


def test_another_model_of_another_kind_is_refused_with_both_values(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ["--init-from", "charrnn.npz", "-o", "m.npz", "--cell", "gru"]
    assert run_here("train", "text", *wrong, "--steps", "1") == 2
    assert error_of(capsys.readouterr().err) == "the other model has cell lstm, this one gru"
    Path("junk").write_text("junk")
    assert run_here("train", "text", "--init-from", "junk", "-o", "m.npz") == 1
    assert "junk is not a charrnn checkpoint" in error_of(capsys.readouterr().err)


def test_what_several_networks_became_may_go_on_as_several_or_as_one(
    corpus: Corpus, tmp_path: Path
) -> None:
    path = tmp_path / "pair"
    finish(new_session(corpus, settings(members=2), Budget(steps=9)), path)
    trained = checkpoint.load(path)
    for members in (1, 2):
        session = new_session(corpus, settings(members=members), Budget(steps=9), start_from=path)
        begun = session.run.model.merged(session.run.model.flat)
        for name, array in trained.parameters.items():
            np.testing.assert_array_equal(begun.parameters[name], array)
    with pytest.raises(UsageError, match="not made of 3 members"):
        new_session(corpus, settings(members=3), Budget(steps=9), start_from=path)
    out = tmp_path / "m.npz"
    command = ["train", tmp_path / "text", "--init-from", path, "-o", out, "--steps", "1", "-q"]
    assert run_here(*command) == 0
    assert checkpoint.load(out).meta["training"]["members"] == 2


def test_a_run_from_before_there_was_muon_goes_on_with_adam(trained: Path) -> None:
    def forget(meta: dict[str, Any], state: dict[str, Any]) -> None:
        assert meta["training"].pop("optimizer") == "muon"

    rewrite(trained, forget)
    assert run_here("train", "text", "--resume", "--steps", "1", "-q") == 0
    assert checkpoint.load(trained).meta["training"]["optimizer"] == "adam"


@pytest.mark.parametrize("nonsense", ["two", 0, -1, 2.0, True, None, [2], 10**9, 3])
def test_nonsense_about_members_is_no_reason_to_refuse_a_model_or_an_error(
    trained: Path, nonsense: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(trained, lambda meta, state: meta["training"].update(members=nonsense))
    command = ["train", "text", "--init-from", trained, "-o", "m.npz", "--steps", "1", "-q"]
    assert run_here(*command) == (2 if nonsense == 3 else 0)  # 8 units cannot be shared by 3
    assert run_here("train", "text", "--resume", "--steps", "1", "-q") == 1
    assert "cannot be resumed" in capsys.readouterr().err
    assert run_here("inspect", trained, "--view", "summary") == 0
