"""One model of the terminal: each fact comes from a file and an environment, and nowhere else."""

import ast
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import PYTHON, SMALL, TEXT, charrnn, environment, error_of, run_here, terminal

from charrnn.cli.terminal.stream import PatientStream, Stream

CLI = Path(__file__).parent.parent / "charrnn" / "cli"
XTERM = {"TERM": "xterm-256color"}


class Tty(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def stream(tty: bool, encoding: str = "utf-8", **variables: str) -> Stream:
    kind = Tty if tty else io.TextIOWrapper
    return Stream(kind(io.BytesIO(), encoding), variables)


def written(made: Stream) -> bytes:
    made.flush()
    content: bytes = made.file.buffer.getvalue()  # type: ignore[attr-defined]
    return content


@pytest.mark.parametrize(
    ("tty", "variables", "colour", "animated"),
    [
        (True, XTERM, True, True),
        (True, {}, False, False),
        (True, {"TERM": "dumb"}, False, False),
        (True, XTERM | {"NO_COLOR": "1"}, False, True),
        (True, XTERM | {"NO_COLOR": ""}, True, True),
        (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, False, False),
        (False, XTERM, False, False),
        (False, XTERM | {"FORCE_COLOR": "1"}, True, False),
        (False, {"FORCE_COLOR": "1"}, True, False),
        (False, XTERM | {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colour_and_animation_follow_the_terminal_and_the_environment(
    tty: bool, variables: dict[str, str], colour: bool, animated: bool
) -> None:
    made = stream(tty, **variables)
    assert (made.colour, made.animated) == (colour, animated)


@pytest.mark.parametrize(
    ("encoding", "variables", "unicode", "shown"),
    [
        ("utf-8", {}, True, "é漢\\u202e\\n"),
        ("latin-1", {}, False, "é\\u6f22\\u202e\\n"),
        ("utf-8", {"LC_ALL": "C"}, False, "\\xe9\\u6f22\\u202e\\n"),
        ("utf-8", {"LC_ALL": "POSIX"}, False, "\\xe9\\u6f22\\u202e\\n"),
        ("utf-8", {"LC_ALL": "C.UTF-8"}, True, "é漢\\u202e\\n"),
    ],
)
def test_what_can_be_shown_follows_the_encoding(
    encoding: str, variables: dict[str, str], unicode: bool, shown: str
) -> None:
    made = stream(True, encoding, **variables)
    assert made.unicode == unicode
    assert made.showable("é漢\u202e\n") == shown
    made.say("é漢\u202e\n")
    assert written(made) == (shown + "\n").encode(encoding)


def test_a_stream_without_an_encoding_is_ascii() -> None:
    assert Stream(io.StringIO(), {}).encoding == "ascii"


def test_generated_text_is_utf_8_except_on_a_terminal() -> None:
    for tty, expected in ((False, "é漢\x1b".encode()), (True, b"\xe9\\u6f22\x1b")):
        made = stream(tty, "latin-1")
        made.write("<")
        made.send("é漢\x1b")
        assert written(made) == b"<" + expected


def test_the_width_is_that_of_the_environment_or_of_the_terminal() -> None:
    assert stream(True, COLUMNS="60").width == 60
    script = "import os; from charrnn.cli.terminal.terminal import Terminal\n"
    script += "Terminal.of_process().stdout.write(str(Terminal.of_process().stdout.width))"
    for columns, variables, width in (
        (57, {}, b"57"),
        (57, {"COLUMNS": "0"}, b"57"),
        (0, {}, b"80"),
    ):
        with terminal(columns) as (theirs, _):
            result = subprocess.run(
                [sys.executable, "-c", script],
                stdin=theirs,
                stderr=theirs,
                env=environment(**variables),
                stdout=subprocess.PIPE,
                check=True,
            )
        assert result.stdout == width


def test_a_console_is_of_the_given_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "33")
    made = stream(True, COLUMNS="50", LINES="9", **XTERM)
    made.console.print("[bold]:smile: 1[/]", style="red")
    assert made.console.size == (50, 9)
    assert written(made) == b"\x1b[31m[bold]:smile: 1[/]\x1b[0m\n"


def test_a_console_without_colour_moves_the_cursor_and_writes_no_styles() -> None:
    made = stream(True, NO_COLOR="1", **XTERM)
    made.console.print("plain", style="bold dim red")
    made.console.show_cursor(False)
    assert written(made) == b"plain\n\x1b[?25l"


def test_a_patient_stream_outlives_its_reader() -> None:
    reader, writer = os.pipe()
    with open(writer, "w", encoding="utf-8") as file:
        made = PatientStream(file, {})
        os.close(reader)
        made.say("nobody reads this")
        made.say("nor this")


def asked_of_the_system(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            if name in ("sys.stdin", "sys.stdout", "sys.stderr", "os.environ", "os.getenv"):
                yield name


def test_nothing_else_in_the_command_line_asks_for_streams_or_the_environment() -> None:
    found = {str(p.relative_to(CLI)): set(asked_of_the_system(p)) for p in CLI.rglob("*.py")}
    expected = {"sys.stdin", "sys.stdout", "sys.stderr", "os.environ"}
    assert found.pop("terminal/terminal.py") == expected
    assert not any(found.values()), found


# Closed streams, and readers that leave


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("closed")
    (path / "text").write_text(TEXT)
    train = ("train", path / "text", *SMALL, "--steps", "3", "-q", "--out", path / "m.npz")
    assert run_here(*train) == 0
    return path


def with_streams(
    folder: Path, streams: str, *arguments: str
) -> "subprocess.CompletedProcess[bytes]":
    command = ["sh", "-c", f'exec "$@" {streams}', "sh", *PYTHON, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(), input=b"the\n", capture_output=True, timeout=60
    )


INSPECT = ("inspect", "m.npz", "--windows", "2", "--steps", "8")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", [("sample", "m.npz", "-n", "9"), INSPECT, ("--version",)])
def test_closed_streams_do_not_matter_to_a_command_that_does_not_need_them(
    folder: Path, command: tuple[str, ...], closed: str
) -> None:
    result = with_streams(folder, closed, *command)
    assert (result.returncode, result.stderr) == (0, b"")
    assert bool(result.stdout) == (closed in ("<&-", "2>&-"))


@pytest.mark.parametrize(
    "command",
    [
        ("sample", "m.npz", "-i", "-n", "5"),
        ("sample", "m.npz", "--prompt-file", "-"),
        ("inspect", "m.npz", "--text", "-"),
        ("train", "-", "--out", "new.npz"),
    ],
)
def test_a_closed_stdin_that_is_needed_is_one_line(folder: Path, command: tuple[str, ...]) -> None:
    result = with_streams(folder, "<&-", *command)
    assert (result.returncode, result.stdout) == (2, b"")
    assert "stdin" in error_of(result.stderr)
    assert len(result.stderr.splitlines()) == 2  # what to do
    assert with_streams(folder, "<&- >&- 2>&-", *command).returncode == 2


def test_a_stdin_that_cannot_be_read_is_one_line(folder: Path) -> None:
    result = with_streams(folder, "0>unreadable", "sample", "m.npz", "-i")
    assert result.returncode == 1
    assert "stdin" in error_of(result.stderr)


def test_bytes_that_are_no_text_are_unknown_characters_in_a_conversation(folder: Path) -> None:
    env = environment(PYTHONIOENCODING="utf-8:strict")
    command = ("sample", "m.npz", "-i", "-n", "5", "--seed", "1", "--ban", r"\n")
    result = charrnn(*command, cwd=folder, input=b"the\n\xff\nfox\n", env=env)
    assert (result.returncode, len(result.stdout.splitlines())) == (0, 2)
    assert "(U+FFFD)" in result.stderr.decode()


@pytest.mark.parametrize("force", ["", "1"])
@pytest.mark.parametrize("command", [("--help",), ("train", "--help"), INSPECT, ("--version",)])
def test_a_reader_that_has_left_is_141_and_silence(
    folder: Path, command: tuple[str, ...], force: str
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = charrnn(*command, cwd=folder, stdout=writer, env=environment(FORCE_COLOR=force))
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, b"")
