"""`charrnn sample --page` up to the file: what is in it, and what is refused. `test_page_browser`
looks at it in a browser."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from browsers import GOLDEN, model_of, pinned
from commands import error_of, run_here
from small import noisy_model

import charrnn
from charrnn.errors import UsageError
from charrnn.network.ensemble import merge
from charrnn.network.parameters import parameter_shapes
from charrnn.page import page as pages
from charrnn.page import weights
from charrnn.page.page import Opening, as_data, fill, page

TINY = GOLDEN / "tiny.npz"


class Blocks(HTMLParser):
    """The elements of a page that browsers run or obey, with their attributes and content."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}", {}, ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            tag, about, before = self.found[-1]
            self.found[-1] = tag, about, before + data

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(about, content) for name, about, content in self.found if name == tag]


@pytest.fixture(scope="module")
def tiny_page() -> str:
    return page(charrnn.load(TINY), Opening()).decode()


def test_the_policy_allows_this_script_and_this_style_and_nothing_else(tiny_page: str) -> None:
    blocks = Blocks(tiny_page)
    policy = next(a["content"] for a, _ in blocks.of("meta") if "http-equiv" in a)
    parts = dict(part.strip().split(" ", 1) for part in str(policy).split(";"))

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    data, _, (about, script) = blocks.of("script")
    ((_, style),) = blocks.of("style")
    assert not about
    assert data[0]["type"] == "application/json"
    assert parts == {
        "default-src": "'none'",
        "script-src": hashed(script),
        "style-src": hashed(style),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_is_one_file_that_names_no_other(tiny_page: str) -> None:
    blocks = Blocks(tiny_page)
    for _, about, _ in blocks.found:
        assert not {"src", "href", "action", "style", "srcset", "data"} & set(about)
        assert not any(name.startswith("on") for name in about)
    ((_, style),) = blocks.of("style")
    assert not re.search(r"url\(|@import|expression", style)
    script = blocks.of("script")[-1][1]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)
    assert not re.search(r"localStorage|sessionStorage|document\.cookie|fetch\(|indexedDB", script)


def test_the_same_model_makes_the_same_page(tiny_page: str) -> None:
    assert page(charrnn.load(TINY), Opening()).decode() == tiny_page
    assert "/golden/" not in tiny_page


def test_no_string_of_a_stranger_ends_its_block_or_is_filled_in() -> None:
    text = as_data({"</script>": ["<!--", "]]>", "&amp;", "\u2028", "\ud800", "{{script}}"]})
    assert text.isascii()
    assert not set("<>&") & set(text)
    assert fill("a {{x}} b", {"x": "{{y}}", "y": "never"}) == "a {{y}} b"


@pytest.mark.parametrize("precision", [32, 16])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mlp"])
def test_the_weights_are_all_there(cell: str, precision: int) -> None:
    model = model_of(
        dict(noisy_model(cell, dtype=np.float32).parameters), "\n abcde", cell=cell,
        activation="tanh",
    )  # fmt: skip
    text = weights.packed(model, precision)
    assert len(text) == weights.size(model, precision)
    numbers = np.frombuffer(base64.b64decode(text), weights.TYPES[precision])
    expected = np.concatenate([array.ravel() for array in model.parameters.values()])
    order = [name for name, _ in weights.shapes(model)]
    assert [*order, "head.bias"] == list(model.parameters)
    np.testing.assert_array_equal(numbers, expected.astype(weights.TYPES[precision]))


def test_an_ensemble_has_no_zeros_between_its_networks() -> None:
    members = [noisy_model("lstm", seed=s, dtype=np.float32).parameters for s in range(3)]
    about = {"cell": "lstm", "activation": "tanh", "training": {"members": 3}}
    model = model_of(merge(members), "\n abcde", **about)
    alone = weights.size(model_of(dict(members[0]), "\n abcde", **about), 32)
    assert weights.size(model, 32) <= 3 * alone


def test_a_million_parameters_fit_into_six_megabytes() -> None:
    shapes = parameter_shapes("lstm", 2, 273, 65, 0)
    assert 0.95e6 < sum(int(np.prod(shape)) for shape in shapes.values()) < 1e6
    zeros = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    model = model_of(zeros, "".join(map(chr, range(65))), cell="lstm", activation="tanh")
    model.meta["excerpt"] = "\x00" * 20_000
    assert len(page(model, Opening())) < 6e6


def test_too_large_a_page_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    model = charrnn.load(TINY)
    bits32, bits16 = (weights.size(model, bits) for bits in (32, 16))
    monkeypatch.setattr(pages, "LARGEST", bits32 - 1)
    with pytest.raises(UsageError) as refused:
        page(model, Opening())
    assert "0 MB" in refused.value.message
    assert "--page-precision 16" in refused.value.hint
    assert page(model, Opening(), precision=16)
    monkeypatch.setattr(pages, "LARGEST", bits16 - 1)
    with pytest.raises(UsageError) as refused:
        page(model, Opening())
    assert "--page-precision" not in refused.value.hint


def test_a_weight_beyond_16_bits_is_refused() -> None:
    model = pinned("gru")
    model.parameters["head.bias"][0] = 70_000
    with pytest.raises(UsageError, match=r"7e\+04"):
        page(model, Opening(), precision=16)
    assert page(model, Opening())


def test_a_file_is_written_once_and_again_only_by_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "model.html"
    assert run_here("sample", TINY, "--page", target, "--seed", "1") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"saved {target}, 0.")
    before = target.read_bytes()
    assert run_here("sample", TINY, "--page", target, "--seed", "2") == 1
    assert "exists already" in error_of(capsys.readouterr().err)
    assert target.read_bytes() == before
    assert run_here("sample", TINY, "--page", target, "--seed", "2", "--force") == 0
    assert target.read_bytes() != before
    assert [path.name for path in tmp_path.iterdir()] == ["model.html"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--page", "{}/no/model.html"], 1, "there is no folder"),
        (["--page", "{}"], 1, "exists already"),
        (["--page", "{}/m.html", "--count", "3"], 2, "--count"),
        (["--page", "{}/m.html", "--json"], 2, "--json"),
        (["--page", "{}/m.html", "--lines", "3"], 2, "--lines"),
        (["--page", "{}/m.html", "--stop", "x"], 2, "--stop"),
        (["--page", "{}/m.html", "--novelty"], 2, "--novelty"),
        (["--page", "{}/m.html", "--interactive"], 2, "--interactive"),
        (["--page", "{}/m.html", "--temp", "0.2,0.5"], 2, "one temperature"),
        (["--page", "{}/m.html", "--until", "sentence"], 2, "sentence"),
        (["--page", "{}/m.html", "--length", "0"], 2, "--length 0"),
        (["--page", "{}/m.html", "--length", "1000000"], 2, "1,000,000"),
        (["--page", "{}/m.html", "--page-precision", "8"], 2, "8"),
        (["--page", "{}/m.html", "--prompt", "€"], 1, "never saw"),
        (["--page", "{}/m.html", "--top-p", "2"], 2, "top-p 2"),
        (["--page", "{}/m.html", "--only", "€"], 2, "no character"),
        (["--force"], 2, "--force"),
        (["--page-precision", "16"], 2, "--page-precision"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(
    options: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_here("sample", TINY, *(option.format(tmp_path) for option in options)) == code
    assert said in error_of(capsys.readouterr().err)
    assert not list(tmp_path.iterdir())
