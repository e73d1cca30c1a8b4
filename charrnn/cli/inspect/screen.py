"""A terminal, a pipe or a file as a canvas for reports: wide or narrow, with colour or without.

What the output cannot show is replaced here and nowhere else: characters that its encoding lacks,
colour under NO_COLOR or TERM=dumb, and lines that are too long. Text from models and files has to
go through `text`, because a terminal obeys control characters.
"""

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from charrnn.cli.terminal.stream import Stream
from charrnn.inspection.canvas import COLUMNS, Canvas, Part

PIPED_WIDTH = 80
#: What stands for our own drawing characters where the encoding lacks them.
ASCII = str.maketrans(
    dict.fromkeys("▌▋▊▉█▀■●", "#")
    | dict.fromkeys("┌┐└┘├┤┼", "+")
    | dict.fromkeys("▏▎▍", " ")
    | dict(zip(COLUMNS[1:-1], "_..--==", strict=True))
    | dict(zip("░▒▓─│·→←↓↑␣▶◀↵…–²×▸✓", "-+#-|.><v^_></.-2x>*", strict=True))
    | {
        "∞": "inf",
        "≥": ">=",
        "≤": "<=",
        "½": "1/2",
        "λ": "lambda",
        "ρ": "rho",
        "‖": "|",
        "¶": "^",
        "±": "+-",
    }
)


class Screen(Canvas):
    """Standard output with a width, and whether it has colour and more than ASCII."""

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
            text, style = (part, "") if isinstance(part, str) else part
            text = self.drawable(text)
            if cell_len(text) > room:
                text = set_cell_size(text, room)
            room -= cell_len(text)
            styled.append(text, style)
        styled.rstrip()
        if self.colour:
            self.console.print(styled, crop=False, overflow="ignore", soft_wrap=True)
        else:
            self.console.file.write(styled.plain + "\n")

    def drawable(self, text: str) -> str:
        """`text` with what the encoding lacks replaced by ASCII or by escapes."""
        if self.ascii_only:
            text = text.translate(ASCII)
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def pad(self, text: str, width: int) -> str:
        """`text` in exactly so many columns, as Rich counts them."""
        missing = width - cell_len(text)
        return text + " " * missing if missing >= 0 else set_cell_size(text, width)
