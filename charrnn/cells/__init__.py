"""The registry of cells: gradient checks, `--cell` and `inspect` follow from it."""

from charrnn.cells.base import Cell, Workspace
from charrnn.cells.gru import GRU
from charrnn.cells.lstm import LSTM
from charrnn.cells.rnn import RNN

CELLS: dict[str, type[Cell]] = {cell.name: cell for cell in (RNN, LSTM, GRU)}

__all__ = ["CELLS", "Cell", "Workspace"]
