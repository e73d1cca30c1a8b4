"""The program: three commands, and the one place where errors become lines on stderr.

Command modules import NumPy and what needs it inside their functions: `--help` stays fast, and
`blas.configure` can still choose a kernel and a thread count.
"""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from charrnn import __version__
from charrnn.cli.inspect import command as inspect_command
from charrnn.cli.sample import command as sample_command
from charrnn.cli.terminal.console import PatientStderr
from charrnn.cli.train import command as train_command
from charrnn.errors import CharRNNError
from charrnn.visible import visible


class Commands(TyperGroup):
    """The commands, with a closed pipe handled before Typer makes an exit code 1 of it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return reader_went_away()


app = typer.Typer(
    name="charrnn",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)
for command in (train_command.train, sample_command.sample, inspect_command.inspect):
    app.command()(command)


def show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"charrnn {__version__}\n")
        raise typer.Exit


@app.callback()
def charrnn(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True),
    ] = False,
) -> None:
    """Learn a text, character by character, and write more of it.

    Examples:

        charrnn train book.txt            learn for three minutes, write charrnn.npz

        charrnn sample --temp 0.8         write more of it

        charrnn inspect                   see how far back the network remembers
    """


def run() -> int:
    """Run the command line; every expected failure is one line and, if it helps, one more."""
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except CharRNNError as error:
        return complain(error.message, error.hint, error.exit_code)
    except typer.TyperException as error:
        # No command at all is a request for help, which has been printed.
        if error.__class__.__name__ == "NoArgsIsHelpError":
            return error.exit_code
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "charrnn"
        return complain(error.format_message(), f"See {command} --help.", error.exit_code)
    except BrokenPipeError:
        return reader_went_away()
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except OSError as error:
        where = f"cannot use {error.filename}" if error.filename else "cannot write the output"
        if not error.filename:
            abandon_stdout()
        return complain(f"{where}: {error.strerror or error}", "", 1)
    except MemoryError:
        return complain("out of memory", "Try a smaller --hidden-size or --batch-size.", 1)
    return code if isinstance(code, int) else 0


def complain(message: str, hint: str, code: int) -> int:
    """Write the error to stderr, with everything that could steer a terminal made visible."""
    lines = [f"charrnn: error: {visible(message, one_line=True)}"]
    if hint:
        lines.append(visible(hint, one_line=True))
    stderr = PatientStderr()
    stderr.write("\n".join(lines) + "\n")
    stderr.flush()
    return code


def reader_went_away() -> int:
    """`charrnn sample | head`: silent."""
    abandon_stdout()
    return 141


def abandon_stdout() -> None:
    """What could not be written stays in Python's buffer; at exit it would be tried once more, with
    a complaint and code 120."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
