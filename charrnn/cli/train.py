"""`charrnn train`: from options to a session, and the loop over the events of a run."""

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charrnn import blas
from charrnn.cli.options import options
from charrnn.config import Budget, Choices, Request, parse_duration
from charrnn.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from charrnn.cli.plan import Plan
    from charrnn.cli.signals import Signals
    from charrnn.cli.views import View
    from charrnn.corpus import Corpus
    from charrnn.session import Session

SAMPLE_LENGTH = 300
MOST_EPOCHS = 1e9
VALIDATION = 0.1


@options(Request, into="request")
@options(Choices, into="choices")
def train(
    corpus: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders (every text file below) or - for stdin; .gz .bz2 .xz are opened.",
            show_default=False,
        ),
    ],
    request: Request,
    choices: Choices,
) -> int:
    """Learn a text, character by character, and write one file that holds the model.

    Examples:

        charrnn train book.txt                       three minutes, to charrnn.npz

        charrnn train book.txt --time 20m -o b.npz   a better model

        charrnn train book.txt --resume --time 10m   ten more minutes for charrnn.npz

        cat *.txt | charrnn train - --cell gru       from a pipe, with a chosen cell
    """
    check_usage(request)
    blas.configure()
    if request.dry_run:
        check_out(request)
        choose_view(request).start(make_plan(corpus, request, choices))
        return 0

    from charrnn.atomic import check_writable, remove_orphans
    from charrnn.cli.signals import Signals
    from charrnn.lock import locked

    with Signals() as signals:
        check_writable(request.out)
        signals.cleanup.enter_context(locked(request.out))
        check_out(request)
        remove_orphans(request.out)
        plan = make_plan(corpus, request, choices)
        return train_and_watch(plan, choose_view(request), request, signals)


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
    if request.resume and (request.force or request.init_from):
        raise UsageError(
            "--resume continues a file; --force and --init-from start anew", "Leave one out."
        )


def check_out(request: Request) -> None:
    """Nothing is overwritten that was not asked for, and this is found before any work is done."""
    out = request.out
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


def make_plan(paths: list[str], request: Request, choices: Choices) -> "Plan":
    """Read the text, decide what is left open, and prepare the run."""
    from charrnn.cli.plan import Plan, describe
    from charrnn.corpus import read_corpus

    if request.resume:
        return resumed(paths, request, choices)
    encoding, newlines = request.encoding or "utf-8", request.newlines or "unix"
    corpus = read_corpus(paths, encoding=encoding, newlines=newlines)
    session, why = fresh(corpus, request, choices)
    return Plan(session, why, describe(session.budget))


def fresh(corpus: "Corpus", request: Request, choices: Choices) -> "tuple[Session, str]":
    import secrets

    from charrnn import checkpoint, recipe
    from charrnn.corpus import split
    from charrnn.memory import check_fits
    from charrnn.session import new_session

    if request.init_from:
        choices = like(choices, checkpoint.load(request.init_from).meta)
    validation = VALIDATION if request.validation is None else request.validation
    characters = len(split(corpus.ids, validation)[0])
    seconds = None
    if request.steps is None and request.epochs is None:
        seconds = parse_duration(request.time or "3m")
    situation = recipe.Situation(
        characters=characters,
        vocabulary_size=len(corpus.vocabulary),
        operations=seconds * speed(request, choices) if seconds else 0.0,
        steps=request.steps,
        epochs=request.epochs,
    )
    seed = secrets.randbelow(2**32) if request.seed is None else request.seed
    settings, why = recipe.choose(choices, situation, validation=validation, seed=seed)
    check_fits(settings, len(corpus.vocabulary), len(corpus.ids))
    steps = request.steps
    if request.epochs is not None:
        steps = recipe.steps_for(request.epochs, settings, characters)
    return new_session(
        corpus,
        settings,
        Budget(seconds, steps),
        start_from=request.init_from,
        threads=request.threads,
    ), why


def speed(request: Request, choices: Choices) -> float:
    """The operations a second that training may expect of this machine."""
    from charrnn import recipe
    from charrnn.crew import default_parts
    from charrnn.machine import measured_flops

    parts = request.threads or default_parts(choices.batch_size or recipe.BATCH_SIZE)
    return recipe.EFFICIENCY * measured_flops() * parts


def like(choices: Choices, meta: dict[str, object]) -> Choices:
    """The sizes of another model, where the user has not given any."""
    names = ("cell", "activation", "layers", "hidden_size")
    open_ones = {name: meta[name] for name in names if getattr(choices, name) is None}
    return dataclasses.replace(choices, **open_ones)  # type: ignore[arg-type]


def resumed(paths: list[str], request: Request, choices: Choices) -> "Plan":
    """Continue a run; what was chosen for it, and how its text was read, comes from the file."""
    from charrnn import checkpoint, recipe
    from charrnn.cli.plan import Plan, describe
    from charrnn.corpus import read_corpus
    from charrnn.resume import resume_session

    stored = checkpoint.load(request.out, with_resume=True)
    check_conflicts(stored.meta, request, choices)
    known = stored.meta.get("corpus")
    known = known if isinstance(known, dict) else {}
    encoding = request.encoding or str(known.get("encoding", "utf-8"))
    newlines = request.newlines or str(known.get("newlines", "unix"))
    corpus = read_corpus(paths, encoding=encoding, newlines=newlines)
    session = resume_session(corpus, stored, request.out, threads=request.threads)
    run, steps = session.run, request.steps
    if request.epochs is not None:
        steps = recipe.steps_for(request.epochs, session.settings, len(run.streams.ids))
    if steps is not None:
        session.begin_budget(Budget(steps=steps))
    elif request.time is not None:
        session.begin_budget(Budget(seconds=parse_duration(request.time)))
    elif run.progress.share >= 1:
        session.warnings.append(
            f"{request.out} is finished, its budget is spent; --resume --time 10m adds ten minutes"
        )
    why = f"resuming {request.out} at step {run.progress.step:,}"
    return Plan(session, why, describe(session.budget, run.progress.share))


def check_conflicts(meta: dict[str, Any], request: Request, choices: Choices) -> None:
    """Raise UsageError if an option says something else than the run that is continued."""
    wanted = dataclasses.asdict(choices)
    wanted |= {"validation": request.validation, "seed": request.seed}
    training = meta.get("training")
    for name, value in wanted.items():
        known = training.get(name, value) if isinstance(training, dict) else value
        if value is not None and value != known:
            option = "--" + name.replace("_", "-")
            raise UsageError(
                f"{option} {value} contradicts {request.out}, which has {known}",
                f"Leave {option} out to resume, or start anew with another --out.",
            )


def choose_view(request: Request) -> "View":
    from charrnn.cli import views
    from charrnn.cli.console import is_live

    if request.json:
        return views.JsonView()
    if request.quiet:
        return views.View()
    if is_live():
        from charrnn.cli.live import LiveView

        return LiveView()
    return views.LineView()


def train_and_watch(plan: "Plan", view: "View", request: Request, signals: "Signals") -> int:
    """The loop over the events: show, sample, save, and stop between two steps when asked to."""
    from charrnn.cli.saving import Saver
    from charrnn.training import Evaluation, Finished, Step, WentBack, train

    session = plan.session
    progress = session.run.progress
    saver = Saver(session, request.out, view.warn)
    finished = Finished(progress.step, progress.seconds, progress.best_loss, 0.0)
    signals.training = True
    try:
        view.start(plan)
        for event in train(session.run, session.budget, session.held_out, stop=signals.stop):
            match event:
                case Step():
                    view.step(event)
                    best, speed = progress.best_loss, event.characters_per_second
                    finished = Finished(event.step, event.seconds, best, speed)
                    if request.sample_every and event.step % request.sample_every == 0:
                        view.sample(event.step, sample_text(session))
                case Evaluation():
                    view.evaluation(event)
                    saver.try_to_save()
                    if request.sample_every is None and view.shows_samples:
                        view.sample(event.step, sample_text(session))
                case WentBack():
                    view.went_back(event)
                case Finished():
                    finished = event
            if signals.stop():
                break
            if saver.due:
                saver.try_to_save()
        saver.save()
    except OSError:
        # The reader of our output went away, or the disk behind it is full. Nothing is lost.
        saver.save()
        raise
    finally:
        view.close()
    view.finish(finished, plan, request.out, signals.name)
    return signals.exit_code if signals.stop() else 0


def sample_text(session: "Session") -> str:
    """Some text of the averaged weights; the run's own random state is left alone."""
    from itertools import islice

    from charrnn.sampling import generate

    run, vocabulary = session.run, session.corpus.vocabulary
    model = run.model.with_weights(run.average.weights)
    characters = generate(model, vocabulary, temperature=0.8, seed=run.progress.step)
    return "".join(islice(characters, SAMPLE_LENGTH))
