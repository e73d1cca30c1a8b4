"""`charrnn sample` as its users meet it: streams, terminals, pipes, signals, exit codes."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from commands import needs_full_disk, run_here, terminal

import charrnn
from charrnn import cli
from charrnn.machine import blas
from charrnn.network.initialisation import initialise
from charrnn.storage import checkpoint
from charrnn.storage.checkpoint import Checkpoint

TINY = Path(__file__).parent / "golden" / "tiny.npz"
PROGRAM = [sys.executable, "-m", "charrnn", "sample"]
#: What terminals obey, hide or reorder, and what markup languages mean by ordinary characters.
HOSTILE = (
    "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
    + "\u061c\u200b\u200d\u200e\u202e\u2028\u2066\u2069\ufeff\U000e0041\ue000\U0010ffff"
    + "[]:/\\;m0a é日"
)


@pytest.fixture
def run(monkeypatch, capfdbinary):
    """Runs the command in this process: exit code, stdout, stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["charrnn", "sample", *map(str, arguments)])
        code = cli.run()
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A checkpoint that writes every hostile character about as often as any other."""
    path = tmp_path_factory.mktemp("hostile") / "hostile.npz"
    write_model(path, HOSTILE)
    return path


def write_model(path, alphabet, units=4):
    code_points = np.array(sorted(map(ord, set(alphabet))), np.uint32)
    V = len(code_points)
    model = initialise("gru", "tanh", 1, units, np.ones(V), np.random.default_rng(0))
    meta = {"cell": "gru", "activation": "tanh", "layers": 1, "hidden_size": units}
    meta["vocabulary_size"] = V
    checkpoint.save(path, Checkpoint(meta, code_points, model.parameters))


def process(*arguments, env=None, **settings):
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM", "COLUMNS")}
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | settings
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)], env=clean | {"TERM": "xterm"} | (env or {}), **settings
    )


def test_a_single_text_has_a_thread_for_each_core(run, monkeypatch, tmp_path):
    configured = []
    monkeypatch.setattr(blas, "cores", lambda: 3)
    monkeypatch.setattr(blas, "configure", configured.append)
    for several in (("-n", 5), ("-n", 5, "--count", 2), ("-n", 5, "--best-of", 2)):
        run(TINY, *several)
    run(TINY, "--page", tmp_path / "page.html")
    assert configured == [3, 1, 1, 1]


def test_two_threads_write_the_text_that_one_writes(tmp_path):
    """640 units: the products are large enough for BLAS to share them out, which it does unless it
    is told not to."""
    write_model(tmp_path / "large.npz", "abcdefgh \n", units=640)
    one = dict.fromkeys(blas.THREAD_VARIABLES, "1")
    texts = []
    for env in (one, {**one, "OPENBLAS_NUM_THREADS": "2"}):
        running = process(tmp_path / "large.npz", "-n", "300", "--seed", "1", env=env)
        texts.append(running.communicate()[0])
    assert len(texts[0].decode()) == 300
    assert texts[0] == texts[1]


def on_terminal(*arguments, env=None, **settings):
    """What a terminal receives from stdout and, in order, from stderr."""
    import pty  # not on Windows

    master, slave = pty.openpty()
    started = process(*arguments, env=env, **({"stdout": slave, "stderr": slave} | settings))
    os.close(slave)
    received = b""
    while True:
        try:
            chunk = os.read(master, 1 << 16)
        except OSError:  # how Linux reports that the other side is closed
            break
        if not chunk:
            break
        received += chunk
    os.close(master)
    assert started.wait() == 0
    return received.replace(b"\r\n", b"\n")


def test_stdout_has_the_text_and_nothing_else():
    started = process(TINY, "--seed", 5, "-n", 300, "-p", "The ", "-v")
    out, err = started.communicate()
    assert out.decode() == "".join(charrnn.load(TINY).stream("The ", seed=5, length=300))
    assert b"seed 5: 300 characters" in err
    assert started.returncode == 0


def test_a_pipe_does_without_rich():
    script = (
        f"import sys; sys.argv = ['charrnn', 'sample', {str(TINY)!r}, '-n', '9'];"
        "from charrnn import cli; assert cli.run() == 0; assert 'rich' not in sys.modules, 'rich'"
    )
    subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)


def test_the_model_in_the_current_folder_is_the_default(run, tmp_path, monkeypatch):
    (tmp_path / "charrnn.npz").write_bytes(TINY.read_bytes())
    monkeypatch.chdir(tmp_path)
    code, out, err = run("-n", 20)
    assert (code, len(out), err) == (0, 20, "")


def test_a_drawn_seed_is_told_and_writes_the_same_text_again(run):
    _, out, err = run(TINY, "-v", "-n", 50)
    seed = re.search(r"seed (\d+)", err).group(1)
    assert run(TINY, "--seed", seed, "-n", 50)[1] == out
    assert run(TINY, "-n", 50)[1] != out


def test_a_reader_that_leaves_ends_it_silently():
    started = process(TINY, "-n", 0)
    assert len(started.stdout.read(1000)) == 1000
    started.stdout.close()
    assert started.stderr.read() == b""
    started.stderr.close()
    assert started.wait() == 141


@needs_full_disk
@pytest.mark.parametrize("length", [10, 100_000])
def test_a_full_disk_is_one_line(length):
    with open("/dev/full", "wb") as full:
        started = process(TINY, "-n", length, stdout=full)
        _, err = started.communicate()
    assert started.returncode == 1
    assert err.decode().count("\n") == 1
    assert err.startswith(b"charrnn: error: ")
    assert b"No space left" in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_an_endless_text_silently_and_lose_none_of_it(number, code):
    started = process(TINY, "-n", 0, "--seed", 1)
    out = started.stdout.read(200)
    started.send_signal(number)
    out += started.stdout.read()
    _, err = started.communicate()
    assert started.returncode == code
    assert err == b""
    assert len(out) > 200
    assert out.decode() == "".join(charrnn.load(TINY).stream(seed=1, length=len(out)))


@pytest.mark.parametrize(
    "env", [{"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0"}]
)
def test_pipes_get_the_exact_characters_as_utf8(hostile, env):
    started = process(hostile, "--seed", 1, "-n", 3000, "-t", 1, env=env)
    out, err = started.communicate()
    assert err == b""
    assert started.returncode == 0
    assert out.decode() == "".join(charrnn.load(hostile).stream(seed=1, length=3000, temperature=1))
    assert set(out.decode()) == set(HOSTILE)


def test_a_terminal_receives_no_control_sequence_from_the_model(hostile):
    received = on_terminal(hostile, "--seed", 1, "-n", 5000, "-t", 1, env={"NO_COLOR": "1"})
    text = received.decode()
    assert b"\x1b" not in received
    assert all(c.isprintable() or c in "\n\t" for c in text)
    for shown in (r"\x1b", r"\x9b", r"\u202e", r"\u200b", r"\U000e0041", r"\r", "[", "日"):
        assert shown in text


def test_colours_are_the_only_sequences_with_heat(hostile):
    env = {"TERM": "xterm-256color", "COLORTERM": ""}
    received = on_terminal(hostile, "--seed", 1, "-n", 5000, "-t", 1, "--heat", env=env)
    assert b"\x1b[38;5;231;48;5;" in received
    assert b"\x1b" not in re.sub(rb"\x1b\[(38;5;231;48;5;\d+|0)m", b"", received)


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_heat_without_colour_is_digits_below(env):
    arguments = (TINY, "--heat", "--seed", 3, "-n", 300, "-t", 1)
    lines = on_terminal(*arguments, env=env | {"COLUMNS": "60"}).decode().splitlines()
    texts, digits = lines[::2], lines[1::2]
    text = "".join(charrnn.load(TINY).stream(seed=3, length=300, temperature=1))
    assert " ".join(texts).split() == text.split()  # and so no word is cut
    for line, below in zip(texts, digits, strict=True):
        assert re.fullmatch(r"\d+", below)
        assert len(below) - len(line) in (0, 1)  # a newline has a digit too
        assert len(below) <= 60


def test_raw_and_escape_override_what_stdout_is(hostile, run):
    arguments = (hostile, "--seed", 1, "-n", 2000, "-t", 1)
    assert b"\x1b" in on_terminal(*arguments, "--raw")
    _, out, _ = run(*arguments, "--escape")
    assert "\x1b" not in out
    assert r"\x1b" in out


def test_a_terminal_of_another_encoding_gets_what_it_can_show(tmp_path):
    path = tmp_path / "m.npz"
    write_model(path, "aé日\n")
    env = {"PYTHONIOENCODING": "latin-1"}
    received = on_terminal(path, "--seed", 1, "-n", 200, "-t", 1, env=env).decode("latin-1")
    assert "é" in received
    assert r"\u65e5" in received


def test_a_terminal_sees_the_prompt_labels_and_a_last_newline():
    arguments = (TINY, "-p", "The ", "-t", "0.2,1", "--seed", 4, "-n", 30, "--ban", r"\n")
    received = on_terminal(*arguments, env={"NO_COLOR": "1"}).decode()
    stream = charrnn.load(TINY).stream
    cold, hot = (
        "".join(stream("The ", temperature=t, seed=4, length=30, ban="\n")) for t in (0.2, 1)
    )
    labels = [f"--- temperature {t}, seed 4 ---" for t in ("0.2", "1")]
    assert received == f"{labels[0]}\nThe {cold}\n{labels[1]}\nThe {hot}\n"


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_gets_the_same_words_as_a_pipe_and_none_is_cut(columns):
    """The model's words and those of a long prompt, whose last one the model completes."""
    prompt = "The keeper of the light" * 9
    arguments = (TINY, "-p", prompt, "--seed", 5, "-n", 1000)
    text = prompt + "".join(charrnn.load(TINY).stream(prompt, seed=5, length=1000))
    env = {"TERM": "xterm-256color", "COLUMNS": str(columns)}
    received = on_terminal(*arguments, env=env).decode()
    assert received.startswith("\x1b[2mThe ")
    shown = re.sub("\x1b\\[(2|0)m", "", received)
    assert shown.split() == text.split()
    assert max(map(len, shown.splitlines())) <= columns


def test_with_prompt_each_text_begins_with_the_prompt(run):
    prompt = "May\nThe "
    arguments = (TINY, "-p", prompt, "--seed", 4, "-n", 30, "--ban", r"\n")
    _, out, _ = run(*arguments)
    assert run(*arguments, "--with-prompt") == (0, prompt + out, "")
    _, out, _ = run(*arguments, "-c", 2)
    both = "".join(f"{prompt}{line}" for line in out.splitlines(keepends=True))
    assert run(*arguments, "-c", 2, "--with-prompt")[1] == both
    assert run(*arguments, "--json", "--with-prompt") == run(*arguments, "--json")
    whole, digits = run(*arguments, "--heat", "--with-prompt")[1].splitlines()[-2:]
    assert whole == f"The {run(*arguments)[1]}"
    assert re.fullmatch(r" {4}\d{30}", digits)


def test_with_prompt_and_best_of_or_novelty_only_what_is_generated_is_measured(run, tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("The keeper of the light " * 9, encoding="utf-8")
    arguments = (TINY, "-p", "The keeper of the light", "--seed", 4, "-n", 30)
    measured = (*arguments, "--novelty", "--corpus", corpus, "--best-of", 3)
    _, out, err = run(*measured)
    assert run(*measured, "--with-prompt") == (0, "The keeper of the light" + out, err)


@pytest.mark.parametrize("also", [(), ("--raw",), ("--heat",)])
def test_on_a_terminal_a_prompt_appears_once(also):
    arguments = (TINY, "-p", "A prompt, ", "--with-prompt", "--seed", 4, "-n", 30, *also)
    env = {"NO_COLOR": "1"}
    both = on_terminal(*arguments, env=env)
    assert both.startswith(b"A prompt, ")
    assert both.count(b"A prompt, ") == 1
    with open(os.devnull, "wb") as nowhere:  # where the prompt is not seen on stderr
        assert on_terminal(*arguments, env=env, stderr=nowhere) == both


def test_several_texts_are_lines_in_a_pipe_with_consecutive_seeds(run):
    code, out, err = run(TINY, "--count", 4, "--seed", 7, "--until", "line", "-p", r"a\n")
    stream = charrnn.load(TINY).stream
    expected = ["".join(stream("a\n", seed=seed, until="line")) for seed in range(7, 11)]
    assert out == "".join(text + "\n" * (text[-1:] != "\n") for text in expected)
    assert (code, err) == (0, "")


def test_lines_and_stop_texts(run):
    _, out, _ = run(TINY, "--lines", 12, "--seed", 1)
    assert out.count("\n") == 12
    _, out, _ = run(TINY, "--stop", "th", "--stop", r".\n", "--seed", 1)
    whole = "".join(charrnn.load(TINY).stream(seed=1))
    assert out == whole[: min(whole.index("th"), whole.find(".\n") % 1000)]


def test_json_has_text_seed_and_log_probabilities(run):
    _, out, err = run(TINY, "--json", "-c", 2, "--seed", 3, "-n", 40, "-p", "The", "-t", "0.5")
    records = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert out.isascii()
    for seed, record in zip((3, 4), records, strict=True):
        stream = charrnn.load(TINY).stream("The", seed=seed, length=40, temperature=0.5)
        assert record["text"] == "".join(stream)
        assert (record["seed"], record["prompt"], record["temperature"]) == (seed, "The", 0.5)
        assert record["ended"] == "length"
        assert len(record["log_probabilities"]) == 40
        assert all(value <= 0 for value in record["log_probabilities"])


def test_best_of_shows_the_likeliest_per_character(run):
    _, out, _ = run(TINY, "--json", "-c", 8, "--seed", 0, "-n", 60, "-t", "1.2")
    records = [json.loads(line) for line in out.splitlines()]
    best = [max(r, key=lambda r: sum(r["log_probabilities"])) for r in (records[:4], records[4:])]
    arguments = ("--best-of", 4, "-c", 2, "--seed", 0, "-n", 60, "-t", "1.2")
    _, out, _ = run(TINY, "--json", *arguments)
    assert [json.loads(line)["seed"] for line in out.splitlines()] == [r["seed"] for r in best]


def test_novelty_reports_copies_and_loops(run, tmp_path):
    text = "".join(charrnn.load(TINY).stream(seed=6, length=200))
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("Something else. " + text[50:120], encoding="utf-8")
    arguments = (TINY, "--novelty", "--corpus", corpus, "--seed", 6, "-n", 200)
    code, out, err = run(*arguments)
    assert (code, out) == (0, text)
    assert "not exactly the text" in err
    assert re.search(r"longest run copied has 7\d characters", err)
    record = json.loads(run(*arguments, "--json")[1])
    assert text[50:120] in record["novelty"]["copied"]
    assert set(record["novelty"]["new"]) == {"8", "12", "16", "32"}
    _, _, err = run(TINY, "--novelty", "--corpus", corpus, "-t", 0, "-n", 400)
    assert "novelty: a loop" in err


def test_a_text_that_ends_in_a_loop_is_told_once_unless_the_model_learnt_it_so(run, tmp_path):
    greedy = (TINY, "-t", 0, "--seed", 6)
    code, out, err = run(*greedy, "-n", 400)
    assert (code, len(out), err.count("\n")) == (0, 400, 1)
    assert "loop, 'said the ' again" in err
    assert "--temp" in err
    assert run(TINY, "--seed", 6, "-n", 400)[2] == ""
    assert re.findall(r"seed \d", run(*greedy, "-c", 2)[2]) == ["seed 6", "seed 7"]
    file = checkpoint.load(TINY)
    meta = file.meta | {"excerpt": "the said " * 9}
    checkpoint.save(tmp_path / "m.npz", Checkpoint(meta, file.vocabulary, file.parameters))
    assert run(tmp_path / "m.npz", *greedy[1:])[2] == ""


def test_what_is_advised_against_a_loop_helps(run):
    arguments = (TINY, "-t", 0, "-n", 400)
    assert "--no-repeat 12" in run(*arguments)[2]
    expected = "".join(charrnn.load(TINY).stream(temperature=0, length=400, no_repeat=12))
    assert run(*arguments, "--no-repeat", 12) == (0, expected, "")


def test_a_loop_is_told_where_ctrl_c_ends_it():
    started = process(TINY, "-t", 0, "-n", 0, "--seed", 6)
    started.stdout.read(1000)
    started.send_signal(signal.SIGINT)
    _, err = started.communicate()
    assert b"ends in a loop" in err


def test_prompts_from_files_and_pipes(run, tmp_path):
    prompt = tmp_path / "prompt.txt"
    prompt.write_bytes("\ufeffThe light\r\n".encode())
    expected = "".join(charrnn.load(TINY).stream("The light\n", seed=2))
    assert run(TINY, "--prompt-file", prompt, "--seed", 2)[1] == expected
    started = process(TINY, "--prompt-file", "-", "--seed", 2, stdin=subprocess.PIPE)
    assert started.communicate(b"The light\n")[0].decode() == expected


def test_files_are_read_as_the_training_text_was(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "Die grüne Wiese hört schöne Töne.\r\n" * 40
    for name, encoding, content in (
        ("corpus", "latin-1", text),
        ("prompt", "latin-1", "grün\r\n"),
        ("utf-8", "utf-8", "grün\r\n"),
    ):
        (tmp_path / name).write_bytes(content.encode(encoding))
    train = "train corpus --encoding latin-1 --newlines keep --hidden-size 8 --steps 2 -q -o m.npz"
    monkeypatch.setattr(sys, "argv", ["charrnn", *train.split()])
    assert cli.run() == 0
    expected = "".join(charrnn.load("m.npz").stream("grün\r\n", seed=2, length=30))
    arguments = ("m.npz", "--seed", 2, "-n", 30)
    assert run(*arguments, "--prompt-file", "prompt")[:2] == (0, expected)
    assert run(*arguments, "--prompt-file", "utf-8", "--encoding", "utf-8")[:2] == (0, expected)
    code, _, err = run(*arguments, "--novelty", "--corpus", "corpus")
    assert code == 0
    assert "not exactly" not in err
    for name, encoding in (("prompt", "utf-8"), ("utf-8", "ascii")):
        code, out, err = run(*arguments, "--prompt-file", name, "--encoding", encoding)
        assert (code, out) == (1, "")
        assert f"{name} is not {encoding} text" in err
        assert "--encoding" in err


def test_unknown_characters_are_replaced_on_request_and_it_is_said(run):
    _, out, err = run(TINY, "-p", "Thé", "--unknown", "nearest", "--seed", 2)
    assert out == "".join(charrnn.load(TINY).stream("The", seed=2))
    assert err == "prompt: 'é' (U+00E9) became 'e'\n"
    assert run(TINY, "-p", "The\r\n", "--seed", 2) == run(TINY, "-p", "The\\n", "--seed", 2)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-t", "-1"], 2, "temperature of -1.0"),
        (["-t", "nan"], 2, "temperature of nan"),
        (["-t", "inf"], 2, "temperature of inf"),
        (["-t", "0.5,-2"], 2, "temperature of -2.0"),
        (["-t", "warm"], 2, "--temp warm"),
        (["--top-p", "0"], 2, "top-p 0.0"),
        (["--top-p", "nan"], 2, "top-p nan"),
        (["--top-k", "0"], 2, "top-k"),
        (["--no-repeat", "0"], 2, "no-repeat"),
        (["--min-p", "2"], 2, "min-p 2.0"),
        (["--ban", r"\n -~"], 2, "leave no character"),
        (["--only", ""], 2, "leave no character"),
        (["--only", "z-a"], 2, "runs backwards"),
        (["--stop", ""], 2, "empty stop text"),
        (["--stop", "€"], 2, "can never come"),
        (["--until", "line", "--ban", r"\n"], 2, "no newline"),
        (["--until", "page"], 2, "page"),
        (["-n", "-1"], 2, "--length"),
        (["--seed", "-1"], 2, "--seed"),
        (["--seed", str(2**64)], 2, "is no seed"),
        (["-p", "a", "--prompt-file", "b"], 2, "contradict"),
        (["--raw", "--escape"], 2, "contradict"),
        (["-n", "0", "--count", "2"], 2, "without an end"),
        (["-n", "0", "--json"], 2, "without an end"),
        (["--corpus", "x"], 2, "--novelty"),
        (["--encoding", "utf-8"], 2, "--encoding"),
        (["--prompt-file", "x", "--encoding", "klingon"], 2, "klingon"),
        (["-p", "€"], 1, "U+20AC"),
        (["--prompt-file", "/nowhere/x"], 1, "/nowhere/x"),
        (["--novelty", "--corpus", "/nowhere/x"], 1, "/nowhere/x"),
        (["--interactive", "--json"], 2, "does not go with"),
        (["--interactive", "--with-prompt"], 2, "--with-prompt does not go with"),
        (["--with-prompt"], 2, "no prompt"),
    ],
)
def test_bad_input_is_one_line_and_advice(run, arguments, code, words):
    result, out, err = run(TINY, *arguments)
    assert (result, out) == (code, "")
    lines = err.splitlines()
    assert len(lines) <= 2
    assert lines[0].startswith("charrnn: error: ")
    assert words in lines[0]


def test_damaged_and_missing_models_are_one_line(run, tmp_path):
    broken = tmp_path / "broken.npz"
    broken.write_bytes(TINY.read_bytes()[:20_000])
    for path in (broken, tmp_path / "missing.npz", tmp_path):
        code, out, err = run(path)
        assert (code, out) == (1, "")
        assert err.startswith("charrnn: error: ")


def test_a_conversation_carries_its_state_on(run, monkeypatch, tmp_path):
    typed = tmp_path / "typed.txt"
    typed.write_text(
        "The\n/temp 0\n light\n\n/foo\n/temp cold\n/reset\n/length 5\nThe\n€\n/quit\nunread\n"
    )
    with open(typed, encoding="utf-8") as lines:
        monkeypatch.setattr(sys, "stdin", lines)
        code, out, err = run(TINY, "-i", "--seed", 2, "-n", 20, "--ban", r"\n")
    turns = out.splitlines()
    greedy = charrnn.load(TINY).stream
    first = "".join(greedy("\nThe", seed=2, length=20, ban="\n"))
    second = "".join(greedy(f"\nThe{first} light", temperature=0, length=40, ban="\n"))
    third = "".join(greedy("\nThe", temperature=0, length=5, ban="\n"))
    assert turns == [first, second[:20], second[20:], third]
    assert code == 0
    assert [line.split(".")[0] for line in err.splitlines()] == [
        "there is no command /foo",
        "/temp needs a number",
        "the prompt has characters that the model never saw: '€' (U+20AC) at position 0",
    ]


def test_a_conversation_begins_and_begins_anew_with_the_passage_of_its_seed(
    run, monkeypatch, tmp_path
):
    write_carrying(tmp_path / "m.npz")
    typed = tmp_path / "typed.txt"
    typed.write_text("The\n/reset\n/seed 2\nThe\n/seed 3\n/reset\nThe\n", encoding="utf-8")
    for also in ((), ("--cold",)):
        with open(typed, encoding="utf-8") as lines:
            monkeypatch.setattr(sys, "stdin", lines)
            arguments = ("-i", "--seed", 2, "-n", 60, "--ban", r"\n")
            _, out, err = run(tmp_path / "m.npz", *arguments, *also)
        first, again, other = out.splitlines()
        assert (first, err) == (again, "")
        prompt = r"\nThe" if also else "The"  # without a prompt a cold state has read a newline
        for seed, turn in ((2, first), (3, other)):
            arguments = ("--seed", seed, "-n", 60, "--ban", r"\n", "-p", prompt)
            assert run(tmp_path / "m.npz", *arguments, *also)[1] == turn


def test_cold_begins_as_if_the_file_carried_no_text(run, tmp_path):
    write_carrying(tmp_path / "m.npz")
    arguments = ("-c", 3, "--seed", 4, "-n", 80)
    warm, cold = (run(tmp_path / "m.npz", *arguments, *also)[1] for also in ((), ("--cold",)))
    assert warm != cold
    assert cold == run(TINY, *arguments)[1]
    assert run(tmp_path / "m.npz", "--seed", 5, "-n", 80)[1] in warm


def write_carrying(path):
    """The tiny model, in a file that carries text."""
    file = checkpoint.load(TINY)
    excerpt = "".join(f"{i}. The lamp is lit, and {'the sea ' * (i % 5)}\n\n" for i in range(40))
    checkpoint.save(
        path, Checkpoint(file.meta | {"excerpt": excerpt}, file.vocabulary, file.parameters)
    )


def test_a_conversation_ends_the_unit_that_was_begun_in_it(run, monkeypatch, tmp_path):
    typed = tmp_path / "typed.txt"
    typed.write_text("The\n\n\n", encoding="utf-8")
    whole = "".join(charrnn.load(TINY).stream("\nThe", seed=2, length=400))
    first, blank, second, *_ = whole.split("\n")
    assert not blank
    assert len(second) < len(first)
    with open(typed, encoding="utf-8") as lines:
        monkeypatch.setattr(sys, "stdin", lines)
        arguments = (TINY, "-i", "--seed", 2, "--until", "line", "-n", len(first))
        assert run(*arguments)[1] == f"{first}\n\n{second}\n"  # the second turn ends the first line


def test_ctrl_c_stops_the_text_and_not_the_conversation():
    started = process(TINY, "-i", "-n", 0, "--seed", 1, stdin=subprocess.PIPE)
    started.stdin.write(b"The\n")
    started.stdin.flush()
    assert started.stdout.read(100)
    started.send_signal(signal.SIGINT)
    time.sleep(0.2)
    out, err = started.communicate(b"/temp 0\n/length 7\nThe\n")
    assert started.returncode == 0
    assert err == b""
    assert len(out.split(b"\n")[-2]) <= 7


def read_until(descriptor, what, count=1):
    received = b""
    while received.count(what) < count:
        received += os.read(descriptor, 1 << 16)
    return received


def test_a_person_edits_lines_and_takes_earlier_ones_again():
    pytest.importorskip("readline")
    import termios

    arguments = (TINY, "-i", "-t", "0", "-n", 5, "--ban", r"\n")
    with terminal() as (theirs, ours):
        started = process(*arguments, stdin=theirs, stdout=theirs, stderr=theirs)
        read_until(ours, b"> ")
        os.write(ours, b"and\n")
        read_until(ours, b"> ")
        os.write(ours, b"\x1b[A\x01s\n")  # arrow up, to the beginning, s
        again = read_until(ours, b"> ").decode()
        os.write(ours, b"\xff\n")
        assert b"U+FFFD" in read_until(ours, b"> ")
        os.write(ours, b"not sent")
        read_until(ours, b"sent")
        # A signal that strikes readline before it waits is noticed at the next one, or at Enter.
        while not select.select([ours], [], [], 0.2)[0]:
            started.send_signal(signal.SIGINT)
        read_until(ours, b"> ")
        started.send_signal(signal.SIGTERM)
        os.write(ours, b"\n")
        assert started.wait(10) == 143
        assert termios.tcgetattr(ours)[3] & termios.ECHO  # the terminal is as it was
    greedy = charrnn.load(TINY).stream
    first = "".join(greedy("\nand", temperature=0, length=5, ban="\n"))
    second = "".join(greedy(f"\nand{first}sand", temperature=0, length=5, ban="\n"))
    assert again.splitlines()[-2] == second


def test_the_sign_for_a_person_is_not_in_a_text_that_is_redirected():
    with terminal() as (theirs, ours):
        started = process(TINY, "-i", "-n", 5, "--seed", 1, stdin=theirs, stderr=theirs)
        shown = read_until(ours, b"> ")
        os.write(ours, b"The\n")
        shown += read_until(ours, b"> ")
        os.write(ours, b"\x04")
        out, _ = started.communicate(timeout=10)
    assert started.returncode == 0
    assert out.decode() == "".join(charrnn.load(TINY).stream("\nThe", seed=1, length=5)) + "\n"


def test_help_fits_eighty_columns_and_names_every_option(monkeypatch):
    started = process("--help", env={"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"})
    out, _ = started.communicate()
    text = out.decode()
    assert max(map(len, text.splitlines())) <= 80
    options = (
        "temp length prompt prompt-file with-prompt no-repeat top-k top-p min-p stop lines only ban"
    )
    options += " count unknown seed novelty heat json raw escape until best-of corpus encoding"
    options += " verbose interactive cold"
    for option in options.split():
        assert f"--{option} " in text
    for short in "tnpcvih":
        assert f" -{short} " in text


def test_at_temperature_0_every_run_writes_the_same(tmp_path, run):
    """Its passage has a seed too, which nobody has to name then."""
    path, corpus = tmp_path / "model.npz", tmp_path / "text"
    corpus.write_text("".join(f"{n} is a line, {n * 7 % 11}\n" for n in range(90)))
    assert train_small(corpus, path) == 0
    texts = {run(path, "-t", "0", "-n", "40")[1] for _ in range(4)}
    assert len(texts) == 1
    assert texts == {run(path, "-t", "0", "-n", "40", "--seed", "0")[1]}
    loaded = charrnn.load(path)
    assert {"".join(loaded.stream(temperature=0, length=40)) for _ in range(3)} == texts


def train_small(corpus, path):
    small = ("--hidden-size", "8", "--batch-size", "4", "--sequence-length", "8", "--steps", "5")
    return run_here("train", corpus, "-q", "-o", path, *small)
