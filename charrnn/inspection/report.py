"""What every report can do besides being data: show itself, where somebody has told it how.

`library.looking` tells it; `showing` knows how. Without that a report is the plain dataclass.
"""

from dataclasses import dataclass
from typing import Any, Protocol


class Shown(Protocol):
    """How reports of one view, of one model and text, are shown."""

    def text(self, report: Any) -> str:
        """As `charrnn inspect` prints it."""

    def svg(self, report: Any) -> str:
        """As `charrnn inspect --save` draws it."""


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """The base of all reports. It has no fields, and `shown` is none of theirs either."""

    def shown_as(self, how: Shown) -> None:
        """Show it so from now on."""
        object.__setattr__(self, "_shown", how)

    def __repr__(self) -> str:
        how: Shown | None = self.__dict__.get("_shown")
        return how.text(self) if how else f"<charrnn {type(self).__name__}>"

    def _repr_html_(self) -> str | None:
        """Its picture, in a notebook."""
        how: Shown | None = self.__dict__.get("_shown")
        return how.svg(self) if how else None
