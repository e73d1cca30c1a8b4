"""How surprising a character was, in bits: the scale of `--heat`."""

import math

#: Backgrounds for 0, 1, ... bits, the last one for more, dark enough for white letters. All of
#: them are among the 256 colours of a terminal; of 16 they become grey, brown and red.
BACKGROUNDS = (
    "", "#303030", "#4e4e4e", "#5f5f00", "#875f00", "#af5f00", "#d75f00", "#d70000", "#ff0000",
)  # fmt: skip
INK = "#ffffff"


def bits(nats: float) -> int:
    return round(nats / math.log(2)) if nats < 100 else 99


def style(bits: int) -> str:
    """In Rich's words."""
    background = BACKGROUNDS[min(bits, len(BACKGROUNDS) - 1)]
    return background and f"{INK} on {background}"


def digit(bits: int) -> str:
    """9 for nine and more."""
    return str(min(bits, 9))
