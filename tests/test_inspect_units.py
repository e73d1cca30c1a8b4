"""What is said of single units, where it is known what they follow and what they are for."""

from itertools import pairwise

import numpy as np
import pytest
from chains import A, Chain
from commands import run_here
from small import RECURRENT, noisy_model

from charrnn.inspection.clamping import clamped, effect
from charrnn.inspection.correlation import (
    influence,
    resembles_itself,
    standardised,
    without,
)
from charrnn.inspection.evidence import Halves, chance, error_of, evidence
from charrnn.inspection.findings import Finding, judged
from charrnn.inspection.neurons import find_all
from charrnn.inspection.predicates import PREDICATES
from charrnn.inspection.signals import Units
from charrnn.inspection.surprisal import read
from charrnn.inspection.twin import untrained
from charrnn.library import load
from charrnn.network import plain
from charrnn.network.model import CharModel

RNG = np.random.default_rng


def rows(*values: np.ndarray) -> np.ndarray:
    return np.array(values, np.float64)


# Correlation


def test_a_partial_correlation_is_that_of_what_regression_leaves() -> None:
    rng = RNG(0)
    classes = rng.integers(3, 9, 500)
    x, y = rng.normal(size=(2, 500)) + classes * [[0.5], [-1]]
    onehot = np.eye(9)[classes]
    left = [v - onehot @ np.linalg.lstsq(onehot, v, rcond=None)[0] for v in (x, y)]
    expected = np.corrcoef(*left)[0, 1]
    a, b = without(classes, rows(x, y))
    assert float(a @ b) == pytest.approx(expected)
    assert abs(expected) < 0.2 < abs(np.corrcoef(x, y)[0, 1])


def test_what_the_class_decides_has_no_partial_correlation() -> None:
    classes = RNG(0).integers(0, 5, 300)
    assert not without(classes, (classes > 2)[None].astype(np.float32)).any()


def test_the_error_of_r_is_that_of_theory() -> None:
    """Of independent pairs of normal numbers: (1 - rho^2) / sqrt(n)."""
    n, rho = 20_000, 0.6
    x, noise = RNG(1).normal(size=(2, n))
    a, b = standardised(rows(x, rho * x + np.sqrt(1 - rho**2) * noise))
    places = influence(a, b)
    assert places.mean() == pytest.approx(0, abs=1e-12)
    assert places.std() / np.sqrt(n) == pytest.approx((1 - rho**2) / np.sqrt(n), rel=0.03)
    assert error_of(places) == pytest.approx((1 - rho**2) / np.sqrt(n), rel=0.3)


def periodic(n: int) -> np.ndarray:
    return (np.arange(n) % 31 < 7).astype(float)


def mostly_periodic(n: int) -> np.ndarray:
    return np.where(RNG(0).random(n) < 0.85, periodic(n), RNG(1).random(n) < 0.2).astype(float)


def at_random(n: int) -> np.ndarray:
    return (RNG(0).random(n) < 0.1).astype(float)


def irregular_sentences(n: int) -> np.ndarray:
    """Stretches of random lengths, a third of which are marked."""
    lengths = RNG(0).integers(5, 60, n)
    return np.repeat(RNG(1).random(n) < 0.3, lengths)[:n].astype(float)


def two_bursts(n: int) -> np.ndarray:
    places = np.arange(n)
    return ((places // 20 == 3) | (places // 20 == 77)).astype(float)


@pytest.mark.parametrize(
    ("made", "expected"),
    [(periodic, True), (mostly_periodic, True),
     (at_random, False), (irregular_sentences, False), (two_bursts, False), (np.zeros, False)],
)  # fmt: skip
def test_a_property_that_repeats_is_noticed(made, expected: bool) -> None:  # type: ignore[no-untyped-def]
    for n in (400, 5000):
        assert resembles_itself(made(n)) is expected


# Evidence, on signals made by hand


def findings_of(
    signals: np.ndarray, twin: np.ndarray, text: str, names: list[str]
) -> dict[str, Finding]:
    """Judge hand-made signals (U, n) of a network and of its twin."""
    ids = np.array([ord(c) % 64 for c in text])
    model = noisy_model("gru", layers=1, vocabulary_size=64, hidden_size=len(signals))
    made = [Finding(name, 0, (), 0, 0) for name in names]
    values = np.array([PREDICATES[name](text) for name in names])
    pair = tuple(
        Units("h", rows[None].astype(np.float32), rows.mean(axis=1)[None])
        for rows in (signals, twin)
    )
    found, _ = judged(model, ids, made, values, (pair[0], pair[1]))
    return {finding.predicate: finding for finding in found}


def prose(pieces: int = 500) -> str:
    return " ".join(
        RNG(3).choice(["she said So", '"and Then it', "was gone", '." He', "at 7"], pieces)
    )


def test_what_a_unit_follows_is_told_from_what_it_reads_and_from_chance() -> None:
    text, rng = prose(), RNG(4)
    noise, other = rng.normal(size=(2, 12, len(text)))
    quotes, capitals = PREDICATES["inside-quotes"](text), PREDICATES["capitals"](text)
    noise[3] -= 3 * quotes
    noise[5] += 6 * capitals
    noise[7] += other[8]  # of the digits nothing is known
    vowels = PREDICATES["vowels"](text)
    noise[9], other[2] = noise[9] + 3 * vowels, other[2] + 3 * vowels  # known before training
    names = ["inside-quotes", "capitals", "digits", "vowels"]
    found = findings_of(noise, other, text, names)
    verdicts = {name: finding.verdict for name, finding in found.items()}
    assert verdicts == {
        "inside-quotes": "follows",
        "capitals": "character",
        "digits": "chance",
        "vowels": "untrained",
    }
    unit = found["inside-quotes"].chosen
    assert unit is not None
    assert (unit.layer, unit.unit) == (0, 3)
    middle = len(text) // 2
    expected = np.corrcoef(noise[3, middle:], quotes[middle:])[0, 1]
    assert unit.correlation == pytest.approx(expected, abs=1e-5)
    assert found["capitals"].chosen.partial is None  # type: ignore[union-attr]
    assert found["digits"].effect is None


def test_on_a_text_that_repeats_nothing_is_judged() -> None:
    text = 'He said "it is late" at 7.\n' * 100
    signals = RNG(0).normal(size=(4, len(text)))
    signals[2] += 9 * PREDICATES["inside-quotes"](text)
    found = findings_of(signals, signals, text, ["inside-quotes", "digits"])
    assert {finding.verdict for finding in found.values()} == {"unjudged"}
    assert found["digits"].chosen is None


def test_a_property_of_one_half_of_the_text_is_rare() -> None:
    text = prose(200) + "and so on and on" * 200
    found = findings_of(*RNG(0).normal(size=(2, 4, len(text))), text, ["digits"])
    assert found["digits"].verdict == "rare"


def test_units_that_know_nothing_seldom_pass() -> None:
    """Slow units and a slow property, independent: chance is passed about once in twenty times."""
    runs, n = 25, 1500
    walks = RNG(0).normal(size=(n, runs, 22))
    for before, now in pairwise(walks):
        now += 0.9 * before
    passed = 0
    for run in np.ascontiguousarray(walks.transpose(1, 2, 0)):
        ids = RNG(1).integers(0, 5, n)
        units, properties = Halves(run[:20], ids), Halves((run[20:] > 1).astype(float), ids)
        null = chance(units, properties, [0, 1], RNG(2))
        found = [evidence(units, properties, row, 20, 0)[0] for row in (0, 1)]
        passed += sum(abs(unit.correlation) > null.p95 for unit in found)
    assert passed <= 5  # of 50, where at most 2.5 are expected


# The untrained twin


@pytest.mark.parametrize("members", [1, 2])
def test_the_twin_is_the_network_before_training(members: int, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "a.txt").write_text(prose(800))
    options = [
        "--hidden-size",
        "6",
        "--cell",
        "lstm",
        "--members",
        str(members),
        "--seed",
        "9",
        "-q",
    ]
    for steps in ("0", "3"):
        path = tmp_path / f"{steps}.npz"
        assert run_here("train", tmp_path / "a.txt", "-o", path, "--steps", steps, *options) == 0
    before, after = load(tmp_path / "0.npz"), load(tmp_path / "3.npz")
    twin = untrained(after.network(), after.meta["seed"])
    for name, array in before.parameters.items():
        if name != "head.bias":
            np.testing.assert_array_equal(twin.parameters[name], array)


# Holding a unit at its mean


def plainly_held(
    model: CharModel, ids: np.ndarray, layer: int, unit: int, value: float
) -> np.ndarray:
    """Losses (n - 1,) by the textbook, one character at a time, where h of one unit is overwritten
    before anybody reads it."""
    p, H = model.parameters, model.hidden_size
    states = [tuple(np.zeros((H, 1)) for _ in model.cell.states) for _ in range(model.layers)]
    read_states = [state[0].copy() for state in states]
    read_states[layer][unit] = value
    nats = []
    for read_now, following in pairwise(ids):
        x = np.eye(model.vocabulary_size)[:, [read_now]]
        for index in range(model.layers):
            W_ih, W_hh, b_ih, b_hh = plain.weights(p, index)
            a, b = W_ih @ x + b_ih, W_hh @ read_states[index] + b_hh
            states[index], _ = plain.CELLS[model.cell.name][0](a, b, *states[index])
            x = states[index][0].copy()
            if index == layer:
                x[unit] = value
            read_states[index] = x
        z = p["head.weight"] @ x + p["head.bias"][:, None]
        nats.append(float(np.log(np.exp(z).sum()) - z[following, 0]))
    return np.array(nats)


@pytest.mark.parametrize("cell", RECURRENT)
@pytest.mark.parametrize("layer", [0, 1])
def test_a_clamped_unit_tells_nobody_anything(cell: str, layer: int) -> None:
    model, ids = noisy_model(cell), RNG(0).integers(0, 7, 40)
    held = read(clamped(model, layer, 2, 0.3), ids).nats
    np.testing.assert_allclose(held, plainly_held(model, ids, layer, 2, 0.3), rtol=1e-10)
    assert np.abs(held - read(model, ids).nats).max() > 1e-3


def test_a_unit_is_missed_where_it_is_needed() -> None:
    """Of a Markov chain's network each unit is for one pair of characters: without it the loss
    rises there by a divergence that is known, and elsewhere by what its mean adds."""
    chain, (a, b) = Chain(), (1, 2)
    model, ids = chain.network(), chain.text(30_000, RNG(6))
    unit, often = A + A * a + b, chain.pairs[a, b]
    pair = np.append(False, (ids[:-1] == a) & (ids[1:] == b))
    held = read(clamped(model, 0, unit, often), ids).nats
    found = effect(read(model, ids).nats, held, pair.astype(float))
    logits = np.log(chain.p)  # of the network: bias and the unit of the pair, and always `often` w
    w = np.log(chain.p[a, b] / chain.single)
    logits[a, b] -= w
    logits += often * w
    logits -= np.log(np.exp(logits).sum(axis=2, keepdims=True))
    rise = np.einsum("abc,abc->ab", chain.p, np.log2(chain.p) - logits / np.log(2))
    assert found.there == pytest.approx(rise[a, b], abs=3 * found.there_error)
    others = chain.pairs.copy()
    others[a, b] = 0
    elsewhere = float((others * rise).sum() / others.sum())
    assert found.elsewhere == pytest.approx(elsewhere, abs=3 * found.elsewhere_error)
    assert found.there > 10 * found.elsewhere
    assert found.there_error < 0.2 * found.there


def test_findings_are_the_same_for_the_same_call() -> None:
    text = prose(100)
    alphabet = sorted(set(text))
    ids = np.array([alphabet.index(c) for c in text])
    model = noisy_model("lstm", vocabulary_size=len(alphabet), dtype=np.float32)
    names = list(PREDICATES)
    first, second = (find_all(model, ids, text, names, seed=4) for _ in range(2))
    assert first.findings == second.findings
    assert first.chance == second.chance
