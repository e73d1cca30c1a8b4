def train() -> None:
    """Learn a text."""
