"""What a person is told before training starts: the text, the choice, what counting achieves."""

import math
from dataclasses import dataclass

from charrnn.config import Budget, format_duration
from charrnn.session import Session


@dataclass(frozen=True)
class Plan:
    """The facts a view shows first."""

    session: Session
    why: str
    budget: str
    resumed: bool

    @property
    def lines(self) -> list[str]:
        """Five lines or so, plain text."""
        session, corpus = self.session, self.session.corpus
        names = ", ".join(corpus.files[:3]) + (" ..." if len(corpus.files) > 3 else "")
        lines = [
            f"{names}: {len(corpus.ids):,} characters, {len(corpus.vocabulary)} different",
            *corpus.notes,
            self.why,
        ]
        if baselines := session.baselines:
            lines.append(
                f"held out: the last {len(session.held_out) - 1:,} characters; to beat: "
                f"{nats(baselines.ngram)} (counting {baselines.order}-grams), "
                f"{nats(baselines.unigram)} (single characters)"
            )
        lines.append(f"seed {session.settings.seed}, {self.budget}")
        return lines


def nats(loss: float) -> str:
    """A loss in both units: `1.669 nats (2.408 bits)`."""
    return f"{loss:.3f} nats ({loss / math.log(2):.3f} bits)"


def describe(budget: Budget, resumed_step: int = 0) -> str:
    """The budget in words."""
    after = f" after step {resumed_step:,}" if resumed_step else ""
    if budget.seconds is not None:
        return f"training for {format_duration(budget.seconds)}{after}"
    return f"training for {budget.steps:,} steps{after}"
