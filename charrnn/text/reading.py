"""How files become the text that is learnt: whatever has to be the same to read that text again.

A checkpoint states it with the text's hash, and everything that reads a text beside a model starts
from there.
"""

from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

from charrnn.errors import UsageError
from charrnn.text.units import Units


@dataclass(frozen=True)
class Reading:
    """encoding   any that Python knows, or "auto" to find out for each file
    newlines   "unix" makes CRLF and lone CR LF, "keep" leaves them
    normalize  the form that it is brought into, "nfc" or "nfd"; None leaves it as it is
    unit       what it is made of, "line", "paragraph" or "file"; None for one running text
    separator  what stands between paragraphs; None for blank lines
    min_count  characters that occur fewer times become one (see `rare`); None leaves all
    """

    encoding: str = "utf-8"
    newlines: str = "unix"
    normalize: str | None = None
    unit: str | None = None
    separator: str | None = None
    min_count: int | None = None

    @cached_property
    def units(self) -> Units | None:
        """How it is cut into units, if it is. Raises UsageError if that makes no sense."""
        if self.unit is None and self.separator is None:
            return None
        return Units(self.unit or "text", self.separator)

    def stated(self) -> dict[str, Any]:
        """What a checkpoint says of it: nothing that is off."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def of(cls, about: Any) -> "Reading":
        """The inverse of `stated`, of what any file says; what makes no sense is left out."""
        about = about if isinstance(about, dict) else {}
        known = {f.name: about.get(f.name) for f in fields(cls)}
        least = known.pop("min_count")
        texts = {name: value for name, value in known.items() if isinstance(value, str)}
        reading = cls(**texts, min_count=least if type(least) is int and least >= 2 else None)
        try:
            _ = reading.units
        except UsageError:
            return replace(reading, unit=None, separator=None)
        return reading


#: Where nothing else is asked for.
USUAL = Reading()
