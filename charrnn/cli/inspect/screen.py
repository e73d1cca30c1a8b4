"""Where a report is drawn: a terminal, a pipe or a file, wide or narrow, with colour or without.

A report is a list of lines; a line is made of strings and of (string, style) pairs. What the output
cannot show is replaced here and nowhere else: characters that its encoding lacks, colour under
NO_COLOR or TERM=dumb, and lines that are too long. Text from models and files has to go through
`text`, because a terminal obeys control characters.
"""

import itertools
import textwrap

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from charrnn.cli.terminal.stream import Stream
from charrnn.visible import visible

Part = str | tuple[str, str]

BLOCKS = " ▏▎▍▌▋▊▉█"
COLUMNS = " ▁▂▃▄▅▆▇█"
PIPED_WIDTH = 80
#: What stands for our own drawing characters where the encoding lacks them.
ASCII = str.maketrans(
    dict.fromkeys("▌▋▊▉█▀■●", "#")
    | dict.fromkeys("▏▎▍", " ")
    | dict(zip(COLUMNS[1:-1], "_..--==", strict=True))
    | {
        "░": "-",
        "▒": "+",
        "▓": "#",
        "─": "-",
        "│": "|",
        "·": ".",
        "→": ">",
        "←": "<",
        "↓": "v",
        "↑": "^",
        "␣": "_",
    }
    | {"▶": ">", "◀": "<", "↵": "/", "…": ".", "–": "-", "²": "2", "∞": "inf", "│": "|", "×": "x"}
    | {"≥": ">=", "≤": "<=", "½": "1/2", "λ": "lambda", "ρ": "rho", "‖": "|", "┤": "|", "├": "|"}
    | {"┬": "+", "┴": "+", "┼": "+", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "▸": ">", "✓": "*"}
)


class Screen:
    """Standard output with a width (in columns), and whether it has colour and more than ASCII."""

    def __init__(self, stdout: Stream) -> None:
        self.console = stdout.console
        self.width = stdout.width if stdout.isatty() else min(stdout.width, PIPED_WIDTH)
        self.colour = stdout.colour
        self.encoding = stdout.encoding
        self.ascii_only = not stdout.unicode

    def line(self, *parts: Part) -> None:
        """Write one line, cut at the width. Without colour nothing but plain text is written."""
        styled = Text(no_wrap=True, end="\n")
        room = self.width
        for part in parts:
            words, style = (part, "") if isinstance(part, str) else part
            words = self.drawable(words)
            if cell_len(words) > room:
                words = set_cell_size(words, room)
            room -= cell_len(words)
            styled.append(words, style)
        styled.rstrip()
        if self.colour:
            self.console.print(styled, crop=False, overflow="ignore", soft_wrap=True)
        else:
            self.console.file.write(styled.plain + "\n")

    def prose(self, words: str, style: str = "") -> None:
        """Write sentences, wrapped at the width."""
        for row in textwrap.wrap(self.drawable(words), max(self.width, 20)) or [""]:
            self.line((row, style))

    def drawable(self, words: str) -> str:
        """`words` with what the encoding lacks replaced by ASCII or by escapes."""
        if self.ascii_only:
            words = words.translate(ASCII)
        return words.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def text(self, words: str) -> str:
        """Text of a stranger on one line: controls and invisible characters become escapes."""
        shown = visible(words.replace("\n", "↵").replace("\t", "→"), one_line=True)
        return self.drawable(shown)

    def name(self, character: str) -> str:
        """A character that stands alone, as in a list: a space has to be seen."""
        return self.drawable("␣") if character == " " else self.text(character)

    def pad(self, words: str, width: int) -> str:
        """`words` in exactly so many columns."""
        missing = width - cell_len(words)
        return words + " " * missing if missing >= 0 else set_cell_size(words, width)

    def bar(self, share: float, width: int) -> str:
        """A bar of `share` (0 to 1) of the width, in eighths of a character."""
        eighths = round(min(max(share, 0.0), 1.0) * width * 8)
        full, rest = divmod(eighths, 8)
        return "█" * full + (BLOCKS[rest] if rest else "")


def sparkline(values: list[float], width: int) -> str:
    """Values on a linear scale from 0 to their maximum, averaged into at most `width` columns."""
    count = min(width, len(values))
    edges = [round(i * len(values) / count) for i in range(count + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in itertools.pairwise(edges)]
    highest = max(means) or 1.0
    return "".join(COLUMNS[max(1, round(8 * mean / highest))] for mean in means)


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
