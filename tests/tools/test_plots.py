"""The pictures of growth show what was measured, and leave out what was not."""

from bench.figures import Figure, figure
from bench.plots import Curve, Series, draw

SERIES = Series("SQLite", {"rows-100k": 100_000, "rows-1m": 1_000_000}, first=10_000)
CURVE = Curve("rows", "A <purchase>", "rows", "ms", (SERIES,))


def measured(name: str, value: float) -> Figure:
    return figure(name, value, "ms", reference="the same at 10,000", reference_value=4.0)


def test_a_line_goes_from_its_reference_through_its_figures() -> None:
    found = {"rows-1m": measured("rows-1m", 8.0), "rows-100k": measured("rows-100k", 4.0)}
    assert SERIES.points(found) == [(10_000, 4.0), (100_000, 4.0), (1_000_000, 8.0)]


def test_a_picture_begins_at_nought_and_ends_above_the_highest() -> None:
    picture = draw(CURVE, {"rows-1m": measured("rows-1m", 8.0)})
    assert picture is not None
    assert "SQLite: 8 at 1 M" in picture
    assert "A &lt;purchase&gt;" in picture
    # Left to right, half as high as the top at first: 58 to 426 wide, 34 to 178 high.
    assert 'd="M58.0 106.0L426.0 34.0"' in picture


def test_one_point_is_no_line() -> None:
    assert draw(CURVE, {}) is None
    alone = Curve("rows", "Rows", "rows", "ms", (Series("SQLite", {"rows-1m": 1e6}),))
    assert draw(alone, {"rows-1m": measured("rows-1m", 8.0)}) is None
