"""A text that goes round in circles: it is told on stderr, with what helps.

Only the end of a text is kept for that, however long the text gets, and looked at once.
"""

from collections import deque
from collections.abc import Iterator

from charrnn.generation.novelty import LONGEST_LOOK, LOOP_REPEATS, ending_loop
from charrnn.library import Model

_SHOWN = 40  # characters of a unit


def tail() -> deque[str]:
    """Takes characters and keeps as many of the last ones as `loop_notes` looks at."""
    return deque(maxlen=LONGEST_LOOK)


def loop_notes(end: deque[str], loaded: Model, advice: str, *, what: str) -> Iterator[str]:
    """A line if `what` ends in a loop, unless that is how the text goes that the model learnt."""
    loop, excerpt = ending_loop("".join(end)), loaded.meta.get("excerpt")
    if loop is None or (isinstance(excerpt, str) and loop.unit * LOOP_REPEATS in excerpt):
        return
    word = loop.unit.find(" ") + 1  # where one begins: the text may have ended inside another
    unit = loop.unit[word:] + loop.unit[:word]
    unit = unit if len(unit) <= _SHOWN else f"{unit[:_SHOWN]}..."
    yield f"note: {what} ends in a loop, {unit!r} again and again; {advice}"
