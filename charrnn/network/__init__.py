"""The mathematics: cells, layers, the model, its parameters. It knows no text and no training."""

#: Networks that may be trained side by side and merged to one.
MOST_MEMBERS = 8
#: Places that a feed-forward network may read at once.
MOST_CONTEXT = 256
#: What a voice may weigh that is joined with another.
MOST_WEIGHT = 100.0
