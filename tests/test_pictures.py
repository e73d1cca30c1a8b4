"""Pictures and tables: what is written is valid, safe, complete and the same each time."""

import csv
import io
import json
import struct
import sys
import xml.etree.ElementTree as ET
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import resvg_py

from charrnn.errors import CharRNNError, UsageError
from charrnn.inspection.context import context
from charrnn.inspection.dynamics import Dynamics
from charrnn.inspection.export import as_json
from charrnn.inspection.gates import gate_use
from charrnn.inspection.gradients import gradient_norms
from charrnn.inspection.neurons import find_all
from charrnn.inspection.pictures import paint
from charrnn.inspection.pictures.chart import Scale, linear_ticks, log_ticks
from charrnn.inspection.pictures.drawing import MONO, Drawing, Label
from charrnn.inspection.pictures.page import html
from charrnn.inspection.pictures.png import png
from charrnn.inspection.pictures.save import FORMATS, check_format, save
from charrnn.inspection.pictures.svg import number, svg
from charrnn.inspection.predicates import PREDICATES
from charrnn.inspection.spectrum import spectra
from charrnn.inspection.summary import summarise
from charrnn.inspection.surprisal import surprisal
from charrnn.inspection.table import HEADERS, csv_text, table
from charrnn.inspection.timescales import time_scales
from charrnn.inspection.unfold import predict, unfold
from charrnn.network.model import CharModel
from charrnn.network.parameters import parameter_shapes

CONTROLS = [chr(c) for c in (*range(0x20), *range(0x7F, 0xA0))]
BIDI = list("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NASTY = "".join(
    sorted({*CONTROLS, *BIDI, *"<>&\"'ab ]\\", "\u2028", "é", "字", "\ufffe", "\ue000"})
)
COMPARABLE = ("gradients", "summary", "next", "context")


@pytest.fixture(scope="module")
def reports() -> dict[str, Any]:
    """Every view of one random model whose alphabet is as hostile as can be, on a random text."""
    rng = np.random.default_rng(0)
    V, H = len(NASTY), 9
    shapes = parameter_shapes("lstm", 2, H, V)
    parameters = {n: rng.normal(0, 0.4, s) for n, s in shapes.items()}
    model = CharModel(parameters, cell="lstm", dtype=np.float64)
    ids = rng.integers(0, V, 400)
    text = "".join(NASTY[i] for i in ids)
    meta = {
        "cell": "lstm", "activation": "tanh", "layers": 2, "hidden_size": H,
        "history": [{"step": i, "seconds": i, "loss": 3.0, "validation": 3.1} for i in range(1, 5)],
    }  # fmt: skip
    return {
        "text": text,
        "gradients": gradient_norms(model, ids, steps=30, windows=16, burn_in=10),
        "summary": summarise(meta, NASTY, parameters),
        "unfold": unfold(model, ids[:7], NASTY, target=NASTY[3]),
        "surprisal": surprisal(model, text, ids, np.ones(400, np.bool_), NASTY),
        "next": predict(model, ids[:20], NASTY),
        "neurons": find_all(model, ids, text, list(PREDICATES)),
        "gates": gate_use(model, ids),
        "context": context(model, ids, most=30, windows=32),
        "dynamics": Dynamics(
            60, 10, 400, spectra(model, ids, steps=60, burn_in=10), time_scales(model, ids)
        ),
    }


def drawing(reports: dict[str, Any], view: str) -> Drawing:
    return paint(view, ["<a&b>\x1b"], [reports[view]], reports["text"])


@pytest.mark.parametrize("view", HEADERS)
def test_svg_is_well_formed_and_safe(reports: dict[str, Any], view: str) -> None:
    """All control and bidirectional characters in the vocabulary, none in the picture."""
    written = svg(drawing(reports, view))
    root = ET.fromstring(written)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not set(written) & ({*CONTROLS, *BIDI} - {"\n"})
    assert "nan" not in written.lower().replace("nance", "")
    assert_self_contained(written)
    assert written == svg(drawing(reports, view))


@pytest.mark.parametrize("view", HEADERS)
def test_html_is_one_safe_page(reports: dict[str, Any], view: str) -> None:
    table_of = table(view, ["<a&b>\x1b"], [reports[view]], reports["text"])
    written = html(drawing(reports, view), *table_of)
    assert not set(written) & ({*CONTROLS, *BIDI} - {"\n"})
    assert "default-src 'none'" in written
    assert_self_contained(written)
    tags = Tags()
    tags.feed(written)
    assert not tags.seen & {"script", "iframe", "object", "embed", "link", "img", "base", "form"}
    assert not [name for name in tags.attributes if name.startswith("on") or name == "href"]
    assert tags.open == []


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_self_contained(written: str) -> None:
    rest = written.replace("http://www.w3.org/2000/svg", "")
    for loader in ("://", "url(", "@import", "xlink", "data:", "<!ENTITY"):
        assert loader not in rest


@pytest.mark.parametrize("view", HEADERS)
def test_png_is_valid_and_not_empty(reports: dict[str, Any], view: str) -> None:
    picture = drawing(reports, view)
    assert size_of(png(picture)) == (round(2 * picture.width), round(2 * picture.height))
    *_, pixels = decode(png(picture, 0.25))  # small, because decoding is slow here
    assert 0.3 < (pixels == 255).mean() < 0.999  # ink on paper
    assert (pixels[:, :2] == 255).all()  # nothing is cut at the left edge


def size_of(data: bytes) -> tuple[int, int]:
    return struct.unpack(">II", data[16:24])


def decode(data: bytes) -> tuple[int, int, np.ndarray]:
    """A PNG reader for eight bits a channel, that checks lengths and checksums."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (crc,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        assert crc == zlib.crc32(kind + body)
        chunks[kind] = chunks.get(kind, b"") + body
        place += 12 + length
    width, height, depth, colours = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colours) == (8, 6)  # red, green, blue, opacity
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    pixels, above = np.empty((height, width, 4), np.uint8), np.zeros((width, 4), np.uint8)
    for y, row in enumerate(rows):
        above = pixels[y] = unfiltered(row[0], row[1:].reshape(width, 4), above)
    return width, height, pixels[:, :, :3]


def unfiltered(kind: int, row: np.ndarray, above: np.ndarray) -> np.ndarray:
    """A row of pixels (width, 4) from how it differs from the pixels to its left and above."""
    if kind == 0:
        return row
    if kind == 1:
        return np.cumsum(row, axis=0, dtype=np.uint8)
    if kind == 2:
        return row + above
    left = upper_left = np.zeros(4, int)
    found = []
    for x, up in zip(row.astype(int), above.astype(int), strict=True):
        if kind == 3:
            guess = (left + up) // 2
        else:  # Paeth: the neighbour nearest to left + up - upper left
            distances = np.abs([up - upper_left, left - upper_left, left + up - 2 * upper_left])
            guess = np.choose(distances.argmin(axis=0), [left, up, upper_left])
        left, upper_left = (x + guess) % 256, up
        found.append(left)
    return np.array(found, np.uint8)


def test_shapes_cover_the_pixels_they_should() -> None:
    picture = Drawing(20, 10, "")
    picture.rectangle(2, 3, 4, 5, "#0000ff")
    picture.polygon([(10, 1), (15, 1), (15, 6), (10, 6)], "#000000")
    picture.line([(17, 2), (17, 8)], "#ff0000", 2)
    _, _, pixels = decode(png(picture))
    assert pixels[6:16, 4:12].tolist() == [[[0, 0, 255]] * 8] * 10
    assert (pixels[2:12, 20:30] == 0).all()
    assert pixels[10, 34].tolist() == [255, 0, 0]
    assert pixels[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("character", ["a", "é", "→", "␣", "²", "\x1b", "\u202e", "字", "\ue000"])
@pytest.mark.parametrize("mono", [False, True])
def test_every_character_leaves_ink(character: str, mono: bool) -> None:
    """A letter that no font has is a box, and one that is invisible its escape."""
    picture = Drawing(80, 20, "")
    picture.label(4, 15, character, mono=mono)
    _, _, pixels = decode(png(picture))
    assert (pixels < 128).any()


def test_without_resvg_the_package_is_named_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(CharRNNError, match="resvg-py") as caught:
        check_format(Path("a.PNG"))
    assert "pip install resvg-py" in caught.value.hint  # the name charrnn[png] is not ours
    assert ".svg" in caught.value.hint


def test_without_any_font_no_png_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoFonts:
        @staticmethod
        def svg_to_bytes(svg_string: str) -> bytes:
            return resvg_py.svg_to_bytes(svg_string=svg_string, skip_system_fonts=True)

    monkeypatch.setitem(sys.modules, "resvg_py", NoFonts)
    with pytest.raises(CharRNNError, match="needs a font"):
        check_format(Path("a.png"))


@pytest.mark.parametrize("view", COMPARABLE)
def test_several_models_are_drawn_on_one_scale(reports: dict[str, Any], view: str) -> None:
    names = ["a", "b", "c", "d", "e", "f"]
    picture = paint(view, names, [reports[view]] * 6, reports["text"])
    shown = " ".join(shape.text for shape in picture.shapes if isinstance(shape, Label))
    assert all(name in shown for name in names)
    ET.fromstring(svg(picture))


def text_width(label: Label) -> float:
    """About how wide a label is, where it is not stretched to a width."""
    return label.fit or (MONO if label.mono else 0.53) * label.size * len(label.text)


@pytest.mark.parametrize("view", HEADERS)
def test_labels_stay_on_the_paper(reports: dict[str, Any], view: str) -> None:
    picture = paint(view, ["model"], [reports[view]], reports["text"])
    for shape in picture.shapes:
        if isinstance(shape, Label) and not shape.upright:
            width = text_width(shape)
            left = shape.x - {"start": 0, "middle": width / 2, "end": width}[shape.anchor]
            assert left >= 0, shape
            assert left + width <= picture.width + 1, shape
            assert shape.y <= picture.height, shape


@pytest.mark.parametrize("view", HEADERS)
def test_tables_have_the_figures_of_the_report(reports: dict[str, Any], view: str) -> None:
    header, rows = table(view, ["m"], [reports[view]], reports["text"])
    read = list(csv.reader(io.StringIO(csv_text(header, rows))))
    assert read[0] == ["model", *HEADERS[view]]
    assert len(read) == len(rows) + 1 > 1
    assert {len(row) for row in read} == {len(header)}


def test_csv_figures_are_exact(reports: dict[str, Any]) -> None:
    header, rows = table("gradients", ["m"], [reports["gradients"]], "")
    read = list(csv.DictReader(io.StringIO(csv_text(header, rows))))
    lag = [
        float(r["median"])
        for r in read
        if (r["layer"], r["state"], r["curve"]) == ("0", "c", "lag")
    ]
    assert lag == reports["gradients"].layers[1].lag.median.tolist()


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_name_chooses_the_format(reports: dict[str, Any], suffix: str, tmp_path: Path) -> None:
    report = reports["next"]
    path = tmp_path / f"a{suffix.upper()}"
    save(path, "next", ["m"], [report], reports["text"], as_json(report))
    data = path.read_bytes()
    starts = {".svg": b"<?xml", ".html": b"<!DOCTYPE html>", ".png": b"\x89PNG", ".csv": b"model,"}
    assert data.startswith(starts.get(suffix, b"{"))
    if suffix == ".json":
        assert json.loads(data)["entropy_bits"] == report.entropy_bits


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.bmp"):
        save(tmp_path / "a.bmp", "next", [], [], "", {})


def test_ticks_are_round_and_inside() -> None:
    assert [words for _, words in linear_ticks(0, 97)] == ["0", "20", "40", "60", "80"]
    assert [words for _, words in linear_ticks(0, 0.31)] == ["0.0", "0.1", "0.2", "0.3"]
    assert [words for _, words in log_ticks(1e-3, 1)] == ["1", "10⁻¹", "10⁻²", "10⁻³"]
    assert [words for _, words in log_ticks(1, 100)] == ["1", "2", "5", "10", "20", "50", "100"]


def test_scales_move_what_is_outside_to_the_edge() -> None:
    scale = Scale(1e-4, 1, 400, 0, log=True)
    assert [scale(v) for v in (1, 1e-2, 1e-4, 0.0, 5)] == [0, 200, 400, 400, 0]


def test_numbers_are_short() -> None:
    assert [number(v) for v in (1.0, 0.5, 1 / 3, -0.001, 120.0)] == ["1", "0.5", "0.33", "0", "120"]
