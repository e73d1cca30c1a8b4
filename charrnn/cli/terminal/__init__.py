"""The terminal: what it can show, and how text gets there."""
