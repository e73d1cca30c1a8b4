"""`charrnn train`: from options to a run, and four ways of watching it."""
