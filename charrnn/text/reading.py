"""How files become the text that is learnt: whatever has to be the same to read that text again.

A checkpoint states it with the text's hash, and everything that reads a text beside a model starts
from there.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Reading:
    """encoding   any that Python knows
    newlines   "unix" makes CRLF and lone CR LF, "keep" leaves them
    normalize  the form that it is brought into, "nfc" or "nfd"; None leaves it as it is
    """

    encoding: str = "utf-8"
    newlines: str = "unix"
    normalize: str | None = None

    def stated(self) -> dict[str, Any]:
        """What a checkpoint says of it: nothing that is off."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def of(cls, about: Any) -> "Reading":
        """The inverse of `stated`, of what any file says; what makes no sense is left out."""
        about = about if isinstance(about, dict) else {}
        return cls(**{f.name: about[f.name] for f in fields(cls) if _fits(about.get(f.name), f)})


def _fits(value: Any, field: Any) -> bool:
    return isinstance(value, str) and field.type in (str, str | None)


#: Where nothing else is asked for.
USUAL = Reading()
