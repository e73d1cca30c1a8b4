"""What every test starts from."""

import signal

DEFAULTS = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}


def pytest_configure() -> None:
    """Undo what a shell does to a command in the background or under nohup: it would ignore the
    signals that tests send to the programs they start, which inherit that."""
    for number, handler in DEFAULTS.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
