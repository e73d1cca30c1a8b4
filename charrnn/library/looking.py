"""A model is looked into: the views of `charrnn inspect` as methods that return dataclasses.

Each takes the text to measure on, or a path that leads to one; without either it is the held-out
text that the file carries. What the figures mean is in docs/inspecting.md.
"""

import os
from typing import Any, Literal, cast

from charrnn.errors import CorpusError
from charrnn.inspection.context import Context
from charrnn.inspection.dynamics import Dynamics
from charrnn.inspection.gates import Gates
from charrnn.inspection.gradients import Gradients
from charrnn.inspection.neurons import Neurons
from charrnn.inspection.report import Report
from charrnn.inspection.request import Request
from charrnn.inspection.showing import Showing
from charrnn.inspection.summary import Summary
from charrnn.inspection.surprisal import Surprisal
from charrnn.inspection.unfold import Prediction, Unfolding
from charrnn.library.checks import settled
from charrnn.library.measure import measured, text_for
from charrnn.library.measured_text import MeasuredText
from charrnn.library.stored import Stored
from charrnn.library.wording import in_python
from charrnn.machine.threads import one_thread
from charrnn.training.checks import checked

Text = str | os.PathLike[str]


class Looker(Stored):
    """A model that can be looked into.

    A number that is given is taken as it is, or refused; one that is left open shrinks to what the
    text allows, and the report says it. Raises UsageError for what cannot be asked of this network,
    CorpusError if there is no text, UnknownCharacter if the model does not know all of it.
    """

    def summary(self) -> Summary:
        """What the file says of the model."""
        return cast(Summary, self._view("summary", None))

    def gradients(
        self,
        text: Text | None = None,
        *,
        steps: int | None = None,
        windows: int | None = None,
        burn_in: int | None = None,
        of: Literal["state", "input"] | None = None,
        layer: int | None = None,
    ) -> Gradients:
        """Norms of d(loss)/d(state) for each step back, and what else shows the memory."""
        how = {"steps": steps, "windows": windows, "burn_in": burn_in, "of": of, "layer": layer}
        return cast(Gradients, self._view("gradients", text, **how))

    def unfold(
        self,
        prompt: Text,
        *,
        temperature: float = 1.0,
        steps: int | None = None,
        layer: int | None = None,
    ) -> Unfolding:
        """The network unrolled over a prompt: input, states and prediction at every step."""
        how = {"temp": temperature, "steps": steps, "layer": layer}
        return cast(Unfolding, self._view("unfold", prompt, **how))

    def surprisal(
        self, text: Text | None = None, *, dynamic: bool = False, rate: float | None = None
    ) -> Surprisal:
        """The loss of every character; with `dynamic` also that of a copy which goes on learning at
        this `rate`."""
        return cast(Surprisal, self._view("surprisal", text, dynamic=dynamic, rate=rate))

    def next(self, prompt: Text, *, temperature: float = 1.0) -> Prediction:
        """What may come after a prompt, likeliest first."""
        return cast(Prediction, self._view("next", prompt, temp=temperature))

    def neurons(
        self,
        text: Text | None = None,
        *,
        find: str | None = None,
        unit: int | None = None,
        layer: int | None = None,
    ) -> Neurons:
        """Units that follow a property of the text, and one of them over all of it."""
        return cast(Neurons, self._view("neurons", text, find=find, unit=unit, layer=layer))

    def gates(self, text: Text | None = None, *, layer: int | None = None) -> Gates:
        """How far the gates open, how long units keep what they have, which are idle."""
        return cast(Gates, self._view("gates", text, layer=layer))

    def context(
        self, text: Text | None = None, *, steps: int | None = None, windows: int | None = None
    ) -> Context:
        """What it costs to know only the last k characters."""
        return cast(Context, self._view("context", text, steps=steps, windows=windows))

    def dynamics(
        self,
        text: Text | None = None,
        *,
        steps: int | None = None,
        burn_in: int | None = None,
        layer: int | None = None,
    ) -> Dynamics:
        """Lyapunov spectra, and the time scales of the units."""
        how = {"steps": steps, "burn_in": burn_in, "layer": layer}
        return cast(Dynamics, self._view("dynamics", text, **how))

    @in_python()
    def _view(self, view: str, text: Text | None, **how: Any) -> Report:
        file = os.fspath(text) if text is not None and not isinstance(text, str) else None
        given = text if isinstance(text, str) else None
        request = checked(Request(view=view, text=file, prompt=given, **how))
        request = settled(request, [self])
        if given is None:
            read = text_for(request, self)
        elif not given:
            raise CorpusError("the text is empty", "Give some, or leave it out.")
        else:
            read = MeasuredText(self.begun(self.spelled(given)), "text")
        with one_thread():
            report: Report = measured(self, read, request)
        report.shown_as(Showing(view, self.file_name, read.text, read.named))
        return report
