"""Texts, models, names and options from strangers: nothing is obeyed, run, or sent anywhere."""

import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from commands import (
    MANY,
    SAVED,
    SMALL,
    TEXT,
    charrnn,
    environment,
    every_command,
    foreign,
    run_here,
    seen_on_terminal,
)
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from charrnn import cli

#: What terminals of the past and present have been attacked with, and markup of Rich and HTML.
ATTACKS = [
    "\x1b]0;title\x07",
    "\x1b]2;title\x1b\\",
    "\x1b]8;;file:///etc/passwd\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1b]4;1;?\x07",
    "\x1b]10;?\x07",
    "\x1b]50;#3\x07",
    "\x1b]1337;File=inline=1:AAAA\x07",
    "\x1bP$q q\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\x1b_G;a\x1b\\",
    "\x1b^pm\x1b\\",
    "\x1bX sos\x1b\\",
    "\x1b[6n",
    "\x1b[5n",
    "\x1b[c",
    "\x1b[>c",
    "\x1b[21t",
    "\x1b[2J",
    "\x1b[3J",
    "\x1b[H",
    "\x1b[?1049h",
    "\x1b[?1000h",
    "\x1b[?2004h",
    "\x1b[4i",
    "\x1b[8m",
    "\x1b[12h",
    "\x1b[1;2r",
    "\x1b#8",
    "\x1bc",
    "\x1bZ",
    "\x1b(0",
    "\x1b%G",
    "\x9b31m",
    "\x9d0;title\x9c",
    "\x90q\x9c",
    "\x85\x84\x8d",
    "\x0e\x0f",
    "\x05",
    "\b\b\b\x7f",
    "a\rb",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "\u200b\u200d\ufeff\u2060",
    "pass\u200dword\u200c\u202e\u200dexe",
    "\u2028\u2029",
    "\U000e0041\U000e007f",
    "[bold red]b[/] [/foo] [link=file:///etc/passwd]x[/link] :smile:",
    "<script>alert(1)</script>&amp;]]>",
]
CODES = "".join(map(chr, [*range(1, 0x20), *range(0x7F, 0xA0)]))
#: Characters that a terminal obeys, hides or reorders; none of them is our own styling.
UNSEEN = "\u202a\u202e\u2066\u2069\u200b\u200d\ufeff\u2060\u2028\u2029\U000e0041"


def hostile_folder(path: Path, attacks: list[str]) -> tuple[str, str]:
    """Write a text that is all attack, under a name that is one; returns the names."""
    text, model = "\x1b]0;name\x07\u202e[bold].txt", "\x1b[2J[red].npz"
    content = (CODES + "".join(attacks)) * max(2, 4000 // len("".join(attacks)))
    (path / text).write_text(content, encoding="utf-8", newline="")
    return text, model


def wrong_commands(text: str, model: str) -> list[list[str]]:
    """Errors that quote what they were given."""
    return [
        ["train", f"no {text}"],
        ["train", text, "--out", model],
        ["train", text, "--encoding", model],
        ["train", text, "--time", model],
        ["train", text, "--cell", model],
        ["train", text, f"--{model}"],
        [model],
        ["sample", text],
        ["sample", f"no {model}"],
        ["sample", model, "--prompt", "never seen: é\x1b]0;é\x07"],
        ["sample", model, "--temp", model],
        ["inspect", text],
        ["inspect", model, "--view", model],
        ["inspect", model, "--prompt", "é\x1b[2Jé"],
        ["inspect", model, "--view", "neurons", "--find", model],
        ["inspect", model, "--save", f"no/{model}.svg"],
        ["inspect", model, "--save", f"x.{model}"],
    ]


def shown_of_all(folder: Path, attacks: list[str], every: int = 1, **variables: str) -> str:
    """What a terminal receives from all commands, or one in `every`, on a hostile text."""
    text, model = hostile_folder(folder, attacks)
    right, wrong = every_command(text, model, "\x1b[2J"), wrong_commands(text, model)
    right = [line for n, line in enumerate(right) if line[0] == "train" or n % every == 0]
    program = [sys.executable, "-W", "error", "-c", MANY]
    code, shown = seen_on_terminal(
        [json.dumps([*right, *wrong])], folder, env=environment(**variables), program=program
    )
    assert code == 0, shown[-2000:]
    assert "Traceback" not in shown
    codes = json.loads(shown.splitlines()[-1])
    assert codes[: len(right)] == [0] * len(right), [
        (c, a) for c, a in zip(codes, right, strict=False) if c
    ]
    accepted = [line for c, line in zip(codes[len(right) :], wrong, strict=True) if c not in (1, 2)]
    assert accepted == []
    return shown


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_no_command_lets_a_control_sequence_through_to_a_terminal(
    tmp_path: Path, term: str
) -> None:
    attacks, every = random.Random(term).sample(ATTACKS, 24), 1 if term == "dumb" else 4
    shown = shown_of_all(tmp_path, attacks, every, TERM=term)
    assert foreign(shown) == "[]"
    assert not set(UNSEEN) & set(shown)
    if term == "dumb":
        assert "\x1b" not in shown
    assert "\\x1b" in shown  # it was there, and is visible
    assert "[bold" in shown  # and no markup was understood
    for kind in SAVED:
        for path in tmp_path.glob(f"*.{kind}"):
            check_picture(path)


def check_picture(path: Path) -> None:
    """No control characters, no markup of a stranger in what a browser or a terminal shows."""
    content = path.read_bytes()
    if path.suffix == ".png":
        return
    shown = content.decode()
    assert foreign(shown) == "[]", path
    if path.suffix in (".svg", ".html"):
        assert not set(UNSEEN) & set(shown), path
        assert "<script>alert" not in shown, path


def test_pipes_and_logs_get_no_control_sequence_in_errors(tmp_path: Path) -> None:
    text, model = hostile_folder(tmp_path, ATTACKS)
    for arguments in wrong_commands(text, model)[:7:3]:
        result = charrnn(*arguments, cwd=tmp_path)
        assert result.returncode in (1, 2)
        assert result.stderr.decode().replace("\n", "").isprintable()


# No network, no code, no other files

AUDIT = '''
import json, os, sys

canary = sys.argv[2]
forbidden = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.forkpty", "os.posix_spawn",
    "os.spawn", "os.startfile", "pty.", "pickle.", "urllib.", "http.", "ftplib.", "smtplib.",
    "poplib.", "imaplib.", "telnetlib.", "nntplib.", "webbrowser.", "ctypes.dlopen/foreign",
    "shutil.", "os.kill", "syslog.", "code.__new__",
)
code = ("compile", "exec", "import", "marshal.loads", "ctypes.dlopen")
phase, seen, written, worker = "first", set(), set(), []
def report(violation):
    seen.add(violation)

def hook(event, arguments):
    if event == "subprocess.Popen" and list(arguments[1]) == worker:
        return
    if event.startswith(forbidden):
        report(f"{event} {arguments!r:.80}")
    if event in ("compile", "exec") and canary in repr(arguments[0]):
        report(f"{event} of foreign text")
    if phase == "second" and event in code:
        report(f"{event} {arguments!r:.80}")
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        mode, flags = arguments[1] or "", arguments[2]
        if set("wax+") & set(mode) or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.add(os.path.abspath(os.fsdecode(arguments[0])))

sys.addaudithook(hook)
from charrnn import cli
from charrnn.machine import blas

blas.configure()
from charrnn.machine import workers

# A worker process is one that we start, and one that does no more than this one: it ends at once if
# it does, which is an error here. What it unpickles is what we pickled.
workers.PROGRAM = f"""
import os, sys
def hook(event, arguments):
    forbidden = event.startswith({forbidden!r}) and not event.startswith("pickle.")
    if forbidden or event in ("compile", "exec") and {canary!r} in repr(arguments[0]):
        os._exit(1)
sys.addaudithook(hook)
""" + workers.PROGRAM
worker[:] = [sys.executable, "-c", workers.PROGRAM]

def run_all():
    for arguments in json.loads(sys.argv[1]):
        sys.argv[0:] = ["charrnn", *arguments]
        code = cli.run()
        if code != 0:
            seen.add(f"exit code {code} of {arguments}")

commands = sys.argv[1:]
def again():
    sys.argv[:] = ["charrnn", *commands]
again(); run_all()
PHASE
again(); run_all()
here = os.getcwd()
written = {path for path in written if os.path.dirname(path) != here and path != os.devnull}
written = {path for path in written if "__pycache__" not in path}
sys.__stderr__.write(json.dumps([sorted(seen), sorted(written)]))
'''


def test_train_sample_and_inspect_reach_for_nothing_and_run_nothing(tmp_path: Path) -> None:
    """Every command runs twice in one process. The first time, Python imports modules, which is to
    execute code: that of files, in which the text has no part. The second time nothing is left to
    import, so any code at all would come from elsewhere.
    """
    canary = "canary__import__('os').mkdir('pwned')"
    (tmp_path / "text").write_text((TEXT + canary + "\n") * 3)
    commands = every_command("text", prompt=canary)
    script = AUDIT.replace("PHASE", "phase = 'second'")
    result = subprocess.run(
        [sys.executable, "-c", script, json.dumps(commands), canary],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    seen, written = json.loads(result.stderr[result.stderr.rindex("[[") :])
    assert seen == []
    assert written == []
    assert not (tmp_path / "pwned").exists()


# Options nobody would give

VALUES = [
    *("-1", "0", "1", "2", "nan", "inf", "-inf", "1e-300", "1e300", "9" * 20, "0.5"),
    *("", " ", "x", "é\u202e", "\x1b[31m", "[/bold]", "a-z", "{}", "../..", "m.npz", "text", "--"),
]
#: Values that mean hours or endless output, or reading the terminal.
LARGE = "9" * 20
SKIPPED = {
    "--length": ("0", LARGE),
    "--steps": (LARGE,),
    "--time": ("0.5", "1", "2", LARGE),
    "--interactive": (),
    "--help": (),
}


def options_of(command: str) -> list[tuple[str, bool]]:
    """Every option of a command, and whether it is a flag."""
    group = typer.main.get_command(cli.app)
    found = group.commands[command].params  # type: ignore[attr-defined]
    return [
        (name, bool(getattr(parameter, "is_flag", False)))
        for parameter in found
        for name in parameter.opts
        if name.startswith("-")
    ]


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    command = draw(st.sampled_from(["train", "sample", "inspect"]))
    line = [command]
    for name, is_flag in draw(st.lists(st.sampled_from(options_of(command)), max_size=4)):
        long = {"-n": "--length", "-i": "--interactive", "-h": "--help"}.get(name, name)
        if SKIPPED.get(long) == ():
            continue
        line.append(name)
        if not is_flag:
            line.append(
                draw(st.sampled_from([v for v in VALUES if v not in SKIPPED.get(long, ())]))
            )
    if command == "train":
        budget = [] if {"--time", "--epochs", "--steps"} & set(line) else ["--steps", "1"]
        line += ["text", *(SMALL if draw(st.booleans()) else ()), *budget]
    elif command == "inspect":
        line += ["m.npz", *(["--windows", "1", "--steps", "5"] if draw(st.booleans()) else ())]
    else:
        line += [*(["m.npz"] if draw(st.booleans()) else ()), "-n", "20"]
    return line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path, before = tmp_path_factory.mktemp("options"), Path.cwd()
    os.chdir(path)
    Path("text").write_text(TEXT)
    assert run_here("train", "text", *SMALL, "--steps", "3", "-q", "--out", "m.npz") == 0
    yield path
    os.chdir(before)


@hypothesis_settings(
    max_examples=80,
    derandomize=True,  # make torture draws anew
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(line=command_lines())
def test_no_option_value_breaks_a_command(
    folder: Path,
    line: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = (folder / "m.npz").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    code = run_here(*line)
    out, err = capsys.readouterr()
    assert code in (0, 1, 2), line
    assert "\x1b" not in out + err, line
    if code:
        assert err.startswith("charrnn: ") or "charrnn: error: " in err, line
    (folder / "m.npz").write_bytes(original)


@hypothesis_settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.binary(max_size=300), encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_no_bytes_break_training(
    folder: Path, content: bytes, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bytes").write_bytes(content)
    arguments = [*SMALL, "--steps", "1", "--out", "b.npz", "--force", "--encoding", encoding]
    code = run_here("train", "bytes", *arguments)
    err = capsys.readouterr().err
    assert code in (0, 1)
    assert foreign(err) == "[]"
    if code == 0:
        assert run_here("sample", "b.npz", "-n", "30") == 0
        capsys.readouterr()
