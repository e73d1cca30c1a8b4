"""Lines that are typed, by a person or by nobody.

A person at a terminal may edit a line and take an earlier one again, where Python has `readline`.
That writes the sign to stdout, which has to be a terminal too; otherwise the sign is on stderr.
"""

from typing import TextIO

from charrnn.cli.terminal.terminal import Terminal

SIGN = "> "
#: Characters beyond ASCII are characters also where the locale is C, not keys with Meta.
EIGHT_BITS = ("set input-meta on", "set output-meta on", "set convert-meta off")


def ask(stdin: TextIO, terminal: Terminal) -> str | None:
    """The next line without its newline, None at the end of the input; a person is prompted."""
    person = stdin.isatty()
    if person and terminal.stdout.animated and can_edit():
        line = edited()
    else:
        if person:
            terminal.stderr.write(SIGN)
            terminal.stderr.flush()
        try:
            line = stdin.readline()
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), "stdin") from error
    if person and not line:
        terminal.stderr.say("")
    return line.rstrip("\r\n") if line else None


def can_edit() -> bool:
    try:
        import readline
    except ImportError:  # on Windows, and in some builds
        return False
    readline.set_auto_history(False)
    for setting in EIGHT_BITS:
        readline.parse_and_bind(setting)
    return True


def edited() -> str:
    """A line with its newline, "" at the end; remembered unless it is the last one again."""
    import readline

    try:
        line = input(SIGN)
    except EOFError:
        return ""
    if line and line != readline.get_history_item(readline.get_current_history_length()):
        readline.add_history(line)
    return line + "\n"
