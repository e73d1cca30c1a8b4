"""A text that is in no file, read by the same rules as one that is."""

from collections.abc import Iterator
from dataclasses import dataclass

from charrnn.errors import CorpusError
from charrnn.text.decoding import Decoding, Found
from charrnn.text.opening import PIECE

NAME = "the text"


@dataclass(frozen=True)
class Given:
    """A string where `read_corpus` takes paths."""

    text: str

    def decoded(self, newlines: str, found: Found) -> Iterator[str]:
        """Its pieces, checked and with the line ends of a file; what is met is counted in `found`.
        Raises CorpusError if it is no text."""
        try:
            whole = self.text.encode()
        except UnicodeEncodeError as error:
            raise CorpusError(
                f"{NAME} holds half a character (a surrogate at character {error.start:,})",
                "Decode it as what it is, with errors='strict'.",
            ) from error
        pieces = (whole[i : i + PIECE] for i in range(0, len(whole), PIECE))
        return Decoding(NAME, "utf-8", newlines, found).texts(pieces)
