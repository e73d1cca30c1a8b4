"""Surprisal, context, units, gates and the unrolled network, where the answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from small import context_of

from charrnn.errors import CorpusError
from charrnn.inspection import words
from charrnn.inspection.clocks import survivals
from charrnn.inspection.context import context
from charrnn.inspection.export import as_json
from charrnn.inspection.gates import gate_use
from charrnn.inspection.gradients import gradient_norms
from charrnn.inspection.neurons import find, find_all
from charrnn.inspection.pictures.sheet import Sheet
from charrnn.inspection.predicates import PREDICATES
from charrnn.inspection.side_by_side import chunks
from charrnn.inspection.signals import Units, units
from charrnn.inspection.summary import summarise
from charrnn.inspection.surprisal import read, surprisal
from charrnn.inspection.unfold import Moment, Strip, Unfolding, predict, sharing, unfold
from charrnn.inspection.views.unfold import cells
from charrnn.network.cells import CELLS
from charrnn.network.model import CharModel
from charrnn.network.parameters import parameter_shapes

V, H = 7, 6


def random_model(cell: str, layers: int = 1, seed: int = 0) -> CharModel:
    rng = np.random.default_rng(seed)
    shapes = parameter_shapes(cell, layers, H, V, context_of(cell))
    parameters = {name: rng.normal(0, 0.4, shape) for name, shape in shapes.items()}
    return CharModel(parameters, cell=cell, dtype=np.float64)


def random_text(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, V, length)


# Surprisal


@pytest.mark.parametrize("cell", CELLS)
def test_side_by_side_reading_equals_one_reader(cell: str) -> None:
    """A state forgets within the warm-up; the largest error of any character is far below 1e-6."""
    model, ids = random_model(cell, 2), random_text(5000)
    one, many = read(model, ids, readers=1), read(model, ids, readers=7)
    assert np.abs(one.nats - many.nats).max() < 1e-9
    assert one.likeliest == many.likeliest
    assert [s.position for s in one.worst] == [s.position for s in many.worst]


def test_chunks_count_every_position_once() -> None:
    model = random_model("rnn")
    for length, readers in ((1, 1), (63, 1), (64, 1), (65, 2), (1000, 3)):
        seen = np.zeros(length, int)
        for _, places, counted in chunks(model, random_text(length), readers, warm_up=100):
            np.add.at(seen, places[counted], 1)
        assert (seen == 1).all()


def test_losses_are_those_of_the_softmax() -> None:
    model, ids = random_model("gru"), random_text(30)
    logits, _ = model.forward(ids[:-1, None], model.zero_state(1), model.tape(29, 1))
    p = np.exp(logits) / np.exp(logits).sum(axis=0)
    expected = -np.log(p[ids[1:], np.arange(29)])
    found = read(model, ids)
    np.testing.assert_allclose(found.nats, expected, rtol=1e-12)
    worst = int(expected.argmax())
    assert found.worst[0].position == worst + 1
    first, share = found.worst[0].alternatives[0]
    assert (first, share) == (int(p[:, worst].argmax()), pytest.approx(p[:, worst].max()))


def test_worst_places_are_the_largest_losses_in_order() -> None:
    found = read(random_model("lstm"), random_text(3000))
    expected = np.sort(found.nats)[::-1][:10]
    assert [s.nats for s in found.worst] == expected.tolist()


def test_unknown_characters_have_no_loss() -> None:
    model, text = random_model("rnn"), "?ab?cd"
    known = np.array([c != "?" for c in text])
    report = surprisal(model, text, np.array([0, 1, 2, 3]), known, "abcdefg")
    assert np.isnan(report.per_character).tolist() == [True, False, True, False, False]
    assert report.characters == 3
    assert report.unknown == {"?": 2}


def test_a_text_of_one_character_predicts_nothing() -> None:
    with pytest.raises(CorpusError, match="1 characters"):
        read(random_model("rnn"), np.array([3]))


# Context


def delay_line(delay: int, characters: int = 4) -> CharModel:
    """A linear network that stores the last `delay` + 1 characters and predicts the character
    `delay` back: a shift register with one block of units for each of them."""
    size = (delay + 1) * characters
    W_ih = np.zeros((size, characters))
    W_ih[:characters] = np.eye(characters)
    W_hh = np.eye(size, k=-characters)
    head = np.zeros((characters, size))
    head[:, -characters:] = 8 * np.eye(characters)
    parameters = {
        "rnn.weight_ih_l0": W_ih,
        "rnn.weight_hh_l0": W_hh,
        "rnn.bias_ih_l0": np.full(size, 0.0),
        "rnn.bias_hh_l0": np.zeros(size),
        "head.weight": head,
        "head.bias": np.zeros(characters),
    }
    return CharModel(parameters, cell="rnn", activation="relu", dtype=np.float64)


def test_a_network_that_needs_ten_characters_is_found_to_need_ten() -> None:
    """I9, without training: gradients and behaviour agree on a need that is known."""
    rng = np.random.default_rng(0)
    delay = 9  # the character that is predicted is the tenth from the end
    ids = list(rng.integers(0, 4, delay + 1))
    while len(ids) < 1500:
        ids.append(ids[-delay - 1] if rng.random() < 0.9 else int(rng.integers(0, 4)))
    model, text = delay_line(delay), np.array(ids)
    found = context(model, text, most=20, windows=300)
    assert found.useful == found.stays_below == 10
    assert found.between == found.elsewhere.between == (10, 10)
    # ReLU passes a gradient where a unit is on: the stored character. At lag 10 nothing is left.
    memory = gradient_norms(model, text, steps=20, windows=64, burn_in=30).layers[0].decay.memory
    assert memory == 10


def test_with_everything_visible_nothing_is_lost() -> None:
    model, ids = random_model("lstm"), random_text(1200)
    found = context(model, ids, most=60, windows=64)
    assert found.excess[-1] == pytest.approx(0, abs=1e-9)
    assert found.bits[-1] == pytest.approx(found.full, abs=1e-9)
    assert found.visible[0] == 1
    assert found.visible[-1] == 60


# Units


def test_the_unit_that_follows_a_predicate_is_found() -> None:
    rng = np.random.default_rng(0)
    pieces = [rng.choice(["she said so", '"and then it', "was gone", '." He']) for _ in range(300)]
    text = " ".join(pieces)
    signals = rng.normal(size=(2, 30, len(text))).astype(np.float32)
    signals[1, 17] = 0.5 * signals[1, 17] - PREDICATES["inside-quotes"](text)
    own, quotes = Units("h", signals, signals.mean(axis=2)), PREDICATES["inside-quotes"](text)
    found = find(own, quotes, "inside-quotes", np.random.default_rng(1))
    assert (found.matches[0].layer, found.matches[0].unit) == (1, 17)
    assert found.matches[0].correlation < -0.6
    assert abs(found.matches[0].correlation) > 2 * found.null_p95
    assert abs(found.matches[1].correlation or 0) < found.null_p95
    only = find(own, quotes, "inside-quotes", np.random.default_rng(1), layer=0)
    assert all(match.layer == 0 for match in only.matches)


def test_a_predicate_that_never_changes_is_left_out() -> None:
    found = find_all(random_model("gru"), np.zeros(50, int), "a" * 50, list(PREDICATES))
    assert {finding.predicate for finding in found.findings} == {"line-position", "word-start"}


def test_units_are_those_of_one_reader() -> None:
    model, ids = random_model("lstm", 2), random_text(3000)
    found = units(model, ids)
    tape = model.tape(3000, 1)
    model.forward(ids[:, None], model.zero_state(1), tape)
    for layer in range(2):
        c = np.stack([states[1][:, 0] for states in tape.layers[layer].states[1:]], axis=1)
        np.testing.assert_allclose(found.signals[layer], np.tanh(c), atol=1e-6)
        h = tape.layers[layer].output.mean(axis=1)
        np.testing.assert_allclose(found.mean_h[layer], h, atol=1e-9)
    assert found.quantity == "tanh(c)"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("inside-quotes", 'a"b"c', "01100"),
        ("inside-quotes", "a“b”c", "01100"),
        ("inside-quotes", '"a\n\nb', "11100"),
        ("inside-brackets", "a(b[c])d", "01111100"),
        ("inside-brackets", ")a(b", "0011"),
        ("line-position", "ab\nc", "1201"),
        ("after-newline", "a\nbc", "0010"),
        ("newline-next", "ab\nc", "0100"),
        ("capitals", "aBÄc", "0110"),
        ("vowels", "haEx", "0110"),
        ("word-start", "ab cd", "10010"),
        ("digits", "a1b", "010"),
    ],
)
def test_predicates(name: str, text: str, expected: str) -> None:
    assert "".join(f"{value:.0f}" for value in PREDICATES[name](text)) == expected


# Gates


def test_gate_statistics_of_constant_gates() -> None:
    """With no weights a gate is the sigmoid of its bias, whatever is read."""
    shapes = parameter_shapes("lstm", 1, H, V)
    parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    bias = parameters["rnn.bias_ih_l0"].reshape(4, H)
    bias[0], bias[1], bias[2], bias[3] = 5.0, 1.0, 0.0, -5.0
    report = gate_use(CharModel(parameters, cell="lstm", dtype=np.float64), random_text(2000))
    i, f, g, o = report.gates
    assert [gate.gate for gate in report.gates] == ["i", "f", "g", "o"]
    assert (i.shut, i.open, i.always_open) == (0, 1, H)
    assert (o.shut, o.open, o.always_shut) == (1, 0, H)
    assert (f.shut, f.open) == (g.shut, g.open) == (0, 0)
    assert (f.function, g.function) == ("sigmoid", "tanh")
    assert f.histogram.sum() == pytest.approx(1)
    forget = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(report.clocks[0].half_lives, np.log(0.5) / np.log(forget))
    assert report.clocks[0].median_half_lives.tolist() == [2] * H  # 0.73, 0.53, 0.39
    assert report.idle[0].dead == tuple(range(H))


def test_the_grus_clock_is_the_share_it_keeps() -> None:
    shapes = parameter_shapes("gru", 1, H, V)
    parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    parameters["rnn.bias_ih_l0"][H : 2 * H] = np.log(0.95 / 0.05)
    report = gate_use(CharModel(parameters, cell="gru", dtype=np.float64), random_text(600))
    assert report.clocks[0].gate == "z"
    np.testing.assert_allclose(report.clocks[0].half_lives, 13.5134, rtol=1e-5)
    assert report.clocks[0].median_half_lives.tolist() == [13] * H


def test_a_cell_wiped_now_and_then_keeps_what_it_has_in_between() -> None:
    """0.999, and 1e-3 at every tenth character: from 0 to 9 characters, 4 in the middle. The mean
    of ln f says 1, less than that of a cell that keeps 0.7 always."""
    shapes = parameter_shapes("lstm", 1, H, V)
    parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    parameters["rnn.bias_ih_l0"][H : 2 * H] = np.log(0.999 / 0.001)
    parameters["rnn.weight_ih_l0"][H : 2 * H, 0] = 2 * np.log(
        0.001 / 0.999
    )  # f = 1e-3 on reading 0
    parameters["rnn.bias_ih_l0"][2 * H - 1] = np.log(0.7 / 0.3)
    parameters["rnn.weight_ih_l0"][2 * H - 1, 0] = 0
    text = np.where(np.arange(4000) % 10 == 9, 0, 1)
    clock = gate_use(CharModel(parameters, cell="lstm", dtype=np.float64), text).clocks[0]
    assert clock.median_half_lives.tolist() == [4] * (H - 1) + [1]
    np.testing.assert_allclose(clock.half_lives[:-1], 1.002, rtol=1e-3)
    assert clock.half_lives[-1] > 1.9
    assert (clock.limit, clock.characters) == (1000, 4000)


def test_survivals_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    keep = rng.uniform(0, 1, 400) ** rng.choice([0.001, 0.1, 3], 400)
    for limit in (5, 100):
        expected = []
        for t in range(400 - limit):
            shares = keep[t : t + limit].cumprod()
            expected.append(int((shares >= 0.5).sum()))  # shares only fall
        assert survivals(np.log(keep), limit).tolist() == expected


def test_relu_units_are_shut_where_they_are_zero() -> None:
    report = gate_use(delay_line(3), np.tile([0, 1, 2, 3], 300))
    (gate,) = report.gates
    assert gate.function == "relu"
    assert gate.shut == pytest.approx(0.75, abs=0.01)  # one character of four is stored in a block
    assert gate.open == pytest.approx(0.25, abs=0.01)


def test_a_cell_that_keeps_everything_has_an_endless_half_life() -> None:
    shapes = parameter_shapes("lstm", 1, H, V)
    parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    parameters["rnn.bias_ih_l0"][H : 2 * H] = 800.0
    report = gate_use(CharModel(parameters, cell="lstm", dtype=np.float64), random_text(600))
    assert np.isinf(report.clocks[0].half_lives).all()
    assert np.isinf(report.clocks[0].median_half_lives).all()
    assert as_json(report)["clocks"][0]["half_lives"] == [None] * H


# The unrolled network


@pytest.mark.parametrize("cell", CELLS)
def test_unfolding_shows_the_states_and_distributions_of_the_run(cell: str) -> None:
    model, ids = random_model(cell, 2), np.array([2, 0, 3, 3])
    report = unfold(model, ids, "abcdefg", target="e")
    assert report.prompt == "cadd"
    assert [moment.target for moment in report.moments] == ["a", "d", "d", "e"]
    tape = model.tape(4, 1)
    logits, _ = model.forward(ids[:, None], model.zero_state(1), tape)
    last, units = report.moments[-1], model.body.activations(tape)
    assert [(strip.layer, strip.state) for strip in last.strips] == list(units)
    for strip in last.strips:
        np.testing.assert_array_equal(strip.values, units[strip.layer, strip.state][-1, :, 0])
    p = np.exp(logits[:, -1]) / np.exp(logits[:, -1]).sum()
    np.testing.assert_allclose(last.probabilities, p, rtol=1e-12)


@pytest.mark.parametrize(
    ("cell", "activation"), [("lstm", "tanh"), ("rnn", "relu"), ("gru", "tanh")]
)
def test_more_of_a_state_is_never_drawn_as_less(cell: str, activation: str) -> None:
    """Also where it passes 1, as c does and the h of a ReLU network."""
    shapes = parameter_shapes(cell, 1, H, V)
    model = CharModel({n: np.ones(s) for n, s in shapes.items()}, cell=cell, activation=activation)
    for strip in unfold(model, np.array([2, 0]), "abcdefg").moments[-1].strips:
        values = np.linspace(-1, 1, 17) if strip.bounded else np.linspace(-3, 3, 17)
        drawn = cells(replace(strip, values=values), np.arange(17), Sheet(""))[:-1]
        colours = [style.removeprefix("on #") for _, style in drawn]
        warmth = [int(colour[:2], 16) - int(colour[4:], 16) for colour in colours]  # red - blue
        assert warmth == sorted(warmth)
        assert warmth[0] < 0 == warmth[8] < warmth[-1]
        assert strip.bounded == (cell != "rnn" and strip.state == "h")


def test_predictions_add_up_and_cool_down() -> None:
    model, ids = random_model("gru"), np.array([1, 2, 3])
    report = predict(model, ids, "abcdefg")
    shares = [c.probability for c in report.candidates]
    assert shares == sorted(shares, reverse=True)
    assert report.candidates[-1].cumulative == pytest.approx(1)
    assert report.entropy_bits == pytest.approx(-sum(p * np.log2(p) for p in shares))
    cold = predict(model, ids, "abcdefg", temperature=0)
    assert (cold.candidates[0].probability, cold.entropy_bits) == (1, 0)
    assert cold.candidates[0].character == report.candidates[0].character


@pytest.mark.parametrize(
    ("cell", "told_apart_by"), [("rnn", "state that arrived"), ("mlp", "3 characters")]
)
def test_the_second_l_is_explained_by_the_state_or_by_the_places_before(
    cell: str, told_apart_by: str
) -> None:
    def moment(character: str, guess: str) -> Moment:
        p = np.array([float(c == guess) for c in "ehlo"])
        return Moment(character, None, (Strip(0, "h", np.zeros(2)),), p)

    pairs = (("h", "e"), ("e", "l"), ("l", "l"), ("l", "o"))
    moments, about = tuple(moment(*pair) for pair in pairs), sharing(random_model(cell))
    report = Unfolding("hell", "ehlo", 1.0, moments, about)
    said = words.unfolding(report)
    assert "'l' is read twice" in said
    assert "expects 'l' after the first and 'o' after the later one" in said
    assert told_apart_by in said


# Summary


def test_a_summary_needs_nothing_but_the_architecture() -> None:
    model = random_model("rnn")
    meta = {"cell": "rnn", "activation": "tanh", "layers": 1, "hidden_size": H}
    report = summarise(meta, "abcdefg", model.parameters)
    assert report.parameters == model.flat.size
    assert (report.best, report.unigram, report.seed, report.history) == (None, None, None, ())


def test_foreign_metadata_of_any_type_is_survived() -> None:
    model = random_model("rnn")
    meta = {"cell": "rnn", "activation": "tanh", "layers": 1, "hidden_size": H}
    for junk in (None, 7, "x", [], [1], {"step": "x"}, {"loss": True}, [{"step": 1, "loss": []}]):
        keys = ("corpus", "training", "history", "best", "baselines", "excerpt", "seed", "versions")
        report = summarise(meta | dict.fromkeys(keys, junk), "abcdefg", model.parameters)
        assert report.best is None
