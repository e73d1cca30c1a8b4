"""The texts of the page and of the program, with every filter."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from browsers import PINNED, pinned, write_both
from test_page_browser import EXCERPT, SETTINGS, visited

Figure = Callable[[str, str], None]
Scaled = Callable[[int], int]
LENGTH = 1000


def test_texts(browser: Any, tmp_path: Path, figure: Figure, scaled: Scaled) -> None:
    """Every pinned model, ten seeds and every set of settings."""
    seeds, texts, characters, different = scaled(10), 0, 0, 0
    for name in PINNED:
        model = pinned(name)
        model.meta["excerpt"] = EXCERPT
        visit = visited(browser, tmp_path, model)
        for settings in SETTINGS:
            for seed in range(seeds):
                here, there = write_both(visit, model, seed=seed, length=LENGTH, **settings)
                texts, characters = texts + 1, characters + len(there)
                different += here != there
        visit.context.close()
    assert not different
    figure(
        f"{texts:,} texts of {len(PINNED)} models with {len(SETTINGS)} sets of filters and rules, "
        f"written by the page and by the program: {characters:,} characters",
        f"{different} differ",
    )
