"""Which units follow which property of the text, and one unit painted over it."""

from charrnn.inspection import words
from charrnn.inspection.canvas import Canvas, Cell, How
from charrnn.inspection.clamping import Effect
from charrnn.inspection.evidence import Evidence
from charrnn.inspection.findings import Finding
from charrnn.inspection.neurons import Neurons
from charrnn.inspection.views.painted import paint

TITLE = "units that follow a property"
#: What the table says for a verdict.
SAYS = {
    "unjudged": "cannot be judged",
    "rare": "hardly occurs",
    "chance": "as by chance",
    "untrained": "as if untrained",
    "character": "by the character",
    "follows": "follows it",
}


def show(report: Neurons, canvas: Canvas, how: How) -> None:
    canvas.prose(
        ("units that follow a property", "bold"),
        f": r of {report.quantity} on the second half{how.of or ' of the text'}, the unit chosen "
        "on the first; r given the character just read; both in the network before its training. "
        f"{by_chance(report)}Read {words.begun(report.readers, report.warm_up)}",
    )
    canvas.table(
        "property         unit   r             given  untrained  given  verdict",
        [finding_row(finding) for finding in report.findings],
    )
    if any(finding.verdict == "unjudged" for finding in report.findings):
        canvas.prose(
            "Cannot be judged: shifted along the text, the property resembles itself, as in a text "
            "that repeats; so what units follow by chance cannot be measured."
        )
    tried = [(f.predicate, f.chosen, f.effect) for f in report.findings if f.chosen and f.effect]
    if tried:
        canvas.prose(
            ("with that unit held at its mean", "bold"),
            " the loss rises by so many bits per character, where the property holds and elsewhere",
        )
        canvas.table(
            "property         unit   there             elsewhere",
            [effect_row(name, chosen, effect) for name, chosen, effect in tried],
        )
    if report.painted is None:
        canvas.prose("No property changes on this text, so no unit is painted (--unit N).")
        return
    unit = f"layer {report.painted.layer} unit {report.painted.unit}"
    canvas.prose((f"{report.quantity} of {unit} over the text", "bold"), legend(canvas))
    rows = None if how.every else canvas.rows - 2
    paint(canvas, report.text, report.values.tolist(), canvas.diverging, digit, rows)


def by_chance(report: Neurons) -> str:
    if report.chance is None:
        return ""
    return (
        f"By chance (best of all units and properties, 95 %): {report.chance.p95:.2f}, given "
        f"{report.chance.partial_p95:.2f}. "
    )


def finding_row(finding: Finding) -> list[Cell]:
    """Without a chosen unit, which cannot be judged, the verdict alone."""
    chosen, other, says = finding.chosen, finding.untrained, SAYS[finding.verdict]
    name = f"{finding.predicate:<17}"
    if chosen is None or other is None:
        return [name, f"{'-':<7}", f"{'-':<14}", f"{'-':<7}", f"{'-':<11}", f"{'-':<7}", says]
    return [
        name,
        (f"{chosen.layer}:{chosen.unit}".ljust(7), "bold"),
        f"{correlation(chosen):<14}",
        f"{partial(chosen):<7}",
        f"{other.correlation:+.2f}".ljust(11),
        f"{partial(other):<7}",
        says,
    ]


def correlation(found: Evidence) -> str:
    r, error = found.correlation, found.standard_error
    return ("+" if r >= 0 else "") + words.measured(r, error, most=2)


def partial(found: Evidence) -> str:
    return "-" if found.partial is None else words.signless(f"{found.partial:+.2f}")


def effect_row(predicate: str, unit: Evidence, effect: Effect) -> list[Cell]:
    return [
        f"{predicate:<17}",
        (f"{unit.layer}:{unit.unit}".ljust(7), "bold"),
        f"{words.measured(effect.there, effect.there_error):<18}",
        words.measured(effect.elsewhere, effect.elsewhere_error),
    ]


def legend(canvas: Canvas) -> str:
    return ": blue -1, white 0, orange +1" if canvas.colour else ": a-i negative, 1-9 positive"


def digit(value: float) -> str:
    """Nine steps each way without colour: a to i below zero, 1 to 9 above, a point near zero."""
    step = min(round(abs(value) * 9), 9)
    if step == 0:
        return "."
    return str(step) if value > 0 else "abcdefghi"[step - 1]
