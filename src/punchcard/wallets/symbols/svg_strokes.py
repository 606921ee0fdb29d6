"""The lines of an SVG drawing as points, for pictures that are drawn without a browser. Pure.

It reads what the icons in `vendor/` are made of: paths, circles and rectangles, all of them lines
without a fill. https://www.w3.org/TR/SVG2/paths.html
"""

import math
import re
from collections.abc import Iterator
from typing import Final

Point = tuple[float, float]
Stroke = tuple[Point, ...]

_SHAPE: Final = re.compile(r"<(path|circle|rect|ellipse|line|polyline|polygon)\b([^>]*)>")
_ATTRIBUTE: Final = re.compile(r'([\w-]+)="([^"]*)"')
_NUMBER: Final = re.compile(r"[\s,]*([-+]?(?:\d+\.?\d*|\.\d+))")
_FLAG: Final = re.compile(r"[\s,]*([01])")
_BLANK: Final = re.compile(r"[\s,]*")
_NUMBERS_OF: Final = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "A": 7, "Z": 0}
_FLAGS_OF_ARC: Final = (3, 4)
_STEPS: Final = 16
"""Points on a curve: on a stamp of 200 pixels no corner can be seen."""


def strokes_of(svg: str) -> tuple[Stroke, ...]:
    """Return each line of a drawing as points in its own units.

    Raises LookupError for a shape or a command that is not read.
    """
    strokes: list[Stroke] = []
    for shape, attributes in _SHAPE.findall(svg):
        values = dict(_ATTRIBUTE.findall(attributes))
        strokes.extend(_Pen().follow(_path_of(shape, values)))
    return tuple(strokes)


def _path_of(shape: str, values: dict[str, str]) -> str:
    if shape == "path":
        return values["d"]
    if shape == "circle":
        x, y, radius = (float(values[name]) for name in ("cx", "cy", "r"))
        arc = f"a{radius} {radius} 0 1 1"
        return f"M{x - radius} {y}{arc} {2 * radius} 0{arc} {-2 * radius} 0Z"
    if shape == "rect":
        x, y, width, height = (float(values[name]) for name in ("x", "y", "width", "height"))
        return f"M{x} {y}h{width}v{height}h{-width}Z"
    raise LookupError(f"a <{shape}> is not read")


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """Give each command with its numbers; one that is repeated without its letter comes again."""
    place, command = 0, ""
    while (place := _end(_BLANK, path, place)) < len(path):
        if path[place].isalpha():
            command, place = path[place], place + 1
        count = _NUMBERS_OF[command.upper()]
        numbers = []
        for index in range(count):
            is_flag = command in "Aa" and index in _FLAGS_OF_ARC
            found = (_FLAG if is_flag else _NUMBER).match(path, place)
            if found is None:
                raise LookupError(f"no number where {command} needs one: {path}")
            numbers.append(float(found[1]))
            place = found.end()
        yield command, numbers
        # What follows a move without a letter are lines.
        command = {"M": "L", "m": "l"}.get(command, command)


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


class _Pen:
    """Follows a path and keeps where it was."""

    def __init__(self) -> None:
        self._strokes: list[list[Point]] = []
        self._at: Point = (0.0, 0.0)
        self._control: Point | None = None

    def follow(self, path: str) -> list[Stroke]:
        """Return the lines of a path."""
        for command, numbers in _commands(path):
            kind = command.upper()
            origin = self._at if command.islower() else (0.0, 0.0)
            control, self._control = self._control, None
            if kind == "M":
                self._strokes.append([])
                self._line(_point(numbers, origin))
            elif kind == "Z":
                self._close()
            elif kind == "A":
                self._arc(numbers, _point(numbers[5:], origin))
            elif kind in "CSQ":
                self._curve(kind, _points(numbers, origin), control)
            else:
                self._line(self._straight(kind, numbers, origin))
        return [tuple(stroke) for stroke in self._strokes if len(stroke) > 1]

    def _straight(self, kind: str, numbers: list[float], origin: Point) -> Point:
        if kind == "H":
            return (numbers[0] + origin[0], self._at[1])
        if kind == "V":
            return (self._at[0], numbers[0] + origin[1])
        return _point(numbers, origin)

    def _line(self, to: Point) -> None:
        self._strokes[-1].append(to)
        self._at = to

    def _close(self) -> None:
        start = self._strokes[-1][0]
        self._line(start)
        # A command after a closed line begins a new one at the same place.
        self._strokes.append([start])

    def _curve(self, kind: str, points: list[Point], before: Point | None) -> None:
        """Follow a cubic curve, or a quadratic one written as a cubic (SVG 2, 9.3.6 and 9.3.7)."""
        start, end = self._at, points[-1]
        if kind == "Q":
            first, second = (_toward(start, points[0], 2 / 3), _toward(end, points[0], 2 / 3))
        elif kind == "S":
            first = (2 * start[0] - before[0], 2 * start[1] - before[1]) if before else start
            second = points[0]
        else:
            first, second = points[0], points[1]
        for step in range(1, _STEPS + 1):
            share = step / _STEPS
            self._line(_on_cubic(start, first, second, end, share))
        self._control = second if kind != "Q" else None

    def _arc(self, numbers: list[float], end: Point) -> None:
        """Follow an arc of an ellipse (SVG 2, appendix B.2)."""
        start = self._at
        if start == end:
            return
        tilt = math.radians(numbers[2])
        is_large, is_clockwise = numbers[3] == 1, numbers[4] == 1
        half = ((start[0] - end[0]) / 2, (start[1] - end[1]) / 2)
        x, y = _turned(half, -tilt)
        wide, high = abs(numbers[0]), abs(numbers[1])
        stretch = math.sqrt((x / wide) ** 2 + (y / high) ** 2)
        if stretch > 1:
            wide, high = wide * stretch, high * stretch
        rest = max(0.0, 1 / ((x / wide) ** 2 + (y / high) ** 2) - 1)
        factor = math.sqrt(rest) * (-1 if is_large == is_clockwise else 1)
        middle = (factor * wide * y / high, -factor * high * x / wide)
        begin = math.atan2((y - middle[1]) / high, (x - middle[0]) / wide)
        sweep = math.atan2((-y - middle[1]) / high, (-x - middle[0]) / wide) - begin
        sweep = sweep % (2 * math.pi) if is_clockwise else -(-sweep % (2 * math.pi))
        across = _turned(middle, tilt)
        centre = (across[0] + (start[0] + end[0]) / 2, across[1] + (start[1] + end[1]) / 2)
        for step in range(1, _STEPS):
            angle = begin + sweep * step / _STEPS
            offset = _turned((wide * math.cos(angle), high * math.sin(angle)), tilt)
            self._line((centre[0] + offset[0], centre[1] + offset[1]))
        self._line(end)


def _point(numbers: list[float], origin: Point) -> Point:
    return (numbers[0] + origin[0], numbers[1] + origin[1])


def _points(numbers: list[float], origin: Point) -> list[Point]:
    return [_point(numbers[place : place + 2], origin) for place in range(0, len(numbers), 2)]


def _toward(start: Point, end: Point, share: float) -> Point:
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def _on_cubic(start: Point, first: Point, second: Point, end: Point, share: float) -> Point:
    one = _toward(_toward(start, first, share), _toward(first, second, share), share)
    other = _toward(_toward(first, second, share), _toward(second, end, share), share)
    return _toward(one, other, share)


def _turned(point: Point, angle: float) -> Point:
    cosine, sine = math.cos(angle), math.sin(angle)
    return (cosine * point[0] - sine * point[1], sine * point[0] + cosine * point[1])
