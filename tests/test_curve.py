"""The curve of the live view stays in its frame, draws what was measured and nothing else."""

import io
import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from charrnn.cli.terminal.stream import Stream
from charrnn.cli.terminal.terminal import Terminal
from charrnn.cli.train.curve import BINS, MARGIN, NARROWEST, Losses, frame, line, paint
from charrnn.cli.train.live import LiveView
from charrnn.text.ngrams import Baselines
from charrnn.training.events import Evaluation, Step
from charrnn.training.plan import Plan

SHARES = st.floats(0, 1.5)
LOSSES = st.floats(0, 20) | st.sampled_from([1e-300, 1e300, math.inf, math.nan])
POINTS = st.lists(st.tuples(SHARES, LOSSES), max_size=30)
LEVELS = st.lists(st.floats(0, 11), max_size=2)
NOTHING = set(" ⠁⠂⠄⡀-")  # and what marks are made of


def filled(training: list[tuple[float, float]], validation: list[tuple[float, float]]) -> Losses:
    losses = Losses([p for p in validation if math.isfinite(p[1])])
    for share, loss in training:
        losses.add(share, loss)
    return losses


@given(
    training=POINTS,
    validation=POINTS,
    levels=LEVELS,
    width=st.integers(1, 120),
    height=st.integers(-3, 30),
    unicode=st.booleans(),
)
def test_it_never_leaves_its_frame(
    training: Any, validation: Any, levels: list[float], width: int, height: int, unicode: bool
) -> None:
    marks = list(zip(("unigram", "8-grams"), levels, strict=False))
    rows = paint(filled(training, validation), marks, width, height, unicode)
    assert len(rows) in (0, height)
    for row in rows:
        assert cell_len(row.plain) == width
        assert row.plain.isprintable()
        assert unicode or row.plain.isascii()
    if width < NARROWEST or height < 3:
        assert not rows


@given(training=POINTS, validation=POINTS, unicode=st.booleans())
def test_every_cell_belongs_to_a_point_or_lies_between_two(
    training: Any, validation: Any, unicode: bool
) -> None:
    losses = filled(training, validation)
    points = losses.training
    if not points and not losses.validation:
        return
    window = frame(points, losses.validation, [], 65, 8, unicode)
    cells = [window.cell(point) for point in points]
    drawn = set(line(points, window))
    xs, ys = {x for x, _ in cells}, {y for _, y in cells}
    assert {x for x, _ in drawn} == set(range(min(xs), max(xs) + 1) if xs else ())
    assert all(min(ys) <= y <= max(ys) for _, y in drawn)
    found = [row.plain[MARGIN + 2 :] for row in paint(losses, [], 80, 8, unicode)]
    signs = {(x, y) for y, row in enumerate(found) for x, sign in enumerate(row) if sign != " "}
    circles = {(x, y) for x, y in signs if found[y][x] in "●o"}
    assert circles == {window.cell(point) for point in losses.validation}
    assert signs == circles | drawn


@given(st.lists(st.floats(0, 5), min_size=1, max_size=65), st.booleans())
def test_every_point_with_a_column_of_its_own_is_drawn(values: list[float], unicode: bool) -> None:
    points = [((i + 0.5) / 65, loss) for i, loss in enumerate(values)]
    window = frame(points, [], [], 65, 8, unicode)
    assert {window.cell(point) for point in points} <= set(line(points, window))


def test_a_mark_is_a_rule_at_its_height_with_its_name() -> None:
    rows = paint(Losses(), [("unigram", 3.0), ("5-grams", 1.5)], 50, 7, unicode=False)
    shown = [row.plain for row in rows]
    assert shown[0] == "unigram 3.000 |" + "-" * 35
    assert shown[-1] == "5-grams 1.500 |" + "-" * 35
    assert all(row == " " * 14 + "|" + " " * 35 for row in shown[1:-1])


def test_of_two_marks_in_one_row_the_one_to_beat_is_named() -> None:
    losses = filled([(0.1, 4.0), (0.5, 1.0)], [])
    shown = "".join(
        row.plain for row in paint(losses, [("1-grams", 2.9), ("unigram", 3)], 60, 4, True)
    )
    assert "1-grams 2.900" in shown
    assert "unigram" not in shown


def test_an_explosion_does_not_flatten_the_rest() -> None:
    calm, exploded = [(0.1, 3.0), (0.2, 2.0)], [(0.1, 3.0), (0.2, 2.0), (0.3, 1e6)]
    assert frame(calm, [], [], 65, 8, True) == frame(exploded, [], [], 65, 8, True)


def test_points_are_means_and_stay_few() -> None:
    losses = Losses()
    for step in range(10_000):
        losses.add(step / 10_000, float(step))
    losses.add(0.5, math.nan)
    assert len(losses.training) == BINS
    assert losses.training[0] == (0.5 / BINS, 12.0)  # of 0 ... 24


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (40, 10), (200, 60), (20, 5), (10, 2)])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_live_view_fits_every_terminal(size: tuple[int, int], encoding: str) -> None:
    width, height = size
    file = io.TextIOWrapper(io.BytesIO(), encoding)
    stream = Stream(file, {"COLUMNS": str(width), "LINES": str(height)})
    view = LiveView(Terminal(None, stream, stream))
    session = SimpleNamespace(baselines=Baselines(3.2, 1.4, 5))
    view.plan = cast(Plan, SimpleNamespace(session=session))
    view.text = "漢字\x1b[2J and so on\n" * 9
    for step in range(1, 60):
        view.step(Step(step, step, step / 60, 3.2 - step / 50, 0.5, 0.01, 12345.6))
        view.evaluation(Evaluation(step, step, 3.2 - step / 50, True, 900, 0.01))
    view.console.print(view.paint(), end="")
    file.flush()
    lines = cast(io.BytesIO, file.buffer).getvalue().decode(encoding).splitlines()
    assert len(lines) < height
    assert all(cell_len(shown) <= width and shown.isprintable() for shown in lines)
    assert any("5-grams" in shown for shown in lines) == (height >= 15)
    assert any("and so on" in shown for shown in lines) == (height >= 10)
