"""Draws the icons that phones keep on their home screens, and writes them beside the pages."""

from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

FOLDER: Final = Path(__file__).parent.parent / "src/punchcard/web/static/icons"
GREEN, PAPER, PALE = "#14594b", "#fffdf9", "#7cc7b2"
_SHADES = 64
_FINE = 4  # drawn so many times larger, then scaled down: round holes need smooth edges


def main() -> None:
    """Write every icon: `card-*` for customers, `maskable-*` with room to be cut round."""
    for size in (192, 512):
        for name, share in (("card", 0.78), ("maskable", 0.58)):
            # The edges' shades are few: a palette takes a third of the bytes.
            drawn = draw_mark(size, share=share).quantize(_SHADES)
            drawn.save(FOLDER / f"{name}-{size}.png", optimize=True)


def draw_mark(size: int, *, share: float) -> Image.Image:
    """Return the punched card on green; it fills `share` of the square's width."""
    side = size * _FINE
    image = Image.new("RGB", (side, side), GREEN)
    pen = ImageDraw.Draw(image)
    unit = side * share / 28
    left, top = (side - 28 * unit) / 2, (side - 20 * unit) / 2
    box = (left, top, left + 28 * unit, top + 20 * unit)
    pen.rounded_rectangle(box, 5 * unit, fill=PAPER)
    for x, y in ((8, 7), (16, 7), (8, 14)):
        _circle(pen, left + x * unit, top + y * unit, 2.6 * unit, GREEN)
    for x, y in ((16, 14), (23, 7), (23, 14)):
        _circle(pen, left + x * unit, top + y * unit, 1.7 * unit, PALE)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _circle(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: str) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


if __name__ == "__main__":
    main()
