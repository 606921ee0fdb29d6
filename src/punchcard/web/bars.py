"""Bars for the days of a period, as `parts/bars.html` draws them without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

HEIGHT: Final = 40
"""The height of the tallest bar, in the units of the drawing."""
_WIDTH: Final = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A day, its value, and where its bar stands; what was taken back more than given has none."""

    day: date
    value: int
    x: int
    height: float


def bars_of(days: Sequence[tuple[date, int]]) -> list[Bar]:
    """Return a bar for each day and its value."""
    tallest = max((value for _, value in days), default=0)
    unit = HEIGHT / tallest if tallest > 0 else 0
    return [
        Bar(day, value, number * _WIDTH, round(max(0, value) * unit, 1))
        for number, (day, value) in enumerate(days)
    ]
