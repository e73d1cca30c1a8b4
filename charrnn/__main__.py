"""`python -m charrnn` and the console script."""

from charrnn.cli import main

if __name__ == "__main__":
    main()
