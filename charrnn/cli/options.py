"""From a dataclass of settings to options of a command, so that an option is written once.

A dataclass declares name, type, default, range and help; the decorator `options` turns every field
into a keyword-only parameter that Typer understands and hands the command one object.
"""

import dataclasses
import functools
import inspect
import math
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

#: Types whose range would take half of the columns of the help; errors name it.
NUMBERS = (int, float, int | None, float | None)


def options(config: type, *, into: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace the parameter `into` of a command by one option for each field of `config`."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(command)
        names = [field.name for field in dataclasses.fields(config)]

        @functools.wraps(command)
        def wrapper(**arguments: Any) -> Any:
            values = {name: arguments.pop(name) for name in names}
            return command(**arguments, **{into: config(**values)})

        own = [p for p in signature.parameters.values() if p.name != into]
        hints = typing.get_type_hints(command, include_extras=True)
        own = [p.replace(annotation=hints[p.name], kind=p.KEYWORD_ONLY) for p in own]
        generated = [parameter(field, config) for field in dataclasses.fields(config)]
        every = own + generated
        wrapper.__signature__ = signature.replace(parameters=every)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in every}
        return wrapper

    return decorate


def within(least: float | None, most: float | None) -> Callable[[Any], Any] | None:
    """A check of the range that a number has to be in, both ends included."""
    if least is most is None:
        return None
    low, high = -math.inf if least is None else least, math.inf if most is None else most
    span = f"{low} or more" if most is None else f"from {low} to {high}"

    def check(value: Any) -> Any:
        if value is not None and not low <= value <= high:
            raise typer.BadParameter(f"{value} is not {span}.")
        return value

    return check


def parameter(field: dataclasses.Field[Any], config: type) -> inspect.Parameter:
    """One option, from the field's type, default and metadata."""
    kind = typing.get_type_hints(config)[field.name]
    about = dict(field.metadata)
    if choices := about.pop("choices", None):
        literal = Literal[choices]  # type: ignore[valid-type]
        kind = literal | None if field.default is None else literal
    long = "--" + field.name.replace("_", "-")
    names = [*([about.pop("short")] if "short" in about else []), long]
    if kind is bool:
        names[-1] = about.pop("flag", long)
    option = typer.Option(
        *names,
        help=about.pop("help"),
        callback=within(about.pop("minimum", None), about.pop("maximum", None)),
        metavar=about.pop("metavar", "N" if kind in NUMBERS else None),
        rich_help_panel=about.pop("panel", None),
        show_default=about.pop("show_default", True),
    )
    if about:
        raise TypeError(f"unknown metadata of {config.__name__}.{field.name}: {sorted(about)}")
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=field.default,
        annotation=Annotated[kind, option],
    )
