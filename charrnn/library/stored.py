"""A trained network with all that its file says of it: writing and looking inside start from it."""

from pathlib import Path
from typing import Any

import numpy as np

from charrnn.generation.prompts import Unknown, fit
from charrnn.network import MOST_MEMBERS
from charrnn.network.ensemble import is_merger
from charrnn.network.model import CharModel
from charrnn.storage import checkpoint
from charrnn.text.forms import spelled
from charrnn.text.reading import Reading
from charrnn.text.vocabulary import Vocabulary


class Stored:
    """A trained model, with what `library.model.Model` names, and more: `reading` is how the
    training text was read, as far as the checkpoint says it, and `units` how it is made of units,
    if it is.
    """

    def __init__(self, stored: checkpoint.Checkpoint, path: str = "the model") -> None:
        self.path, self.stored = path, stored
        self.meta: dict[str, Any] = stored.meta
        self.parameters, self.ngrams = stored.parameters, stored.ngrams
        self.reading = Reading.of(self.meta.get("corpus"))
        rare = self.reading.min_count is not None
        self.vocabulary = Vocabulary(stored.vocabulary, rare=rare)
        units = self.reading.units
        known = units is not None and units.boundary in self.vocabulary.characters
        self.units = units if known else None

    @property
    def file_name(self) -> str:
        """What its file is called, without `.npz`."""
        return Path(self.path).name.removesuffix(".npz")

    def network(self, dtype: type[np.floating] = np.float32) -> CharModel:
        """The network itself, a copy of the weights in the precision asked for."""
        return CharModel(
            self.parameters,
            cell=self.meta["cell"],
            activation=self.meta["activation"],
            dtype=dtype,
            members=self.members,
            boundary=self.boundary,
        )

    @property
    def boundary(self) -> int | None:
        """The index of the character that ends every unit, before which the network forgets."""
        return self.vocabulary.characters.index(self.units.boundary) if self.units else None

    @property
    def members(self) -> int:
        """Of how many networks this one is the merger, if what the file says of it is true."""
        training = self.meta.get("training")
        count = training.get("members") if isinstance(training, dict) else None
        if not isinstance(count, int) or not 1 <= count <= MOST_MEMBERS:
            return 1
        return count if is_merger(self.parameters, count) else 1

    @property
    def excerpt(self) -> str:
        """The text that streams are warmed on: what the checkpoint carries, or nothing where the
        model does not know all of it."""
        text = self.meta.get("excerpt")
        text = text[: checkpoint.EXCERPT] if isinstance(text, str) else ""
        return "" if self.vocabulary.unknown(text) else text

    def spelled(self, text: str) -> str:
        """`text` as the training text is written: its line ends, é as one character or two."""
        return spelled(text, self.vocabulary, self.reading.normalize)

    def marked(self, text: str) -> str:
        """`text` with the boundaries of a text that is made of units, if it is."""
        return self.units.within(text) if self.units else text

    def begun(self, text: str) -> str:
        """`text` with the boundary before it too, from which a unit is read."""
        boundary, text = self.units.boundary if self.units else "", self.marked(text)
        return text if text[:1] == boundary else boundary + text

    def fit(self, text: str, unknown: Unknown) -> tuple[str, list[str]]:
        """A prompt in characters that the model knows; see `prompts.fit`."""
        text, notes = fit(self.marked(self.spelled(text)), self.vocabulary, unknown)
        return self.units.shown(text) if self.units else text, notes
