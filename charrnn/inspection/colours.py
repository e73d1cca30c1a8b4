"""Colour scales, each with its ink, so that letters stay legible.

For values from 0: viridis (Smith and van der Walt, 2015) for screens, which are mostly dark, and
white to dark red for paper. For signed values: blue - white - orange.
"""

VIRIDIS = ("#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b")
DARK = 5  # so many of them need white letters
PAPER = ("#ffffff", "#fff0d9", "#fdd9a8", "#fdbb84", "#fc8d59", "#e34a33", "#b30000", "#7f0000")
LIGHT = 5  # so many of them need black letters
COLD, WARM = (33, 102, 172), (230, 97, 1)


def sequential(share: float) -> tuple[str, str]:
    """Background and ink for a value from 0 (dark) to 1 (light)."""
    index = max(0, min(int(share * len(VIRIDIS)), len(VIRIDIS) - 1))
    return VIRIDIS[index], "#ffffff" if index < DARK else "#000000"


def on_paper(share: float) -> tuple[str, str]:
    """Background and ink for a value from 0 (white) to 1 (dark red)."""
    index = max(0, min(int(share * len(PAPER)), len(PAPER) - 1))
    return PAPER[index], "#000000" if index < LIGHT else "#ffffff"


def diverging(value: float) -> str:
    """Background for a value from -1 (blue) over 0 (white) to 1 (orange), in 16 steps."""
    end = WARM if value > 0 else COLD
    strength = min(round(abs(value) * 8) / 8, 1.0)
    return "#" + "".join(f"{round(255 + (c - 255) * strength):02x}" for c in end)


def ink_on(value: float) -> str:
    """Ink for letters on `diverging(value)`."""
    return "#ffffff" if abs(value) > 0.8 else "#000000"
