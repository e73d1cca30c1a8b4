"""The mathematics: cells, layers, the model, its parameters. It knows no text and no training."""
