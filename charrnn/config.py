"""Every setting of training, written once: name, type, default, range and help.

The command line turns the fields into options and the checkpoint stores them as a JSON object.
`Choices` are the settings that the recipe chooses when they are not given (None); `Settings` is the
same list with nothing open.
"""

import dataclasses
from typing import Any


def option(help: str, *, default: Any = None, **about: Any) -> Any:
    """A dataclass field with what the command line needs to know: `help`, and where they apply
    `short`, `minimum`, `maximum`, `choices`, `metavar`, `panel`, `flag`, `show_default`."""
    return dataclasses.field(default=default, metadata={"help": help, **about})


NETWORK = "The network (chosen from the corpus and the budget)"
LEARNING = "How it learns (chosen from the corpus and the budget)"
