"""Files that are whole or absent: the checkpoint and what it is made of."""
