"""`charrnn train --dry-run`: all that can be known before training, as a table or as JSON."""

from dataclasses import asdict, dataclass
from pathlib import Path

from rich.text import Text

from charrnn.cli.terminal.console import make_console, showable
from charrnn.cli.train.plan import Plan, inheritance, nats
from charrnn.cli.train.views import JsonView, View, put
from charrnn.machine.memory import free_memory, gigabytes
from charrnn.text.corpus import split
from charrnn.text.ngrams import unigram_counts
from charrnn.training.forecast import Forecast, forecast
from charrnn.training.memory import need
from charrnn.training.settings import Request, format_duration
from charrnn.visible import visible

#: A character that occurs fewer times is called rare: a network learns little about it.
RARE = 10
#: Characters that are listed one by one.
NAMED = 300
NAMED_RARE = 20
WIDEST = 100  # columns


@dataclass(frozen=True)
class Facts:
    """What a person wants to know before spending the time, beyond what a plan says anyway.

    Characters are strings, counts of them numbers; memory and the file are in bytes, estimated.
    """

    alphabet: str
    encoding: str
    line_endings: dict[str, int]
    rare: list[tuple[str, int]]
    training_characters: int
    held_out_characters: int
    only_held_out: str
    parameters_per_character: float
    memory: int
    free_memory: int | None
    checkpoint_bytes: int
    forecast: Forecast


def gather(plan: Plan) -> Facts:
    """Measure and count; the run of the plan cannot be used afterwards."""
    session, corpus, run = plan.session, plan.session.corpus, plan.session.run
    training, held_out = split(corpus.ids, session.settings.validation)
    unseen = unigram_counts(training, len(corpus.vocabulary)) == 0
    size = need(session.settings, len(corpus.vocabulary), len(corpus.ids), run.crew.workers)
    return Facts(
        alphabet=corpus.vocabulary.characters,
        encoding=corpus.encoding,
        line_endings=corpus.endings,
        rare=corpus.rare(RARE),
        training_characters=len(training),
        held_out_characters=len(held_out),
        only_held_out=corpus.vocabulary.decode(unseen.nonzero()[0]),
        parameters_per_character=run.model.flat.size / len(training),
        memory=size.memory,
        free_memory=free_memory(),
        checkpoint_bytes=size.file,
        forecast=forecast(run, session.budget, len(held_out)),
    )


def show(plan: Plan, request: Request) -> None:
    """Say it all: to a program on stdout, to a person on stderr."""
    (JsonView() if request.json else View()).start(plan)
    facts = gather(plan)
    if request.json:
        put("dry_run", **asdict(facts))
    elif not request.quiet:
        print_rows([*about_the_text(plan, facts), *about_the_run(plan, facts, request.out)])


def print_rows(rows: list[tuple[str, str]]) -> None:
    """A label and its words, wrapped beside it, for each row."""
    console = make_console()
    margin = max(len(label) for label, _ in rows) + 2
    room = max(min(console.width, WIDEST) - margin, 10)
    for label, words in rows:
        for line in Text(showable(words)).wrap(console, room):
            line.rstrip()
            console.print(Text(label.ljust(margin), style="bold").append(line), soft_wrap=True)
            label = ""


def about_the_text(plan: Plan, facts: Facts) -> list[tuple[str, str]]:
    """What is learnt, and what counting achieves on it."""
    corpus, beat = plan.session.corpus, plan.session.baselines
    kinds = [f"{count:,} {kind}" for kind, count in facts.line_endings.items() if count]
    rows = [
        ("text", f"{', '.join(corpus.files)}: {len(corpus.ids):,} characters, {facts.encoding}"),
        ("line endings", ", ".join(kinds) or "none"),
        *(("", note) for note in corpus.notes),
        ("alphabet", f"{len(facts.alphabet):,} characters: {listed(facts.alphabet)}"),
        ("rare", rare_ones(facts)),
        ("training", f"{facts.training_characters:,} characters"),
    ]
    if not beat:
        return [*rows, ("held out", "nothing")]
    only = f"; only there: {listed(facts.only_held_out)}" if facts.only_held_out else ""
    return [
        *rows,
        ("held out", f"the last {facts.held_out_characters:,} characters{only}"),
        ("to beat", f"{nats(beat.ngram)} per character, counting {beat.order}-grams"),
        ("", f"{nats(beat.unigram)}, counting single characters"),
    ]


def about_the_run(plan: Plan, facts: Facts, out: Path) -> list[tuple[str, str]]:
    """What is chosen, and what it takes."""
    session, settings, expected = plan.session, plan.session.settings, facts.forecast
    timed = session.timed
    amount = f"{expected.steps:,} steps" if timed else format_duration(expected.seconds)
    free = f", of {gigabytes(facts.free_memory)} that are free" if facts.free_memory else ""
    rows = [
        (
            "network",
            f"{settings.network}, {session.run.model.flat.size:,} parameters, "
            f"{facts.parameters_per_character:.1f} for each training character",
        ),
        (
            "learning",
            f"{settings.batch_size} streams of {settings.sequence_length} characters a step, "
            f"rate {settings.learning_rate:g} ({settings.optimizer}), dropout "
            f"{settings.dropout:g}, weight decay {settings.weight_decay:g}, "
            f"gradients clipped to {settings.clip_norm:g}",
        ),
        ("reason", plan.reason),
    ]
    if session.inherited is not None:
        rows.append(("begins with", inheritance(session.inherited)))
    return [
        *rows,
        (
            "budget",
            f"{plan.budget}: about {amount}, {expected.epochs:.1f} epochs, at "
            f"{expected.characters_per_second:,.0f} characters/s, measured just now",
        ),
        ("memory", f"about {gigabytes(facts.memory)}{free}"),
        ("checkpoint", f"{out}, about {gigabytes(facts.checkpoint_bytes)}"),
        ("seed", str(settings.seed)),
    ]


def rare_ones(facts: Facts) -> str:
    """How many kinds, and the rarest of them with their counts."""
    if not facts.rare:
        return f"none: each occurs {RARE} times or more"
    some = ", ".join(f"{named(c)} {count}" for c, count in facts.rare[:NAMED_RARE])
    more = ", ..." if len(facts.rare) > NAMED_RARE else ""
    return f"{len(facts.rare):,} occur fewer than {RARE} times: {some}{more}"


def listed(characters: str) -> str:
    """Characters one by one, as far as there is room for them."""
    left = len(characters) - NAMED
    return " ".join(map(named, characters[:NAMED])) + (f" and {left:,} more" if left > 0 else "")


def named(character: str) -> str:
    """A character as it can be shown alone."""
    return "space" if character == " " else visible(character, one_line=True)
