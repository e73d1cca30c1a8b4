"""The long forms of the tests of reliability: `pytest tests/torture`, about half an hour.

They are not collected with the others. `--share 0.02` does a fiftieth of the work. The figures are
printed at the end, as the rows of the table in docs/promises.md.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # commands.py, damage.py

ROWS: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--share", type=float, default=1.0, help="How much of the torture to do.")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    asked = any("torture" in argument for argument in config.invocation_params.args)
    return None if asked else True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for row in ROWS:
        terminalreporter.write_line(row)


@pytest.fixture
def scaled(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """Turns a number of repetitions into the share of them that is to be done."""
    share: float = request.config.getoption("--share")
    return lambda count: max(int(count * share), 1)


@pytest.fixture
def figure() -> Callable[[str, str], None]:
    """Adds a row to the table: what was done, what came of it."""
    return lambda done, result: ROWS.append(f"| {done} | {result} |")
