"""How long a bar of music is, in as much of ABC notation as `corpora/tunes.abc` uses."""

import re
from fractions import Fraction

#: A triplet begins; a note or rest, its number and its fraction; broken rhythm.
SIGNS = re.compile(r"(\(3)|[_^=]*[A-Ga-gz][,']*(\d*)(/\d*)?|([<>])")
GRACE_NOTES = re.compile(r"\{[^}]*\}")


def eighths_of(meter: str) -> Fraction:
    """The length of a full bar of a meter such as `6/8`, in eighths."""
    return 8 * Fraction(meter)


def eighths(bar: str) -> Fraction:
    """The length of what stands between two bar lines, in eighths, which are the unit; of a note
    pair `a>b` the first has three halves of its length and the second one, with `<` the reverse."""
    lengths: list[Fraction] = []
    triplet, swing = 0, Fraction(1)
    for third, number, halves, broken in SIGNS.findall(GRACE_NOTES.sub("", bar)):
        if third:
            triplet = 3
        elif broken:
            longer, swing = Fraction(3, 2), Fraction(1, 2)
            if broken == "<":
                longer, swing = swing, longer
            if lengths:
                lengths[-1] *= longer
        else:
            each = Fraction(int(number or 1), int(halves[1:] or 2) if halves else 1)
            lengths.append(each * swing * (Fraction(2, 3) if triplet else 1))
            triplet, swing = max(triplet - 1, 0), Fraction(1)
    return sum(lengths, Fraction(0))
