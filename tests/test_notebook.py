"""The notebook for teachers runs from top to bottom, and shows what it says it shows."""

import asyncio
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest

PATH = Path(__file__).parent.parent / "docs" / "remember.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook with what its cells write, run in a folder of its own."""
    with warnings.catch_warnings():  # of Jupyter's own
        warnings.simplefilter("ignore")
        from nbclient import NotebookClient

        notebook = nbformat.read(PATH, as_version=4)
        resources = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            resources=resources,
            coalesce_streams=True,
        )
        with ThreadPoolExecutor(1) as thread:  # where no other test has left a running loop
            thread.submit(asyncio.run, client.async_execute()).result()
    assert not list(Path(resources["metadata"]["path"]).iterdir())
    return notebook


def shown(notebook: Any) -> list[dict[str, str]]:
    """What is shown, by its type, of all cells in their order."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    return [
        dict(output.get("data", {})) or {"text/plain": output["text"]}
        for output in outputs
        if output.output_type != "error"
    ]


def test_it_runs_and_shows_pictures_a_model_and_one_line_for_each_run(executed: Any) -> None:
    found = shown(executed)
    pictures = [data["text/html"] for data in found if data.get("text/html", "")[:4] == "<svg"]
    assert [
        next(name for name in ("the network unrolled", "gradient norms") if name in picture)
        for picture in pictures
    ] == ["the network unrolled", "gradient norms", "gradient norms"]
    lines = [data["text/plain"] for data in found if "steps in" in data["text/plain"]]
    assert len(lines) == 4
    assert any(
        "LSTM" in data.get("text/html", "") and "<table>" in data["text/html"] for data in found
    )


def test_the_plain_network_is_the_one_that_forgets(executed: Any) -> None:
    (printed,) = (d["text/plain"] for d in shown(executed) if d["text/plain"].startswith("rnn "))
    nats = {cell: float(loss) for cell, loss in re.findall(r"(\w+) +(\d\.\d+)", printed)}
    assert nats.keys() == {"rnn", "gru", "lstm"}
    assert min(nats, key=nats.__getitem__) != "rnn"


def test_it_is_kept_with_its_outputs_and_they_are_small() -> None:
    """A reader on the web, who runs nothing, sees the pictures; nothing of the machine is in it."""
    text = PATH.read_text(encoding="utf-8")
    assert len(text) < 150_000
    assert "/tmp" not in text and "/home" not in text  # noqa: PT018
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.source.startswith(("import", "NOISE")):
            assert cell.outputs, cell.source
