"""How fast a run goes, and how much of its budget is spent: in steps, or in seconds by a clock.

The share that is spent decides the learning rate, so that it has decayed when the budget ends,
also when the machine slows down on the way.
"""

from collections.abc import Callable
from statistics import median

from charrnn.training.run import Run
from charrnn.training.settings import Budget

MOST_EVALUATIONS = 20  # in a run
EVALUATION_SHARE = 0.04  # of the time, at most, for evaluations on the way
LAST_EVALUATIONS = 2  # at the end: the averaged weights and the last ones
DEAREST = 0.015  # of the time for one evaluation: if that is enough, the whole text is read
ENOUGH, ORDINARY = 250_000, 0.005  # else so many characters, or what so much of the time can read
CHEAP, FEWEST = 20_000, 5_000  # characters that a budget of steps, or of time, does not count
SPEED_UP = 3  # characters that an evaluation reads while training reads one: 2.7 to 3.8
LATE = 0.08  # share of a time at which there has to be a first figure
RECENT = 20  # steps, whose speed is shown
LATEST = 5  # steps, whose median duration is the present one


class Pace:
    """The clock and the budget of one run, whose `progress` gets the seconds."""

    def __init__(self, run: Run, budget: Budget, clock: Callable[[], float]) -> None:
        self.progress = run.progress
        self.budget = budget
        self.clock = clock
        self.started = clock() - run.progress.seconds
        self.step_characters = run.batches.batch_size * run.batches.sequence_length
        self.durations: list[float] = []  # of the steps
        self.evaluations: list[float] = []  # what each took, in steps

    def seconds(self) -> float:
        """What the run has taken, earlier sessions included."""
        self.progress.seconds = self.clock() - self.started
        return self.progress.seconds

    def share(self) -> float:
        """The share of the budget that is spent, 0 to 1; the last evaluations belong to it."""
        progress = self.progress
        if progress.share >= 1:
            return 1.0
        # Never less than before: what an evaluation takes is only estimated.
        share = max(progress.share, self.share_of_steps())
        if self.budget.seconds is not None:
            available = self.budget.seconds - LAST_EVALUATIONS * self.evaluation_seconds()
            spent = self.seconds() - progress.from_seconds
            share = max(share, spent / max(available, 1e-9))
        return share

    def share_of_steps(self) -> float:
        """The share of a budget of steps that is spent; 0 if there is none."""
        if self.budget.steps is None:
            return 0.0
        done = self.progress.step - self.progress.from_step
        return done / self.budget.steps if self.budget.steps else 1.0

    def step_took(self, seconds: float) -> None:
        self.durations.append(seconds)

    def evaluation_took(self, seconds: float) -> None:
        self.evaluations.append(seconds / max(self.step_seconds(), 1e-9))

    def step_seconds(self) -> float:
        """What a step takes now."""
        return median(self.durations[-LATEST:] or [0.0])

    def evaluation_seconds(self) -> float:
        """What an evaluation takes at the present speed."""
        return median(self.evaluations or [0.0]) * self.step_seconds()

    def speed(self, steps: int = 0) -> float:
        """Characters per second over the last `steps` steps, or over all; evaluations excluded."""
        durations = self.durations[-steps:]
        return len(durations) * self.step_characters / max(sum(durations), 1e-9)

    def evaluation_due(self, share: float) -> bool:
        """Is it time for an evaluation? For the first one of a time only if its speed is known, or
        it has long been expected."""
        progress = self.progress
        if share < progress.next_evaluation:
            return False
        decided = progress.evaluated_from == progress.from_step or self.budget.seconds is None
        return decided or len(self.durations) >= LATEST or share > LATE

    def allowance(self, whole: int) -> int:
        """The characters that one evaluation may read, of `whole` that there are to be read.

        A budget of steps decides it without the clock, so that equal runs evaluate alike.
        """
        readable = []  # in the whole budget, if nothing else were done
        if self.budget.steps is not None:
            readable.append(SPEED_UP * self.budget.steps * self.step_characters)
        if self.budget.seconds is not None:
            step = min(self.durations[-LATEST:], default=0.0)  # the first ones are slow
            speed = self.step_characters / max(step, 1e-9)
            readable.append(int(SPEED_UP * self.budget.seconds * speed))
        least = CHEAP if self.budget.seconds is None else FEWEST
        most = max(int(DEAREST * min(readable)), least)
        return whole if whole <= most else min(most, max(ENOUGH, int(ORDINARY * min(readable))))

    def evaluation_share(self) -> float:
        """The share of the budget that an evaluation takes, as far as it is known."""
        if self.budget.seconds is not None:
            return self.evaluation_seconds() / max(self.budget.seconds, 1e-9)
        read = self.progress.evaluated
        if not self.budget.steps or read <= CHEAP:
            return 0.0
        return read / (SPEED_UP * self.budget.steps * self.step_characters)

    def spacing(self) -> float:
        """The share of the budget between two evaluations."""
        return max(1 / MOST_EVALUATIONS, self.evaluation_share() / EVALUATION_SHARE)
