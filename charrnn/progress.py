"""How far something is that takes long: whoever works says it, and a caller may show it."""

from collections.abc import Callable

#: What is being done, how much of it, and of how much, if that is known.
Progress = Callable[[str, int, int | None], None]


def silent(stage: str, done: int, total: int | None) -> None:
    """Nobody looks."""
