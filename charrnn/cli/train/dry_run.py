"""`charrnn train --dry-run`: all that can be known before training, as a table or as JSON.

Each fact stands here once: a label and words for a person, and what a program is told instead.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.text import Text

from charrnn.cli.terminal.stream import Stream
from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.train.views import JsonView, View
from charrnn.machine.memory import free_memory, gigabytes
from charrnn.text.corpus import Corpus
from charrnn.text.kinds import kinds
from charrnn.text.units import END
from charrnn.training.durations import format_duration
from charrnn.training.forecast import forecast
from charrnn.training.memory import need
from charrnn.training.plan import Plan, nats
from charrnn.training.settings import Request

#: A character that occurs fewer times is called rare: a network learns little about it.
RARE = 10
#: Characters that are listed one by one; of a larger alphabet only some kinds and examples.
LISTED, LISTED_RARE = 300, 20
KINDS, EXAMPLES = 3, 16
WIDEST = 100  # columns

Fact = tuple[str, str, dict[str, Any]]  # the label, the words, the values in JSON


def show(plan: Plan, request: Request, terminal: Terminal) -> None:
    """Say it all: to a program on stdout, to a person on stderr. The plan's run is spent on it."""
    view = JsonView(terminal) if request.json else View(terminal)
    view.start(plan)
    if request.quiet and not request.json:
        return
    facts = [*about_the_text(plan), *about_the_run(plan, request.out)]
    if isinstance(view, JsonView):
        values = {name: value for *_, known in facts for name, value in known.items()}
        view.put("dry_run", **values)
    else:
        print_table(facts, terminal.stderr)


def print_table(facts: list[Fact], stream: Stream) -> None:
    """A label and its words, wrapped beside it, for each fact that has any."""
    margin = max(len(label) for label, *_ in facts) + 2
    room = max(min(stream.width, WIDEST) - margin, 10)
    for label, words, _ in facts:
        if not words:
            continue
        for line in Text(stream.showable(words)).wrap(stream.console, room):
            line.rstrip()
            row = Text.assemble((label.ljust(margin), "bold"), line)
            stream.console.print(row, soft_wrap=True)
            label = ""


def about_the_text(plan: Plan) -> list[Fact]:
    """What is learnt, and what counting achieves on it."""
    session, corpus, beat = plan.session, plan.session.corpus, plan.session.baselines
    division = session.division
    learnt, held_out = division.training.characters, division.held_out.characters
    unseen = corpus.counts == division.held_out.counts(len(corpus.vocabulary))
    alphabet, rare = corpus.vocabulary.characters, corpus.rare(RARE)
    only_held_out = corpus.vocabulary.decode(unseen.nonzero()[0])
    names, endings = ", ".join(corpus.files), corpus.endings
    line_ends = [f"{count:,} {kind}" for kind, count in endings.items() if count]
    only = f"; only there: {listed(only_held_out, LISTED_RARE)}" if only_held_out else ""
    held = {"held_out_characters": held_out, "only_held_out": only_held_out}
    encoding, normalize = corpus.reading.encoding, corpus.reading.normalize
    how: dict[str, Any] = {"encoding": encoding, "encodings": corpus.encodings}
    how |= {"normalize": normalize, "min_count": corpus.reading.min_count}
    which = f" ({', '.join(corpus.encodings)})" if corpus.encodings else ""
    form = f", brought into {normalize.upper()}" if normalize else ""
    text = f"{names}: {len(corpus.ids):,} characters, {encoding}{which}{form}"
    facts: list[Fact] = [
        ("text", text, how),
        ("line endings", ", ".join(line_ends) or "none", {"line_endings": endings}),
        *(("", note, {}) for note in corpus.notes),
        ("alphabet", summary(alphabet), {"alphabet": alphabet}),
        ("", commonest(corpus), {}),
        ("rare", rare_ones(rare), {"rare": rare}),
        ("training", f"{learnt:,} characters", {"training_characters": learnt}),
        ("held out", f"{plan.held_out}{only}" or plan.learnt_whole or "nothing", held),
    ]
    if beat:
        ngrams = f"{nats(beat.ngram)} per character, counting {beat.order}-grams{plan.counted}"
        facts.append(("to beat", ngrams, {}))
        facts.append(("", f"{nats(beat.unigram)}, counting single characters", {}))
    return facts


def about_the_run(plan: Plan, out: Path) -> list[Fact]:
    """What is chosen, and what it takes: estimates, except for what is measured here."""
    session, corpus, settings = plan.session, plan.session.corpus, plan.session.settings
    training, held_out = session.division.training, session.division.held_out
    density = session.run.model.flat.size / training.characters
    workers = session.run.workers
    size = need(settings, len(corpus.vocabulary), len(corpus.ids), workers, corpus.copies)
    free = free_memory()
    of_free = f", of {gigabytes(free)} that are free" if free else ""
    expected = forecast(session.run, session.budget, held_out.characters)
    timed = session.timed
    amount = f"{expected.steps:,} steps" if timed else format_duration(expected.seconds)
    learning = (
        f"{settings.batch_size} streams of {settings.sequence_length} characters a step, "
        f"rate {settings.learning_rate:g} ({settings.optimizer}), dropout {settings.dropout:g}, "
        f"weight decay {settings.weight_decay:g}, gradients clipped to {settings.clip_norm:g}"
    )
    budget = (
        f"{plan.budget}: about {amount}, {expected.epochs:.1f} epochs, at "
        f"{expected.characters_per_second:,.0f} characters/s, measured just now"
    )
    network = f"{plan.network}, {density:.1f} for each training character"
    memory = {"memory": size.memory, "free_memory": free}
    return [
        ("network", network, {"parameters_per_character": density}),
        ("learning", learning, {}),
        ("reason", plan.reason, {}),
        ("ranks", "; ".join(plan.ranks), {}),
        ("begins with", plan.begins_with, {}),
        ("budget", budget, {"forecast": asdict(expected)}),
        ("memory", f"about {gigabytes(size.memory)}{of_free}", memory),
        ("checkpoint", f"{out}, about {gigabytes(size.file)}", {"checkpoint_bytes": size.file}),
        ("seed", str(settings.seed), {}),
    ]


def rare_ones(rare: list[tuple[str, int]]) -> str:
    """How many kinds, and the rarest of them with their counts."""
    if not rare:
        return f"none: each occurs {RARE} times or more"
    some = ", ".join(f"{alone(c)} {count}" for c, count in rare[:LISTED_RARE])
    more = ", ..." if len(rare) > LISTED_RARE else ""
    return f"{len(rare):,} occur fewer than {RARE} times: {some}{more}"


def summary(alphabet: str) -> str:
    """How many characters there are and which, or of which kinds most are."""
    if len(alphabet) <= LISTED:
        which = listed(alphabet, LISTED)
    else:
        most = kinds(alphabet)[:KINDS]
        left = len(alphabet) - sum(count for _, count in most)
        which = ", ".join(f"{count:,} {name}" for name, count in most)
        which += f", {left:,} others" if left else ""
    return f"{len(alphabet):,} characters: {which}"


def commonest(corpus: Corpus) -> str:
    """Examples from an alphabet that is not listed."""
    if len(corpus.vocabulary) <= LISTED:
        return ""
    most = corpus.vocabulary.decode(corpus.counts.argsort(kind="stable")[: -EXAMPLES - 1 : -1])
    return f"the commonest: {listed(most, EXAMPLES)}"


def listed(characters: str, most: int) -> str:
    """Characters one by one, as far as there is room for them."""
    left = len(characters) - most
    return " ".join(map(alone, characters[:most])) + (f" and {left:,} more" if left > 0 else "")


def alone(character: str) -> str:
    """A character that stands alone in a list: a space has to be seen."""
    return {" ": "space", END: "¶"}.get(character, character)
