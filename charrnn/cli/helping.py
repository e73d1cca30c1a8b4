"""What Typer says of a command, in our words: the help, and the errors of its options.

Typer names the Python type of each parameter, `<bool>` of a flag too, and lets the library that
reads the values speak for itself. Users type words: a flag takes none, an argument has its name.
"""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

#: What values are called that pydantic cannot read, by the beginning of its name for the error.
KINDS = {"int": "a whole number", "float": "a number"}


class Plain:
    """For a command: flags show no value, and arguments neither a type nor braces."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands behind the command: `[OPTIONS] CORPUS...`."""
        pieces: list[str] = super().collect_usage_pieces(ctx)  # type: ignore[misc]
        return [piece.translate({ord(brace): None for brace in "{}"}) for piece in pieces]

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, `--help` among them, which Typer makes itself."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for each in found:
            if each.param_type_name == "argument":
                each.display_type_rich = lambda ctx: None
            elif each.is_flag:
                each.metavar = ""
        return found


class Command(Plain, TyperCommand):
    """One of the three."""


class Group(Plain, TyperGroup):
    """The program itself."""


def in_our_words(error: typer.TyperException) -> str:
    """The message of an error in the usage, with the value that was given."""
    message = error.format_message()
    errors = getattr(error.__cause__, "errors", None)  # of pydantic, which Typer reads values with
    if errors is None:
        return message
    first = errors()[0]
    if kind := KINDS.get(first["type"].partition("_")[0]):
        return message.replace(first["msg"], f"{first['input']!r} is not {kind}.")
    return message.replace("Value error, ", "")
