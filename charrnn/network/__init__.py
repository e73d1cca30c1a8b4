"""The mathematics: cells, layers, the model, its parameters. It knows no text and no training."""

#: Networks that may be trained side by side and merged to one.
MOST_MEMBERS = 8
