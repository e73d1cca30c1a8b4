"""From files to characters as numbers, and what counting them achieves."""
