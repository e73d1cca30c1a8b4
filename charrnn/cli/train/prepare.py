"""From the options of `charrnn train` to a session that is ready to run, or to an error.

What can be wrong is found in the order of its cost: options, the output, the text, memory. NumPy is
imported only once a text is read.
"""

import dataclasses
import os
from typing import TYPE_CHECKING, Any

from charrnn.errors import CheckpointError, UsageError
from charrnn.network import MOST_MEMBERS
from charrnn.progress import Progress, silent
from charrnn.text import UNITS
from charrnn.training.durations import parse_duration
from charrnn.training.settings import Budget, Choices, Request

if TYPE_CHECKING:
    from charrnn.cli.train.plan import Plan
    from charrnn.text.corpus import Corpus
    from charrnn.training.crew import Crew
    from charrnn.training.session import Session

MOST_EPOCHS = 1e9


def check_usage(request: Request) -> None:
    """Find what makes no sense before any file is touched."""
    given = [f"--{n}" for n in ("time", "steps", "epochs") if getattr(request, n) is not None]
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(given)} are two budgets", "Give one of --time, --steps and --epochs."
        )
    if request.time is not None:
        parse_duration(request.time)
    if request.epochs is not None and not 0 < request.epochs < MOST_EPOCHS:
        raise UsageError(
            f"--epochs {request.epochs:g} is no budget",
            "Give more than 0; --steps 0 writes the untrained model.",
        )
    if request.held_out and request.unit not in (None, UNITS[0]):
        raise UsageError(
            f"--held-out {request.held_out} is for a running text; of --unit {request.unit} each is"
            " held out whole, drawn at random",
            "Leave --held-out out.",
        )
    if request.held_out and request.validation == 0:
        raise UsageError(
            f"--validation 0 holds nothing out, and --held-out {request.held_out} says where",
            "Leave one of the two out.",
        )
    if request.resume and (request.force or request.init_from):
        raise UsageError(
            "--resume continues a file; --force and --init-from start anew", "Leave one out."
        )


def check_network(choices: Choices) -> None:
    """The cell has to have the activation, or some cell if it is open; and only a feed-forward
    network has a context. Imports NumPy."""
    from charrnn.network.cells import CELLS

    if choices.context and not (choices.cell and CELLS[choices.cell].default_context):
        cell = choices.cell or "a recurrent network"
        raise UsageError(
            f"--context {choices.context} is for --cell mlp; {cell} reads one character at a time",
            "Add --cell mlp, or leave --context out.",
        )
    if choices.activation is None:
        return
    cells = [choices.cell] if choices.cell else list(CELLS)
    known = {name for cell in cells for name in CELLS[cell].learning_rates}
    if choices.activation not in known:
        having = f"the {choices.cell} cell has no" if choices.cell else "no cell has an"
        raise UsageError(
            f"{having} activation {choices.activation!r}",
            f"Give --activation {' or '.join(sorted(known))}, or leave it out.",
        )


def check_out(request: Request, corpus: list[str]) -> None:
    """Nothing is overwritten that was not asked for, and this is found before any work is done."""
    out = request.out
    if any(os.path.exists(path) and out.exists() and out.samefile(path) for path in corpus):
        raise UsageError(
            f"{out} is the text itself, which the model would replace", "Name another --out."
        )
    if request.resume:
        if not out.exists():
            raise CheckpointError(
                f"there is no {out} to resume", "Name the file with --out, or leave --resume out."
            )
    elif out.exists() and not request.force and not request.dry_run:
        raise CheckpointError(
            f"{out} exists already",
            "Continue it with --resume, overwrite it with --force, or name another --out.",
        )


def make_plan(
    paths: list[str],
    request: Request,
    choices: Choices,
    progress: Progress = silent,
    crew: "Crew | None" = None,
) -> "Plan":
    """Read the text, decide what is left open, and prepare the run, on all ranks of a crew."""
    from charrnn.cli.train.plan import Plan
    from charrnn.text.corpus import read_corpus
    from charrnn.text.reading import Reading
    from charrnn.training.crew import alone
    from charrnn.training.ranked import lead

    crew, threads = crew or alone(), request.threads
    if request.resume:
        plan = resumed(paths, request, choices, progress, crew)
        threads = plan.session.threads
    else:
        corpus = read_corpus(paths, Reading(**reading(request)), request.out.parent, progress)
        plan = Plan(*fresh(corpus, request, choices, progress, crew))
    session = plan.session
    session.run = lead(session.run, session.division.measured, crew, threads)
    return dataclasses.replace(plan, crew=crew)


def reading(request: Request) -> dict[str, Any]:
    """How the user wants the text to be read, as far as they said."""
    from charrnn.generation.prompts import unescape

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
    from charrnn.machine.speed import measured_flops
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
    speed = recipe.EFFICIENCY * (crew.flops or measured_flops()) if seconds else 0.0
    situation = Situation(
        characters=characters,
        vocabulary_size=len(corpus.vocabulary),
        operations=speed * (seconds or 0.0),
        workers=crew.workers(request.threads),
        ranks=crew.ranks.size,
        traffic=speed * crew.per_number,
        steps=request.steps,
        epochs=request.epochs,
    )
    settings, reason = recipe.choose(choices, situation, validation=validation, seed=seed)
    settings = dataclasses.replace(settings, held_out=held_out)
    workers = request.threads or default_workers(settings.batch_size, settings.members)
    size = len(corpus.vocabulary), len(corpus.ids)
    free = free_memory()
    each = free // crew.neighbours if free is not None and crew.neighbours > 1 else free
    check_fits(settings, *size, workers, each, copies=corpus.copies)
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
    paths: list[str], request: Request, choices: Choices, progress: Progress, crew: "Crew"
) -> "Plan":
    """Continue a run; what was chosen for it, and how its text was read, comes from the file."""
    from charrnn.cli.train.plan import Plan
    from charrnn.library import Model
    from charrnn.storage import checkpoint
    from charrnn.text.corpus import read_corpus
    from charrnn.training import recipe
    from charrnn.training.resume import resume_session

    stored = checkpoint.load(request.out, with_resume=True)
    check_conflicts(stored.meta, request, choices)
    known = Model(stored).reading
    known = dataclasses.replace(known, **reading(request))
    corpus = read_corpus(paths, known, request.out.parent, progress)
    ranks = crew.ranks.size
    session = resume_session(corpus, stored, request.out, threads=request.threads, ranks=ranks)
    run, steps = session.run, request.steps
    if request.epochs is not None:
        steps = recipe.steps_for(request.epochs, session.settings, run.batches.characters)
    if steps is not None:
        session.begin_budget(Budget(steps=steps))
    elif request.time is not None:
        session.begin_budget(Budget(seconds=parse_duration(request.time)))
    elif run.progress.share >= 1:
        session.warnings.append(
            f"{request.out} is finished, its budget is spent; --resume --time 10m adds ten minutes"
        )
    return Plan(session, f"resuming {request.out} at step {run.progress.step:,}")


def check_conflicts(meta: dict[str, Any], request: Request, choices: Choices) -> None:
    """Raise UsageError if an option says something else than the run that is continued."""
    from charrnn.text.reading import Reading

    wanted = dataclasses.asdict(choices)
    names = "validation", "held_out", "seed", "unit", "min_count"
    wanted |= {name: getattr(request, name) for name in names}
    training, known = meta.get("training"), Reading.of(meta.get("corpus"))
    if isinstance(training, dict):
        training = training | {"unit": known.unit or UNITS[0], "min_count": known.min_count}
    for name, value in wanted.items():
        before = training.get(name, value) if isinstance(training, dict) else value
        if value is not None and value != before:
            option, has = "--" + name.replace("_", "-"), "none" if before is None else before
            raise UsageError(
                f"{option} {value} contradicts {request.out}, which has {has}",
                f"Leave {option} out to resume, or start anew with another --out.",
            )
