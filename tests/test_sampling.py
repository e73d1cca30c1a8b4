"""Drawing, stepping and streaming: exact where it can be exact, chi-squared where it cannot."""

import hashlib
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from small import VARIANTS, V, noisy_model

import charrnn
from charrnn.errors import CharRNNError, UnknownCharacter, UsageError
from charrnn.generation import beginning, sampling
from charrnn.generation.beginning import stepper_of
from charrnn.generation.filters import Filters
from charrnn.generation.sampling import Uniforms, draw, generate, surprisal
from charrnn.generation.stopping import Rules
from charrnn.library import Model
from charrnn.network.model import CharModel
from charrnn.text.vocabulary import Vocabulary

GOLDEN = Path(__file__).parent / "golden"
TINY = GOLDEN / "tiny.npz"
LETTERS = Vocabulary(np.array([ord(c) for c in "\n abcde"], np.uint32))


def network(cell, activation="tanh", layers=2, seed=0, dtype=np.float32):
    return noisy_model(cell, activation, layers, seed=seed, noise=0.4, dtype=dtype)


def pytorch(name):
    """A model whose outputs PyTorch has recorded, and the file with them."""
    cell, _, activation = name.partition("_")
    z = np.load(GOLDEN / f"{name}.npz")
    parameters = {k.removeprefix("parameters."): z[k] for k in z if k.startswith("parameters.")}
    return CharModel(parameters, cell=cell, activation=activation or "tanh", dtype=np.float64), z


@pytest.fixture(scope="module")
def tiny():
    return charrnn.load(TINY)


@pytest.mark.parametrize(("cell", "activation"), VARIANTS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("batch", [1, 4])
def test_stepping_computes_what_the_model_computes(cell, activation, layers, batch):
    model = network(cell, activation, layers, dtype=np.float64)
    ids = np.random.default_rng(1).integers(0, V, (9, batch))
    logits, _ = model.forward(ids, model.zero_state(batch), model.tape(9, batch))
    expected = logits.reshape(V, 9, batch)
    stepper = stepper_of(model).spread(batch)
    for t in range(9):
        np.testing.assert_allclose(stepper.step(ids[t]), expected[:, t], rtol=0, atol=1e-13)


def test_before_anything_is_read_the_bias_alone_predicts():
    model = network("gru")
    np.testing.assert_array_equal(stepper_of(model).logits[:, 0], model.parameters["head.bias"])


def test_spread_streams_stand_where_the_one_stood_and_leave_it_there():
    one = stepper_of(network("lstm"))
    one.read(np.array([1, 4, 2]))
    before = one.logits.copy()
    many = one.spread(3)
    np.testing.assert_allclose(many.logits, np.repeat(before, 3, axis=1), rtol=0, atol=1e-14)
    many.step(np.array([0, 1, 2]))
    np.testing.assert_array_equal(one.logits, before)


@pytest.mark.parametrize("name", ["rnn_tanh", "rnn_relu", "lstm", "gru", "mlp"])
def test_greedy_text_equals_that_of_pytorch(name):
    model, z = pytorch(name)
    stepper = stepper_of(model)
    stepper.read(z["greedy.prompt"])
    drawn = sampling.steps(stepper, Filters(temperature=0), Uniforms([0]))
    text = [int(ids[0]) for ids, _ in islice(drawn, len(z["greedy.text"]))]
    assert text == z["greedy.text"].tolist()


def test_temperature_zero_is_argmax(tiny):
    model = CharModel(tiny.network().parameters, cell="gru", dtype=np.float64)
    state, tape, expected = model.zero_state(1), model.tape(1, 1), []
    for index in tiny.vocabulary.encode("The "):
        logits, state = model.forward(np.array([[index]]), state, tape)
    for _ in range(60):
        expected.append(int(np.argmax(logits)))
        logits, state = model.forward(np.array([expected[-1:]]), state, tape)
    text = "".join(tiny.stream("The ", temperature=0, length=60))
    assert text == tiny.vocabulary.decode(np.array(expected))


@pytest.mark.parametrize("batch", [1, 16])
def test_characters_are_drawn_as_often_as_their_weights_say(batch):
    weights = np.array([0.0, 5, 1, 0, 0.25, 3, 0.75, 0])
    uniforms, count = Uniforms(range(batch)), 20_000
    w = np.repeat(weights[:, None], batch, axis=1)
    drawn = np.concatenate([draw(w, uniforms()) for _ in range(count // batch)])
    observed = np.bincount(drawn, minlength=8)
    expected = weights / weights.sum() * len(drawn)
    assert (observed[weights == 0] == 0).all()
    possible = weights > 0
    chi_squared = ((observed - expected)[possible] ** 2 / expected[possible]).sum()
    assert chi_squared < 18.5  # 4 degrees of freedom: exceeded once in a thousand


@pytest.mark.parametrize("u", [0.0, 0.5, 1 - 2.0**-53])
def test_the_ends_of_the_interval_never_draw_what_has_no_weight(u):
    for weights in ([0, 1e-300, 0], [0, 0.1, 0.7, 0.2, 0], [0, 1 / 3, 1 / 3, 1 / 3, 0]):
        w = np.array(weights)[:, None]
        assert w[draw(w, np.array([u]))[0]] > 0
        assert w[draw(np.repeat(w, 2, axis=1), np.array([u, u]))[1]] > 0


def test_uniforms_are_those_of_numpys_generator_today():
    uniforms = Uniforms([5, 2**63 - 1])
    numbers = np.array([uniforms() for _ in range(600)])
    for column, seed in enumerate((5, 2**63 - 1)):
        expected = np.random.Generator(np.random.PCG64(seed)).random(600)
        np.testing.assert_array_equal(numbers[:, column], expected)


@pytest.mark.parametrize(("cell", "activation"), VARIANTS)
def test_a_batch_writes_what_each_seed_writes_alone(cell, activation):
    model = network(cell, activation)
    seeds = [3, 1, 4, 159]
    many = texts(model, seeds, length=700)
    assert many == [texts(model, [seed], length=700)[0] for seed in seeds]
    assert len(set(many)) == 4


def texts(model, seeds, cores=1, excerpt="", **rules):
    start, result = beginning.start(model, LETTERS, "a", seeds, excerpt), [""] * len(seeds)
    settings = LETTERS, Filters(temperature=0.9, top_k=6), Rules(**rules)
    if len(seeds) == 1:
        pieces = sampling.continued(start.streams(), Uniforms(seeds), *settings)
    else:
        pieces = sampling.continued_often(start, *settings, workers=cores)
    for piece in pieces:
        result[piece.stream] += piece.text
    return result


@pytest.mark.parametrize("cores", [2, 3])
def test_the_number_of_cores_changes_no_text(cores):
    model, seeds = network("lstm"), list(range(25))
    assert texts(model, seeds, cores, length=200) == texts(model, seeds, length=200)


def test_streams_of_a_batch_stop_by_themselves():
    model = network("gru")
    rules = {"length": 90, "texts": ("ab",), "lines": 7}
    seeds = range(12)
    assert texts(model, seeds, **rules) == [texts(model, [seed], **rules)[0] for seed in seeds]


def test_streaming_equals_the_whole(tiny):
    stream = tiny.stream("The sea", seed=9, length=200)
    first = "".join(islice(stream, 50))
    assert all(len(character) == 1 for character in islice(stream, 10))
    whole = "".join(tiny.stream("The sea", seed=9, length=200))
    assert whole.startswith(first)
    assert len(whole) == 200
    generated = generate(tiny.network(), tiny.vocabulary, prompt="The sea", seed=9, length=200)
    assert "".join(generated) == whole


def test_the_beginning_does_not_depend_on_how_much_follows(tiny):
    long = "".join(tiny.stream(seed=2, length=300))
    assert long.startswith("".join(tiny.stream(seed=2, length=10)))
    assert "".join(islice(tiny.stream(seed=2, length=0), 300)) == long


def test_no_prompt_starts_like_a_new_line(tiny):
    assert "".join(tiny.stream(seed=1)) == "".join(tiny.stream("\n", seed=1))


def test_without_a_newline_the_first_character_comes_from_the_bias():
    model = network("lstm")
    vocabulary = Vocabulary(np.arange(97, 97 + V, dtype=np.uint32))
    starter = beginning.start(model, vocabulary).streams()
    np.testing.assert_array_equal(starter.logits[:, 0], model.parameters["head.bias"])
    assert len("".join(generate(model, vocabulary, length=5))) == 5


def test_surprisal_is_the_models_own_whatever_the_filters_do(tiny):
    filters = tiny.filters(temperature=0.3, top_k=3, ban="e")
    pieces = list(tiny.pieces(tiny.start("a", [1]), filters, Rules(length=40), measure=True))
    text = "".join(piece.text for piece in pieces)
    nats = [value for piece in pieces for value in piece.nats]
    stepper = tiny.start("a").streams()
    for index, value in zip(tiny.vocabulary.encode(text), nats, strict=True):
        p = np.exp(stepper.logits[:, 0])
        assert value == pytest.approx(-np.log(p[index] / p.sum()), abs=1e-12)
        stepper.step(np.array([index]))


def test_surprisal_withstands_large_logits():
    logits = np.array([[1000.0, -1000], [0, 0]])
    np.testing.assert_allclose(surprisal(logits, np.array([1, 0])), [1000, 1000])


def test_measuring_changes_no_character(tiny):
    start, filters, rules = tiny.start(seeds=[8]), tiny.filters(), Rules(length=100, texts=("the",))
    plain, measured = (
        "".join(p.text for p in tiny.pieces(start, filters, rules, measure=measure))
        for measure in (False, True)
    )
    assert plain == measured


def test_only_and_ban_hold_in_every_character(tiny):
    text = "".join(tiny.stream(only="a-z \n", ban="e", length=400, seed=1, temperature=1.5))
    assert set(text) <= set("abcdfghijklmnopqrstuvwxyz \n")


def test_a_network_that_overflows_says_so():
    model = network("rnn", "relu")
    model.parameters["rnn.weight_hh_l0"][...] = 1e30
    with np.errstate(all="ignore"), pytest.raises(CharRNNError, match="finite"):
        list(islice(generate(model, LETTERS, length=0), 1000))


def test_library_calls_fail_before_the_first_character(tiny):
    with pytest.raises(UsageError):
        tiny.stream(temperature=-1)
    with pytest.raises(UsageError):
        tiny.stream(stop=[""])
    with pytest.raises(UsageError):
        tiny.stream(seed=-1)
    with pytest.raises(UnknownCharacter):
        tiny.stream("€")
    assert isinstance(tiny, Model)
    assert isinstance(tiny, charrnn.Model)


# The promise: the same seed writes the same text on any machine and with any version of NumPy. If a
# change here is meant, it is a change of behaviour and belongs into the changelog.
GOLDEN_TEXT = (
    "had in with had tald pollen the erere the said at ol for the it. I land ony she down she the"
    " kotchoure he galk was thore have the aid with ristoded th"
)
GOLDEN_HASHES = {
    "tiny": "c71e2322128ed23d621d13749dfd03d1913d1f3705765762c0e8db99ddc75f6e",
    "rnn_tanh": "6b7510445a143efec9b421976df633a03c6cc65cac2c61e42d0eb2ca8ba98309",
    "rnn_relu": "814b28a661dfe3bb704cd7291526ce2521b1c542f25cfe48b3049d85d2288651",
    "lstm": "3f31a8a4ff025b3a7b7538cab874262657bd68db5cd9f8b495afefc406ac6c7e",
    "gru": "73f0b825c298a2565775d7d82c3f237a0bcebfc47c20865bc183bf1a7cbb078c",
    "mlp": "9e328162d218924146e0c0fa7cd610580d922cab889a7aa8f02af318b24bd6e6",
}


def test_the_golden_text_is_written_on_every_machine(tiny):
    text = "".join(tiny.stream("The ", seed=20, temperature=0.7, length=10_000))
    assert text[: len(GOLDEN_TEXT)] == GOLDEN_TEXT
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN_HASHES["tiny"]


@pytest.mark.parametrize("name", ["rnn_tanh", "rnn_relu", "lstm", "gru", "mlp"])
def test_golden_texts_of_every_cell(name):
    model, _ = pytorch(name)
    (text,) = texts(model, [20], length=10_000)
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN_HASHES[name]


def test_a_host_keeps_its_own_handling_of_numbers_that_overflow():
    """Extreme weights saturate every gate on the way through an exponential that overflows."""
    model = network("lstm", dtype=np.float64)
    model.flat[:] *= 1e4
    with np.errstate(all="warn"):  # and a warning is an error in the tests
        before = np.geterr()
        for _ in generate(model, LETTERS, prompt="abc", length=20):
            assert np.geterr() == before
        assert len(texts(model, [1, 2, 3], length=20)) == 3
