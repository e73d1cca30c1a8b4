"""`python -m charrnn` and the console script.

From here on a signal ends the program quietly. Python would raise KeyboardInterrupt, which an
import shows as a traceback where it strikes in a callback; and to import `signal` takes a while, so
the built-in module behind it is asked. Commands that have something to save or to finish handle
signals themselves.
"""

import _signal  # type: ignore[import-not-found]
import os
import sys


def leave(number: int, frame: object) -> None:
    """End at once, with the code that shells have for a signal."""
    os._exit(128 + number)


for number in (_signal.SIGINT, _signal.SIGTERM):
    if _signal.getsignal(number) != _signal.SIG_IGN:  # nohup and background jobs mean it
        _signal.signal(number, leave)


def main() -> None:
    """Run the program and exit with the code of the contract."""
    from charrnn.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
