"""The page in a real browser: it writes what `charrnn sample` writes, and does what it says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsers import PINNED, Visit, pinned, save_page

from charrnn.library import Model

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
SCRIPTED = {"top_k": "topK", "top_p": "topP", "min_p": "minP", "no_repeat": "noRepeat"}


def scripted(settings: dict[str, Any]) -> dict[str, Any]:
    """The names that the page's script has for them."""
    return {SCRIPTED.get(name, name): value for name, value in settings.items()}


def both(visit: Visit, model: Model, **settings: Any) -> tuple[str, str]:
    """What the page writes, and what the program writes."""
    return visit.write(**scripted(settings)), "".join(model.stream(**settings))


@pytest.mark.parametrize("name", PINNED)
def test_the_page_writes_the_text_of_the_program(name: str, browser: Any, tmp_path: Path) -> None:
    model = pinned(name)
    model.meta["excerpt"] = "abc de\n\nbad cab\ndeed ace\n" * 9
    visit = Visit(browser, save_page(tmp_path / "page.html", model))
    for seed, settings in enumerate(SETTINGS):
        seed += 2**62 if seed == 9 else 0
        here, there = both(visit, model, seed=seed, length=300, **settings) if seed < 2**53 else (
            visit.write(seed=str(seed), length=300, **scripted(settings)),
            "".join(model.stream(seed=seed, length=300, **settings)),
        )
        assert here == there, settings
    assert not visit.noise
