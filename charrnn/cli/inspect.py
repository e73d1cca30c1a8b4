def inspect() -> None:
    """See what the network remembers."""
