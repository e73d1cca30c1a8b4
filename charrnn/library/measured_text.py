"""What `inspect` looks at: a checkpoint and the text to measure it on."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CorpusError, UnknownCharacter, UsageError
from charrnn.library.stored import Stored
from charrnn.visible import unescape, visible


def about(model: Stored) -> dict[str, object]:
    """What JSON says of the model."""
    keys = ("cell", "activation", "layers", "hidden_size", "vocabulary_size")
    return {"file": model.path} | {key: model.meta[key] for key in keys}


HELD_OUT = "held-out excerpt"
#: What a stored excerpt is, by its source.
STORED = {
    HELD_OUT: "the held-out text, which the kept weights were chosen on",
    "excerpt of the training text": "the training text",
    "stored excerpt": "the stored excerpt",
}


@dataclass(frozen=True)
class MeasuredText:
    """The text that is measured, where it came from in words, and as what a file was read whose
    encoding was to be found out."""

    text: str
    source: str
    notes: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """What a stored excerpt is; nothing for a text that the user gave."""
        return STORED.get(self.source, "")

    def about(self) -> dict[str, object]:
        """What JSON says of the text."""
        digest = hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()
        chosen_on = self.source == HELD_OUT  # were the weights that were kept?
        return {
            "source": self.source,
            "characters": len(self.text),
            "sha256": digest,
            "chosen_on": chosen_on,
        }


def text_of(
    model: Stored, file: str | None, prompt: str | None, encoding: str | None = None
) -> MeasuredText:
    """The text of `--text` or `--prompt`, else the held-out excerpt that the checkpoint carries. A
    file is read as the training text was, unless an encoding is given; a prompt as by `sample`.

    Raises UsageError for both at once, CorpusError if there is no text at all.
    """
    if file is not None and prompt is not None:
        raise UsageError("--text and --prompt are two texts", "Give one of them.")
    if encoding is not None and file is None:
        raise UsageError("--encoding is that of --text", "Give both, or neither.")
    if prompt is not None:
        return MeasuredText(model.begun(model.spelled(unescape(prompt))), "prompt")
    if file is not None:
        from charrnn.text.corpus import read_text
        from charrnn.text.decoding import Found

        reading = replace(model.reading, encoding=encoding or model.reading.encoding)
        found = Found()
        text = model.begun(model.spelled(read_text(file, reading, found)))
        return MeasuredText(text, "stdin" if file == "-" else file, tuple(found.readings))
    excerpt = model.meta.get("excerpt")
    if not isinstance(excerpt, str) or not excerpt:
        raise CorpusError(
            f"{model.path} carries no held-out text to measure on",
            "Give one: --text FILE",
        )
    return MeasuredText(model.begun(excerpt), source_of(model))


def source_of(model: Stored) -> str:
    """Which of `STORED` the excerpt of a checkpoint is, as far as it says that."""
    best = model.meta.get("best")
    held_out, learnt, stored = STORED
    if not isinstance(best, dict) or "loss" not in best:
        return stored
    return learnt if best["loss"] is None else held_out


def encode(model: Stored, text: MeasuredText) -> Array:
    """Indices of a text that may not be empty, every character of which the model knows."""
    if not text.text:
        raise CorpusError(f"the text ({text.source}) is empty", "Give some: --prompt TEXT")
    unknown = model.vocabulary.unknown(text.text)
    if unknown:
        position, character = unknown[0]
        shown = visible(character, one_line=True)
        raise UnknownCharacter(
            f"{model.path} never saw '{shown}' (U+{ord(character):04X}, at position "
            f"{position:,} of the {text.source}); {len(unknown):,} of {len(text.text):,} characters"
            " are unknown to it",
            "Measure on a text of its own alphabet; --view surprisal takes any text.",
        )
    return model.vocabulary.encode(text.text).astype(np.intp)


def known_ids(model: Stored, text: str) -> tuple[Array, Array]:
    """The indices of the characters that the model knows, and which (n,) of the text they are."""
    known = np.ones(len(text), np.bool_)
    unknown = [position for position, _ in model.vocabulary.unknown(text)]
    known[unknown] = False
    kept = text if not unknown else "".join(c for c, k in zip(text, known, strict=True) if k)
    return model.vocabulary.encode(kept).astype(np.intp), known
