"""What is decided before training starts, in the words in which a person is told."""

import math
from dataclasses import dataclass

from charrnn.machine import mkl
from charrnn.training.crew import Crew
from charrnn.training.durations import format_duration
from charrnn.training.session import Session
from charrnn.training.verdict import GIVES

#: Characters of another model's alphabet that are listed.
LISTED = 60


@dataclass(frozen=True)
class Plan:
    """A session and the reason for its settings, and the words for its facts."""

    session: Session
    reason: str
    crew: Crew | None = None

    @property
    def network(self) -> str:
        """Cell, size, and parameters."""
        return f"{self.session.settings.network}, {self.session.run.model.flat.size:,} parameters"

    @property
    def why(self) -> str:
        """What was chosen, and the reason."""
        settings = self.session.settings
        chosen = f"dropout {settings.dropout:g}, rate {settings.learning_rate:g}"
        return f"{self.network}, {chosen}: {self.reason}"

    @property
    def ranks(self) -> list[str]:
        """What several ranks have to do with each other; empty for one."""
        share, workers = self.session.run.gradient.share, self.session.run.workers
        if self.crew is None or share.ranks.size == 1:
            return []
        each = f"{share.ranks.size} ranks of {workers} worker{'s' * (workers > 1)} each"
        if share.team.size == 1:
            return [f"{each}, every one with members of its own"]
        what = "a member" if share.teams > 1 else "the batch"
        numbers = share.rows.stop - share.rows.start
        cost = 1000 * (self.crew.latency + numbers * self.crew.per_number)
        return [f"{each}, {share.team.size} for {what}; to add up takes {cost:.2g} ms of a step"]

    @property
    def begins_with(self) -> str:
        """Which characters another model's weights were taken over for; empty without one."""
        parts = []
        for kind, characters in (self.session.inherited or {}).items():
            some = characters[:LISTED] + (" ..." if len(characters) > LISTED else "")
            listed = f": {some}" if characters and kind != "kept" else ""
            parts.append(f"{len(characters):,} {kind}{listed}")
        return f"characters of the other model: {'; '.join(parts)}" if parts else ""

    @property
    def held_out(self) -> str:
        """Where the validation text is, and how much; empty if nothing is held out."""
        division = self.session.division
        count, units = division.held_out.characters, division.units
        if not count:
            return ""
        if (blocks := len(division.held_out.spans)) > 1:
            return f"{count:,} characters, in {blocks} blocks from all of the text"
        if units is None:
            return f"the last {count:,} characters"
        kind = f"{self.session.corpus.reading.unit}s"
        return f"{units[1]:,} of {sum(units):,} {kind}, drawn at random ({count:,} characters)"

    @property
    def counted(self) -> str:
        """Of which part of a large text the n-grams were counted; empty if of all."""
        beat, division = self.session.baselines, self.session.division
        if beat is None or not 0 < beat.counted < division.training.characters:
            return ""
        it = "them" if len(division.held_out.spans) > 1 else "it"
        return f" of the {beat.counted:,} characters before {it}"

    @property
    def learnt_whole(self) -> str:
        """What a text gives that is too short to hold anything out; empty if it is longer, or some
        of it is held out."""
        corpus = self.session.corpus
        characters = len(corpus.ids)
        if self.session.division.held_out.characters or not corpus.short:
            return ""
        return f"{characters:,} characters are too few to hold any out: {GIVES}"

    @property
    def budget(self) -> str:
        """How long it trains, of which a share may be spent already, and with what."""
        steps, seconds = self.session.budget.steps, self.session.budget.seconds
        whole = f"{steps:,} steps" if seconds is None else format_duration(seconds)
        spent = self.session.run.progress.share
        parts = [f"training for {whole}"]
        if spent:
            parts.append(f"{spent:.0%} of it done")
        if version := mkl.version():
            parts.append(f"products by MKL {version}")
        return ", ".join(parts)

    @property
    def lines(self) -> list[str]:
        """Five lines or so, plain text."""
        session, corpus, beat = self.session, self.session.corpus, self.session.baselines
        names = ", ".join(corpus.files[:3]) + (" ..." if len(corpus.files) > 3 else "")
        lines = [
            f"{names}: {len(corpus.ids):,} characters, {len(corpus.vocabulary)} different",
            *corpus.notes,
            self.why,
            *self.ranks,
        ]
        if self.begins_with:
            lines.append(self.begins_with)
        if beat:
            lines.append(
                f"held out: {self.held_out}; to beat: {nats(beat.ngram)} (counting "
                f"{beat.order}-grams{self.counted}), {nats(beat.unigram)} (single characters)"
            )
        elif self.learnt_whole:
            lines.append(self.learnt_whole)
        return [*lines, f"seed {session.settings.seed}, {self.budget}"]


def nats(loss: float) -> str:
    """A loss in both units: `1.669 nats (2.408 bits)`."""
    return f"{loss:.3f} nats ({loss / math.log(2):.3f} bits)"
