"""The program: three commands, and the one place where errors become lines on stderr.

Command modules import NumPy and what needs it inside their functions: `--help` stays fast, and
`blas.configure` can still choose a kernel and a thread count.
"""

import time
from typing import Annotated

import typer

from charrnn import __version__
from charrnn.cli.helping import Command, Group, in_our_words
from charrnn.cli.inspect import command as inspect_command
from charrnn.cli.sample import command as sample_command
from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.train import command as train_command
from charrnn.errors import CharRNNError
from charrnn.machine.launched import end_job, launched

SHY = 2.0  # seconds

app = typer.Typer(
    name="charrnn",
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)
for command in (train_command.train, sample_command.sample, inspect_command.inspect):
    app.command(cls=Command)(command)


def show_version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        context.obj.stdout.write(f"charrnn {__version__}\n")
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
    """Run the command line; every expected failure is one line and, if it helps, what to do."""
    terminal = Terminal.of_process()
    try:
        code = app(standalone_mode=False, obj=terminal)
        terminal.stdout.flush()
        return code if isinstance(code, int) else 0
    except (BrokenPipeError, SystemExit):  # which Typer and Rich make of it
        terminal.stdout.abandon()
        return 141
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except (CharRNNError, typer.TyperException, OSError, MemoryError) as error:
        return complain(error, terminal)


def complain(error: Exception, terminal: Terminal) -> int:
    """Say on stderr what happened and what to do; the exit code."""
    match error:
        case CharRNNError():
            message, hint, code = error.message, error.hint, error.exit_code
        case typer.TyperException():
            # No command at all is a request for help, which has been printed.
            if type(error).__name__ == "NoArgsIsHelpError":
                return error.exit_code
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "charrnn"
            message, code = in_our_words(error), error.exit_code
            hint = f"See {command} --help."
        case OSError():
            where = f"cannot use {error.filename}" if error.filename else "cannot write the output"
            if not error.filename:
                terminal.stdout.abandon()
            message, hint, code = f"{where}: {error.strerror or error}", "", 1
        case _:
            message, hint, code = "out of memory", "Try a smaller --hidden-size or --batch-size.", 1
    rank, ranks = launched()
    if rank:
        # Rank 0 says what goes wrong on all of them, and with it the job ends.
        time.sleep(SHY)
        message = f"rank {rank}: {message}"
    terminal.stderr.say(f"charrnn: error: {message}", *hint.splitlines())
    if ranks > 1:
        end_job()
    return code
