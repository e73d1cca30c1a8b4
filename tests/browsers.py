"""A browser for the tests of the page, and what they ask of the page's own functions.

Without one the tests are skipped, and the last lines of pytest say so; where CHARRNN_BROWSER is set
they fail instead.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn.inspection.gradients import Gradients, gradient_norms
from charrnn.library import Model
from charrnn.page.page import Opening
from charrnn.page.page import page as page_of
from charrnn.storage.checkpoint import Checkpoint

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
NONE = "no browser: the tests of the page need one, such as Debian's chromium-headless-shell"
GOLDEN = Path(__file__).parent / "golden"
PINNED = ("rnn_tanh", "rnn_relu", "lstm", "gru", "mlp")
LETTERS = "\n abcde"

#: A text that the page writes without showing it; the settings are those of `charrnn sample`. With
#: `pieces` it is continued at its end.
WRITE = """(given) => {
  const settings = {
    prompt: "", temperature: 0.8, length: 500, until: "", cold: false, topK: null, topP: null,
    minP: null, noRepeat: null, only: "", ban: "", ...given, seed: BigInt(given.seed),
  };
  settings.prompt = model.alphabet.fit(settings.prompt);
  settings.allowed = allowedCharacters(model.alphabet, settings.only, settings.ban);
  const writing = new Writing(model, settings);
  while (writing.step());
  for (let piece = 1; piece < given.pieces; piece++) {
    writing.begin();
    while (writing.step());
  }
  return writing.text;
}"""


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, started; skips or fails the test that asks for it where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        (pytest.fail if os.environ.get("CHARRNN_BROWSER") else pytest.skip)(NONE)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path)


class Visit:
    """A page that is open. `noise` is what reached the console, `requests` what was asked for."""

    def __init__(self, browser: Any, path: Path, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.noise: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.noise.append(message.text))
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def ask(self, script: str, argument: object = None) -> Any:
        return self.page.evaluate(script, argument)

    def write(self, **given: object) -> str:
        text: str = self.ask(WRITE, given)
        return text

    def finish(self) -> str:
        """Wait until the text that is being written has ended; the text."""
        self.page.locator("#status", has_text="Done").wait_for()
        return str(self.ask("controls.writing.text"))


def save_page(
    path: Path, model: Model, gradients: Gradients | None = None, *, bits: int = 32, **opening: Any
) -> Path:
    """The page of a model, in a file."""
    path.write_bytes(page_of(model, Opening(**opening), gradients, precision=bits))
    return path


def measured(model: Model) -> Gradients:
    """Gradient norms for a page, of a few windows."""
    text = "The lamp is lit, and the keeper writes. " * 4
    ids = model.vocabulary.encode(text).astype(np.intp)
    return gradient_norms(model.network(np.float64), ids, steps=20, windows=4, burn_in=10)


def pinned(name: str) -> Model:
    """A network whose texts are pinned in `test_sampling`, as a model of a few letters."""
    cell, _, activation = name.partition("_")
    z = np.load(GOLDEN / f"{name}.npz")
    names = (k for k in z if k.startswith("parameters."))
    parameters = {k.removeprefix("parameters."): z[k].astype(np.float32) for k in names}
    return model_of(parameters, LETTERS, cell=cell, activation=activation or "tanh")


def model_of(parameters: dict[str, np.ndarray], alphabet: str, **meta: Any) -> Model:
    """A model of these weights, float32."""
    code_points = np.array(sorted(map(ord, alphabet)), np.uint32)
    layers = sum(bool("weight_hh" in n or re.match(r"mlp.*weight", n)) for n in parameters)
    V, H = parameters["head.weight"].shape
    sizes = {"layers": layers, "hidden_size": H, "vocabulary_size": V}
    return Model(Checkpoint(sizes | meta, code_points, parameters), "model.npz")


SCRIPTED = {"top_k": "topK", "top_p": "topP", "min_p": "minP", "no_repeat": "noRepeat"}


def write_both(visit: Visit, model: Model, *, seed: int, **settings: Any) -> tuple[str, str]:
    """What the page writes, and what the program writes, with the same settings."""
    there = "".join(model.stream(seed=seed, **settings))
    given = {SCRIPTED.get(name, name): value for name, value in settings.items()}
    if model.units and not {"length", "until"} & set(settings):
        given["until"] = "unit"
    return visit.write(seed=str(seed), **given), there
