"""`python -m bench.plots FIGURES...`: draw how figures grow, as small pictures for the manual.

Reads the lines of `python -m bench --json` and writes docs/images/growth-*.svg, one for each curve
of which at least one series has two points. What was not measured is left out of a picture.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bench.figures import Figure

FOLDER = Path(__file__).parent.parent / "docs" / "images"

_WIDTH, _HEIGHT = 440, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 34, 62
_COLOURS = ("#0b5cad", "#b3410e", "#3f7d20", "#7a3b9a")
_SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}

Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """A line: the figures it goes through, each with its place on the x axis.

    With `first` the reference of the figures is a point as well, at that place.
    """

    label: str
    figures: Mapping[str, float]
    first: float | None = None

    def points(self, found: Mapping[str, Figure]) -> list[Point]:
        """Return what was measured of it, from left to right."""
        points = {x: found[name].value for name, x in self.figures.items() if name in found}
        for name in self.figures:
            if self.first is not None and name in found:
                reference = found[name].reference_value
                if reference is not None:
                    points.setdefault(self.first, reference)
        return sorted(points.items())


@dataclass(frozen=True)
class Curve:
    """A picture."""

    name: str
    title: str
    x: str
    y: str
    series: Sequence[Series]


def _by_size(label: str, prefix: str) -> Series:
    larger = {f"{prefix}-{size}": float(rows) for size, rows in _SIZES.items() if size != "10k"}
    return Series(label, larger, first=10_000)


def _by_number(label: str, form: str, numbers: Iterable[int]) -> Series:
    return Series(label, {form.format(number): float(number) for number in numbers})


CURVES = (
    Curve(
        "rows",
        "A purchase with a receipt number",
        "purchases in the ledger",
        "ms",
        (
            _by_size("PostgreSQL", "receipts-postgresql"),
            _by_size("SQLite", "receipts-sqlite"),
        ),
    ),
    Curve(
        "cards",
        "Reading one card among many",
        "entries; a tenth as many cards",
        "ms",
        (
            _by_size("by code", "reads-lookup-token"),
            _by_size("by number", "reads-lookup-number"),
            _by_size("far down the list", "reads-cards-deep"),
            _by_size("history", "reads-transactions"),
        ),
    ),
    Curve(
        "shops",
        "Purchases in lists of 50",
        "shops they are spread over",
        "purchases a second",
        (
            _by_number("PostgreSQL", "shops-postgresql-{}", (1, 10, 100, 1000)),
            _by_number("SQLite", "shops-sqlite-{}", (1, 10, 100, 1000)),
        ),
    ),
    Curve(
        "staff",
        "A PIN typed at the till",
        "people who have one",
        "ms",
        (
            _by_number("right", "pins-{}-right", (1, 50, 500)),
            _by_number("wrong", "pins-{}-wrong", (1, 50, 500)),
        ),
    ),
    Curve(
        "processes",
        "Stamps over 64 connections, two processors",
        "server processes",
        "stamps a second",
        (_by_number("PostgreSQL", "processes-{}", (1, 2, 4)),),
    ),
)


def draw(curve: Curve, found: Mapping[str, Figure]) -> str | None:
    """Return the picture, None if there is nothing to join. Both axes are there to be read off.

    x is logarithmic, y begins at nought, so that a flat line is one that does not grow.
    """
    lines = [(one.label, one.points(found)) for one in curve.series]
    lines = [(label, points) for label, points in lines if len(points) > 1]
    if not lines:
        return None
    every = [point for _, points in lines for point in points]
    frame = _Frame(sorted({x for x, _ in every}), _round_up(max(y for _, y in every)))
    parts = [*_head(curve), *frame.grid(), *_axis_names(curve)]
    for colour, (label, points) in zip(_COLOURS, lines, strict=False):
        parts += frame.line(points, colour, label)
    parts += _legend([label for label, _ in lines])
    return "\n".join([*parts, "</svg>", ""])


@dataclass(frozen=True)
class _Frame:
    """Where values lie in the picture."""

    xs: Sequence[float]
    top: float

    def place(self, point: Point) -> Point:
        low, high = math.log10(self.xs[0]), math.log10(self.xs[-1])
        across = (math.log10(point[0]) - low) / (high - low)
        x = _LEFT + across * (_WIDTH - _LEFT - _RIGHT)
        y = _HEIGHT - _BOTTOM - point[1] / self.top * (_HEIGHT - _TOP - _BOTTOM)
        return round(x, 1), round(y, 1)

    def grid(self) -> list[str]:
        parts = []
        for step in range(5):
            value = self.top * step / 4
            _, y = self.place((self.xs[0], value))
            parts += [
                f'<path d="M{_LEFT} {y}H{_WIDTH - _RIGHT}" stroke="#ccc"/>',
                _text(_LEFT - 6, y + 4, f"{value:,.4g}", "end"),
            ]
        for value in self.xs:
            x, _ = self.place((value, 0))
            parts.append(_text(x, _HEIGHT - _BOTTOM + 16, _short(value), "middle"))
        return parts

    def line(self, points: Sequence[Point], colour: str, label: str) -> list[str]:
        places = [self.place(point) for point in points]
        path = "L".join(f"{x} {y}" for x, y in places)
        dots = [
            f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}">'
            f"<title>{escape(label)}: {value:g} at {_short(at)}</title></circle>"
            for (x, y), (at, value) in zip(places, points, strict=True)
        ]
        return [f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots]


def _head(curve: Curve) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11">',
        f"<title>{escape(curve.title)}: {escape(curve.y)}, by {escape(curve.x)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="18" font-size="13" fill="#222">{escape(curve.title)}</text>',
    ]


def _axis_names(curve: Curve) -> list[str]:
    return [
        _text(_WIDTH - _RIGHT, _HEIGHT - _BOTTOM + 32, curve.x, "end"),
        _text(_WIDTH - _RIGHT, 18, curve.y, "end"),
    ]


def _legend(labels: Sequence[str]) -> list[str]:
    parts, x, y = [], _LEFT, _HEIGHT - 12
    for colour, label in zip(_COLOURS, labels, strict=False):
        parts += [
            f'<rect x="{x}" y="{y - 8}" width="9" height="9" fill="{colour}"/>',
            _text(x + 13, y, label, "start"),
        ]
        x += 26 + 6 * len(label)
    return parts


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#444">{escape(text)}</text>'


def _short(value: float) -> str:
    """Return 10,000 as 10 k: the axis has little room."""
    for unit, of in (("M", 1e6), ("k", 1e3)):
        if value >= of:
            return f"{value / of:g} {unit}"
    return f"{value:g}"


def _round_up(value: float) -> float:
    """Return the next 1, 2, 4 or 8 of a power of ten: quarters of it are easy to read."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 8, 10) if step * power >= value)


def main(files: Sequence[str]) -> int:
    """Draw what the files hold; a later line of the same figure counts."""
    lines = [line for file in files for line in Path(file).read_text("utf-8").splitlines()]
    figures = [Figure(**json.loads(line)) for line in lines if line.strip()]
    found = {one.name: one for one in figures}
    for curve in CURVES:
        picture = draw(curve, found)
        if picture is not None:
            (FOLDER / f"growth-{curve.name}.svg").write_text(picture, encoding="utf-8")
            print(f"docs/images/growth-{curve.name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
