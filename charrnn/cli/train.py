"""`charrnn train`: from options to a session, and the loop over the events of a run."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charrnn import blas
from charrnn.cli.options import options
from charrnn.config import Budget, Choices, Request, parse_duration
from charrnn.errors import CharRNNError, CheckpointError, UsageError

if TYPE_CHECKING:
    from charrnn.cli.plan import Plan
    from charrnn.cli.views import View
    from charrnn.corpus import Corpus
    from charrnn.session import Session

SAMPLE_LENGTH = 300


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
    check_budget(request)
    check_out(request)
    blas.configure()

    from charrnn.atomic import check_writable, remove_orphans

    if not request.dry_run:
        check_writable(request.out)
        remove_orphans(request.out)
    plan = make_plan(corpus, request, choices)
    view = choose_view(request)
    if request.dry_run:
        view.start(plan)
        return 0
    return train_and_watch(plan, view, request)


def check_budget(request: Request) -> None:
    given = [f"--{n}" for n in ("time", "steps", "epochs") if getattr(request, n) is not None]
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(given)} are two budgets", "Give one of --time, --steps and --epochs."
        )


def check_out(request: Request) -> None:
    """Nothing is overwritten that was not asked for, and this is found before any work is done."""
    out = request.out
    if request.resume:
        if request.force or request.init_from:
            raise UsageError(
                "--resume continues a file; --force and --init-from start anew", "Leave one out."
            )
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

    corpus = read_corpus(paths, encoding=request.encoding, newlines=request.newlines)
    if request.resume:
        session = resumed(corpus, request, choices)
        step = session.run.progress.step
        why = f"resuming {request.out} at step {step:,}"
        return Plan(session, why, describe(session.budget, step), resumed=True)
    session, why = fresh(corpus, request, choices)
    return Plan(session, why, describe(session.budget), resumed=False)


def fresh(corpus: "Corpus", request: Request, choices: Choices) -> "tuple[Session, str]":
    import secrets

    from charrnn import checkpoint, recipe
    from charrnn.corpus import split
    from charrnn.machine import measured_flops
    from charrnn.session import new_session

    if request.init_from:
        choices = like(choices, checkpoint.load(request.init_from).meta)
    characters = len(split(corpus.ids, request.validation)[0])
    seconds = None
    if request.steps is None and request.epochs is None:
        seconds = parse_duration(request.time or "3m")
    situation = recipe.Situation(
        characters=characters,
        vocabulary_size=len(corpus.vocabulary),
        operations=seconds * recipe.EFFICIENCY * measured_flops() if seconds else 0.0,
        steps=request.steps,
        epochs=request.epochs,
    )
    seed = secrets.randbelow(2**32) if request.seed is None else request.seed
    settings, why = recipe.choose(choices, situation, validation=request.validation, seed=seed)
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


def like(choices: Choices, meta: dict[str, object]) -> Choices:
    """The sizes of another model, where the user has not given any."""
    names = ("cell", "activation", "layers", "hidden_size")
    open_ones = {name: meta[name] for name in names if getattr(choices, name) is None}
    return dataclasses.replace(choices, **open_ones)  # type: ignore[arg-type]


def resumed(corpus: "Corpus", request: Request, choices: Choices) -> "Session":
    from charrnn import recipe
    from charrnn.session import resume_session

    session = resume_session(corpus, request.out, threads=request.threads)
    settings, steps = session.settings, request.steps
    if request.epochs is not None:
        steps = recipe.steps_for(request.epochs, settings, len(session.run.streams.ids))
    if steps is not None:
        session.begin_budget(Budget(steps=steps))
    elif request.time is not None:
        session.begin_budget(Budget(seconds=parse_duration(request.time)))
    for name, value in dataclasses.asdict(choices).items():
        if value is not None and value != getattr(settings, name):
            option = "--" + name.replace("_", "-")
            raise UsageError(
                f"{option} {value} contradicts {request.out}, which has {getattr(settings, name)}",
                f"Leave {option} out to resume, or start anew with another --out.",
            )
    return session


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


def train_and_watch(plan: "Plan", view: "View", request: Request) -> int:
    """The loop over the events: show, sample, save, and stop between two steps when asked to."""
    import signal

    from charrnn.cli.signals import Signals
    from charrnn.training import Evaluation, Finished, Step, WentBack, train

    session, out = plan.session, request.out
    finished = Finished(0, 0.0, None, 0.0)
    with Signals() as signals:
        try:
            view.start(plan)
            for event in train(session.run, session.budget, session.held_out):
                match event:
                    case Step():
                        view.step(event)
                        best, speed = session.run.progress.best_loss, event.characters_per_second
                        finished = Finished(event.step, event.seconds, best, speed)
                        if request.sample_every and event.step % request.sample_every == 0:
                            view.sample(event.step, sample_text(session))
                    case Evaluation():
                        view.evaluation(event)
                        if request.sample_every is None:
                            view.sample(event.step, sample_text(session))
                        save(session, out, view)
                    case WentBack():
                        view.went_back(event)
                    case Finished():
                        finished = event
                if signals.received:
                    break
            session.save(out)
            name = signal.Signals(signals.received).name if signals.received else "budget"
            view.finish(finished, plan, out, name)
        finally:
            view.close()
    return signals.exit_code if signals.received else 0


def save(session: "Session", out: Path, view: "View") -> None:
    """Save on the way; if the disk is full now it may not be later, so training goes on."""
    try:
        session.save(out)
    except CharRNNError as error:
        view.warn(f"{error.message}; training goes on, the next save is at the next evaluation")


def sample_text(session: "Session") -> str:
    """Some text of the averaged weights; the run's own random state is left alone."""
    from itertools import islice

    from charrnn.sampling import generate

    run, vocabulary = session.run, session.corpus.vocabulary
    model = run.model.with_weights(run.average.weights)
    characters = generate(model, vocabulary, temperature=0.8, seed=run.progress.step)
    return "".join(islice(characters, SAMPLE_LENGTH))
