"""When a session in training is saved: at every evaluation, at least once a minute, and at its end.

A save that fails on the way, on a full disk say, is no reason to lose the run: it goes on and tries
again. Only the last save has to succeed.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from charrnn.errors import CheckpointError

if TYPE_CHECKING:
    from charrnn.training.session import Session

EVERY = 60.0  # seconds
SHARE = 0.02  # of the time, at most, for saves between evaluations


class Saver:
    """Saves `session` to `path`, and says through `warn` when that begins to fail."""

    def __init__(
        self,
        session: "Session",
        path: Path,
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session, self.path, self.warn, self.clock = session, path, warn, clock
        self.next = clock() + EVERY
        self.failing = False
        self.up_to_date = False  # set to False by whoever trains on

    @property
    def due(self) -> bool:
        """Has too much happened since the last save?"""
        return self.clock() >= self.next

    def try_to_save(self) -> None:
        """Save on the way. Warns once, not at each attempt, until one succeeds again."""
        before = self.clock()
        try:
            self.save()
        except CheckpointError as error:
            if not self.failing:
                self.warn(f"{error.message}; training goes on and will try again")
            self.failing = True
        else:
            self.failing = False
        now = self.clock()
        self.next = now + max(EVERY, (now - before) / SHARE)

    def save(self) -> None:
        """Save, unless the file is up to date. Raises CheckpointError."""
        if not self.up_to_date:
            self.session.save(self.path)
            self.up_to_date = True
