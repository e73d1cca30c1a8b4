"""Figures and findings in words, the same in the terminal and in pictures."""

import math
import unicodedata

from charrnn.inspection.context import USEFUL_BITS, Context, Excess
from charrnn.inspection.gradients import Gradients, StateGradients
from charrnn.inspection.paired import ContextDifference, Difference
from charrnn.inspection.uncertainty import known, rounded, with_error
from charrnn.inspection.unfold import Moment, Unfolding
from charrnn.text.units import END
from charrnn.visible import visible


def figure(value: float | None) -> str:
    """Three significant digits, at most 7 characters: 0.00812, 1.97, 123, 4.5e-10."""
    if value is None:
        return "-"
    if math.isinf(value):
        return "endless"
    if value == 0:
        return "0"
    if 999.5 <= abs(value) < 1e5:
        return f"{value:.0f}"
    if 1e-3 <= abs(value) < 999.5:
        return f"{value:#.3g}".rstrip(".")
    return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def digits(value: float, error: float | None, most: int = 4) -> str:
    """A value with the decimals that its error leaves."""
    return signless(f"{value:.{decimals(error, most)}f}") if abs(value) < 1000 else figure(value)


def measured(value: float, error: float | None, most: int = 4) -> str:
    """A value and its standard error, both with the decimals that the error leaves."""
    if error is None or not math.isfinite(error) or abs(value) >= 1000:
        return loss(value, min(3, most))
    if error == 0:  # it is exact
        return digits(value, error, most)
    places = decimals(error, most)
    return f"{digits(value, error, most)} ± {max(error, 0.1**places):.{places}f}"


def decimals(error: float | None, most: int = 4) -> int:
    """As many as the error leaves, but from 1 to `most`. Without an error 3."""
    if not error or not math.isfinite(error):
        return min(3, most)
    return min(max(known(error), 1), most)


def signless(text: str) -> str:
    """A number as it is written, but no minus before a zero."""
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def loss(value: float, decimals: int = 3) -> str:
    """A loss with its decimals, or with three digits if it is absurdly large or nearly zero."""
    return f"{value:.{decimals}f}" if 0.001 <= abs(value) < 100 else figure(value)


def nats_and_bits(nats: float, error: float) -> tuple[str, str]:
    """A loss in nats per character, and in bits, each with its standard error."""
    in_bits = nats / math.log(2), error / math.log(2)
    return measured(nats, error, most=6), measured(*in_bits, most=6)


def differs(name: str, first: str, difference: Difference) -> str:
    """One sentence on how a model compares with the first one."""
    amount = measured(abs(difference.bits), difference.standard_error, most=6)
    if difference.verdict == "as good":
        return f"{name} is as good as {first} as far as this text tells (difference {amount} bits)"
    return f"{name} is {difference.verdict} than {first} by {amount} bits"


def gradients(report: Gradients) -> str:
    """What the curves of the topmost state that carries memory (c before h) say, and no more."""
    state, swap = report.layers[-1], report.exchange
    lag = min(20, report.steps - 1)
    if swap is not None:
        lag = max(k for k in swap.lags if k <= 20)
    what = "the input" if report.of == "input" else f"layer {state.layer}'s {state.state}"
    words = f"In words: {sensitivity(state, lag, what)}."
    if swap is not None and (swap.layer, swap.state) == (state.layer, state.state):
        now, then = (
            with_error(float(swap.effect[i]), float(swap.standard_error[i]))
            for i in (0, swap.lags.index(lag))
        )
        words += f" Exchanging it for another place's changes the loss by {now} nats now"
        words += f", by {then} if {lag} back." if lag else "."
    if report.context and state.zero_from == report.context:
        words += (
            f" From {plural(report.context, 'character')} back on it is exactly 0: this network "
            f"reads {report.context} places, and has no weights for an older one."
        )
    return words


def sensitivity(state: StateGradients, lag: int, what: str) -> str:
    """The median of the relative curve at a lag, and its 95 % interval."""
    factor = float(state.relative.median[lag])
    change = f"to a tiny change of {what} {lag} characters back"
    if factor <= 0:
        return f"typically the loss is not sensitive at all {change}"
    low, high = (float(end[lag]) for end in state.interval)
    if factor < 1:
        factor, low, high, than = 1 / factor, 1 / high, 1 / low if low > 0 else math.inf, "less"
    else:
        than = "more"
    error = (high - low) / 4  # the interval is about four standard errors wide
    between = ""
    if 0 < error < math.inf:
        between = f" (95 %: {rounded(low, error)} to {rounded(high, error)})"
    return (
        f"typically the loss is about {rounded(factor, error)}{between} times {than} sensitive "
        f"{change} than to one now"
    )


def context(report: Context) -> str:
    most, other = report.visible[-1], report.elsewhere
    if report.stays_below is None:
        excess = measured(float(report.excess[-1]), float(report.standard_error[-1]))
        words = (
            f"even with {most} characters visible the loss is {excess} bits above that with all "
            f"(below {USEFUL_BITS}: {limits(report, most)})"
        )
    else:
        words = (
            f"from k = {report.stays_below} on ({limits(report, most)}) older characters improve "
            f"the mean by less than {USEFUL_BITS} bit"
        )
    if other.stays_below is None:
        return f"In words: {words}. Those of another place cost more than that, even at {most}."
    return (
        f"In words: {words}. From k = {other.stays_below} on ({limits(other, most)}) those of "
        "another place do as well as the true ones, to that."
    )


def limits(excess: Excess, most: int) -> str:
    """Between which k the excess falls below what counts, 95 times in 100."""
    low, high = excess.between
    if low is None:
        return f"95 %: above {most}"
    if (low, high) == (1, None):
        return "this text is too short to tell how sure"
    if high is None:
        return f"95 %: above {low - 1}"
    return f"95 %: {low} to {high}" if low < high else f"95 %: {low}"


def context_differs(name: str, first: str, apart: ContextDifference) -> str:
    """For which k the excess of a model is known to differ from that of the first."""
    pairs = list(zip(apart.visible, apart.excess, strict=True))
    parts = []
    for verdict, words in (("worse", "loses more"), ("better", "loses less")):
        told = [(k, d) for k, d in pairs if d.verdict == verdict]
        if told:
            ks = ", ".join(str(k) for k, _ in told)
            most = max((d for _, d in told), key=lambda d: abs(d.bits))
            amount = measured(abs(most.bits), most.standard_error)
            parts.append(f"{name} {words} than {first} at k = {ks} (by up to {amount} bits)")
    if not parts:
        return f"{name} and {first} lose as much at every k, as far as this text tells."
    return "; ".join(parts) + "; at the others no difference is known, window by window."


def begun(readers: int, warm_up: int) -> str:
    """With which state the reading of a text began, or that of its parts."""
    if readers == 1:
        return "from a zero state"
    return (
        f"in {readers} parts, the first from a zero state, the others warmed up on the {warm_up} "
        "characters before them"
    )


def unfolding(report: Unfolding) -> str:
    """If a character occurs twice and the expectations differ, say what tells them apart."""
    seen: dict[str, Moment] = {}
    places = report.sharing.context
    for moment in report.moments:
        earlier = seen.setdefault(moment.character, moment)
        guess, before = (likeliest(report, m) for m in (moment, earlier))
        if guess != before:
            same, first, later = (named(c) for c in (moment.character, before, guess))
            words = (
                f"In words: '{same}' is read twice, and the model expects '{first}' after the "
                f"first and '{later}' after the later one: "
            )
            if places:
                return words + (
                    f"what tells them apart is what stands before them, of which it reads "
                    f"{plural(places - 1, 'character')} at the same time."
                )
            return words + (
                "the input is the same, so only the state that arrived from the left can tell them "
                "apart."
            )
    if places:
        window = plural(places, "character")
        return f"In words: each column reads the last {window} anew, and hands nothing on."
    return "In words: each column reads one character; the arrows to the right are all it recalls."


def likeliest(report: Unfolding, moment: Moment) -> str:
    return report.vocabulary[int(moment.probabilities.argmax())]


def columns(text: str) -> int:
    """How many columns of fixed width a text takes: two for the wide characters of East Asia."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def ending(text: str, width: int) -> str:
    """The longest end of a text that fits into `width` columns."""
    while columns(text) > width:
        text = text[1:]
    return text


def named(character: str) -> str:
    """A character that stands alone, as in a list: a space has to be seen."""
    return "␣" if character == " " else shown(character)


def shown(character: str) -> str:
    """A character on one line: newline and tab as arrows, the end of a paragraph or file that is a
    unit as ¶, what is invisible as an escape."""
    return {"\n": "↵", "\t": "→", END: "¶"}.get(character) or visible(character, one_line=True)


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
