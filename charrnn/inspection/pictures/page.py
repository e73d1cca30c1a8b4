"""An HTML page around a picture: one file, no script, nothing loaded, with the figures as a table.

The content security policy forbids everything but the page's own styles, so that even a mistake
here could not make a browser run or fetch anything.
"""

from collections.abc import Sequence

from charrnn.inspection.pictures.drawing import Drawing
from charrnn.inspection.pictures.svg import element, quoted

ROWS = 400
STYLE = """
body { font: 15px/1.5 Helvetica, Arial, sans-serif; color: #1a1a1a; max-width: 66rem;
       margin: 2rem auto; padding: 0 1rem; }
svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 2px 14px 2px 0; border-bottom: 1px solid #e4e4e4; }
summary { cursor: pointer; }
"""


def html(drawing: Drawing, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A complete page; of a long table only the first rows."""
    title = quoted(drawing.title)
    left = len(rows) - ROWS
    more = f"<p>{left:,} more rows: save as CSV to have them all.</p>" if left > 0 else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"{element(drawing)}\n"
        f"<details><summary>The figures</summary>\n<table>\n{cells('th', header)}\n"
        + "\n".join(cells("td", row) for row in rows[:ROWS])
        + f"\n</table>\n{more}</details>\n</body>\n</html>\n"
    )


def cells(tag: str, values: Sequence[object]) -> str:
    inner = "".join(f"<{tag}>{quoted(cell(value))}</{tag}>" for value in values)
    return f"<tr>{inner}</tr>"


def cell(value: object) -> str:
    """What a table shows: figures with six digits, nothing where there is none."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
