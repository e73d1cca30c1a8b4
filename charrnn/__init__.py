"""charrnn: a character-level recurrent network, written by hand in NumPy."""

__version__ = "0.1.0"
