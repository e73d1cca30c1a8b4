"""Draws docs/terminal.svg: what a terminal shows of the first commands of the README, as they run.

    python tests/terminal_picture.py

The commands run on a pseudo-terminal; Rich makes the picture. Not on Windows.
"""

import re
import shlex
import tempfile
from io import StringIO
from pathlib import Path

from commands import environment, seen_on_terminal
from rich.console import Console
from rich.text import Text

TOP = Path(__file__).parent.parent
PICTURE = TOP / "docs" / "terminal.svg"
COLUMNS, ROWS = 80, 24
COMMANDS = (
    "train corpora/lighthouse.txt --steps 500 --seed 1",
    'sample --prompt "3 May. Wind " --temp 0.6 --seed 1 --length 240 --heat',
    "train corpora/hello.txt -q --cell rnn --hidden-size 8 --steps 200 --seed 1 -o hello.npz",
    "inspect hello.npz --view unfold --prompt hell",
)
#: What moves the cursor in our own live view; colours stay in the lines.
MOVE = re.compile(r"\x1b\[(\d*)([AK])|\x1b\[\?25[lh]|\r|\n")


def screen(shown: str) -> list[str]:
    """The lines that stand on the terminal in the end."""
    lines, row, at = [""], 0, 0
    for move in MOVE.finditer(shown):
        lines[row] += shown[at : move.start()]
        at = move.end()
        if move[0] == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif move[2] == "A":
            row -= int(move[1] or 1)
        elif move[2] == "K":
            lines[row] = ""
    lines[row] += shown[at:]
    return lines


def draw() -> str:
    """The picture, without the fonts that Rich would fetch from the network."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "corpora").symlink_to(TOP / "corpora")
        for command in COMMANDS:
            code, shown = seen_on_terminal(
                shlex.split(command),
                folder,
                columns=COLUMNS,
                rows=ROWS,
                env=environment(PYTHONPATH=str(TOP), COLORTERM="truecolor"),
            )
            if code:
                raise RuntimeError(shown)
            console.print(Text(f"$ charrnn {command}", style="bold"), soft_wrap=False)
            if left := "\n".join(screen(shown)).rstrip():
                console.print(Text.from_ansi(left))
                console.print()
    picture = console.export_svg(title="charrnn", unique_id="charrnn")
    picture = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    return picture.replace("Fira Code, monospace", "Menlo, Consolas, DejaVu Sans Mono, monospace")


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
