"""What every test starts from."""

import signal
from collections.abc import Iterator
from typing import Any

import browsers
import pytest
from hypothesis import settings

DEFAULTS = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}


def pytest_configure() -> None:
    """Undo what a shell does to a command in the background or under nohup: it would ignore the
    signals that tests send to the programs they start, which inherit that."""
    for number, handler in DEFAULTS.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


# How long an example takes says more of what else the machine does than of the program.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, or a skip."""
    with browsers.browser() as started:
        yield started


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where no browser has looked at the page."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(browsers.NONE in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(f"skipped: {browsers.NONE}")
