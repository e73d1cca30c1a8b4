"""The loop over the events of a session: show, save, and stop between two steps when asked to."""

from collections.abc import Callable
from contextlib import closing

from charrnn.training.events import Evaluation, Event, Finished, Step
from charrnn.training.loop import train
from charrnn.training.saving import Saver
from charrnn.training.session import Session


def watch(
    session: Session,
    show: Callable[[Event], None],
    saver: Saver | None,
    stop: Callable[[], bool],
) -> Finished:
    """Train until the budget is spent, or `stop` says so, and hand every event but the last to
    `show`. The saver, if there is one, saves on the way; the last save is the caller's.

    The run is consistent whenever `show` is called, which may raise an exception to end it.
    """
    progress, speed = session.run.progress, 0.0
    about = session.run, session.budget, session.division.held_out, session.ngrams
    # Closed here and now, also where a traceback keeps the generator: it has worker processes.
    with closing(train(*about, stop=stop)) as events:
        for event in events:
            if isinstance(event, Finished):
                if saver:  # unless an evaluation came before it, the end is not in the file yet
                    saver.up_to_date &= event.best_loss is not None
                return event
            if saver and isinstance(event, Step | Evaluation):
                saver.up_to_date = False
            if isinstance(event, Step):
                speed = event.characters_per_second
            show(event)
            if stop():
                break
            if saver and (isinstance(event, Evaluation) or saver.due):
                saver.try_to_save()
    return Finished(progress.step, progress.seconds, progress.loss, speed)
