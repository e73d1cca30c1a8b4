"""The last words of a training run: what was reached, where it is, and what to type next."""

from pathlib import Path
from shlex import quote

from charrnn.training.durations import format_duration
from charrnn.training.events import Finished
from charrnn.training.figures import Progress
from charrnn.training.plan import Plan, nats
from charrnn.training.verdict import difference_error, verdict, without_validation


def closing_lines(event: Finished, plan: Plan, path: Path, stopped_by: str) -> list[str]:
    """What was reached, where it is, and what to type next."""
    duration = format_duration(event.seconds)
    speed = f"{event.characters_per_second:,.0f} characters/s"
    early = " (more time would gain nothing)" if event.early else ""
    lines = [f"{event.step:,} steps in {duration}{early}, {speed}"]
    session, short = plan.session, plan.session.corpus.short
    progress, held_out = session.run.progress, session.division.held_out.characters
    if not held_out:
        lines.append(without_validation(short))
    elif event.best_loss is not None:
        lines[0] += f"; best validation loss {nats(event.best_loss)} per character"
        if progress.best_characters < held_out:
            lines[0] += f" on {progress.best_characters:,} of the {held_out:,} held-out characters"
            lines[0] += f", give or take {progress.best_error:.3f}" if progress.best_error else ""
        lines += voices(progress)
        if session.baselines and progress.best_loss is not None:
            beat, text = session.baselines, session.division.held_out
            error = difference_error(progress, beat, text)
            about = (progress.history, progress.best_loss, beat, held_out, error)
            lines.append(verdict(*about, early=event.early, short=short))
    if stopped_by != "budget":
        corpus = " ".join(map(quote, plan.session.corpus.files))
        lines.append(f"stopped by {stopped_by}; saved {path}")
        lines.append(f"Go on: charrnn train {corpus} --out {quote(str(path))} --resume")
    else:
        lines.append(f"saved {path}")
    if session.ngrams and progress.ngram_weight:
        pieces = f"pieces of up to {session.ngrams.order} characters of the text"
        lines[-1] += f"; in its n-grams are {pieces}, which --no-ngrams leaves out"
    model = "" if str(path) == "charrnn.npz" else f" {quote(str(path))}"
    lines.append(f"Next: charrnn sample{model} --temp 0.8")
    return lines


def voices(progress: Progress) -> list[str]:
    """What the network and the n-grams are worth, apart and together."""
    if progress.ngram_loss is None:
        return []
    both = f"the network alone {progress.best_loss:.3f}, n-grams alone {progress.ngram_loss:.3f}"
    if progress.joined_loss is None:
        return [f"{both}: together they would be no better, so the n-grams are left out"]
    weights = f"weights {progress.network_weight:.2f} and {progress.ngram_weight:.2f}"
    return [f"{both}, together {progress.joined_loss:.3f} ({weights})"]
