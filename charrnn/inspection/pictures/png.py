"""Draws a drawing into pixels and writes them as PNG, with NumPy and zlib alone.

Every shape becomes a coverage between 0 and 1 for each pixel it touches, which blends its colour
over what is there: edges are smooth without drawing anything larger than the picture.
"""

import struct
import zlib
from functools import cache
from itertools import pairwise

import numpy as np

from charrnn.arrays import Array
from charrnn.inspection.pictures import font
from charrnn.inspection.pictures.drawing import (
    MONO,
    Drawing,
    Label,
    Point,
    Polygon,
    Polyline,
    Rectangle,
)
from charrnn.visible import visible

SCALE = 2  # pixels for each unit of the drawing: sharp on today's screens and in print
UNIT = 0.098  # of the font size, for each unit of the font
SUBLINES = 4  # horizontal lines through each row of pixels on which a polygon is measured


def png(drawing: Drawing) -> bytes:
    """The picture as a PNG file, 8 bits of red, green and blue."""
    height, width = round(drawing.height * SCALE), round(drawing.width * SCALE)
    pixels = np.full((height, width, 3), 255, np.float32)
    for shape in drawing.shapes:
        match shape:
            case Rectangle():
                rectangle(pixels, shape)
            case Polyline():
                points = [(x * SCALE, y * SCALE) for x, y in shape.points]
                for piece in dashed(points, shape.dash):
                    stroke(pixels, piece, shape.width * SCALE, shape.stroke)
            case Polygon():
                polygon(pixels, shape)
            case Label():
                label(pixels, shape)
    return encode(np.rint(pixels).astype(np.uint8))


def encode(pixels: Array) -> bytes:
    """A PNG (ISO/IEC 15948) of (height, width, 3) bytes, each row stored as the difference to the
    one above, which compresses flat areas to nothing."""
    height, width, _ = pixels.shape
    rows = pixels.reshape(height, -1)
    difference = np.diff(rows, axis=0, prepend=np.zeros((1, rows.shape[1]), np.uint8))
    filtered = np.concatenate([np.full((height, 1), 2, np.uint8), difference], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(filtered.tobytes(), 9)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def blend(pixels: Array, top: int, left: int, coverage: Array, colour: str) -> None:
    """Paint `colour` over the pixels from (top, left), as strongly as `coverage` (h, w) says."""
    h, w = coverage.shape
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + h, pixels.shape[0]), min(left + w, pixels.shape[1])
    if y0 >= y1 or x0 >= x1:
        return
    share = coverage[y0 - top : y1 - top, x0 - left : x1 - left, None]
    area = pixels[y0:y1, x0:x1]
    area += share * (np.array(rgb(colour), np.float32) - area)


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def rectangle(pixels: Array, r: Rectangle) -> None:
    x0, y0 = r.x * SCALE, r.y * SCALE
    x1, y1 = x0 + r.width * SCALE, y0 + r.height * SCALE
    top, left = int(np.floor(y0)), int(np.floor(x0))
    rows = overlap(y0, y1, top, int(np.ceil(y1)))
    columns = overlap(x0, x1, left, int(np.ceil(x1)))
    blend(pixels, top, left, np.outer(rows, columns).astype(np.float32), r.fill)
    if r.stroke:
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
        stroke(pixels, corners, 1.0 * SCALE, r.stroke)


def overlap(start: float, end: float, first: int, last: int) -> Array:
    """How much of each pixel from `first` to `last` lies between `start` and `end`."""
    edges = np.arange(first, last + 1)
    lengths: Array = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    return lengths.clip(0, 1)


def stroke(pixels: Array, points: list[Point], width: float, colour: str) -> None:
    top, left, coverage = stroke_coverage([points], width)
    blend(pixels, top, left, coverage, colour)


def stroke_coverage(chains: list[list[Point]], width: float) -> tuple[int, int, Array]:
    """Coverage by lines with round ends and joints: within half the width of a segment."""
    every = np.array([point for chain in chains for point in chain])
    reach = width / 2 + 1
    left, top = (int(v) for v in np.floor(every.min(axis=0) - reach))
    right, bottom = (int(v) for v in np.ceil(every.max(axis=0) + reach))
    coverage = np.zeros((bottom - top, right - left), np.float32)
    for chain in chains:
        for (ax, ay), (bx, by) in pairwise(chain):
            x0, x1 = int(min(ax, bx) - reach) - left, int(max(ax, bx) + reach) + 2 - left
            y0, y1 = int(min(ay, by) - reach) - top, int(max(ay, by) + reach) + 2 - top
            x0, y0 = max(x0, 0), max(y0, 0)
            area = coverage[y0:y1, x0:x1]
            ys, xs = np.ogrid[: area.shape[0], : area.shape[1]]
            px, py = xs + (x0 + left + 0.5 - ax), ys + (y0 + top + 0.5 - ay)
            dx, dy = bx - ax, by - ay
            along = ((px * dx + py * dy) / max(dx * dx + dy * dy, 1e-12)).clip(0, 1)
            distance = np.hypot(px - along * dx, py - along * dy)
            np.maximum(area, (width / 2 + 0.5 - distance).clip(0, 1), out=area)
    return top, left, coverage


def dashed(points: list[Point], dash: tuple[float, float] | None) -> list[list[Point]]:
    """The pieces of a line that are drawn."""
    if dash is None:
        return [points]
    on, off = dash[0] * SCALE, dash[1] * SCALE
    pieces: list[list[Point]] = []
    travelled = 0.0
    for (ax, ay), (bx, by) in pairwise(points):
        length = float(np.hypot(bx - ax, by - ay))
        position = 0.0
        while position < length:
            phase = (travelled + position) % (on + off)
            step = min((on - phase) if phase < on else (on + off - phase), length - position)
            step = max(step, 1e-6)
            if phase < on:
                ends = (position / length, (position + step) / length)
                pieces.append([(ax + (bx - ax) * e, ay + (by - ay) * e) for e in ends])
            position += step
        travelled += length
    return pieces


def polygon(pixels: Array, shape: Polygon) -> None:
    """Fill by the even-odd rule."""
    xs, ys = (np.array(shape.points) * SCALE).T
    top, bottom = int(np.floor(ys.min())), int(np.ceil(ys.max()))
    left, right = int(np.floor(xs.min())), int(np.ceil(xs.max()))
    coverage = np.zeros((bottom - top, right - left), np.float32)
    next_x, next_y = np.roll(xs, -1), np.roll(ys, -1)
    for row in range(bottom - top):
        for sub in range(SUBLINES):
            y = top + row + (sub + 0.5) / SUBLINES
            crossing = (ys <= y) != (next_y <= y)
            a, b = np.flatnonzero(crossing), crossing
            if not len(a):
                continue
            t = (y - ys[b]) / (next_y[b] - ys[b])
            places = np.sort(xs[b] + t * (next_x[b] - xs[b]))
            for start, end in zip(places[::2], places[1::2], strict=False):
                coverage[row] += overlap(start, end, left, right) / SUBLINES
    blend(pixels, top, left, coverage * shape.opacity, shape.fill)


def label(pixels: Array, words: Label) -> None:
    """Write text character by character; every glyph is drawn once and then reused."""
    text = font.writable(visible(words.text, one_line=True))
    unit = words.size * UNIT * SCALE
    widths = [advance(c, words) * unit for c in text]
    total = sum(widths)
    if words.fit is not None and total:
        widths = [w * words.fit * SCALE / total for w in widths]
        total = words.fit * SCALE
    start = {"start": 0.0, "middle": total / 2, "end": total}[words.anchor]
    x, y = words.x * SCALE, words.y * SCALE
    position = -start
    for character, width in zip(text, widths, strict=True):
        if character != " ":
            inner = (width - (font.advance(character) - 1.7) * unit) / 2
            glyph_label(pixels, character, words, x, y, position + inner)
        position += width


def advance(character: str, words: Label) -> float:
    return MONO / UNIT if words.mono else font.advance(character)


def glyph_label(
    pixels: Array, character: str, words: Label, x: float, y: float, offset: float
) -> None:
    if words.upright:
        column, row = x, y - offset
    else:
        column, row = x + offset, y
    whole = int(np.floor(column)), int(np.floor(row))
    fraction = round((column - whole[0]) * 4) / 4  # a quarter of a pixel is as fine as one sees
    top, left, coverage = glyph(character, words.size, words.bold, words.upright, fraction)
    blend(pixels, whole[1] + top, whole[0] + left, coverage, words.colour)


@cache
def glyph(
    character: str, size: float, bold: bool, upright: bool, fraction: float
) -> tuple[int, int, Array]:
    """Coverage of one glyph; its origin, on the baseline, is `fraction` of a pixel to the right."""
    unit = size * UNIT * SCALE
    chains = [
        [(x * unit, (font.BASELINE - y) * unit) for x, y in chain]
        for chain in font.strokes(character)
    ]
    if upright:
        chains = [[(y, -x) for x, y in chain] for chain in chains]
    chains = [[(x + fraction, y) for x, y in chain] for chain in chains]
    return stroke_coverage(chains, size * SCALE * (0.12 if bold else 0.078))
