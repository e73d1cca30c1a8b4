"""`charrnn inspect`: from options to a report on the screen or in a file."""
