"""Is it a path, several paths, or the text itself?

A string is the path of what is there under that name, or else a text, if it can be no name of a
file: with a line end, or longer than any. All other strings are refused, because a misspelt path
that is learnt as a text would be a bad joke.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from charrnn.errors import CorpusError, UsageError
from charrnn.text.given import Given
from charrnn.visible import visible

PathLike = str | os.PathLike[str]
#: Characters that no file system allows in one name.
LONGEST_NAME = 255
SHOWN = 60


def source_of(text_or_paths: PathLike | Iterable[PathLike]) -> list[str] | Given:
    """What `read_corpus` takes. Raises CorpusError, saying what it was taken for, if it is nothing
    that can be read, UsageError for what is no text or path at all."""
    if isinstance(text_or_paths, str):
        return _of_string(text_or_paths)
    if isinstance(text_or_paths, os.PathLike):
        return [_path(text_or_paths)]
    if isinstance(text_or_paths, bytes | bytearray) or not isinstance(text_or_paths, Iterable):
        raise _no_source(text_or_paths)
    paths = [_path(each) for each in text_or_paths]
    if not paths:
        raise UsageError("the list of texts is empty", "Give at least one path.")
    if missing := [path for path in paths if not _exists(path)]:
        raise CorpusError(
            f"there is no file {_shown(missing[0])}",
            "In a list each is a path; several texts are one when joined: '\\n'.join(texts).",
        )
    return paths


def _of_string(text: str) -> list[str] | Given:
    if not text:
        raise CorpusError("the text is empty", "Give the text itself, or the path of a file.")
    if _exists(text):
        return [text]
    if "\n" in text or "\r" in text or len(text) > LONGEST_NAME:
        return Given(text)
    if os.sep in text or "/" in text or Path(text).suffix[1:].isalnum() or " " not in text:
        raise CorpusError(
            f"there is no file {_shown(text)} in {_shown(os.getcwd())}",
            f"It was taken for a path; a text has a line end, or {LONGEST_NAME + 1} characters.",
        )
    raise CorpusError(
        f"{_shown(text)} is taken for a text, and is too short: {len(text)} characters without a "
        "line end",
        f"Give {LONGEST_NAME + 1} or more, or several lines. If a file was meant, there is none.",
    )


def _path(path: Any) -> str:
    """A path as a string. What stands for stdin is refused: a program reads that by itself."""
    if not isinstance(path, str | os.PathLike):
        raise _no_source(path)
    name = os.fspath(path)
    if not isinstance(name, str):
        raise _no_source(name)
    if name == "-":
        raise UsageError("- is standard input only for commands", "Give sys.stdin.read().")
    return name


def _exists(path: str) -> bool:
    try:
        return os.path.exists(path)
    except ValueError:  # a NUL
        return False


def _no_source(value: object) -> UsageError:
    kind = type(value).__name__
    hint = "Give the path of a file, a list of paths, or the text as a string."
    if isinstance(value, bytes | bytearray):
        hint = "Decode it, text.decode(), or give the path of the file."
    return UsageError(f"{kind} is neither a text nor a path", hint)


def _shown(text: str) -> str:
    end = "..." if len(text) > SHOWN else ""
    return f"'{visible(text[:SHOWN], one_line=True)}{end}'"
