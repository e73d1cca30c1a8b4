"""The commands of a page: what stands in its blocks of shell."""

import re
from pathlib import Path


def commands(page: Path) -> list[str]:
    """One string for each command, without the line breaks within it; `make` is left out, for it
    sets up an environment, or runs the page itself."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.M)
    lines = re.sub(r"\s*\\\n\s*", " ", "".join(blocks)).splitlines()
    return [line for line in map(str.strip, lines) if not re.match(r"#|make\b|$", line)]
