"""Pictures of a pass: the strip of stamps and the icon, drawn in the vendor's colours; logos.

Every picture is made at three sizes, for phones with one, two and three pixels a point.
"""

import io
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from punchcard.wallets.apple.pkpass import PassFile, pass_file
from punchcard.wallets.png import png_of

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

SCALES: Final = (1, 2, 3)
STRIP_POINTS: Final = (375, 123)
ICON_POINTS: Final = (29, 29)
LOGO_POINTS: Final = (160, 50)

# Drawn larger and scaled down: Pillow's own circles have rough edges.
_OVERSAMPLING: Final = 2
_MARGIN: Final = 0.06
_GAP: Final = 0.14

Colour = tuple[int, int, int]


@lru_cache(maxsize=512)
def strip_files(
    stamps: int, target: int, background: str, accent: str, text: str
) -> tuple[PassFile, ...]:
    """Return the strip that shows `stamps` of `target` circles filled, the last one a reward's."""
    width, height = (side * SCALES[-1] for side in STRIP_POINTS)
    image = _canvas(width * _OVERSAMPLING, height * _OVERSAMPLING, background)
    draw = _draw(image)
    for place, box in enumerate(_boxes(target, *image.size)):
        is_reward = place == target - 1
        _stamp(draw, box, colours=(accent, background, text), is_filled=place < stamps)
        if is_reward and place >= stamps:
            _star(draw, box, text)
    return _scaled("strip", image, STRIP_POINTS)


@lru_cache(maxsize=512)
def icon_files(background: str, accent: str) -> tuple[PassFile, ...]:
    """Return the icon of a program without a logo: one stamp on its colour."""
    side = ICON_POINTS[0] * SCALES[-1] * _OVERSAMPLING
    image = _canvas(side, side, background)
    inset = side * 0.18
    box = (inset, inset, side - inset, side - inset)
    _stamp(_draw(image), box, colours=(accent, background, accent), is_filled=True)
    return _scaled("icon", image, ICON_POINTS)


@lru_cache(maxsize=256)
def logo_files(png: bytes, background: str) -> tuple[PassFile, ...]:
    """Return a vendor's checked logo as the pass's logo and icon."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as opened:
        logo = opened.convert("RGBA")
    side = ICON_POINTS[0] * SCALES[-1]
    icon = _canvas(side, side, background)
    small = _within(logo, side, side)
    place = ((side - small.width) // 2, (side - small.height) // 2)
    icon.paste(small, place, small)
    wide = _within(logo, LOGO_POINTS[0] * SCALES[-1], LOGO_POINTS[1] * SCALES[-1])
    # Whole points, so that each size is an exact multiple.
    points = (max(1, round(wide.width / SCALES[-1])), max(1, round(wide.height / SCALES[-1])))
    return (*_scaled("logo", wide, points), *_scaled("icon", icon, ICON_POINTS))


def _boxes(count: int, width: int, height: int) -> Iterator[tuple[float, float, float, float]]:
    """Yield the square of each of `count` stamps, as large as rows and columns allow."""
    usable = (width * (1 - 2 * _MARGIN), height * (1 - 2 * _MARGIN))
    rows = max(range(1, count + 1), key=lambda rows: _side(count, rows, *usable))
    columns = math.ceil(count / rows)
    side = _side(count, rows, *usable)
    top = (height - rows * side) / 2
    for place in range(count):
        row, column = divmod(place, columns)
        in_row = min(columns, count - row * columns)
        left = (width - in_row * side) / 2 + column * side
        inset = side * _GAP / 2
        x, y = left + inset, top + row * side + inset
        yield (x, y, x + side - 2 * inset, y + side - 2 * inset)


def _side(count: int, rows: int, width: float, height: float) -> float:
    return min(width / math.ceil(count / rows), height / rows)


def _stamp(
    draw: "ImageDraw",
    box: tuple[float, float, float, float],
    *,
    colours: tuple[str, str, str],
    is_filled: bool,
) -> None:
    accent, background, text = colours
    size = box[2] - box[0]
    line = max(2, round(size * 0.05))
    if not is_filled:
        draw.ellipse(box, outline=_mixed(text, background), width=line)
        return
    draw.ellipse(box, fill=accent)
    points = ((0.28, 0.53), (0.44, 0.68), (0.73, 0.35))
    tick = [(box[0] + x * size, box[1] + y * size) for x, y in points]
    draw.line(tick, fill=background, width=max(2, round(size * 0.09)), joint="curve")


def _star(draw: "ImageDraw", box: tuple[float, float, float, float], colour: str) -> None:
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    size = (box[2] - box[0]) * 0.3
    points = []
    for corner in range(10):
        reach = size if corner % 2 == 0 else size * 0.45
        angle = math.pi * corner / 5 - math.pi / 2
        points.append((centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)))
    draw.polygon(points, fill=colour)


def _scaled(name: str, image: "Image", points: tuple[int, int]) -> tuple[PassFile, ...]:
    from PIL.Image import Resampling

    files = []
    for scale in SCALES:
        size = (points[0] * scale, points[1] * scale)
        small = image if image.size == size else image.resize(size, Resampling.LANCZOS)
        suffix = "" if scale == 1 else f"@{scale}x"
        files.append(pass_file(f"{name}{suffix}.png", png_of(small)))
    return tuple(files)


def _within(image: "Image", width: int, height: int) -> "Image":
    from PIL.Image import Resampling

    share = min(width / image.width, height / image.height)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Resampling.LANCZOS)


def _canvas(width: int, height: int, colour: str) -> "Image":
    from PIL import Image

    return Image.new("RGB", (width, height), colour)


def _draw(image: "Image") -> "ImageDraw":
    from PIL import ImageDraw

    return ImageDraw.Draw(image)


def _mixed(colour: str, other: str) -> Colour:
    mine, theirs = (bytes.fromhex(text.removeprefix("#")) for text in (colour, other))
    red, green, blue = ((2 * a + b) // 3 for a, b in zip(mine, theirs, strict=True))
    return red, green, blue
