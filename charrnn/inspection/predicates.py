"""Properties of a text that a unit may follow: each gives one number per character, (n,).

The value at a character holds after that character has been read, as a unit's activation does.
"""

from collections.abc import Callable

import numpy as np

from charrnn.arrays import Array

OPENING, CLOSING = "([{", ")]}"


def inside_quotes(text: str) -> Array:
    """1 from an opening quotation mark up to the closing one; a blank line closes all."""
    inside, previous, values = False, "", np.zeros(len(text))
    for i, character in enumerate(text):
        if character == '"':
            inside = not inside
        elif character in "“«„":
            inside = True
        elif character in "”»" or (character == "\n" and previous == "\n"):
            inside = False
        values[i] = inside
        previous = character
    return values


def inside_brackets(text: str) -> Array:
    """1 while more brackets have been opened than closed."""
    depth, values = 0, np.zeros(len(text))
    for i, character in enumerate(text):
        depth = max(0, depth + (character in OPENING) - (character in CLOSING))
        values[i] = depth > 0
    return values


def line_position(text: str) -> Array:
    """How many characters of the line have been read; 0 after the newline."""
    column, values = 0, np.zeros(len(text))
    for i, character in enumerate(text):
        column = 0 if character == "\n" else column + 1
        values[i] = column
    return values


def each(test: Callable[[str, str], bool]) -> Callable[[str], Array]:
    """A predicate of a character and the one before it ("" at the beginning)."""

    def predicate(text: str) -> Array:
        pairs = zip(text, ["", *text[:-1]], strict=True)
        return np.fromiter((test(*pair) for pair in pairs), float, len(text))

    return predicate


def newline_next(text: str) -> Array:
    """1 before a newline: the model has to foresee it."""
    return np.fromiter((c == "\n" for c in text[1:] + " "), float, len(text))


PREDICATES: dict[str, Callable[[str], Array]] = {
    "inside-quotes": inside_quotes,
    "inside-brackets": inside_brackets,
    "line-position": line_position,
    "after-newline": each(lambda _, previous: previous == "\n"),
    "newline-next": newline_next,
    "capitals": each(lambda character, _: character.isupper()),
    "vowels": each(lambda character, _: character.lower() in "aeiou"),
    "word-start": each(lambda character, before: character.isalpha() and not before.isalpha()),
    "digits": each(lambda character, _: character.isdigit()),
}
