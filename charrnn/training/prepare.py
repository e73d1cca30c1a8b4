"""From what was asked for to a session that is ready to run.

NumPy is imported only once a text is read.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

from charrnn.network import MOST_MEMBERS
from charrnn.progress import Progress, silent
from charrnn.text import UNITS
from charrnn.training.checks import check_conflicts, check_network
from charrnn.training.durations import parse_duration
from charrnn.training.settings import Budget, Choices, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from charrnn.text.corpus import Corpus
    from charrnn.text.given import Given
    from charrnn.training.crew import Crew
    from charrnn.training.plan import Plan
    from charrnn.training.session import Session
    from charrnn.training.settings import Settings
    from charrnn.training.situation import Situation


def make_plan(
    paths: "Sequence[str] | Given",
    request: Request,
    choices: Choices,
    progress: Progress = silent,
    crew: "Crew | None" = None,
    folder: "Path | None" = None,
) -> "Plan":
    """Read the text, decide what is left open, and prepare the run, on all ranks of a crew. What
    does not fit into memory goes to `folder`, by default that of the file to be written."""
    from charrnn.text.corpus import read_corpus
    from charrnn.text.reading import Reading
    from charrnn.training.crew import alone
    from charrnn.training.plan import Plan
    from charrnn.training.ranked import lead

    crew, threads = crew or alone(), request.threads
    folder = folder or request.out.parent
    if request.resume:
        plan = resumed(paths, request, choices, progress, crew)
        threads = plan.session.threads
    else:
        corpus = read_corpus(paths, Reading(**reading(request)), folder, progress)
        plan = Plan(*fresh(corpus, request, choices, progress, crew))
    session = plan.session
    session.run = lead(session.run, session.division.held_out, crew, threads)
    return dataclasses.replace(plan, crew=crew)


def reading(request: Request) -> dict[str, Any]:
    """How the user wants the text to be read, as far as they said."""
    from charrnn.visible import unescape

    names = "encoding", "newlines", "normalize", "min_count"
    given = {name: getattr(request, name) for name in names}
    given["unit"] = None if request.unit == UNITS[0] else request.unit
    given["separator"] = None if request.separator is None else unescape(request.separator)
    return {name: value for name, value in given.items() if value is not None}


def fresh(
    corpus: "Corpus", request: Request, choices: Choices, progress: Progress, crew: "Crew"
) -> "tuple[Session, str]":
    """A new run, and the reason why it is as it is."""
    import secrets

    from charrnn.machine.memory import free_memory
    from charrnn.storage import checkpoint
    from charrnn.training import recipe
    from charrnn.training.gradient import default_workers
    from charrnn.training.holding_out import hold_out
    from charrnn.training.memory import check_fits
    from charrnn.training.session import new_session
    from charrnn.training.situation import Situation

    if request.init_from:
        choices = like(choices, checkpoint.load(request.init_from).meta)
        check_network(choices)
    seed = secrets.randbelow(2**32) if request.seed is None else request.seed
    corpus, division, validation, held_out = hold_out(
        corpus,
        request.validation,
        request.held_out,
        seed=seed,
        sequence_length=choices.sequence_length or recipe.SEQUENCE_LENGTH,
    )
    characters = division.training.characters
    seconds = None
    if request.steps is None and request.epochs is None:
        seconds = parse_duration(request.time or "3m")
    situation = Situation(
        characters=characters,
        vocabulary_size=len(corpus.vocabulary),
        workers=crew.workers(request.threads),
        ranks=crew.ranks.size,
        steps=request.steps,
        epochs=request.epochs,
    )
    free = free_memory()
    each = free // crew.neighbours if free is not None and crew.neighbours > 1 else free

    def choose(situation: Situation) -> "tuple[Settings, str]":
        """What the recipe chooses, and whether it fits: before anything of its size is tried."""
        settings, why = recipe.choose(choices, situation, validation=validation, seed=seed)
        settings = dataclasses.replace(settings, held_out=held_out, ngrams=not request.no_ngrams)
        workers = request.threads or default_workers(settings.batch_size, settings.members)
        size = len(corpus.vocabulary), len(corpus.ids)
        check_fits(settings, *size, workers, each, copies=corpus.copies)
        return settings, why

    if seconds is not None:
        situation = spending(seconds, situation, choose, crew)
    settings, reason = choose(situation)
    steps = request.steps
    if request.epochs is not None:
        steps = recipe.steps_for(request.epochs, settings, characters)
    elif seconds is not None:
        steps = recipe.most_steps(settings, characters)
    return new_session(
        corpus,
        settings,
        Budget(seconds, steps),
        division=division,
        start_from=request.init_from,
        threads=request.threads,
        progress=progress,
    ), reason


def spending(
    seconds: float,
    situation: "Situation",
    choose: "Callable[[Situation], tuple[Settings, str]]",
    crew: "Crew",
) -> "Situation":
    """The situation with the work that a time pays for: how fast this machine trains the network
    that the recipe chooses for it. The first guess only has to be near enough to choose a network
    whose speed says more."""
    from charrnn.training import recipe
    from charrnn.training.trial import training_flops

    def at(flops: float) -> "Situation":
        speed = recipe.EFFICIENCY * flops
        traffic = speed * crew.per_number
        return dataclasses.replace(situation, operations=speed * seconds, traffic=traffic)

    flops, tried = recipe.GUESS, None
    for _ in range(2):
        settings, _ = choose(at(flops))
        if (network := (settings.layers, settings.hidden_size, settings.members)) == tried:
            break
        found = training_flops(settings, situation.vocabulary_size, situation.workers)
        flops, tried = min(crew.ranks.gather(found)), network
    return at(flops)


def like(choices: Choices, meta: dict[str, object]) -> Choices:
    """The sizes of another model, where the user has not given any; its members too, if what it
    says of its training makes sense."""
    training = meta.get("training")
    members = training.get("members") if isinstance(training, dict) else None
    sane = type(members) is int and 1 <= members <= MOST_MEMBERS
    known = meta | {"members": members if sane else 1}
    names = ["cell", "activation", "layers", "hidden_size", "members"]
    if choices.cell in (None, meta["cell"]):
        names.append("context")
    open_ones = {name: known.get(name) for name in names if getattr(choices, name) is None}
    return dataclasses.replace(choices, **open_ones)  # type: ignore[arg-type]


def resumed(
    paths: "Sequence[str] | Given",
    request: Request,
    choices: Choices,
    progress: Progress,
    crew: "Crew",
) -> "Plan":
    """Continue a run; what was chosen for it, and how its text was read, comes from the file."""
    from charrnn.storage import checkpoint
    from charrnn.text.corpus import read_corpus
    from charrnn.text.reading import Reading
    from charrnn.training import recipe
    from charrnn.training.plan import Plan
    from charrnn.training.resume import resume_session

    stored = checkpoint.load(request.out, with_resume=True)
    check_conflicts(stored.meta, request, choices)
    known = Reading.of(stored.meta.get("corpus"))
    known = dataclasses.replace(known, **reading(request))
    corpus = read_corpus(paths, known, request.out.parent, progress)
    ranks = crew.ranks.size
    session = resume_session(
        corpus,
        stored,
        request.out,
        threads=request.threads,
        ranks=ranks,
        ngrams=not request.no_ngrams,
    )
    run, steps = session.run, request.steps
    if request.epochs is not None:
        steps = recipe.steps_for(request.epochs, session.settings, run.batches.characters)
    if steps is not None:
        session.begin_budget(Budget(steps=steps), progress)
    elif request.time is not None:
        session.begin_budget(Budget(seconds=parse_duration(request.time)), progress)
    elif run.progress.share >= 1:
        session.warnings.append(
            f"{request.out} is finished, its budget is spent; --resume --time 10m adds ten minutes"
        )
    return Plan(session, f"resuming {request.out} at step {run.progress.step:,}")
