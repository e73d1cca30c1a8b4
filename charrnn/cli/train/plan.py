"""What a person is told before training starts: the text, the choice, what counting achieves."""

import math
from dataclasses import dataclass

from charrnn.training.session import Session
from charrnn.training.settings import Budget, format_duration
from charrnn.visible import visible

#: Characters of an alphabet that are listed one by one.
NAMED = 60


@dataclass(frozen=True)
class Plan:
    """The facts a view shows first."""

    session: Session
    reason: str
    budget: str

    @property
    def why(self) -> str:
        """What was chosen, and the reason."""
        session, settings = self.session, self.session.settings
        return (
            f"{settings.network}, {session.run.model.flat.size:,} parameters, dropout "
            f"{settings.dropout:g}, rate {settings.learning_rate:g}: {self.reason}"
        )

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
        if session.inherited is not None:
            lines.append(inheritance(session.inherited))
        if baselines := session.baselines:
            lines.append(
                f"held out: the last {len(session.held_out) - 1:,} characters; to beat: "
                f"{nats(baselines.ngram)} (counting {baselines.order}-grams), "
                f"{nats(baselines.unigram)} (single characters)"
            )
        lines.append(f"seed {session.settings.seed}, {self.budget}")
        return lines


def inheritance(characters: dict[str, str]) -> str:
    """Which characters the other model's weights were taken over for."""
    parts = []
    for kind, members in characters.items():
        some = visible(members[:NAMED], one_line=True) + (" ..." if len(members) > NAMED else "")
        named = f": {some}" if members and kind != "kept" else ""
        parts.append(f"{len(members):,} {kind}{named}")
    return f"characters of the other model: {'; '.join(parts)}"


def nats(loss: float) -> str:
    """A loss in both units: `1.669 nats (2.408 bits)`."""
    return f"{loss:.3f} nats ({loss / math.log(2):.3f} bits)"


def describe(budget: Budget, spent: float = 0.0) -> str:
    """The budget in words, of which a share may be spent already."""
    steps, seconds = budget.steps, budget.seconds
    whole = f"{steps:,} steps" if seconds is None else format_duration(seconds)
    return f"training for {whole}" + (f", {spent:.0%} of it done" if spent else "")
