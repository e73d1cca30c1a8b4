"""Runs the measurement of each view on a model, with defaults that fit the text.

A number that the user gave is taken as it is, or refused; one that was left open shrinks to what
the text allows, and the report shows it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from charrnn.arrays import Array
from charrnn.errors import CharRNNError, UsageError
from charrnn.inspection.context import Context, context
from charrnn.inspection.dynamic_evaluation import RATE, DynamicLoss, dynamic_loss
from charrnn.inspection.dynamics import Dynamics, exponents, spectral_radii
from charrnn.inspection.gates import Gates, gate_use
from charrnn.inspection.gradients import Gradients, gradient_norms
from charrnn.inspection.neurons import Neurons, find_all
from charrnn.inspection.predicates import PREDICATES
from charrnn.inspection.request import Request
from charrnn.inspection.spectrum import affordable, spectra
from charrnn.inspection.summary import Summary, summarise
from charrnn.inspection.surprisal import Surprisal, surprisal
from charrnn.inspection.timescales import time_scales
from charrnn.inspection.unfold import Prediction, Unfolding, predict, unfold
from charrnn.inspection.windows import usual_length
from charrnn.library.checks import check_layer, check_state
from charrnn.library.measured_text import MeasuredText, encode, known_ids, text_of
from charrnn.library.stored import Stored

STEPS, WINDOWS, BURN_IN = 100, 64, 100
LYAPUNOV_WINDOWS, LYAPUNOV_STEPS = 8, 300
CONTEXT_WINDOWS = 512
UNFOLDED, MOST_UNFOLDED = 6, 60
SINGLE_PRECISION = 100_000  # characters from which a reading is done in float32, to be quick
LONGEST_PROMPT = 2000  # of a longer text, `next` reads the end
NEURON_TEXT = 20_000


def gradients(model: Stored, text: MeasuredText, request: Request) -> Gradients:
    """Gradient norms, and the dynamics that do not depend on a loss."""
    report, network = norms(model, text, request), model.network(np.float64)
    if not network.cell.states:
        return report
    ids, windows = encode(model, text), request.windows or WINDOWS
    few = min(windows, LYAPUNOV_WINDOWS)
    long = 0
    if network.boundary is None:
        long = min(LYAPUNOV_STEPS, len(ids) // few - report.burn_in - 1)
    steps = max(report.steps, long)
    found = exponents(network, ids, steps=steps, windows=few, burn_in=report.burn_in)
    radii = [spectral_radii(network, layer) for layer in range(network.layers)]
    return replace(
        report,
        lyapunov=max(layer.exponent for layer in found),
        lyapunov_exponents=found,
        spectral_radius=tuple(radii),
    )


def norms(model: Stored, text: MeasuredText, request: Request) -> Gradients:
    """Gradient norms, and what an exchange does, alone."""
    of = request.of or "state"
    check_layer(model, request.layer)
    if of == "state":
        check_state(model)
    elif request.layer is not None:
        raise UsageError("--layer is one of the states, and the input has none", "Leave it out.")
    ids, network = encode(model, text), model.network(np.float64)
    steps, burn_in = window(usual_length(ids, network.boundary), request, network.boundary)
    windows = request.windows or WINDOWS
    report = gradient_norms(network, ids, steps=steps, windows=windows, burn_in=burn_in, of=of)
    if request.layer is None:
        return report
    layers = tuple(state for state in report.layers if state.layer == request.layer)
    topmost = request.layer == network.layers - 1
    return replace(report, layers=layers, exchange=report.exchange if topmost else None)


def window(length: int, request: Request, boundary: int | None = None) -> tuple[int, int]:
    """Steps and burn-in: as asked for, else the defaults, or a third of a short text each, so that
    several windows fit. A unit is measured from its beginning, where its state is zero."""
    steps, burn_in = request.steps, request.burn_in
    if boundary is not None:
        burn_in = burn_in or 0
        return steps or min(STEPS, max(2, length - 1 - burn_in)), burn_in
    if burn_in is None:
        burn_in = min(BURN_IN, max(0, length - 1 - steps) if steps else length // 3)
    if steps is None:
        steps = min(STEPS, max(2, (length - 1 - burn_in) // 2))
    return steps, burn_in


def summary(model: Stored, text: MeasuredText, request: Request) -> Summary:
    return summarise(model.meta, model.vocabulary.characters, model.parameters)


def unfolding(model: Stored, text: MeasuredText, request: Request) -> Unfolding:
    """The prompt as it was given, or the first characters of a longer text."""
    check_layer(model, request.layer)
    length = request.steps or (len(text.text) if request.prompt is not None else UNFOLDED)
    if length > MOST_UNFOLDED:
        raise UsageError(
            f"{length:,} steps are too many to draw", f"Unfold at most {MOST_UNFOLDED}: --steps 8"
        )
    ids = encode(model, MeasuredText(text.text[: length + 1], text.source))
    alphabet = model.vocabulary.characters
    target = alphabet[ids[length]] if len(ids) > length else None
    report = unfold(model.network(np.float64), ids[:length], alphabet, request.temp, target)
    if request.layer is None:
        return report
    moments = [
        replace(m, strips=tuple(s for s in m.strips if s.layer == request.layer))
        for m in report.moments
    ]
    return replace(report, moments=tuple(moments))


def surprise(model: Stored, text: MeasuredText, request: Request) -> Surprisal:
    ids, known = known_ids(model, text.text)
    single = len(ids) > SINGLE_PRECISION
    network = model.network(np.float32 if single else np.float64)
    report = surprisal(network, text.text, ids, known, model.vocabulary.characters)
    if not request.dynamic:
        return report
    static = report.per_character[np.isfinite(report.per_character)]
    return replace(report, dynamic=learning(model, ids, static, request))


def learning(model: Stored, ids: Array, static: Array, request: Request) -> DynamicLoss:
    """In float32, as in training. Raises CharRNNError if the copy that learns diverges."""
    rate = RATE if request.rate is None else request.rate
    try:
        return dynamic_loss(model.network(np.float32), ids, static, rate)
    except FloatingPointError as error:
        raise CharRNNError(
            f"dynamic evaluation of {model.path} diverged at the rate {rate:g}",
            "Give a smaller one: --rate 0.001",
        ) from error


def prediction(model: Stored, text: MeasuredText, request: Request) -> Prediction:
    ids = encode(model, MeasuredText(text.text[-LONGEST_PROMPT:], text.source))
    return predict(model.network(np.float64), ids, model.vocabulary.characters, request.temp)


def neurons(model: Stored, text: MeasuredText, request: Request) -> Neurons:
    """Rank units for one predicate or for all, and paint the unit asked for or the best one."""
    check_state(model)
    check_layer(model, request.layer)
    hidden_size = model.meta["hidden_size"]
    if request.unit is not None and request.unit >= hidden_size:
        raise UsageError(
            f"{model.path} has no unit {request.unit}",
            f"Each layer has {hidden_size:,}, counted from 0.",
        )
    if request.find is not None and request.find not in PREDICATES:
        raise UsageError(
            f"there is no predicate {request.find!r}", f"Known are {', '.join(PREDICATES)}."
        )
    shown = MeasuredText(text.text[:NEURON_TEXT], text.source)
    return find_all(
        model.network(np.float32),
        encode(model, shown),
        shown.text,
        [request.find] if request.find else list(PREDICATES),
        layer=request.layer,
        unit=request.unit,
        seed=model.meta.get("seed"),
    )


def gates(model: Stored, text: MeasuredText, request: Request) -> Gates:
    check_state(model)
    check_layer(model, request.layer)
    report = gate_use(model.network(np.float64), encode(model, text))
    if request.layer is None:
        return report
    return replace(
        report,
        gates=tuple(g for g in report.gates if g.layer == request.layer),
        clocks=tuple(c for c in report.clocks if c.layer == request.layer),
        idle=tuple(i for i in report.idle if i.layer == request.layer),
    )


def visible_context(model: Stored, text: MeasuredText, request: Request) -> Context:
    ids = encode(model, text)
    most = request.steps or min(STEPS, max(2, usual_length(ids, model.boundary) // 2))
    windows = request.windows or CONTEXT_WINDOWS
    return context(model.network(np.float64), ids, most=most, windows=windows)


def whole_dynamics(model: Stored, text: MeasuredText, request: Request) -> Dynamics:
    check_state(model)
    check_layer(model, request.layer)
    ids, network = encode(model, text), model.network(np.float64)
    length = usual_length(ids, network.boundary)
    steps, burn_in = window(length, request, network.boundary)
    if request.steps is None:
        steps = affordable(network, length - burn_in - 1)
    found = spectra(network, ids, steps=steps, burn_in=burn_in)
    scales = time_scales(network, ids)
    return Dynamics(
        steps,
        burn_in,
        len(ids),
        tuple(s for s in found if request.layer in (None, s.layer)),
        tuple(s for s in scales if request.layer in (None, s.layer)),
    )


Measure = Callable[[Stored, MeasuredText, Request], Any]
MEASURES: dict[str, Measure] = {
    "gradients": gradients,
    "summary": summary,
    "unfold": unfolding,
    "surprisal": surprise,
    "next": prediction,
    "neurons": neurons,
    "gates": gates,
    "context": visible_context,
    "dynamics": whole_dynamics,
}


def measured(model: Stored, text: MeasuredText, request: Request) -> Any:
    """One report. Raises CharRNNError if the network's state does not stay finite on this text."""
    try:
        with np.errstate(over="raise", invalid="raise", under="ignore"):
            return MEASURES[request.view](model, text, request)
    except FloatingPointError as error:
        raise CharRNNError(
            f"{model.path} cannot be measured on this text: its state grows beyond every number",
            "Its training diverged; look at --view unfold, or take a shorter --text.",
        ) from error


def text_for(request: Request, model: Stored) -> MeasuredText:
    """The text that every model of a comparison is measured on; `summary` needs none."""
    if request.view == "summary":
        return MeasuredText("", "none")
    return text_of(model, request.text, request.prompt, request.encoding)
