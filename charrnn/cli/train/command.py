"""`charrnn train`: the options, and the loop over the events of a run."""

from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.options import options
from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.train.preparing import Preparing
from charrnn.machine import blas
from charrnn.training.checks import check_network, check_out, check_usage, claimed
from charrnn.training.prepare import make_plan
from charrnn.training.settings import Choices, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from charrnn.cli.train.signals import Signals
    from charrnn.cli.train.views import View
    from charrnn.training.crew import Crew
    from charrnn.training.events import Event
    from charrnn.training.plan import Plan
    from charrnn.training.session import Session

SAMPLE_LENGTH = 300


@options(Choices, into="choices")
@options(Request, into="request")
def train(
    corpus: Annotated[
        list[str],
        typer.Argument(
            metavar="CORPUS",
            help="Files, folders (every text file below) or - for stdin; .gz .bz2 .xz are opened.",
            show_default=False,
        ),
    ],
    invocation: typer.Context,
    request: Request,
    choices: Choices,
) -> int:
    """Learn a text, character by character, and write one file that holds the model.

    Examples:

        charrnn train book.txt                          three minutes, to charrnn.npz

        charrnn train book.txt --time 20m -o book.npz   a better model

        charrnn train book.txt --resume --time 10m      ten more minutes

        cat *.txt | charrnn train - --cell gru -o gru.npz    a pipe, a chosen cell
    """
    terminal: Terminal = invocation.obj
    check_usage(request)
    blas.configure()
    if not (request.resume or request.init_from):  # else the cell comes from a file
        check_network(choices)

    from charrnn.cli.train.joined import joined
    from charrnn.training.ranked import follow

    with joined(corpus, request, choices) as crew:
        if crew.ranks.number == 0:
            return train_on(crew, corpus, request, choices, terminal)
        follow(crew.ranks)
        return 0


def train_on(
    crew: "Crew", corpus: list[str], request: Request, choices: Choices, terminal: Terminal
) -> int:
    """Plan, or plan and train, on one rank or several."""
    if request.dry_run:
        from charrnn.cli.train.dry_run import show

        check_out(request, corpus)
        with preparing(request, terminal) as progress:
            plan = make_plan(corpus, request, choices, progress, crew)
        show(plan, request, terminal)
        return 0

    from charrnn.cli.train.signals import Signals

    with Signals(terminal.stderr) as signals:
        signals.cleanup.enter_context(claimed(request, corpus))
        with preparing(request, terminal) as progress:
            plan = make_plan(corpus, request, choices, progress, crew)
        return train_and_watch(plan, choose_view(request, terminal), request, signals)


def preparing(request: Request, terminal: Terminal) -> Preparing:
    return Preparing(terminal.stderr, request.quiet or request.json)


def choose_view(request: Request, terminal: Terminal) -> "View":
    from charrnn.cli.train import views

    if request.json:
        return views.JsonView(terminal)
    if request.quiet:
        return views.View(terminal)
    if terminal.stderr.animated:
        from charrnn.cli.train.live import LiveView

        return LiveView(terminal)
    return views.LineView(terminal)


def train_and_watch(plan: "Plan", view: "View", request: Request, signals: "Signals") -> int:
    """Show the run from its first step to its last save."""
    from charrnn.training.saving import Saver
    from charrnn.training.watching import watch

    saver = Saver(plan.session, request.out, view.warn)
    signals.training = True
    try:
        view.start(plan)
        show = shown(view, plan.session, request.sample_every)
        finished = watch(plan.session, show, saver, signals.stop)
        saver.save()
    except OSError:
        # The reader of our output went away, or the disk behind it is full. Nothing is lost.
        saver.save()
        raise
    finally:
        view.close()
    view.finish(finished, plan, request.out, signals.name)
    return signals.exit_code


def shown(view: "View", session: "Session", sample_every: int | None) -> "Callable[[Event], None]":
    """What the view does with each event, and a sample of the text where one is due."""
    from charrnn.training.events import Evaluation, Step, WentBack

    def show(event: "Event") -> None:
        match event:
            case Step():
                view.step(event)
                if sample_every and event.step % sample_every == 0:
                    view.sample(event.step, sample_text(session))
            case Evaluation():
                view.evaluation(event)
                if sample_every is None and view.shows_samples:
                    view.sample(event.step, sample_text(session))
            case WentBack():
                view.went_back(event)

    return show


def sample_text(session: "Session") -> str:
    """Some text of the averaged weights; the run's own random state is left alone."""
    from itertools import islice

    from charrnn.generation.sampling import generate

    run, vocabulary = session.run, session.corpus.vocabulary
    units = session.corpus.reading.units
    characters = generate(
        run.averaged(),
        vocabulary,
        prompt=units.boundary if units else "",
        excerpt="" if units else session.excerpt(),
        temperature=0.8,
        seed=run.progress.step,
    )
    text = "".join(islice(characters, SAMPLE_LENGTH))
    return units.shown(text) if units else text
