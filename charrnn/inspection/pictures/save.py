"""Writes a picture or its figures to a file, in the format that the file's name asks for."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from charrnn.errors import UsageError
from charrnn.inspection.pictures import paint
from charrnn.inspection.pictures.page import html
from charrnn.inspection.pictures.png import check_png, png
from charrnn.inspection.pictures.svg import svg
from charrnn.inspection.table import csv_text, table
from charrnn.storage.atomic import write_atomically
from charrnn.visible import visible

FORMATS = (".svg", ".html", ".png", ".csv", ".json")


def check_format(path: Path) -> None:
    """Before anything is measured, raise UsageError for a format that is not known and CharRNNError
    for one that cannot be written here."""
    if path.suffix.lower() not in FORMATS:
        name = visible(path.name, one_line=True)
        raise UsageError(
            f"cannot tell a picture format from the name {name}",
            f"End it in {', '.join(FORMATS)}.",
        )
    if path.suffix.lower() == ".png":
        check_png()


def save(
    path: Path,
    view: str,
    names: Sequence[str],
    reports: Sequence[Any],
    text: str,
    whole: dict[str, Any],
    source: str = "",
) -> None:
    """Write `path`, atomically. `whole` is the JSON object of the same reports.

    Raises UsageError for an unknown format and CheckpointError if the file cannot be written.
    """
    check_format(path)
    data = content(path.suffix.lower(), view, names, reports, text, whole, source)

    def write(file: BinaryIO) -> None:
        file.write(data)

    write_atomically(path, write)


def content(
    suffix: str,
    view: str,
    names: Sequence[str],
    reports: Sequence[Any],
    text: str,
    whole: dict[str, Any],
    source: str,
) -> bytes:
    match suffix:
        case ".json":
            return (json.dumps(whole, allow_nan=False, indent=1) + "\n").encode()
        case ".csv":
            return csv_text(*table(view, names, reports, text)).encode()
    drawing = paint(view, names, reports, text, source)
    match suffix:
        case ".svg":
            return svg(drawing).encode()
        case ".html":
            return html(drawing, *table(view, names, reports, text)).encode()
        case _:
            return png(drawing)
