"""n-grams as members of a file, `ngrams.*`, and back."""

from dataclasses import fields
from typing import Any

import numpy as np

from charrnn.storage.npz import FormatError
from charrnn.text.ngram_check import check
from charrnn.text.ngram_model import NGrams

PREFIX = "ngrams."
_ARRAYS = tuple(field.name for field in fields(NGrams) if field.name != "whole")


def arrays(ngrams: NGrams) -> dict[str, np.ndarray]:
    """The members that they are."""
    return {PREFIX + name: getattr(ngrams, name) for name in _ARRAYS}


def sizes(ngrams: NGrams) -> dict[str, int]:
    """What `meta` says of them: with this the length of every member is known."""
    lists = {name: len(getattr(ngrams, name)) for name in ("counts", "children", "left_out")}
    return {"order": ngrams.order, "whole": ngrams.whole, "nodes": len(ngrams.numbers)} | lists


def taken(meta: dict[str, Any], members: dict[str, np.ndarray]) -> NGrams:
    """Take them out of the `members`. Raises FormatError if they are no n-grams."""
    found = {name: members.pop(PREFIX + name) for name in _ARRAYS}
    ngrams = NGrams(**found, whole=meta["ngrams"]["whole"])
    try:
        check(ngrams)
    except ValueError as error:
        raise FormatError(str(error)) from error
    return ngrams
