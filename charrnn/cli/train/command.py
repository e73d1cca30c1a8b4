"""`charrnn train`: the options, and the loop over the events of a run."""

from typing import TYPE_CHECKING, Annotated

import typer

from charrnn.cli.options import options
from charrnn.cli.train.prepare import check_activation, check_out, check_usage, make_plan
from charrnn.machine import blas
from charrnn.training.settings import Choices, Request

if TYPE_CHECKING:
    from charrnn.cli.train.plan import Plan
    from charrnn.cli.train.signals import Signals
    from charrnn.cli.train.views import View
    from charrnn.training.session import Session

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
    check_usage(request)
    blas.configure()
    check_activation(choices)
    if request.dry_run:
        from charrnn.cli.train.dry_run import show

        check_out(request, corpus)
        show(make_plan(corpus, request, choices), request)
        return 0

    from charrnn.cli.train.signals import Signals
    from charrnn.storage.atomic import check_writable, remove_orphans
    from charrnn.storage.lock import locked

    with Signals() as signals:
        check_writable(request.out)
        signals.cleanup.enter_context(locked(request.out))
        check_out(request, corpus)
        remove_orphans(request.out)
        plan = make_plan(corpus, request, choices)
        return train_and_watch(plan, choose_view(request), request, signals)


def choose_view(request: Request) -> "View":
    from charrnn.cli.terminal.console import is_live
    from charrnn.cli.train import views

    if request.json:
        return views.JsonView()
    if request.quiet:
        return views.View()
    if is_live():
        from charrnn.cli.train.live import LiveView

        return LiveView()
    return views.LineView()


def train_and_watch(plan: "Plan", view: "View", request: Request, signals: "Signals") -> int:
    """The loop over the events: show, sample, save, and stop between two steps when asked to."""
    from charrnn.cli.train.saving import Saver
    from charrnn.training.loop import Evaluation, Finished, Step, WentBack, train

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
                    saver.up_to_date = False
                    view.step(event)
                    best, speed = progress.best_loss, event.characters_per_second
                    finished = Finished(event.step, event.seconds, best, speed)
                    if request.sample_every and event.step % request.sample_every == 0:
                        view.sample(event.step, sample_text(session))
                case Evaluation():
                    saver.up_to_date = False
                    view.evaluation(event)
                    saver.try_to_save()
                    if request.sample_every is None and view.shows_samples:
                        view.sample(event.step, sample_text(session))
                case WentBack():
                    view.went_back(event)
                case Finished():
                    finished = event
                    # Unless an evaluation came before it, the end is not in the file yet.
                    saver.up_to_date &= event.best_loss is not None
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

    from charrnn.generation.sampling import generate

    run, vocabulary = session.run, session.corpus.vocabulary
    model = run.joined_average()
    characters = generate(model, vocabulary, temperature=0.8, seed=run.progress.step)
    return "".join(islice(characters, SAMPLE_LENGTH))
