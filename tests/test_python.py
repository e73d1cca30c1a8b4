"""`import charrnn` is as good as the command: what it trains, writes, shows and says, and that it
leaves nothing behind."""

import dataclasses
import inspect
import os
import re
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import PYTHON, environment, none_left, read_all, run_here, terminal

import charrnn
from charrnn.cli.train.bar import NotebookBar
from charrnn.inspection.report import Report
from charrnn.library.wording import as_arguments
from charrnn.storage import checkpoint
from charrnn.training.events import Finished, Step
from charrnn.training.settings import Choices, Request

DOCS = Path(__file__).parent.parent / "docs"
TEXT = "the quick brown fox jumps over the lazy dog.\n" * 20
SMALL: dict[str, Any] = {
    "cell": "lstm",
    "layers": 1,
    "hidden_size": 8,
    "batch_size": 4,
    "sequence_length": 8,
    "seed": 1,
    "threads": 1,
}
FLAGS = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]


@pytest.fixture(scope="module")
def model() -> charrnn.Model:
    return charrnn.train(TEXT, steps=40, **SMALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "text").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def error_of(call: Any) -> str:
    """What it raises, with its hint, which Python has to show too."""
    with pytest.raises(charrnn.CharRNNError) as raised:
        call()
    error = raised.value
    assert "--" not in error.message + error.hint
    assert getattr(error, "__notes__", []) == ([error.hint] if error.hint else [])
    return f"{error.message}\n{error.hint}"


# What is exported


def test_the_package_shows_its_names_and_imports_nothing() -> None:
    script = (
        "import sys, charrnn; print(*dir(charrnn), 'numpy' in sys.modules, 'rich' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    names = {*shown.stdout.decode().split()}
    assert {*charrnn.__all__} <= names
    assert not {"numpy", "rich", "typer", "charrnn.library"} & names
    assert all(getattr(charrnn, name) for name in charrnn.__all__)
    assert (Path(charrnn.__file__).parent / "py.typed").exists()


def test_train_has_the_options_of_the_command_with_their_defaults() -> None:
    parameters = dict(inspect.signature(charrnn.train).parameters)
    for name in ("text_or_paths", "on_event", "progress"):
        del parameters[name]
    options = {f.name: f.default for c in (Request, Choices) for f in dataclasses.fields(c)}
    of_commands = {"dry_run", "quiet", "json", "sample_every"}
    assert parameters.keys() == options.keys() - of_commands
    options["out"] = None  # nothing is written unless it is asked for
    assert {n: p.default for n, p in parameters.items()} == {n: options[n] for n in parameters}


# Training


def test_it_learns_what_the_command_learns_from_a_path_paths_or_the_text(folder: Path) -> None:
    assert run_here("train", "text", "--steps=40", *FLAGS, "-q", "-o", "command.npz") == 0
    command = charrnn.load("command.npz")
    for source in ("text", Path("text"), ["text"], TEXT, TEXT.replace("\n", "\r\n")):
        trained = charrnn.train(source, steps=40, **SMALL)
        assert all(np.array_equal(trained.parameters[k], v) for k, v in command.parameters.items())
        assert trained.sample("the", seed=3, length=40) == command.sample("the", seed=3, length=40)
    charrnn.train("text", steps=40, out="python.npz", **SMALL)
    charrnn.train("text", steps=40, **SMALL).save("saved.npz")
    assert Path("python.npz").read_bytes() == Path("command.npz").read_bytes()
    assert Path("saved.npz").read_bytes() == Path("command.npz").read_bytes()
    assert sorted(os.listdir()) == ["command.npz", "python.npz", "saved.npz", "text"]


def test_a_run_goes_on_and_starts_from_another(folder: Path) -> None:
    charrnn.train(TEXT, steps=10, out="m.npz", **SMALL)
    longer = charrnn.train(TEXT, steps=10, out="m.npz", resume=True, threads=1)
    assert checkpoint.load(Path("m.npz"), with_resume=True).resume
    assert longer.meta["training"]["hidden_size"] == 8
    other = charrnn.train(TEXT, steps=0, init_from="m.npz", threads=1)
    assert other.meta["hidden_size"] == 8


def test_events_come_and_what_the_callback_raises_ends_the_run(folder: Path) -> None:
    events: list[Any] = []
    charrnn.train(TEXT, steps=5, on_event=events.append, **SMALL)
    assert sum(isinstance(event, Step) for event in events) == 5
    assert isinstance(events[-1], Finished)

    def stop(event: Any) -> None:
        if event.step == 3:
            raise LookupError("enough")

    with pytest.raises(LookupError):
        charrnn.train(TEXT, steps=5000, on_event=stop, out="m.npz", **SMALL | {"threads": 2})
    assert no_workers()
    assert sorted(os.listdir()) == ["m.npz", "text"]
    with pytest.warns(UserWarning, match="threads 2 then, 1 now"):
        charrnn.train(TEXT, steps=1, out="m.npz", resume=True, threads=1)


def no_workers() -> bool:
    """Has this process no child any more, other than those that pytest's own tools started?"""
    try:
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    except OSError:
        return True
    lines = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    return not any(b"charrnn.machine.workers" in line for line in lines)


def test_it_trains_in_a_thread_beside_other_threads() -> None:
    found: dict[int, charrnn.Model] = {}

    def run(number: int) -> None:
        found[number] = charrnn.train(TEXT, steps=20, **SMALL | {"threads": 2})

    idle = threading.Event()
    threads = [threading.Thread(target=run, args=(n,)) for n in range(2)]
    other = threading.Thread(target=idle.wait)
    for thread in (other, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    idle.set()
    other.join()
    first, second = (found[n].parameters for n in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert no_workers()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
@pytest.mark.parametrize("out", [None, "m.npz"])
def test_ctrl_c_ends_it_and_leaves_nothing_but_the_file(folder: Path, out: str | None) -> None:
    options = SMALL | {"threads": 2, "out": out}
    script = (
        "import charrnn\n"
        "say = lambda event: event.step == 3 and print(flush=True)\n"
        f"charrnn.train('text', steps=10**6, on_event=say, **{options!r})\n"
    )
    temporary = folder / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        [*PYTHON[:-2], "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=environment(TMPDIR=str(temporary)),
    )
    with process:
        assert process.stdout
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert b"KeyboardInterrupt: training stopped at step" in err
    assert (b"saved m.npz" in err) == (out is not None)
    assert none_left(process.pid)
    assert not os.listdir(temporary)
    temporary.rmdir()
    assert sorted(os.listdir()) == [*([out] if out else []), "text"]
    if out:
        assert checkpoint.load(Path(out), with_resume=True).resume


def test_a_terminal_has_a_bar_and_anything_else_nothing(folder: Path) -> None:
    script = f"import charrnn; charrnn.train('text', steps=60, **{SMALL!r})"
    command = [*PYTHON[:-2], "-c", script]
    piped = subprocess.run(command, capture_output=True, env=environment(), check=True)
    assert piped.stdout + piped.stderr == b""
    with (
        terminal() as (theirs, ours),
        subprocess.Popen(command, stderr=theirs, stdout=theirs, env=environment()),
    ):
        os.close(theirs)
        shown = read_all(ours).decode()
    assert "━" in shown
    assert "loss" in shown
    assert shown.rindex("60 steps in") > shown.rindex("━")
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")


def test_a_notebook_that_cannot_display_does_not_stop_a_run() -> None:
    asked: list[Any] = []

    def display(*data: Any, **how: Any) -> None:
        asked.append(data)
        raise RuntimeError("no front end")

    bar = NotebookBar(display)
    finished = Finished(2, 1.0, 0.5, 100.0)
    for event in (Step(1, 0.5, 0.5, 2.0, 1.0, 0.1, 100.0), finished):
        bar.event(event)
    assert len(asked) == 1


# What makes no sense


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("corpus.txt", ["no file 'corpus.txt'", "taken for a path"]),
        ("some folder/a b.txt", ["no file", "taken for a path"]),
        ("hello world again", ["taken for a text", "17 characters", "256"]),
        ("hello\n", ["6 characters", "20"]),
        ("", ["empty"]),
        ("ab\ud800" * 200, ["half a character"]),
        ("a\0b\n" * 20, ["NUL"]),
        (b"bytes", ["bytes", "decode"]),
        (3, ["int"]),
        ([], ["empty"]),
        ([3], ["int"]),
        (["text", "nope.txt"], ["no file 'nope.txt'"]),
        ("-", ["no file '-'"]),
        (["-"], ["sys.stdin"]),
    ],
)
def test_what_is_neither_path_nor_text_is_told_apart(
    folder: Path, source: Any, said: list[str]
) -> None:
    message = error_of(lambda: charrnn.train(source, steps=1))
    assert all(words in message for words in said), message
    assert os.listdir() == ["text"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"time": "1s", "steps": 3}, ["time and steps", "one of"]),
        ({"time": "soon"}, ["'soon'"]),
        ({"time": 0}, ["'0'"]),
        ({"steps": 1.5}, ["steps is 1.5"]),
        ({"steps": -1}, ["steps is -1"]),
        ({"layers": "2"}, ["layers is '2'"]),
        ({"cell": "tree"}, ["'tree'", "lstm"]),
        ({"resume": True}, ["resume=True", "out="]),
        ({"encoding": "auto"}, ['encoding="auto"']),
        ({"context": 3}, ["context=3", 'cell="mlp"']),
        ({"out": "."}, ["folder"]),
        ({"out": "no/m.npz"}, ["no folder no"]),
        ({"out": "text"}, ["text exists already", "resume=True", "force=True"]),
    ],
)
def test_options_that_make_no_sense_are_named_as_arguments(
    folder: Path, options: dict[str, Any], said: list[str]
) -> None:
    message = error_of(lambda: charrnn.train(TEXT, **options))
    assert all(words in message for words in said), message
    assert os.listdir() == ["text"]


def test_options_become_arguments_and_commands_stay() -> None:
    assert as_arguments("Use --threads 1, or --no-ngrams.") == "Use threads=1, or no_ngrams=True."
    assert as_arguments("add --cell rnn to --hidden-size") == 'add cell="rnn" to hidden_size'
    assert as_arguments("look at --view unfold, a higher --temp") == (
        "look at .unfold(), a higher temperature"
    )
    command = "charrnn inspect --view summary shows it"
    assert as_arguments(command) == command


# The model


def test_it_is_saved_whole_and_never_over_anything_unasked(
    folder: Path, model: charrnn.Model
) -> None:
    model.save("m.npz")
    assert "force=True" in error_of(lambda: model.save("m.npz"))
    assert "folder" in error_of(lambda: model.save(folder))
    assert "folder" in error_of(lambda: model.save(folder, force=True))
    assert "no folder" in error_of(lambda: model.save("no/m.npz"))
    loaded = charrnn.load("m.npz")
    loaded.save("m.npz", force=True)
    again = checkpoint.load(Path("m.npz"), with_resume=True)
    assert again.resume is None
    assert again.meta == loaded.meta == model.meta
    assert sorted(os.listdir()) == ["m.npz", "text"]


def test_texts_of_a_batch_are_those_of_their_seeds(model: charrnn.Model) -> None:
    three = model.sample("the ", count=3, seed=5, length=30)
    assert three == [model.sample("the ", seed=seed, length=30) for seed in (5, 6, 7)]
    assert three[0] == "".join(model.stream("the ", seed=5, length=30))
    assert model.sample("the", seed=1, stop="e", length=200).count("e") <= 1
    assert model.sample(count=1, length=3) != model.sample(length=3)  # a list and a string
    assert "count=0" in error_of(lambda: model.sample(count=0))
    assert "stream" in error_of(lambda: model.sample(length=0))
    assert 'unknown="skip"' in error_of(lambda: model.sample("Ω"))


VIEWS = ["gradients", "surprisal", "neurons", "gates", "context", "dynamics", "summary"]


@pytest.mark.parametrize("view", [*VIEWS, "unfold", "next"])
def test_every_view_is_a_dataclass_with_a_picture(model: charrnn.Model, view: str) -> None:
    method = getattr(model, view)
    if view in ("unfold", "next"):
        report = method("fox")
    else:
        report = method() if view == "summary" else method(TEXT[:400])
    assert isinstance(report, Report)
    assert dataclasses.is_dataclass(report)
    picture = report._repr_html_()
    assert picture
    assert picture.startswith("<svg")
    assert "script" not in picture
    assert len(repr(report).splitlines()) > 2
    assert max(map(len, repr(report).splitlines())) <= 80


def test_a_view_measures_what_the_command_measures(
    folder: Path, model: charrnn.Model, capsys: pytest.CaptureFixture[str]
) -> None:
    model.save("m.npz")
    assert run_here("inspect", "m.npz", "--view", "surprisal", "--text", "text") == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    for text in (TEXT, Path("text")):
        shown = repr(charrnn.load("m.npz").surprisal(text))
        assert [line.rstrip() for line in shown.splitlines()] == printed


def test_what_cannot_be_looked_at_is_said(model: charrnn.Model) -> None:
    assert "'Ω'" in error_of(lambda: model.unfold("Ω"))
    assert "empty" in error_of(lambda: model.next(""))
    assert "layer 4" in error_of(lambda: model.gates(layer=4))
    assert "steps is 1" in error_of(lambda: model.gradients(steps=1))
    assert "no file" in error_of(lambda: model.surprisal(Path("nope")))


def test_a_model_shows_itself_and_hostile_names_do_nothing(model: charrnn.Model) -> None:
    assert "8 LSTM units" in repr(model)
    assert "8 LSTM units" in model._repr_html_()
    stored = checkpoint.Checkpoint(
        model.meta | {"corpus": {"files": ["<script>x</script>"]}},
        model.stored.vocabulary,
        model.parameters,
    )
    other = charrnn.Model(stored, "<b>\x1b[31m.npz")
    shown = other._repr_html_() + repr(other) + (other.summary()._repr_html_() or "")
    assert "\x1b" not in shown
    assert "<script" not in shown
    assert "<b>" not in other._repr_html_()


# The page


def test_the_examples_of_the_page_run_in_their_order(folder: Path) -> None:
    """As they stand, but for the minute."""
    Path("book.txt").write_text(TEXT * 9 + "The lamp was lit. The end came soon.\n" * 40)
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # `open(...).read()`, as people write it
        for block in blocks:
            code = block.replace('time="1m"', "steps=30, hidden_size=16")
            exec(compile(code, "docs/python.md", "exec"), names)
    assert names["curve"]
    assert len(names["four"]) == 4
