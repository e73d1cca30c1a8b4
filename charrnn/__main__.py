"""`python -m charrnn` and the console script."""

import os
import sys


def main() -> None:
    """Run the program and exit with the code of the contract."""
    open_closed_streams()
    try:
        from charrnn.cli import run

        code = run()
    except KeyboardInterrupt:  # already while Python imports
        code = 130
    sys.exit(code)


def open_closed_streams() -> None:
    """Let streams that were closed (`>&-`) lead nowhere. Otherwise the next file to be opened, a
    checkpoint perhaps, would get their number, and what is meant for them."""
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest that is free
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


if __name__ == "__main__":
    main()
