"""`charrnn inspect` as its users run it: real processes, their streams and their exit codes."""

import dataclasses
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from commands import run_here
from rich.cells import cell_len

import charrnn.cli
from charrnn.inspection.dynamic_evaluation import RATE
from charrnn.inspection.predicates import PREDICATES
from charrnn.inspection.request import PREDICATES as NAMED_IN_HELP
from charrnn.inspection.request import VIEWS, Request
from charrnn.inspection.views import COMPARABLE
from charrnn.inspection.words import figure, nats_and_bits
from charrnn.network import numerics as ops
from charrnn.network.model import CharModel
from charrnn.network.parameters import parameter_shapes
from charrnn.storage import checkpoint
from charrnn.storage.checkpoint import Checkpoint

ALPHABET = '\n "(),.INTadehinorstw\u202e\x1b'
EXCERPT = (
    ('(The wind is "in" the east.)\n' * 40)
    .replace("wi", "w\x1b[31mi", 1)
    .translate({ord(c): "a" for c in "[31ms"} | {ord("T"): "T"})
)


def save_model(path: Path, cell: str, layers: int = 1, seed: int = 0, **meta: object) -> Path:
    """A random model over ALPHABET that carries an excerpt."""
    rng = np.random.default_rng(seed)
    H, vocabulary = 9, np.array(sorted(map(ord, ALPHABET)), np.uint32)
    shapes = parameter_shapes(cell, layers, H, len(vocabulary))
    parameters = {n: rng.normal(0, 0.4, s).astype(np.float32) for n, s in shapes.items()}
    about = {
        "cell": cell,
        "activation": "tanh",
        "layers": layers,
        "hidden_size": H,
        "vocabulary_size": len(vocabulary),
        "excerpt": "".join(c for c in EXCERPT if c in ALPHABET),
        "history": [
            {"step": 10 * i, "seconds": i, "loss": 3 - i / 9, "validation": 3 - i / 10}
            for i in range(1, 9)
        ],
        "best": {"step": 80, "loss": 2.2, "bits_per_character": 3.17},
        "baselines": {"unigram": 2.9, "ngram": 2.1, "order": 4},
    }
    checkpoint.save(path, Checkpoint(about | meta, vocabulary, parameters))
    return path


class Finished(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    for cell in ("rnn", "lstm", "gru"):
        save_model(path / f"{cell}.npz", cell, layers=2)
    return path


def process(folder: Path, *arguments: str, **environment: str) -> Finished:
    """Run a real process in `folder`, through pipes."""
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    env |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"} | environment
    done = subprocess.run(
        [sys.executable, "-m", "charrnn", "inspect", *arguments],
        cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    return Finished(done.returncode, done.stdout, done.stderr)


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def run(
    folder: Path, *arguments: str, encoding: str = "utf-8", columns: int = 0, **environment: str
) -> Finished:
    """The same inside this process, which saves the start; a terminal if `columns` are given."""
    kind = Terminal if columns else io.TextIOWrapper
    env = {"TERM": "xterm-256color", "COLORTERM": ""} | environment
    env |= {"COLUMNS": str(columns), "LINES": "24"} if columns else {}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GITHUB_ACTIONS", "TTY_COMPATIBLE"):
            patch.delenv(name, raising=False)
        for name, value in env.items():
            patch.setenv(name, value)
        out, err = kind(io.BytesIO(), encoding=encoding), io.StringIO()
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(sys, "argv", ["charrnn", "inspect", *arguments])
        patch.chdir(folder)
        code = charrnn.cli.run()
        out.flush()
        written = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    return Finished(code, written, err.getvalue())


def run_json(folder: Path, *arguments: str) -> dict:  # type: ignore[type-arg]
    done = run(folder, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def on_pseudo_terminal(folder: Path, columns: int, *arguments: str, **environment: str) -> str:
    """What a real terminal of that width receives from a real process."""
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    env |= {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "24"}
    env |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"} | environment
    import pty  # not on Windows

    parent, child = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "charrnn", "inspect", *arguments],
        cwd=folder, env=env, stdout=child, stderr=child, stdin=child,
    ) as process:  # fmt: skip
        os.close(child)
        received = b""
        while True:
            try:
                data = os.read(parent, 65536)
            except OSError:  # Linux reports the end of a terminal as an error
                break
            if not data:
                break
            received += data
        process.wait(60)
    os.close(parent)
    return received.decode().replace("\r\n", "\n")


# JSON


def test_gradients_json_has_the_contracts_shape(folder: Path) -> None:
    found = run_json(folder, "lstm.npz", "--steps", "40", "--windows", "8", "--burn-in", "20")
    assert found["schema"] == "charrnn.inspect/1"
    assert found["view"] == "gradients"
    assert (found["windows"], found["burn_in"], found["steps"]) == (8, 20, 40)
    states = [(layer["layer"], layer["state"]) for layer in found["layers"]]
    assert states == [(0, "h"), (0, "c"), (1, "h"), (1, "c")]
    for layer in found["layers"]:
        assert len(layer["total"]) == 40
        assert {len(layer["lag"][key]) for key in ("median", "p10", "p90")} == {40}
        assert layer.keys() >= {"gain_per_step", "half_life", "memory"}


def test_one_window_without_burn_in_is_the_texts_beginning_from_a_zero_state(folder: Path) -> None:
    """What the contract promises anyone can check with autograd, checked by hand in NumPy."""
    found = run_json(folder, "gru.npz", "--windows", "1", "--burn-in", "0", "--steps", "12")
    file = checkpoint.load(folder / "gru.npz")
    model = CharModel(file.parameters, cell="gru", dtype=np.float64)
    ids = np.searchsorted(file.vocabulary, [ord(c) for c in file.meta["excerpt"][:13]])
    tape = model.tape(12, 1)
    logits, _ = model.forward(ids[:-1, None], model.zero_state(1), tape)
    dlogits = ops.softmax(logits)
    dlogits[ids[1:], np.arange(12)] -= 1
    trace = [np.empty((12, 1, model.hidden_size, 1)) for _ in range(2)]
    model.backward(dlogits, tape, model.gradients(), trace)
    for layer in (0, 1):
        expected = np.linalg.norm(trace[layer][:, 0, :, 0], axis=1)
        np.testing.assert_allclose(found["layers"][layer]["total"], expected, rtol=1e-12)


@pytest.mark.parametrize("view", VIEWS)
def test_the_same_call_gives_the_same_bytes(folder: Path, view: str) -> None:
    first, second = (run(folder, "lstm.npz", "--view", view, "--json") for _ in range(2))
    assert first.stdout == second.stdout
    json.loads(first.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_printed_digits_do_not_depend_on_threads(folder: Path) -> None:
    one = process(folder, "lstm.npz", OPENBLAS_NUM_THREADS="1").stdout
    assert one == process(folder, "lstm.npz", OPENBLAS_NUM_THREADS="2").stdout


def test_surprisal_json_counts_every_character_but_the_first(folder: Path) -> None:
    found = run_json(folder, "rnn.npz", "--view", "surprisal", "--prompt", "the wind")
    assert found["characters"] == len(found["per_character"]) == 7
    assert found["nats"] == pytest.approx(np.mean(found["per_character"]))
    assert found["bits_per_character"] == pytest.approx(found["nats"] / np.log(2))


def test_unknown_characters_are_skipped_counted_and_named(folder: Path) -> None:
    arguments = ("rnn.npz", "--view", "surprisal", "--prompt", "the ÄÄwiñd")
    found = run_json(folder, *arguments)
    assert found["unknown"] == {"Ä": 2, "ñ": 1}
    assert [i for i, nats in enumerate(found["per_character"]) if nats is None] == [3, 4, 7]
    assert found["characters"] == 6
    without = run_json(folder, "rnn.npz", "--view", "surprisal", "--prompt", "the wid")
    assert found["nats"] == without["nats"]
    assert "3 characters unknown to the model: 'Ä' 2x, 'ñ' 1x" in run(folder, *arguments).stdout


@pytest.mark.parametrize("view", ["unfold", "next", "context", "surprisal", "neurons", "gates"])
def test_a_view_says_with_which_state_it_begins(folder: Path, view: str, tmp_path: Path) -> None:
    text = tmp_path / "long.txt"
    text.write_text("".join(c for c in EXCERPT if c in ALPHABET).strip() * 30, encoding="utf-8")
    arguments = ("gru.npz", "--view", view, "--text", str(text))
    assert "from a zero state" in " ".join(run(folder, *arguments).stdout.split())
    found = run_json(folder, *arguments)
    if "readers" in found:
        assert found["readers"] > 1
        said = f"the others warmed up on the {found['warm_up']} characters before them"
        assert said in " ".join(run(folder, *arguments).stdout.split())
    else:
        assert found["burn_in"] == 0


@pytest.mark.parametrize("view", ["context", "surprisal", "neurons", "gates"])
def test_what_the_weights_were_chosen_on_is_no_new_text(folder: Path, view: str) -> None:
    said = "held-out text, which the kept weights were chosen on"
    (folder / "new.txt").write_text("the wind is in the east and in the north\n" * 60)
    stored = ("lstm.npz", "--view", view)
    assert said in " ".join(run(folder, *stored).stdout.split())
    assert said not in " ".join(run(folder, *stored, "--text", "new.txt").stdout.split())
    if view in COMPARABLE:
        assert said in " ".join(run(folder, *stored, "--compare", "rnn.npz").stdout.split())


@pytest.mark.parametrize("view", VIEWS)
def test_the_shortest_text_is_measured_or_refused_in_a_line(folder: Path, view: str) -> None:
    for text in ("t", "th", "the wind"):
        done = run(folder, "lstm.npz", "--view", view, "--prompt", text)
        assert done.returncode in (0, 1)
        assert (done.returncode == 0) == bool(done.stdout)


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_minus_zero(folder: Path, view: str) -> None:
    for more in ((), ("--compare", "gru.npz")) if view in COMPARABLE else ((),):
        shown = run(folder, "lstm.npz", "--view", view, "--every", *more).stdout
        assert not re.findall(r"(?<![\w.])-0(?:\.0+)?(?![\w.])", shown)


def test_dynamic_evaluation_is_said_apart_and_changes_no_static_figure(folder: Path) -> None:
    arguments = ("lstm.npz", "--view", "surprisal")
    static, found = run_json(folder, *arguments), run_json(folder, *arguments, "--dynamic")
    assert static.pop("dynamic") is None
    dynamic = found.pop("dynamic")
    assert found == static
    assert dynamic["nats"] < static["nats"]  # the excerpt repeats one sentence
    assert dynamic["bits_per_character"] == pytest.approx(dynamic["nats"] / np.log(2))
    plain, more = (run(folder, *arguments, *d).stdout.splitlines() for d in ([], ["--dynamic"]))
    added = [line for line in more if line not in plain]
    assert added[0].startswith("dynamic evaluation")
    assert added == more[(start := more.index(added[0])) : start + len(added)]
    nats, bits = nats_and_bits(dynamic["nats"], dynamic["standard_error"])
    assert f"{bits} bits per character ({nats} nats" in " ".join(added)


def test_the_rate_of_dynamic_evaluation_can_be_given(folder: Path) -> None:
    arguments = ("gru.npz", "--view", "surprisal", "--dynamic")
    still = run_json(folder, *arguments, "--rate", "0")
    assert still["dynamic"]["nats"] == pytest.approx(still["nats"], abs=1e-5)
    usual = run_json(folder, *arguments)
    assert usual == run_json(folder, *arguments, "--rate", f"{RATE:g}")
    field = next(f for f in dataclasses.fields(Request) if f.name == "rate")
    assert field.metadata["show_default"] == f"{RATE:g}"
    compared = run(folder, "rnn.npz", "--compare", *arguments).stdout
    assert "rnn: dynamic evaluation" in compared
    assert "gru: dynamic evaluation" in compared


def test_windows_shrink_with_a_short_text_unless_asked_for(folder: Path) -> None:
    short = ("rnn.npz", "--prompt", "the wind is in the east and in the rain" * 3)
    found = run_json(folder, *short)
    assert (found["steps"], found["burn_in"], found["windows"]) == (38, 39, 40)
    assert run_json(folder, *short, "--steps", "100")["burn_in"] == 16
    assert run(folder, *short, "--steps", "100", "--burn-in", "17").returncode == 1


def test_a_prompt_has_escapes_and_line_ends_as_for_sample(folder: Path) -> None:
    options = ("rnn.npz", "--view", "surprisal", "--prompt")
    meant = run_json(folder, *options, "the wind\nis in\nthe rain")
    assert run_json(folder, *options, "the wind\\nis in\r\nthe rain") == meant


def test_text_comes_from_files_and_stdin(folder: Path) -> None:
    (folder / "a.txt").write_text("the wind is in the east", encoding="utf-8")
    from_file = run_json(folder, "rnn.npz", "--view", "surprisal", "--text", "a.txt")
    from_prompt = run_json(
        folder, "rnn.npz", "--view", "surprisal", "--prompt", "the wind is in the east"
    )
    assert from_file["per_character"] == from_prompt["per_character"]
    assert from_file["text"]["source"] == "a.txt"


def test_comparison_json_lists_the_models(folder: Path) -> None:
    found = run_json(folder, "rnn.npz", "--compare", "lstm.npz", "--compare", "gru.npz")
    assert [m["model"]["cell"] for m in found["compare"]] == ["rnn", "lstm", "gru"]


# What is drawn


@pytest.mark.parametrize("view", VIEWS)
def test_piped_reports_are_plain_and_at_most_80_wide(folder: Path, view: str) -> None:
    """No escape byte, no line over 80, in UTF-8 and in ASCII, with the same numbers."""
    unicode = run(folder, "lstm.npz", "--view", view, "--every").stdout
    ascii_only = run(folder, "lstm.npz", "--view", view, "--every", encoding="ascii").stdout
    for text in (unicode, ascii_only):
        assert text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert max(map(len, text.splitlines())) <= 80
    assert ascii_only.isascii()
    assert len(ascii_only.splitlines()) == len(unicode.splitlines())


def test_the_default_screen_fits_24_lines(folder: Path) -> None:
    for model in ("rnn.npz", "lstm.npz"):
        assert len(run(folder, model, columns=80).stdout.splitlines()) <= 23  # and the prompt


@pytest.mark.parametrize("view", VIEWS)
def test_no_color_and_dumb_terminals_get_no_escapes(folder: Path, view: str) -> None:
    piped = run(folder, "lstm.npz", "--view", view).stdout
    assert "\x1b[" in run(folder, "lstm.npz", "--view", view, columns=80).stdout
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = run(folder, "lstm.npz", "--view", view, columns=80, **environment).stdout
        assert shown == piped


@pytest.mark.parametrize("view", VIEWS)
def test_the_narrowest_terminal_works(folder: Path, view: str) -> None:
    done = run(folder, "lstm.npz", "--view", view, columns=30, NO_COLOR="1")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 30


def test_a_real_terminal_and_a_real_pipe_show_the_same(folder: Path) -> None:
    shown = on_pseudo_terminal(folder, 80, "lstm.npz", NO_COLOR="1")
    assert shown == process(folder, "lstm.npz").stdout == run(folder, "lstm.npz").stdout
    assert "\x1b[" in on_pseudo_terminal(folder, 80, "lstm.npz")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("model", ["rnn.npz", "lstm.npz"])
def test_nothing_is_cut_at_80_columns(
    folder: Path, model: str, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(words: str, room: int) -> str:
        pytest.fail(f"cut at {room}: {words}")

    monkeypatch.setattr("charrnn.cli.inspect.screen.set_cell_size", cut)
    for options, color in (((), {}), (("--every",), {"NO_COLOR": "1"})):
        done = run(folder, model, "--view", view, *options, columns=80, **color)
        assert done.returncode == 0


#: What is said only where there is no room for all.
ROOM = "not shown here: layer 0 h (--layer, or --json) more characters (--every shows all)"
DIGITS = re.compile("[a-i]+")  # they stand below a text for values under zero


@pytest.mark.parametrize("view", VIEWS)
def test_narrow_terminals_get_whole_words(
    folder: Path, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every word is one that a wide terminal shows too; the text itself has no words here."""

    def cut(words: str, room: int) -> str:
        assert not words[room:].strip(), f"cut at {room}: {words}"
        return words[:room]

    monkeypatch.setattr("charrnn.cli.inspect.screen.set_cell_size", cut)
    prompt = '(",). ' * (2 if view == "unfold" else 40)
    text = ("--prompt", prompt, "--windows", "2")
    others = ("--compare", "rnn.npz", "--compare", "lstm.npz", "--compare", "gru.npz")
    for more in ((), others) if view in COMPARABLE else ((),):
        known = set(re.findall("[a-z]+", ROOM))
        for columns in (200, 72, 60, 48, 40):
            arguments = ("gru.npz", "--view", view, *text, *more)
            shown = run(folder, *arguments, columns=columns, NO_COLOR="1").stdout
            assert max(map(len, shown.splitlines())) <= columns
            found = {w for w in re.findall(r"[^\W\d_]+", shown) if not DIGITS.fullmatch(w)}
            if columns == 200:
                known |= found
            assert found <= known


def test_wide_characters_keep_the_width(folder: Path) -> None:
    file = checkpoint.load(folder / "lstm.npz")
    wide = np.arange(0x6F22, 0x6F22 + len(file.vocabulary)).astype(np.uint32)
    excerpt = "".join(chr(wide[i % 7]) + chr(wide[i % 3]) for i in range(300))
    meta = file.meta | {"excerpt": excerpt}
    checkpoint.save(folder / "wide.npz", Checkpoint(meta, wide, file.parameters))
    for view in VIEWS:
        lines = run(folder, "wide.npz", "--view", view).stdout.splitlines()
        assert max(map(cell_len, lines)) <= 80
        assert run(folder, "wide.npz", "--view", view, encoding="ascii").stdout.isascii()


def test_controls_of_the_text_never_reach_the_terminal(folder: Path) -> None:
    for view in ("surprisal", "neurons"):
        options = ("--view", view, "--every")
        shown = run(folder, "rnn.npz", *options, columns=80, NO_COLOR="1").stdout
        assert "\\x1b" in shown
        assert "\x1b" not in shown


def test_every_timestep_is_printed_on_request(folder: Path) -> None:
    lines = run(folder, "rnn.npz", "--steps", "30", "--every").stdout.splitlines()
    lags = [line for line in lines if line[:5].strip().isdigit() and line[5] == " "]
    assert sum("░" in line or "█" in line or "0" in line for line in lags) >= 60  # lag and total


def test_both_curves_are_told_apart(folder: Path) -> None:
    text = run(folder, "rnn.npz").stdout
    assert "d(loss at the last step)" in text
    assert "total, oldest to newest" in text


def test_an_untrained_model_is_measured_in_a_random_direction(folder: Path) -> None:
    path = folder / "untrained.npz"
    file = checkpoint.load(folder / "rnn.npz")
    zeros = {"head.weight": np.zeros_like(file.parameters["head.weight"])}
    checkpoint.save(path, Checkpoint(file.meta, file.vocabulary, file.parameters | zeros))
    found = run_json(folder, "untrained.npz")
    assert found["seeded_with"] == "random"
    assert set(found["layers"][0]["lag"]["median"]) == {0}
    assert found["layers"][0]["gain_per_step"] > 0
    assert "untrained" in run(folder, "untrained.npz").stdout


def test_a_network_without_any_gradient_is_drawn(folder: Path) -> None:
    """Dead ReLUs: the last h moves the loss, and nothing before it."""
    file = checkpoint.load(folder / "rnn.npz")
    dead = {n: np.full_like(p, -9) for n, p in file.parameters.items() if "bias_ih" in n}
    changed = Checkpoint(
        file.meta | {"activation": "relu"}, file.vocabulary, file.parameters | dead
    )
    checkpoint.save(folder / "dead.npz", changed)
    for view in VIEWS:
        assert run(folder, "dead.npz", "--view", view).returncode == 0
        assert run(folder, "dead.npz", "--view", view, "--save", "dead.svg").returncode == 0
    top = run_json(folder, "dead.npz")["layers"][1]
    assert (top["gain_per_step"], top["half_life"], top["memory"]) == (None, None, 1)
    assert run(folder, "dead.npz", "--compare", "rnn.npz").returncode == 0


def test_a_foreign_file_without_metadata_is_summarised(folder: Path) -> None:
    save_model(folder / "bare.npz", "rnn", excerpt=7, history="none", best=[], baselines=3)
    text = run(folder, "bare.npz", "--view", "summary").stdout
    assert "history: not recorded" in text
    assert "held-out loss: not recorded" in text
    assert "excerpt: none" in text


def test_a_summary_says_that_the_held_out_text_chose_the_weights(folder: Path) -> None:
    """Unless nothing was held out: then the excerpt is of the text that was learnt."""
    about = {"best": {"step": 80, "loss": 2.2, "characters": 1000}}
    save_model(folder / "chosen.npz", "rnn", **about)
    said = " ".join(run(folder, "chosen.npz", "--view", "summary").stdout.split())
    assert "of held-out text, which the kept weights were chosen on" in said
    assert "measured on 1,000 characters, which the kept weights were chosen on" in said
    save_model(folder / "learnt.npz", "rnn", best=None)
    said = run(folder, "learnt.npz", "--view", "summary").stdout
    assert "chosen on" not in said
    assert "of held-out text" not in said


def test_hostile_metadata_is_made_visible(folder: Path) -> None:
    save_model(folder / "evil.npz", "rnn", corpus={"files": ["\x1b]0;title\x07", "[/bold]"]})
    text = run(folder, "evil.npz", "--view", "summary").stdout
    assert "\x1b" not in text
    assert "\\x1b]0;title\\x07" in text
    assert "[/bold]" in text


def test_help_names_every_property_of_a_text() -> None:
    assert tuple(PREDICATES) == NAMED_IN_HELP


@pytest.mark.parametrize("suffix", ["svg", "html", "png", "csv", "json"])
def test_a_picture_is_saved_beside_the_report(folder: Path, suffix: str) -> None:
    name = f"memory.{suffix}"
    done = run(folder, "rnn.npz", "--compare", "lstm.npz", "--save", name)
    assert done.returncode == 0
    assert done.stderr == f"saved {name}\n"
    assert done.stdout == run(folder, "rnn.npz", "--compare", "lstm.npz").stdout
    data = (folder / name).read_bytes()
    assert len(data) > 5000
    again = run(folder, "rnn.npz", "--compare", "lstm.npz", "--save", name, "--json")
    assert (folder / name).read_bytes() == data
    assert len(json.loads(again.stdout)["compare"]) == 2


# What can go wrong


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["missing.npz"], 1, "no checkpoint at missing.npz"),
        (["rnn.npz", "--steps", "5000"], 1, "needs 5,001"),
        (["rnn.npz", "--prompt", "t"], 1, "needs"),
        (["rnn.npz", "--prompt", ""], 1, "is empty"),
        (["rnn.npz", "--prompt", "Zebra, Zebra"], 1, "never saw 'Z' (U+005A, at position 0"),
        (["rnn.npz", "--text", "none.txt"], 1, "none.txt"),
        (["rnn.npz", "--text", "a", "--prompt", "b"], 2, "two texts"),
        (["rnn.npz", "--layer", "2"], 2, "no layer 2"),
        (["rnn.npz", "--view", "neurons", "--unit", "9"], 2, "no unit 9"),
        (["rnn.npz", "--view", "neurons", "--find", "verbs"], 2, "no predicate 'verbs'"),
        (["rnn.npz", "--view", "dreams"], 2, "dreams"),
        (["rnn.npz", "--compare", "gru.npz", "--view", "gates"], 2, "shows one model"),
        (["rnn.npz", *["--compare", "gru.npz"] * 6], 2, "7 checkpoints"),
        (["rnn.npz", "--dynamic"], 2, "--view gradients has no dynamic evaluation"),
        (["rnn.npz", "--view", "surprisal", "--rate", "1"], 2, "--rate is the learning rate"),
        (["rnn.npz", "--view", "surprisal", "--dynamic", "--rate", "1e30"], 1, "diverged"),
        (["rnn.npz", "--save", "a.bmp"], 2, "picture format"),
        (["rnn.npz", "--save", "nowhere/a.svg"], 1, "no folder nowhere"),
        (["rnn.npz", "--view", "surprisal", "--prompt", "ZZZ"], 1, "too few"),
        (["bare.npz"], 1, "no held-out text"),
    ],
)
def test_bad_input_is_one_line_and_what_to_do(
    folder: Path, arguments: list[str], code: int, message: str
) -> None:
    save_model(folder / "bare.npz", "rnn", excerpt="")
    done = run(folder, *arguments)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    first, *rest = done.stderr.splitlines()
    assert first.startswith("charrnn: error: ")
    assert message in first
    assert len(rest) <= 1


def test_models_that_know_different_characters_are_not_compared(folder: Path) -> None:
    """Losses over different characters of one text would be no comparison."""
    file = checkpoint.load(folder / "rnn.npz")
    vocabulary = file.vocabulary.copy()
    vocabulary[vocabulary == ord("w")] = ord("x")
    checkpoint.save(folder / "x.npz", Checkpoint(file.meta, vocabulary, file.parameters))
    done = run(folder, "rnn.npz", "--compare", "x.npz", "--view", "surprisal")
    assert done.returncode == 2
    assert "rnn.npz and x.npz cannot be compared on this text" in done.stderr
    assert "'w'" in done.stderr


@pytest.mark.parametrize("view", ["gradients", "surprisal", "context", "neurons", "gates", "next"])
def test_a_network_that_explodes_is_said_to(folder: Path, view: str) -> None:
    file = checkpoint.load(folder / "rnn.npz")
    wild = {n: np.full_like(p, 30) for n, p in file.parameters.items() if "weight_hh" in n}
    changed = Checkpoint(
        file.meta | {"activation": "relu"}, file.vocabulary, file.parameters | wild
    )
    checkpoint.save(folder / "wild.npz", changed)
    done = run(folder, "wild.npz", "--view", view)
    assert (done.returncode, done.stdout) == (1, "")
    assert "grows beyond every number" in done.stderr


def test_growing_gradients_are_drawn_on_a_scale_that_holds_them(folder: Path) -> None:
    file = checkpoint.load(folder / "rnn.npz")
    shapes = {n: np.zeros_like(p) for n, p in file.parameters.items() if "rnn." in n}
    for name in ("rnn.weight_hh_l0", "rnn.weight_hh_l1"):
        shapes[name] = np.float32(1.1) * np.eye(9, dtype=np.float32)
    for name in ("rnn.bias_ih_l0", "rnn.bias_ih_l1"):
        shapes[name] += np.float32(0.01)
    changed = Checkpoint(
        file.meta | {"activation": "relu"}, file.vocabulary, file.parameters | shapes
    )
    checkpoint.save(folder / "grow.npz", changed)
    found = run_json(folder, "grow.npz")
    assert found["layers"][1]["gain_per_step"] == pytest.approx(1.1)
    text = " ".join(run(folder, "grow.npz").stdout.split())
    assert "times more sensitive to a tiny change" in text
    assert "… 1e5 " in text


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    command = f'"{sys.executable}" -m charrnn inspect lstm.npz --view surprisal --every | head -n 1'
    done = subprocess.run(
        command, shell=True, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.0, "1.00"), (0.0, "0"), (0.0123, "0.0123"), (12.34, "12.3"), (123.4, "123"),
     (4567.0, "4567"), (1.5e-7, "1.5e-7"), (2e12, "2.0e12"), (None, "-"),
     (float("inf"), "endless")],
)  # fmt: skip
def test_figures_have_three_digits(value: float | None, words: str) -> None:
    assert figure(value) == words


def test_a_text_is_read_as_the_training_text_was_unless_an_encoding_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "Der Wärter zählt die Wörter über dem Fluß. " * 30
    (tmp_path / "latin").write_bytes(words.encode("latin-1"))
    (tmp_path / "utf").write_text(words, encoding="utf-8")
    model = tmp_path / "m.npz"
    small = ("--hidden-size", "8", "--batch-size", "4", "--steps", "3", "-q")
    latin = ("--encoding", "latin-1")
    assert run_here("train", tmp_path / "latin", *latin, "-o", model, *small) == 0
    view = ("inspect", model, "--view", "surprisal", "--json", "--text")
    nats = []
    for arguments in ((tmp_path / "latin",), (tmp_path / "utf", "--encoding", "utf-8")):
        assert run_here(*view, *arguments) == 0
        nats.append(json.loads(capsys.readouterr().out)["nats"])
    assert nats[0] == nats[1]
    assert run_here(*view, tmp_path / "latin", "--encoding", "utf-8") == 1
    assert "--encoding cp1252: Der Wärter" in capsys.readouterr().err
    assert run_here("inspect", model, *latin) == 2
    assert "--text" in capsys.readouterr().err
