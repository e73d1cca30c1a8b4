"""From a text to a model, for programs: the run of `charrnn train` without a command around it.

It works in any thread and leaves nothing behind, however it ends: no process, no temporary file, no
lock. Only a file that was asked for is written.
"""

import signal
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from charrnn.errors import UsageError
from charrnn.library.model import Model
from charrnn.library.wording import as_arguments
from charrnn.machine.threads import one_thread
from charrnn.storage import checkpoint, strict_json
from charrnn.text.given import Given
from charrnn.training.checks import check_network, check_usage, checked, claimed
from charrnn.training.events import Event, Finished
from charrnn.training.plan import Plan
from charrnn.training.prepare import make_plan
from charrnn.training.saving import Saver
from charrnn.training.settings import Choices, Request
from charrnn.training.watching import watch


class Watcher:
    """Is told how a run goes; this one does nothing. A context around all of it."""

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def preparing(self, stage: str, done: int, total: int | None) -> None:
        """Before the first step: see `charrnn.progress`."""

    def started(self, plan: Plan) -> None:
        """Before the first step, when it is known what is trained."""

    def event(self, event: Event) -> None:
        """After every step, every evaluation, and at the end."""


@dataclass(frozen=True)
class Order:
    """What is to be trained: a text or paths, the options, and whether a file is to be written."""

    source: list[str] | Given
    request: Request
    choices: Choices
    saves: bool


def trained(order: Order, watcher: Watcher, on_event: Callable[[Event], object] | None) -> Model:
    """Train as ordered. Raises CharRNNError as the command does; KeyboardInterrupt for Ctrl-C, and
    whatever `on_event` raises, with the file saved first if there is to be one."""
    order = _checked(order)
    request = order.request
    with ExitStack() as stack:
        if order.saves:
            paths = [] if isinstance(order.source, Given) else order.source
            stack.enter_context(claimed(request, paths))
        stack.enter_context(one_thread())
        stack.enter_context(watcher)
        folder = None if order.saves else Path(tempfile.gettempdir())
        about = order.source, request, order.choices, watcher.preparing
        plan = make_plan(*about, folder=folder)
        for warning in plan.session.warnings:
            _warn(warning)
        watcher.started(plan)
        saver = Saver(plan.session, request.out, _warn) if order.saves else None
        interrupted = stack.enter_context(_interrupts())
        consistent = False

        def show(event: Event) -> None:
            nonlocal consistent
            consistent = True  # the run is, whatever is raised here
            watcher.event(event)
            if on_event:
                on_event(event)
            consistent = False

        try:
            finished = watch(plan.session, show, saver, interrupted.is_set)
            if not interrupted.is_set():
                show(finished)
        except BaseException:
            if saver and consistent:
                saver.save()
            raise
        if saver:
            saver.save()
        if interrupted.is_set():
            raise KeyboardInterrupt(_ending(finished, request, order.saves))
    stored = plan.session.checkpoint()
    meta = strict_json.loads(strict_json.dumps(checkpoint.stated(stored)))
    return Model(replace(stored, meta=meta), str(request.out) if order.saves else "the model")


def _checked(order: Order) -> Order:
    """What makes no sense, found before any file is touched."""
    request, choices = checked(order.request), checked(order.choices)
    check_usage(request)
    if request.resume and not order.saves:
        raise UsageError("--resume continues a file, and there is no --out", "Give out=PATH.")
    if isinstance(order.source, Given) and request.encoding is not None:
        raise UsageError(
            f"--encoding {request.encoding} is for files, and a string is decoded already",
            "Leave it out, or give the path of the file.",
        )
    if not (request.resume or request.init_from):
        check_network(choices)
    return replace(order, request=request, choices=choices)


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Set by the first Ctrl-C, so that the run ends between two steps; a second one is Python's
    KeyboardInterrupt. Only where Python's own handler has it: not in another thread than the main
    one, and not where a program minds it by itself."""
    interrupted = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt
        interrupted.set()

    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interrupted
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _ending(finished: Finished, request: Request, saves: bool) -> str:
    """What is said of a run that Ctrl-C has ended."""
    kept = f"saved {request.out}, which resume=True continues" if saves else "nothing is saved"
    return f"training stopped at step {finished.step:,}; {kept}" + (
        "" if saves else ": give out=PATH to keep what a run has reached"
    )


def _warn(message: str) -> None:
    warnings.warn(as_arguments(message), stacklevel=2)
