"""Fills the template: style, script and weights in one file that needs nothing from outside.

What comes from strangers (the alphabet, names, the excerpt) is in the page as JSON, in a block that
browsers do not run, and reaches the screen as text. The content security policy allows this one
style and this one script, by their hashes, and nothing else.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from charrnn.errors import UsageError
from charrnn.generation.beginning import places
from charrnn.inspection.gradients import Gradients
from charrnn.inspection.summary import summarise
from charrnn.library import LENGTH, Model
from charrnn.page import curves, weights
from charrnn.page.facts import facts
from charrnn.text import FORMS
from charrnn.visible import visible

#: The parts of the script, in order.
SCRIPT = (
    *("random", "cells", "networks", "text", "filters", "stopping", "writing"),
    *("page", "controls", "seeing", "unfolding", "start"),
)
LONGEST = 20_000  # characters that a page writes at once
UNFOLDED = 6  # characters
LARGEST = 100_000_000  # bytes of weights; such a page opens in two seconds (docs/page.md)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """The settings that a page begins with, as those of `charrnn sample`. `until` "" ends a text at
    its length, None where the model's texts end."""

    prompt: str = ""
    temperature: float = 0.8
    length: int = LENGTH
    until: str | None = None
    seed: int | None = None
    cold: bool = False
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    no_repeat: int | None = None
    only: str | None = None
    ban: str | None = None


def check_size(model: Model, precision: int) -> None:
    """Raise UsageError, saying how large it would be, for a page too large to open."""
    needed = weights.size(model, precision)
    if needed <= LARGEST:
        return
    smaller = "Train a smaller network (train --hidden-size)"
    if weights.size(model, 16) <= LARGEST:
        smaller = "Halve it with --page-precision 16"
    raise UsageError(
        f"a page of {visible(model.path, one_line=True)} would have {needed / 1e6:,.0f} MB, more"
        f" than the {LARGEST / 1e6:,.0f} MB that browsers open without trouble",
        f"{smaller}.",
    )


def page(
    model: Model,
    opening: Opening,
    gradients: Gradients | None = None,
    *,
    precision: int = 32,
) -> bytes:
    """The whole page. `gradients` is what `inspect` measured, if it could.

    Raises UsageError if it would be too large.
    """
    check_size(model, precision)
    known = about(model, opening, precision)
    known["facts"] = facts(summary_of(model), written(model.path))
    known["gradients"] = curves.words(gradients) if gradients else None
    style, script = part("style.css"), "\n".join(part(f"script/{n}.js") for n in SCRIPT)
    values = {
        "style": style,
        "style-hash": hash_of(style),
        "script": script,
        "script-hash": hash_of(script),
        "data": as_data(known),
        "weights": weights.packed(model, precision),
        "pictures": curves.pictures(gradients) if gradients else "",
    }
    return fill(part("template.html"), values).encode()


def about(model: Model, opening: Opening, precision: int) -> dict[str, Any]:
    """What the script has to know."""
    meta, excerpt = model.meta, "" if model.units else model.excerpt
    units = model.units and {
        "kind": model.units.kind,
        "separator": model.units.separator,
        "longest": longest_unit(meta.get("units")),
    }
    network = {
        "cell": meta["cell"],
        "activation": meta["activation"],
        "layers": meta["layers"],
        "hiddenSize": meta["hidden_size"],
        "context": model.network().context,
        "members": model.members,
        "boundary": model.boundary,
        "precision": precision,
    }
    return {
        "name": Path(model.path).name,
        "network": network,
        "arrays": weights.shapes(model),
        "alphabet": model.vocabulary.code_points.tolist(),
        "standIn": model.vocabulary.stand_in,
        "normalize": model.reading.normalize if model.reading.normalize in FORMS else None,
        "units": units,
        "excerpt": excerpt,
        "passageEnds": places(excerpt) if excerpt else [],
        "ngrams": bool(meta.get("ngrams")),
        "longest": LONGEST,
        "settings": {name.replace("_", "-"): value for name, value in vars(opening).items()}
        | {"seed": None if opening.seed is None else str(opening.seed)},  # may need 63 bits
        "unfolded": unfolded(model, opening.prompt),
    }


def unfolded(model: Model, prompt: str) -> str:
    """What the drawing of the unrolled network begins with: the first line of the prompt, or of the
    stored text, as far as it can be drawn."""
    lines = (line.strip() for text in (prompt, model.excerpt) for line in text.splitlines())
    line = next(filter(None, lines), model.vocabulary.characters[-UNFOLDED:])
    return line[:UNFOLDED]


def longest_unit(units: Any) -> int:
    longest = units.get("longest") if isinstance(units, dict) else None
    return longest if isinstance(longest, int) else 0


def written(path: str) -> float | None:
    """When the file was, in seconds of Unix time; None if it is not there any more."""
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return None


def summary_of(model: Model) -> Any:
    return summarise(model.meta, model.vocabulary.characters, model.parameters)


def part(name: str) -> str:
    """A file beside this one."""
    return files("charrnn.page").joinpath(name).read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    """As a content security policy names a script or a style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def as_data(value: object) -> str:
    """JSON in ASCII in which nothing can end the block that it stands in."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with each `{{name}}` replaced, in one pass: what goes in is not looked at."""
    return re.sub(r"\{\{([a-z-]+)\}\}", lambda found: values[found[1]], template)
