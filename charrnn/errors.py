"""What can go wrong, as a tree.

    CharRNNError            something failed, and the message says what
    ├── UsageError          the request makes no sense (exit code 2)
    ├── CorpusError         a text cannot be read or is too small to learn from
    ├── CheckpointError     a file is no checkpoint, or cannot be written
    ├── UnknownCharacter    a text has a character that the model never saw
    └── TrainingDiverged    the loss is no longer a finite number

A message is one line: what happened, with the value. The hint says what to do next, in one line, or
one for each thing that may be done.
The library raises these; only the command line prints them.
"""


class CharRNNError(Exception):
    """Base of every error that charrnn raises on purpose.

    `message` says what happened, `hint` (may be empty) what to do next; neither ends in a newline.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CharRNNError):
    """The options contradict each other or ask for something impossible."""

    exit_code = 2


class CorpusError(CharRNNError):
    """A text cannot be read, decoded or learnt from."""


class CheckpointError(CharRNNError):
    """A file is no charrnn checkpoint, is damaged, or cannot be written."""


class UnknownCharacter(CharRNNError):  # noqa: N818 (it is a character, not an error class name)
    """A text holds a character outside the model's vocabulary."""


class TrainingDiverged(CharRNNError):  # noqa: N818 (an event in training; PyTorch users expect it)
    """Training met non-finite numbers three times, each time after going back."""
