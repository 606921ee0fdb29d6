"""Draws the stamps of a card, whichever wallet shows them: rows of circles, as large as fits.

Drawn larger than shown and scaled down: Pillow's own circles have rough edges.
"""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from punchcard.wallets.symbols.stamp_symbols import PLAIN, StampSymbol, draw_symbol

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_OVERSAMPLING: Final = 2
_GAP: Final = 0.14
_SYMBOL_INSET: Final = 0.18
# How much of a picture of the shop's own the colour of the card covers, so that stamps stand out.
_VEIL: Final = 0.35

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class StampLook:
    """How the stamps of a card look: its colours, as `#rrggbb`, and what a stamp bears."""

    background: str
    accent: str
    text: str
    symbol: StampSymbol = PLAIN


def stamps_picture(
    stamps: int,
    target: int,
    look: StampLook,
    *,
    size: tuple[int, int],
    margin: float,
    backdrop: bytes | None = None,
) -> "Image":
    """Return a picture of `stamps` of `target` circles filled, the last one a reward's.

    `size` is in pixels; at each side a share of `margin` stays free. `backdrop` is a checked PNG of
    the shop's own, behind the stamps; without one there is the card's background.
    """
    from PIL.Image import Resampling

    large = (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING)
    if backdrop is None:
        image = _canvas(*large, look.background)
    else:
        image = backdrop_picture(backdrop, look.background, size).resize(large)
    draw = _draw(image)
    for place, box in enumerate(_boxes(target, *large, margin)):
        is_reward = place == target - 1
        stamp(draw, box, look, is_filled=place < stamps, is_open=backdrop is None)
        if is_reward and place >= stamps:
            _star(draw, box, look.text)
    return image.resize(size, Resampling.LANCZOS)


def mark_picture(look: StampLook, side: int) -> "Image":
    """Return the mark of a program without a logo: one stamp on its colour, `side` pixels long."""
    from PIL.Image import Resampling

    large = side * _OVERSAMPLING
    image = _canvas(large, large, look.background)
    inset = large * 0.18
    box = (inset, inset, large - inset, large - inset)
    stamp(_draw(image), box, look, is_filled=True)
    return image.resize((side, side), Resampling.LANCZOS)


@lru_cache(maxsize=32)
def backdrop_picture(png: bytes, background: str, size: tuple[int, int]) -> "Image":
    """Return a shop's own picture cut to `size` pixels, with a veil of the card's colour.

    What is see-through shows the card's colour. The caller must not draw on what is returned.
    """
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(png)) as opened:
        picture = ImageOps.fit(opened.convert("RGBA"), size, Image.Resampling.LANCZOS)
    canvas = _canvas(*size, background)
    canvas.paste(picture, (0, 0), picture)
    return Image.blend(canvas, _canvas(*size, background), _VEIL)


def _boxes(count: int, width: int, height: int, margin: float) -> Iterator[Box]:
    """Yield the square of each of `count` stamps, as large as rows and columns allow."""
    usable = (width * (1 - 2 * margin), height * (1 - 2 * margin))
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


def stamp(
    draw: "ImageDraw", box: Box, look: StampLook, *, is_filled: bool, is_open: bool = True
) -> None:
    """Draw one stamp, or the place for one: `is_open` shows through it what is behind."""
    size = box[2] - box[0]
    line = max(2, round(size * 0.05))
    if not is_filled:
        fill = None if is_open else look.background
        outline = _mixed(look.text, look.background)
        draw.ellipse(box, fill=fill, outline=outline, width=line)
        return
    draw.ellipse(box, fill=look.accent)
    inset = size * _SYMBOL_INSET
    inner = (box[0] + inset, box[1] + inset, box[2] - inset, box[3] - inset)
    draw_symbol(draw, look.symbol, inner, look.background)


def _star(draw: "ImageDraw", box: Box, colour: str) -> None:
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    size = (box[2] - box[0]) * 0.3
    points = []
    for corner in range(10):
        reach = size if corner % 2 == 0 else size * 0.45
        angle = math.pi * corner / 5 - math.pi / 2
        points.append((centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)))
    draw.polygon(points, fill=colour)


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
