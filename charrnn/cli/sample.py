def sample() -> None:
    """Write more of it."""
