"""Errors in a program's words: `threads=1` where the command line says `--threads 1`.

What can go wrong is found and said in one place, for people who type commands. Here the options in
it become arguments, and what to do next becomes a note, which Python shows below the error.
"""

import re
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

from charrnn.errors import CharRNNError
from charrnn.inspection import request
from charrnn.training.settings import Choices, Request

CONFIGS = (Choices, Request, request.Request)
#: What is called otherwise here.
NAMES = {"temp": "temperature"}
FLAGS = {f.name for c in CONFIGS for f in fields(c) if typing.get_type_hints(c)[f.name] is bool}
WORDS = {str(word) for c in CONFIGS for f in fields(c) for word in f.metadata.get("choices", ())}
WORDS |= {"auto", "skip", "nearest", "utf-8"}
OPTION = re.compile(rf"--([a-z][a-z-]*)(?: (\d[\w.]*|{'|'.join(sorted(WORDS))})(?!\w))?")
COMMAND = re.compile(r"\bcharrnn (train|sample|inspect)\b")


def as_arguments(text: str) -> str:
    """`text` with options as arguments; a whole command stays one, for it works in a shell."""
    return text if COMMAND.search(text) else OPTION.sub(_argument, text)


def _argument(match: re.Match[str]) -> str:
    option, value = match.groups()
    name = option.replace("-", "_")
    if name == "view" and value:
        return f".{value}()"
    name = NAMES.get(name, name)
    if name in FLAGS:
        return f"{name}=True" + (f" {value}" if value else "")
    if value is None:
        return name
    number = re.fullmatch(r"\d+(\.\d+)?(e-?\d+)?", value.rstrip("."))
    return f"{name}={value}" if number else f'{name}="{value}"'


@contextmanager
def in_python() -> Iterator[None]:
    """A context, and so a decorator, whose errors name arguments and have their hint as a note."""
    try:
        yield
    except CharRNNError as error:
        if not getattr(error, "__notes__", None):
            error.message, error.hint = as_arguments(error.message), as_arguments(error.hint)
            error.args = (error.message,)
            if error.hint:
                error.add_note(error.hint)
        raise
