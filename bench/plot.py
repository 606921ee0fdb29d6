"""Small plots for docs/images: lines over a common axis, as an SVG that needs nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 30, 46
_COLOURS = ("#1b6ca8", "#c8553d", "#4f8a4c", "#8a5fa8")
_TEXT = 'font-family="sans-serif" font-size="11" fill="#444"'


@dataclass(frozen=True)
class Plot:
    """Lines with their names: `marks` are the places on the axis below that have a word.

    Every line has one value for each place, 0 or more; the axis on the left begins at 0.
    """

    title: str
    lines: Mapping[str, Sequence[float]]
    marks: Mapping[int, str]

    def svg(self) -> str:
        """Return the plot as a text."""
        top = rounded_up(max(max(line) for line in self.lines.values()))
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(self.title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{_LEFT}" y="18" {_TEXT} font-weight="bold">{escape(self.title)}</text>',
            *self._grid(top),
            *self._named_lines(top),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _grid(self, top: float) -> list[str]:
        parts = []
        for step in range(5):
            value = top * step / 4
            y = _y(value, top)
            parts.append(f'<path d="M{_LEFT} {y}H{WIDTH - _RIGHT}" stroke="#ddd"/>')
            place = f'x="{_LEFT - 6}" y="{y + 4:g}" text-anchor="end"'
            parts.append(f"<text {place} {_TEXT}>{value:,g}</text>")
        for mark, word in self.marks.items():
            place = f'x="{self._x(mark)}" y="{HEIGHT - _BOTTOM + 16}" text-anchor="middle"'
            parts.append(f"<text {place} {_TEXT}>{escape(word)}</text>")
        return parts

    def _named_lines(self, top: float) -> list[str]:
        parts = []
        for number, (name, line) in enumerate(self.lines.items()):
            colour = _COLOURS[number % len(_COLOURS)]
            path = "L".join(
                f"{self._x(place)} {_y(value, top)}" for place, value in enumerate(line)
            )
            parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
            x, y = _LEFT + 140 * number, HEIGHT - 10
            parts.append(f'<path d="M{x} {y - 4}h16" stroke="{colour}" stroke-width="3"/>')
            parts.append(f'<text x="{x + 21}" y="{y}" {_TEXT}>{escape(name)}</text>')
        return parts

    def _x(self, place: int) -> float:
        last = max(len(line) for line in self.lines.values()) - 1
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * place / max(last, 1), 1)


def rounded_up(value: float) -> float:
    """Return the next of 1, 2, 4, 6, 8 times a power of ten: the end of an axis."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if value <= step * power * (1 + 1e-9))


def _y(value: float, top: float) -> float:
    return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top, 1)
