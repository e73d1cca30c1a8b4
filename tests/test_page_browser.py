"""The page in a real browser: it writes what `charrnn sample` writes, and does what it says."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import GOLDEN, PINNED, Visit, measured, model_of, pinned, save_page, write_both
from small import noisy_model
from test_hostile import ATTACKS

import charrnn
from charrnn.generation.beginning import PASSAGE
from charrnn.generation.filters import Filters
from charrnn.generation.repetition import REMEMBERED, NoRepeat, Repetition
from charrnn.generation.sampling import Uniforms, steps
from charrnn.inspection.neurons import units
from charrnn.inspection.unfold import predict
from charrnn.library import Model
from charrnn.network.ensemble import merge
from charrnn.text.units import END

#: Every filter and every rule, alone and together; as `Model.stream` names them.
SETTINGS: list[dict[str, Any]] = [
    {},
    {"temperature": 0},
    {"temperature": 1.7, "top_k": 3},
    {"top_p": 0.6},
    {"min_p": 0.3, "prompt": "a\nb"},
    {"only": "a-c\\n ", "prompt": "cab"},
    {"ban": "e", "top_p": 0.9, "cold": True},
    {"no_repeat": 3, "temperature": 0.3},
    {"until": "line", "prompt": "ab"},
    {"until": "paragraph", "no_repeat": 2, "top_k": 5, "top_p": 0.95, "min_p": 0.01},
]
EXCERPT = "abc de\n\nbad cab\ndeed ace\n" * 9


def visited(browser: Any, folder: Path, model: Model, **opening: Any) -> Visit:
    return Visit(browser, save_page(folder / "page.html", model, **opening))


def small(text: str, cell: str = "gru", **meta: Any) -> Model:
    """A random network of the characters of a text."""
    alphabet = "".join(set(text))
    V = len(alphabet)
    network = noisy_model(cell, vocabulary_size=V, noise=0.6, dtype=np.float32)
    return model_of(dict(network.parameters), alphabet, cell=cell, activation="tanh", **meta)


@pytest.fixture(scope="module")
def tiny() -> Model:
    return charrnn.load(GOLDEN / "tiny.npz")


@pytest.fixture(scope="module")
def visit(browser: Any, tiny: Model, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """The page of `tiny`, which several tests look at; none of them leaves it."""
    return visited(browser, tmp_path_factory.mktemp("page"), tiny, seed=20, temperature=0.7)


@pytest.mark.parametrize("name", PINNED)
def test_the_page_writes_the_text_of_the_program(name: str, browser: Any, tmp_path: Path) -> None:
    model = pinned(name)
    model.meta["excerpt"] = EXCERPT
    visit = visited(browser, tmp_path, model)
    for seed, settings in enumerate(SETTINGS):
        here, there = write_both(visit, model, seed=seed, length=300, **settings)
        assert here == there, settings
    assert not visit.noise


def test_seeds_are_those_of_numpy(visit: Visit) -> None:
    seeds = [0, 1, 2**32 - 1, 2**32, 2**63 - 1]
    script = "(seeds) => seeds.map((s) => { const n = new PCG64(BigInt(s), %s); return [%s]; })"
    numbers = visit.ask(
        script % ("[]", "n.uniform(), n.uniform(), n.uniform()"), [*map(str, seeds)]
    )
    for seed, found in zip(seeds, numbers, strict=True):
        assert found == np.random.Generator(np.random.PCG64(seed)).random(3).tolist()
    spawned = visit.ask(script % ("[1]", "String(n.raw())"), [*map(str, seeds)])
    for seed, (found,) in zip(seeds, spawned, strict=True):
        source = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(1,)))
        assert int(found) == int(source.random_raw())


@pytest.mark.parametrize(
    ("alphabet", "prompt"),
    [
        ("\n 春眠不覚暁処々聞啼鳥", "春眠"),
        ("\n 😀👍🏽👩\u200d💻🎉", "😀👩\u200d💻"),
        ("\n שלוםعربي", "שלום"),
        ("\n ae\u0301\u0323xy", "áẹ"),  # composed in the prompt, decomposed in the alphabet
        ("\n aéxy", "e\u0301xe\u0301"),  # and the other way round
        ("\n ọ\u0302xy", "xộy"),  # and with only the first mark composed
        ("\r\n ab", "a\r\nb"),
        ("\x00\x1b\u202e\u2028\ufeff ab\n", "a\u202eb"),
    ],
    ids=["chinese", "emoji", "right to left", "marks", "composed", "half", "returns", "controls"],
)
def test_every_alphabet(alphabet: str, prompt: str, browser: Any, tmp_path: Path) -> None:
    model = small(alphabet, excerpt=alphabet * 20)
    visit = visited(browser, tmp_path, model)
    for seed in range(4):
        text = prompt * (1 + 11 * seed)  # longer than a passage in the end
        here, there = write_both(visit, model, seed=seed, prompt=text, length=200)
        assert here == there
        begun = "([prompt, seed]) => model.beginning(model.alphabet.fit(prompt), BigInt(seed))"
        fitted, _ = model.fit(text, "error")
        ahead = model.start(fitted, [seed]).ahead[:, 0]
        expected = ahead if len(fitted) < PASSAGE else model.vocabulary.encode(fitted)
        assert visit.ask(begun, [text, seed]) == expected.tolist()
    assert visit.ask("String.fromCodePoint(...data.alphabet)") == model.vocabulary.characters


@pytest.mark.parametrize(
    ("unit", "separator", "alphabet"),
    [
        ("line", None, "\n abc"),
        ("paragraph", None, f"\n abc{END}"),
        ("paragraph", "\n-.-\n", f"\n abc{END}"),
        ("file", None, f"\n abc{END}"),
    ],
)
def test_a_model_of_units_writes_one_or_many(
    unit: str, separator: str | None, alphabet: str, browser: Any, tmp_path: Path
) -> None:
    about = {"unit": unit} | ({"separator": separator} if separator else {})
    model = small(alphabet, "lstm", corpus=about, units={"longest": 40}, excerpt="abc\n")
    visit = visited(browser, tmp_path, model)
    for seed in range(6):
        one = {"seed": seed, "prompt": ["", "a", f"ab{separator or chr(10) * 2}c"][seed % 3]}
        for settings in ({}, {"length": 60}, {"length": 61, "until": "line"}):
            here, there = write_both(visit, model, **one, **settings)
            assert here == there, (one, settings)
        pieces = visit.write(seed=str(seed), length=7, pieces=10)
        assert pieces == "".join(model.stream(seed=seed, length=70))


def test_rare_characters_are_read_and_never_written(browser: Any, tmp_path: Path) -> None:
    model = small("\n abc\ufffd", corpus={"min_count": 3})
    visit = visited(browser, tmp_path, model)
    here, there = write_both(visit, model, seed=1, prompt="xyz", length=400, temperature=2)
    assert here == there
    assert "\ufffd" not in here


@pytest.mark.parametrize("cell", ["lstm", "mlp"])
def test_networks_side_by_side(cell: str, browser: Any, tmp_path: Path) -> None:
    members = [noisy_model(cell, seed=seed, dtype=np.float32).parameters for seed in range(3)]
    model = model_of(
        merge(members), "\n abcde", cell=cell, activation="tanh", training={"members": 3}
    )
    assert model.members == 3
    visit = visited(browser, tmp_path, model)
    here, there = write_both(visit, model, seed=5, length=1000)
    assert here == there


@pytest.mark.parametrize("name", PINNED)
def test_probabilities_are_those_of_inspect(name: str, browser: Any, tmp_path: Path) -> None:
    model = pinned(name)
    visit = visited(browser, tmp_path, model)
    for prompt in ("a", "bad cab\ndeed"):
        ids = model.vocabulary.encode(prompt).astype(np.intp)
        report = predict(model.network(np.float64), ids, model.vocabulary.characters)
        expected = {c.character: c.probability for c in report.candidates}
        found = visit.ask("(prompt) => Array.from(next(model, prompt))", prompt)
        for character, p in zip(model.vocabulary.characters, found, strict=True):
            assert abs(p - expected[character]) < 1e-12


def test_half_precision_is_that_of_numpy(browser: Any, tmp_path: Path) -> None:
    model = pinned("gru")
    edges = [0, -0.0, 1, -1.5, 65504, 2**-14, 2**-24, 3 * 2**-24, 0.1]
    model.parameters["head.bias"][:] = edges[:7]
    model.parameters["rnn.bias_ih_l0"][:9] = edges
    visit = Visit(browser, save_page(tmp_path / "page.html", model, bits=16))
    for script, name in (
        ("bias", "head.bias"),
        ("networks[0]['rnn.bias_ih_l0']", "rnn.bias_ih_l0"),
    ):
        found = visit.ask(f"Array.from(model.{script})")
        assert found == model.parameters[name].astype(np.float16).tolist()
    assert "differs" in visit.page.inner_text("#rounded")


def test_a_person_writes_pauses_and_goes_on(visit: Visit, tiny: Model) -> None:
    page = visit.page
    page.fill("#prompt", "The ")
    page.fill("#length", "4000")
    visit.ask("""new Promise((done) => {
        $("write").click();
        setTimeout(() => { $("pause").click(); done(); }, 20);
    })""")
    assert page.inner_text("#status") == "Paused."
    before = visit.ask("controls.writing.text")
    for _ in range(3):
        page.click("#step")
    assert len(visit.ask("controls.writing.text")) == len(before) + 3 < 4000
    page.click("#pause")
    text = visit.finish()
    expected = "".join(tiny.stream("The ", seed=20, temperature=0.7, length=4300))
    assert text == expected[:4000]
    assert page.inner_text("#text") == f"The {text}"
    page.fill("#length", "300")
    page.click("#pause")
    assert visit.finish() == expected
    page.fill("#temperature", "2")  # acts on what comes, and not on this
    assert page.locator("#command").is_visible()
    page.fill("#temperature", "0.7")
    assert page.inner_text("#command-line") == (
        "charrnn sample tiny.npz --seed 20 --temp 0.7 --length 4300 --with-prompt --prompt='The '"
    )
    page.fill("#length", "5000")
    said, goes_on, temperature = visit.ask("""new Promise((done) => {
        const type = (value) => {
            $("temperature").value = value;
            $("temperature").dispatchEvent(new Event("input", { bubbles: true }));
        };
        $("write").click();
        type("");
        setTimeout(() => {
            const { running, writing } = controls;
            const seen = [$("temperature-mistake").textContent, running];
            done([...seen, writing.settings.temperature]);
            type("0.9");
        }, 20);
    })""")
    assert (said, goes_on, temperature) == ("Give a number.", True, 0.7)
    visit.finish()
    assert not page.locator("#command").is_visible()
    assert "a setting was changed" in page.inner_text("#remarks")
    page.fill("#temperature", "0.7")


def test_a_branch_goes_on_from_its_prefix(visit: Visit, tiny: Model) -> None:
    page = visit.page
    page.fill("#prompt", "The ")
    page.fill("#length", "200")
    page.click("#write")
    text = visit.finish()
    page.locator("#text span").nth(78).click()  # the prompt is the first
    assert page.inner_text("#place-said") == "78 of 200"
    row = page.locator("#choices tr:not(.written)").first
    chosen = row.locator("button").inner_text().replace("␣", " ")
    assert row.locator("td").nth(1).inner_text().endswith("%")
    row.locator("button").click()
    branched = visit.finish()
    assert branched[:78] == text[:77] + chosen
    # The same by the program: read the prefix, and draw with the numbers that follow.
    stepper = tiny.start("The ", [20]).streams()
    stepper.read(tiny.vocabulary.encode(branched[:78]))
    uniforms = Uniforms([20])
    for _ in range(78):
        uniforms()
    drawn = steps(stepper, Filters(temperature=0.7), uniforms)
    rest = [next(drawn)[0][0] for _ in range(199)]
    assert branched[78:] == tiny.vocabulary.decode(np.array(rest))
    assert "branched" in page.inner_text("#remarks")


def test_pointing_at_a_character_looks_at_it_until_the_pointer_leaves(visit: Visit) -> None:
    page = visit.page
    page.fill("#prompt", "")
    page.fill("#length", "50")
    page.click("#write")
    text = visit.finish()
    place = next(i for i, c in enumerate(text) if c.isalpha())
    page.locator("#text span").nth(place + 1).hover()  # the first is the prompt's
    assert page.inner_text("#seen").startswith(f"‘{text[place]}’ cost ")
    assert page.locator("#choices .written button").inner_text() == text[place]
    page.mouse.move(0, 0)
    assert page.inner_text("#place-said") == "50 of 50"


def test_what_could_have_stood_there(visit: Visit, tiny: Model) -> None:
    """The probabilities beside a character are those of the network after what stands before."""
    visit.page.fill("#prompt", "")
    visit.ask("$('cold').click()")
    visit.page.fill("#length", "40")
    visit.page.click("#write")
    text = visit.finish()
    visit.ask("$('cold').click()")
    ids = tiny.vocabulary.encode("\n" + text[:21]).astype(np.intp)
    report = predict(tiny.network(np.float64), ids, tiny.vocabulary.characters)
    found = visit.ask("controls.writing.alternatives(21).map(({ index, p }) => [index, p])")
    alphabet = tiny.vocabulary.characters
    assert [alphabet[i] for i, _ in found] == [c.character for c in report.candidates]
    expected = [c.probability for c in report.candidates]
    np.testing.assert_allclose([p for _, p in found], expected, rtol=0, atol=1e-12)


def test_a_unit_paints_the_text_as_inspect_does(browser: Any, tmp_path: Path) -> None:
    model = pinned("lstm")
    visit = visited(browser, tmp_path, model, seed=3)
    visit.page.click("#write")
    text = visit.finish()
    ids = model.vocabulary.encode("\n" + text).astype(np.intp)
    signals = units(model.network(np.float64), ids).signals  # (L, H, 1 + n)
    found = np.array(visit.ask("controls.writing.signals.map((signal) => Array.from(signal))"))
    expected = signals[:, :, 1:].transpose(2, 0, 1).reshape(len(text), -1)
    assert np.abs(found / 127 - expected).max() < 0.5 / 127 + 1e-6
    cell = visit.page.locator("#strip input").nth(2)
    cell.focus()
    visit.page.keyboard.press("ArrowRight")
    layer, unit = map(
        int, re.findall(r"\d+", visit.page.locator("#strip :checked").get_attribute("title"))
    )
    share = """Array.from(document.querySelectorAll("#text span[style]"), (span) =>
        span.style.getPropertyValue("--share"))"""
    painted = [int(each.rstrip("%")) for each in visit.ask(share)]
    assert np.abs(np.array(painted) / 100 - np.abs(signals[layer, unit, 1:])).max() < 0.01


def test_a_page_begins_with_the_settings_that_it_was_made_with(
    browser: Any, tmp_path: Path, tiny: Model
) -> None:
    filters = {"top_k": 9, "top_p": 0.9, "min_p": 0.01, "no_repeat": 8, "ban": "e-g"}
    settings = {"temperature": 1.25, "length": 90, "until": "line", "seed": 2**63 - 1}
    opening = {**settings, **filters, "cold": True, "prompt": "The lamp\n"}
    visit = visited(browser, tmp_path, tiny, **opening)
    visit.page.click("#write")
    assert visit.finish() == "".join(tiny.stream(**opening))
    assert visit.page.inner_text("#command-line") == (
        "charrnn sample tiny.npz --seed 9223372036854775807 --temp 1.25 --length 90 --until line"
        " --top-k 9 --top-p 0.9 --min-p 0.01 --no-repeat 8 --ban=e-g --cold --with-prompt"
        " --prompt='The lamp\\n'"
    )


def test_no_seed_is_another_one_for_each_text(browser: Any, tmp_path: Path, tiny: Model) -> None:
    visit = visited(browser, tmp_path, tiny, length=50)
    texts = set()
    for _ in range(3):
        visit.page.click("#write")
        texts.add(visit.finish())
        seed = int(visit.page.input_value("#seed"))
        assert visit.ask("controls.writing.text") == "".join(tiny.stream(seed=seed, length=50))
    assert len(texts) == 3


@pytest.mark.parametrize("u", [0.0, 0.5, 1 - 2.0**-53])
def test_the_ends_of_the_interval_never_draw_what_has_no_weight(u: float, visit: Visit) -> None:
    for weights in ([0, 1e-300, 0], [0, 0.1, 0.7, 0.2, 0], [0, 1 / 3, 1 / 3, 1 / 3, 0]):
        assert weights[visit.ask("([w, u]) => draw(w, u)", [weights, u])] > 0


def test_what_loops_are_looked_for_in_is_what_the_program_remembers(visit: Visit) -> None:
    rule = Repetition(NoRepeat(3, "ab"), None, 1)
    for count in range(1, 4 * REMEMBERED + 10):
        rule.add(np.array([count % 2]))
        if count % REMEMBERED in (0, 1, 2, 77):
            remembered = len(rule._pasts[0])
            assert visit.ask("rememberedFrom", count) == count - remembered


def test_what_is_copied_and_saved_is_the_exact_text(browser: Any, tmp_path: Path) -> None:
    model = small("\x1b\u202e\n abc")
    visit = visited(browser, tmp_path, model, seed=2, prompt="a\x1b b", cold=True)
    visit.page.click("#write")
    text = "a\x1b b" + visit.finish()
    assert {"\x1b", "\u202e"} <= set(text)
    assert {"\x1b", "\u202e"}.isdisjoint(visit.page.inner_text("#text"))
    with visit.page.expect_download() as download:
        visit.page.click("#save")
    assert download.value.suggested_filename == "model-2.txt"
    assert Path(download.value.path()).read_bytes().decode() == text
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.page.click("#copy")
    visit.page.locator("#status", has_text="Copied").wait_for()
    assert visit.ask("navigator.clipboard.readText()") == text


def test_a_file_with_n_grams_is_said_to_be_its_network_alone(browser: Any, tmp_path: Path) -> None:
    model = pinned("lstm")
    visit = visited(browser, tmp_path, model)
    assert not visit.page.locator("#alone").is_visible()
    model.meta["ngrams"] = {"order": 3}
    visit = visited(browser, tmp_path, model, seed=1)
    visit.page.click("#write")
    visit.finish()
    assert "--no-ngrams" in visit.page.inner_text("#alone")
    assert "--no-ngrams" in visit.page.inner_text("#command-line")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("prompt", "naïve €", "never saw ‘ï’ (U+00EF), ‘€’ (U+20AC)"),
        ("temperature", "warm", "a number from 0"),
        ("temperature", "", "Give a number"),
        ("length", "0", "from 1 to 20,000"),
        ("length", "2.5", "a whole number"),
        ("seed", "-1", "a whole number"),
        ("seed", str(2**63), "9,223,372,036,854,775,807"),
        ("top-p", "0", "more than 0"),
        ("top-k", "0", "from 1"),
        ("min-p", "2", "from 0 to 1"),
        ("no-repeat", "x", "a whole number"),
        ("only", "z-a", "runs backwards"),
        ("only", "€", "no character"),
    ],
)
def test_a_mistake_is_named_beside_its_field(
    field: str, value: str, said: str, visit: Visit
) -> None:
    page = visit.page
    before = page.input_value(f"#{field}")
    page.evaluate("more.open = true")
    page.fill(f"#{field}", value)
    page.click("#write")
    message = page.locator(f"#{field}-mistake")
    assert said in message.inner_text()
    assert page.locator(f"#{field}").get_attribute("aria-invalid") == "true"
    assert visit.ask("document.activeElement.id") == field
    page.fill(f"#{field}", before)
    assert message.inner_text() == ""
    assert not visit.noise


def test_unfolding_follows_what_is_typed(visit: Visit) -> None:
    page = visit.page
    page.fill("#unfolded", "hello")
    assert page.locator("#unrolled g").count() == 5
    assert page.locator("#unrolled .read").all_text_contents() == list("hello")
    page.fill("#unfolded", "the longest prompt")
    assert page.locator("#unrolled .read").all_text_contents() == list("ngest␣prompt")
    page.fill("#unfolded", "€")
    assert "never saw" in page.inner_text("#unfolded-mistake")
    page.fill("#unfolded", "")
    assert page.locator("#unrolled g").count() == 0


def test_strangers_reach_the_page_as_text(browser: Any, tmp_path: Path) -> None:
    markup = "</script><script>alert(1)</script><img src=x onerror=alert(1)><!--<script>"
    text = "".join(ATTACKS) + markup
    model = small(
        text + "\n",
        excerpt=(text + "\n") * 3,
        corpus={"files": [f"/home/anna/{markup}.txt"], "normalize": markup, markup: markup},
        training={markup: [markup]},
        versions={"charrnn": "{{script}}{{data}}"},
    )
    model.path = f"{tmp_path}/{markup.replace('/', '')}.npz"
    visit = visited(browser, tmp_path, model, prompt=markup)
    dialogs: list[object] = []
    visit.page.on("dialog", lambda dialog: dialogs.append(dialog))
    visit.page.click("#write")
    written = visit.finish()
    assert len(written) == 500
    facts = visit.page.inner_text("#facts")
    assert markup in facts
    assert "{{script}}{{data}}" in facts
    assert "anna" not in visit.page.content()
    assert visit.ask("document.scripts.length") == 3
    assert visit.ask("document.images.length") == 0
    assert not dialogs
    assert not visit.noise
    assert len(visit.requests) == 1  # the page itself
    shown = visit.page.locator("#text").inner_text()
    assert not {"\x1b", "\u202e", "\u2066", "\u200b"} & set(shown)


def test_nothing_but_the_pages_own_script_runs(browser: Any, tiny: Model, tmp_path: Path) -> None:
    path = save_page(tmp_path / "page.html", tiny)
    injected = '<script>window.injected = 1</script><img src="x" onerror="window.injected = 2">'
    path.write_text(path.read_text().replace("<main>", f"<main>{injected}"))
    visit = Visit(browser, path)
    assert visit.ask("window.injected") is None
    assert any("Content Security Policy" in message for message in visit.noise)
    for attempt in (
        "fetch('http://127.0.0.1:9/').then(() => true, () => false)",
        "new Promise((done) => { const image = new Image(); image.onload = () => done(true);"
        " image.onerror = () => done(false); image.src = 'http://127.0.0.1:9/'; })",
        "(() => { try { return new WebSocket('ws://127.0.0.1:9/').readyState === 1; }"
        " catch { return false; } })()",
        "(() => { const script = document.createElement('script'); script.text = 'injected = 3';"
        " document.body.append(script); return window.injected === 3; })()",
    ):
        assert visit.ask(attempt) is False
    assert visit.ask("localStorage.length + document.cookie.length") == 0


def test_a_damaged_file_is_said_and_not_drawn(browser: Any, tiny: Model, tmp_path: Path) -> None:
    path = save_page(tmp_path / "page.html", tiny)
    page = path.read_text()
    weights = re.search(r'id="weights">([^<]+)<', page)
    assert weights
    nan = "AADAfwAAwH8AAMB/" * (len(weights[1]) // 16)  # NaN, three numbers at a time
    path.write_text(page.replace(weights[1], nan + weights[1][len(nan) :]))
    visit = Visit(browser, path)
    visit.page.click("#write")
    visit.page.locator("#text-mistake", has_text="no longer a finite number").wait_for()
    assert "NaN" not in visit.page.inner_text("body")
    path.write_text(page.replace(weights[1], weights[1][:400]))
    cut = Visit(browser, path)
    assert "cannot be read" in cut.page.inner_text("#text-mistake")
    assert not [*visit.noise, *cut.noise]


def test_an_automatic_check_of_accessibility_finds_nothing(
    browser: Any, tiny: Model, tmp_path: Path
) -> None:
    path = save_page(tmp_path / "page.html", tiny, measured(tiny), seed=1, prompt="The ", length=60)
    visit = Visit(browser, path)
    visit.page.click("#write")
    visit.finish()
    visit.page.check("[value=surprisal]")
    visit.ask("more.open = true")
    visit.ask(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    for width, scheme in ((1280, "light"), (360, "dark")):
        visit.page.set_viewport_size({"width": width, "height": 800})
        visit.page.emulate_media(color_scheme=scheme)
        found = visit.ask("axe.run()")
        told = [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]]
        assert not told, (width, scheme)
        assert len(found["passes"]) > 20
        assert visit.ask("document.documentElement.scrollWidth") <= width
    assert not visit.noise


def test_everything_can_be_done_with_a_keyboard(visit: Visit) -> None:
    """Tab reaches every control; the text is written, looked at and branched without a pointer."""
    page, keys = visit.page, visit.page.keyboard
    page.fill("#prompt", "")
    page.fill("#length", "60")
    page.locator("#seed").focus()
    keys.press("Enter")
    visit.finish()
    reached = set()
    page.evaluate("document.activeElement.blur()")
    for _ in range(60):
        keys.press("Tab")
        reached.add(visit.ask("document.activeElement.id || document.activeElement.name"))
    wanted = "prompt slider temperature until length seed new-seed write pause step copy save text"
    assert {*wanted.split(), "paint", "place", "unit", "all-units", "unfolded"} <= reached
    page.locator("#place").focus()
    keys.press("Home")
    for _ in range(9):
        keys.press("ArrowRight")
    assert page.inner_text("#place-said") == "10 of 60"
    assert "cost" in page.inner_text("#seen")
    page.locator("#choices button").nth(2).focus()
    keys.press("Enter")
    assert len(visit.finish()) == 69
