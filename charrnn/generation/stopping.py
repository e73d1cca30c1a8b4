"""Where a text ends: after a number of characters or lines, at a text, at the end of a unit.

A `Stopper` is fed one stream's text piece by piece, in pieces of any size, and gives back what
certainly belongs to the result. Characters that may be the beginning of a stop text wait until that
is known, so that the result is the same however the text was cut.
"""

from dataclasses import dataclass
from typing import Literal

from charrnn.errors import UsageError
from charrnn.generation import sentences
from charrnn.visible import visible

Unit = Literal["line", "sentence", "paragraph"]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Whatever comes first ends the text; `length` 0 sets no limit.

    length    characters
    lines     lines; the last newline belongs to the text
    texts     any of these; it does not belong to the text
    until     the end of a unit; what follows it does not belong to the text
    prompt    what stands before the text
    boundary  the character that ends every unit of the training text, if it is made of units; it
              does not belong to the text
    between   what is written in place of the boundary, and then the text goes on

    The unit of `until` is the one that the prompt has begun, or the next one if the prompt is empty
    or ends where a unit ends. Whitespace before the first visible character of a unit never ends
    it: a line ends before its newline, a paragraph before the second of two newlines, a sentence
    after its marks and quotes.
    """

    length: int = 500
    lines: int | None = None
    texts: tuple[str, ...] = ()
    until: Unit | None = None
    prompt: str = ""
    boundary: str = ""
    between: str = ""

    @property
    def ending(self) -> str:
        """The character at which the text ends, if there is one."""
        return "" if self.between else self.boundary

    def spelled(self, characters: str) -> list[str]:
        """The model's `characters`, each as it is written."""
        return [self.between or c if c == self.boundary else c for c in characters]

    def check(self, alphabet: str) -> None:
        """Raise UsageError if a rule makes no sense, or never could with these characters."""
        if self.length < 0 or (self.lines is not None and self.lines < 1):
            raise UsageError("a text cannot end before it begins", "Give 1 or more.")
        if "" in self.texts:
            raise UsageError("an empty stop text would end every text", "Give --stop a text.")
        for text in self.texts:
            if missing := sorted(set(text) - set(alphabet)):
                shown = [visible(part, one_line=True) for part in (text, missing[0])]
                raise UsageError(
                    f"the stop text '{shown[0]}' can never come: there is no '{shown[1]}'",
                    "Choose one made of characters that the model knows and may write.",
                )
        if self.ending and self.ending not in alphabet:
            raise UsageError(
                f"the text cannot end: '{visible(self.ending, one_line=True)}', which ends a unit,"
                " may not be written",
                "Allow it, or give a --length.",
            )
        alphabet = "".join(self.spelled(alphabet))
        newline = "\n" in alphabet
        if not newline and (self.lines is not None or self.until in ("line", "paragraph")):
            raise UsageError(
                "the text cannot end with a line: the model has no newline to write",
                "Use --length or --stop instead.",
            )
        if self.until == "sentence":
            _check_sentences(alphabet)

    @property
    def endless(self) -> bool:
        """Does nothing but an interruption end the text?"""
        return not (self.length or self.lines or self.texts or self.until or self.ending)


class Stopper:
    """Applies `Rules` to one stream. `reason` is None until the text has ended, then one of
    "length", "lines", "stop", "until", "unit"."""

    def __init__(self, rules: Rules) -> None:
        self.reason: str | None = None
        self._rules = rules
        self._left = rules.length or None  # characters
        self._lines = rules.lines
        self._waiting = ""  # the beginning of a stop text, perhaps
        self._blank, self._last, self._ended = True, "", ""
        self._ending = rules.ending
        self._simple = not (rules.lines or rules.texts or rules.until or self._ending)
        if rules.until:
            self._read(rules.prompt)

    def push(self, text: str) -> str:
        """Return what has become certain by `text`; nothing any more once `reason` is set."""
        if self.reason:
            return ""
        if self._left is not None:
            text, fits = text[: self._left], self._left - len(text)
            self._left = max(fits, 0)
        if not self._simple:
            text = self._examined(text)
        if self._left == 0 and not self.reason:
            self.reason = "length"
            text, self._waiting = text + self._waiting, ""
        return text

    def _read(self, prompt: str) -> None:
        """Find out whether `prompt` ends inside a unit."""
        for character in prompt:
            if self._completes(character):
                self._blank = character.isspace()
        if self._rules.until == "sentence" and self._ended:
            self._blank = True  # its marks are there; a quote may still come

    def _examined(self, text: str) -> str:
        result = ""
        for character in text:
            if self._rules.until and self._completes(character):
                self.reason = "until"
                return result + self._waiting
            if character == self._ending:
                self.reason = "unit"
                return result + self._waiting
            self._waiting += character
            for stop in self._found():
                self.reason = "stop"
                return result + self._waiting[: -len(stop)]
            released = len(self._waiting) - self._held()
            result, self._waiting = result + self._waiting[:released], self._waiting[released:]
            if self._lines and character == "\n":
                self._lines -= 1
                if not self._lines:
                    self.reason = "lines"
                    return result + self._waiting
        return result

    def _found(self) -> list[str]:
        """The stop texts that have just been completed, the longest first."""
        return sorted(filter(self._waiting.endswith, self._rules.texts), key=len, reverse=True)

    def _held(self) -> int:
        """How many of the last characters may be the beginning of a stop text."""
        waiting = self._waiting
        for start in range(len(waiting)):
            if any(stop.startswith(waiting[start:]) for stop in self._rules.texts):
                return len(waiting) - start
        return 0

    def _completes(self, character: str) -> bool:
        """Does a unit end before this character?"""
        until, last, ended = self._rules.until, self._last, self._ended
        blank = self._blank
        sign = character in sentences.TERMINATORS
        more = bool(ended) and (sign or sentences.belongs(character, ended))  # of the unit before
        self._blank = blank and (more or character.isspace())
        self._last = character
        if sign:
            self._ended = character
        elif not more:
            self._ended = ""
        if blank:
            return False
        if until == "line":
            return character == "\n"
        if until == "paragraph":
            return character == last == "\n"
        return bool(ended) and not more and sentences.is_over(ended, character)


def spread(nats: list[float], written: list[str]) -> list[float]:
    """Surprisals of characters as those of what is written for them: where that is longer, all but
    the first of it is certain."""
    if all(len(text) == 1 for text in written):
        return nats
    return [x for n, text in zip(nats, written, strict=True) for x in [n, *[0.0] * (len(text) - 1)]]


def _check_sentences(alphabet: str) -> None:
    """Raise UsageError if no sentence could ever end with these characters."""
    terminators = [c for c in alphabet if c in sentences.TERMINATORS]
    if not terminators:
        raise UsageError(
            "no sentence can end: the model has no full stop, nor its like, to write",
            "Use --length or --stop instead.",
        )
    if not any(sentences.is_over(sign, c) for sign in terminators for c in alphabet):
        raise UsageError(
            f"a sentence ends with a space after '{terminators[0]}', and the model has no space "
            "to write",
            "Use --length or --stop instead.",
        )
