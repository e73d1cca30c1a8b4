"""`python -m charrnn` and the console script."""

import sys


def main() -> None:
    """Run the program and exit with the code of the contract."""
    try:
        from charrnn.cli import run

        code = run()
    except KeyboardInterrupt:  # already while Python imports
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
