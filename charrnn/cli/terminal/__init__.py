"""The terminal: where text comes from and goes to, what can be shown there, and its signals."""
