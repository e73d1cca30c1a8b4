"""What cannot be asked of a run, found in the order of its cost, before any work is done.

NumPy is imported only where a network is looked at.
"""

import dataclasses
import math
import os
import typing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from charrnn.errors import CheckpointError, UsageError
from charrnn.storage.atomic import check_writable, remove_orphans
from charrnn.storage.lock import locked
from charrnn.text import UNITS
from charrnn.training.durations import parse_duration
from charrnn.training.settings import Choices, Request

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST_EPOCHS = 1e9
Config = TypeVar("Config", bound="DataclassInstance")


def check_usage(request: Request) -> None:
    """Find what makes no sense before any file is touched."""
    given = [f"--{n}" for n in ("time", "steps", "epochs") if getattr(request, n) is not None]
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(given)} are two budgets", "Give one of --time, --steps and --epochs."
        )
    if request.time is not None:
        parse_duration(request.time)
    if request.epochs is not None and not 0 < request.epochs < MOST_EPOCHS:
        raise UsageError(
            f"--epochs {request.epochs:g} is no budget",
            "Give more than 0; --steps 0 writes the untrained model.",
        )
    if request.held_out and request.unit not in (None, UNITS[0]):
        raise UsageError(
            f"--held-out {request.held_out} is for a running text; of --unit {request.unit} each is"
            " held out whole, drawn at random",
            "Leave --held-out out.",
        )
    if request.held_out and request.validation == 0:
        raise UsageError(
            f"--validation 0 holds nothing out, and --held-out {request.held_out} says where",
            "Leave one of the two out.",
        )
    if request.resume and (request.force or request.init_from):
        raise UsageError(
            "--resume continues a file; --force and --init-from start anew", "Leave one out."
        )


def check_network(choices: Choices) -> None:
    """The cell has to have the activation, or some cell if it is open; and only a feed-forward
    network has a context. Imports NumPy."""
    from charrnn.network.cells import CELLS

    if choices.context and not (choices.cell and CELLS[choices.cell].default_context):
        cell = choices.cell or "a recurrent network"
        raise UsageError(
            f"--context {choices.context} is for --cell mlp; {cell} reads one character at a time",
            "Add --cell mlp, or leave --context out.",
        )
    if choices.activation is None:
        return
    cells = [choices.cell] if choices.cell else list(CELLS)
    known = {name for cell in cells for name in CELLS[cell].learning_rates}
    if choices.activation not in known:
        having = f"the {choices.cell} cell has no" if choices.cell else "no cell has an"
        raise UsageError(
            f"{having} activation {choices.activation!r}",
            f"Give --activation {' or '.join(sorted(known))}, or leave it out.",
        )


def check_out(request: Request, corpus: Sequence[str]) -> None:
    """Nothing is overwritten that was not asked for, and this is found before any work is done."""
    out = request.out
    if any(os.path.exists(path) and out.exists() and out.samefile(path) for path in corpus):
        raise UsageError(
            f"{out} is the text itself, which the model would replace", "Name another --out."
        )
    if request.resume:
        if not out.exists():
            raise CheckpointError(
                f"there is no {out} to resume", "Name the file with --out, or leave --resume out."
            )
    elif out.exists() and not request.force and not request.dry_run:
        raise CheckpointError(
            f"{out} exists already",
            "Continue it with --resume, overwrite it with --force, or name another --out.",
        )


def check_conflicts(meta: dict[str, Any], request: Request, choices: Choices) -> None:
    """Raise UsageError if an option says something else than the run that is continued."""
    from charrnn.text.reading import Reading

    wanted = dataclasses.asdict(choices)
    names = "validation", "held_out", "seed", "unit", "min_count"
    wanted |= {name: getattr(request, name) for name in names}
    training, known = meta.get("training"), Reading.of(meta.get("corpus"))
    if isinstance(training, dict):
        training = training | {"unit": known.unit or UNITS[0], "min_count": known.min_count}
    for name, value in wanted.items():
        before = training.get(name, value) if isinstance(training, dict) else value
        if value is not None and value != before:
            option, has = "--" + name.replace("_", "-"), "none" if before is None else before
            raise UsageError(
                f"{option} {value} contradicts {request.out}, which has {has}",
                f"Leave {option} out to resume, or start anew with another --out.",
            )


def checked(config: Config) -> Config:
    """`config` with NumPy's numbers made Python's. Raises UsageError for a value of another type or
    outside what its option allows, which the command line finds by itself."""
    hints = typing.get_type_hints(type(config))
    values: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        kinds = typing.get_args(hints[field.name]) or (hints[field.name],)
        value, about = getattr(config, field.name), field.metadata
        option = "--" + field.name.replace("_", "-")
        if value is None and type(None) in kinds:
            continue
        values[field.name] = value = _converted(value, kinds, option)
        if (choices := about.get("choices")) and value not in choices:
            raise UsageError(f"{option} has no {value!r}", f"Give {' or '.join(choices)}.")
        low, high = about.get("minimum", -math.inf), about.get("maximum", math.inf)
        if isinstance(value, int | float) and not low <= value <= high:
            span = f"{low} or more" if high == math.inf else f"from {low} to {high}"
            raise UsageError(f"{option} is {value}", f"Give a number: {span}.")
    return dataclasses.replace(config, **values)


def _converted(value: Any, kinds: tuple[Any, ...], option: str) -> Any:
    """`value` as one of `kinds`."""
    number = not isinstance(value, bool)
    if number and int in kinds and isinstance(value, Integral):
        return int(value)
    if number and float in kinds and isinstance(value, Real):
        return float(value)
    if Path in kinds and isinstance(value, str):
        return Path(value)
    if not any(kind not in (int, float) and isinstance(value, kind) for kind in kinds):
        names = {int: "whole number", float: "number", str: "string", bool: "True or False"}
        wanted = " or ".join(names.get(k, k.__name__) for k in kinds if k is not type(None))
        raise UsageError(f"{option} is {value!r}", f"It has to be a {wanted}.")
    return value


@contextmanager
def claimed(request: Request, paths: Sequence[str]) -> Iterator[None]:
    """Within the context the output can be written, and nobody else writes it; what a killed
    process left beside it is gone. `paths` are the texts, which it must not be."""
    check_writable(request.out)
    with locked(request.out):
        check_out(request, paths)
        remove_orphans(request.out)
        yield
