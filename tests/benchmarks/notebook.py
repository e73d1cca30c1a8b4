"""Runs docs/remember.ipynb and keeps what it shows in it, for readers on the web who run nothing.

Pictures are kept as SVG, which sites that show notebooks paint, where they leave SVG within HTML
out: python tests/benchmarks/notebook.py
"""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

PATH = Path(__file__).parent.parent.parent / "docs" / "remember.ipynb"


def main() -> None:
    notebook = nbformat.read(PATH, as_version=4)
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", record_timing=False, coalesce_streams=True
    ).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if data.get("text/html", "").startswith("<svg"):
                data["image/svg+xml"] = data.pop("text/html")
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.write(notebook, PATH)


if __name__ == "__main__":
    main()
