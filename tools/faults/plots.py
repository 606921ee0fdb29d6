"""Small plots of a run, as SVG: one line of figures over time, with what was done below it."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

_WIDTH: Final = 900
_HEIGHT: Final = 220
_MARGIN: Final = 46
_LABELS: Final = 90


class Mark(NamedTuple):
    """What was done, and after how many seconds."""

    seconds: float
    name: str


def draw(
    path: Path, title: str, points: Sequence[tuple[float, float]], marks: Sequence[Mark]
) -> None:
    """Write a plot of (seconds, figure) to `path`; an empty one says so."""
    longest = max((one[0] for one in points), default=0.0) or 1.0
    highest = max((one[1] for one in points), default=0.0) * 1.1 or 1.0

    def x(seconds: float) -> float:
        return _MARGIN + seconds / longest * (_WIDTH - 2 * _MARGIN)

    def y(figure: float) -> float:
        return _HEIGHT - _MARGIN / 2 - figure / highest * (_HEIGHT - _MARGIN)

    line = " ".join(f"{x(seconds):.1f},{y(figure):.1f}" for seconds, figure in points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT + _LABELS}"'
        ' font-family="sans-serif" font-size="10">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT + _LABELS}" fill="white"/>',
        f'<text x="{_MARGIN}" y="14" font-size="13">{escape(title)}</text>',
    ]
    for figure in (0.0, highest / 2, highest):
        parts.append(
            f'<path d="M{_MARGIN} {y(figure):.1f}H{_WIDTH - _MARGIN}" stroke="#ddd"/>'
            f'<text x="{_MARGIN - 4}" y="{y(figure) + 3:.1f}" text-anchor="end">{figure:.0f}</text>'
        )
    for mark in marks:
        at = x(min(mark.seconds, longest))
        parts.append(
            f'<path d="M{at:.1f} {_MARGIN / 2}V{_HEIGHT - _MARGIN / 2}" stroke="#e6b8b0"/>'
            f'<text transform="translate({at + 3:.1f} {_HEIGHT - 12}) rotate(60)" fill="#a33">'
            f"{escape(mark.name)}</text>"
        )
    parts.append(f'<polyline points="{line}" fill="none" stroke="#246" stroke-width="1.5"/></svg>')
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")
