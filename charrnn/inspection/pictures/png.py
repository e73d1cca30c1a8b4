"""PNG: the SVG, rendered by resvg with the fonts of the system, twice as large.

resvg is the extra `png`, and is imported only here. It leaves out every text for which it
finds no font, so a machine without fonts is refused instead of getting a picture without words.
"""

from types import ModuleType

from charrnn.errors import CharRNNError
from charrnn.inspection.pictures.drawing import Drawing
from charrnn.inspection.pictures.svg import svg

SCALE = 2.0


def check_png() -> None:
    """Raise CharRNNError if no PNG could be written here: no resvg, or no font."""
    resvg = renderer()
    empty, word = Drawing(40, 20, ""), Drawing(40, 20, "")
    word.label(2, 15, "a")
    if resvg.svg_to_bytes(svg_string=svg(empty)) == resvg.svg_to_bytes(svg_string=svg(word)):
        raise CharRNNError(
            "a .png needs a font, and none of those that are looked for is installed",
            "Install one, such as DejaVu Sans, or save as .svg.",
        )


def png(drawing: Drawing, scale: float = SCALE) -> bytes:
    """A PNG file with `scale` pixels for each unit of the drawing."""
    return bytes(renderer().svg_to_bytes(svg_string=svg(drawing), zoom=scale))


def renderer() -> ModuleType:
    try:
        import resvg_py
    except ImportError as error:
        raise CharRNNError(
            "a .png needs the package resvg-py, which is not installed",
            "Install it with: pip install resvg-py, or save as .svg.",
        ) from error
    return resvg_py
