"""`charrnn sample`: from options to text."""
