"""What `inspect` looks at: a checkpoint and the text to measure it on."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError, UsageError
from charrnn.network.model import CharModel
from charrnn.storage.checkpoint import Checkpoint, load
from charrnn.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Subject:
    """A loaded checkpoint under the name its path was given."""

    path: str
    checkpoint: Checkpoint
    vocabulary: Vocabulary

    @classmethod
    def load(cls, path: Path) -> "Subject":
        checkpoint = load(path)
        return cls(str(path), checkpoint, Vocabulary(checkpoint.vocabulary))

    def model(self, dtype: type[np.floating] = np.float64) -> CharModel:
        meta = self.checkpoint.meta
        return CharModel(
            self.checkpoint.parameters,
            cell=meta["cell"],
            activation=meta["activation"],
            dtype=dtype,
        )

    def encode(self, text: str) -> Array:
        return self.vocabulary.encode(text).astype(np.intp)

    def about(self) -> dict[str, object]:
        """What JSON says of the model."""
        meta = self.checkpoint.meta
        keys = ("cell", "activation", "layers", "hidden_size", "vocabulary_size")
        return {"file": self.path} | {key: meta[key] for key in keys}


@dataclass(frozen=True)
class Passage:
    """The text that is measured, and where it came from in words."""

    text: str
    source: str

    def about(self) -> dict[str, object]:
        """What JSON says of the text."""
        digest = hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()
        return {"source": self.source, "characters": len(self.text), "sha256": digest}


def passage(subject: Subject, file: str | None, prompt: str | None) -> Passage:
    """The text of `--text` or `--prompt`, else the held-out excerpt that the checkpoint carries.

    Raises UsageError for both at once, CorpusError if there is no text at all.
    """
    if file is not None and prompt is not None:
        raise UsageError("--text and --prompt are two texts", "Give one of them.")
    if prompt is not None:
        return Passage(prompt, "prompt")
    if file is not None:
        from charrnn.text.corpus import read_text

        return Passage(read_text(file), "stdin" if file == "-" else file)
    excerpt = subject.checkpoint.meta.get("excerpt")
    if not isinstance(excerpt, str) or not excerpt:
        raise CorpusError(
            f"{subject.path} carries no held-out text to measure on",
            "Give one: --text FILE",
        )
    return Passage(excerpt, "held-out excerpt")
