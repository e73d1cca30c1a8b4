"""From weights to text: one character at a time, filtered, drawn, and stopped in time."""
