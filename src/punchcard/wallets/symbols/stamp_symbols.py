"""The symbols that a stamp can bear: a tick unless the shop chooses another.

One set of drawings serves all: pages take the SVG, pictures of passes are drawn from its lines.
They are icons of Lucide; `vendor.toml` beside this file lists them, their licence lies with them.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from punchcard.kit.i18n import N_
from punchcard.wallets.symbols.svg_strokes import Stroke, strokes_of

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

StampSymbol = Literal[
    "check",
    "coffee",
    "croissant",
    "wheat",
    "cake",
    "ice_cream",
    "pizza",
    "cutlery",
    "sandwich",
    "bowl",
    "fish",
    "apple",
    "wine",
    "beer",
    "scissors",
    "sparkles",
    "flower",
    "leaf",
    "book",
    "shirt",
    "bag",
    "gem",
    "paw",
    "dumbbell",
    "bicycle",
    "car",
    "music",
    "heart",
    "star",
]
PLAIN: Final[StampSymbol] = "check"
"""The symbol of a program that chose none."""

SYMBOLS: Final[Mapping[str, str]] = {
    "check": N_("Tick"),
    "coffee": N_("Cup"),
    "croissant": N_("Croissant"),
    "wheat": N_("Ear of grain"),
    "cake": N_("Cake"),
    "ice_cream": N_("Ice cream"),
    "pizza": N_("Pizza"),
    "cutlery": N_("Knife and fork"),
    "sandwich": N_("Sandwich"),
    "bowl": N_("Bowl"),
    "fish": N_("Fish"),
    "apple": N_("Apple"),
    "wine": N_("Wine glass"),
    "beer": N_("Beer mug"),
    "scissors": N_("Scissors"),
    "sparkles": N_("Sparkle"),
    "flower": N_("Flower"),
    "leaf": N_("Leaf"),
    "book": N_("Book"),
    "shirt": N_("Shirt"),
    "bag": N_("Shopping bag"),
    "gem": N_("Gem"),
    "paw": N_("Paw"),
    "dumbbell": N_("Dumbbell"),
    "bicycle": N_("Bicycle"),
    "car": N_("Car"),
    "music": N_("Music"),
    "heart": N_("Heart"),
    "star": N_("Star"),
}
"""Each symbol, and what it is called in a list."""

ICONS: Final = Path(__file__).parent / "vendor" / "lucide-static-1.62.0" / "icons"
_FILES: Final[Mapping[StampSymbol, str]] = {
    "cake": "cake-slice",
    "ice_cream": "ice-cream-cone",
    "cutlery": "utensils",
    "bowl": "soup",
    "flower": "flower-2",
    "book": "book-open",
    "bag": "shopping-bag",
    "paw": "paw-print",
    "bicycle": "bike",
}
"""The icons that bear another name than the symbol they stand for."""

_GRID: Final = 24
"""The side of every icon, in the units of its drawing."""
_LINE: Final = 2.2
_LINE_OF_TICK: Final = 3.2
"""Widths of the lines, in the same units: a tick is one line and can be bolder."""


def symbol_of(branding: Mapping[str, Any]) -> StampSymbol:
    """Return the symbol a program's `branding` chose, a tick if it chose none that is known."""
    chosen = branding.get("stamp_symbol")
    return cast(StampSymbol, chosen) if chosen in SYMBOLS else PLAIN


@lru_cache(maxsize=len(SYMBOLS))
def svg_of(symbol: StampSymbol) -> str:
    """Return a symbol as SVG for a page; it takes its colour from the text around it."""
    drawing = (ICONS / f"{_FILES.get(symbol, symbol)}.svg").read_text(encoding="utf-8")
    _licence, _, svg = drawing.partition("<svg")
    return " ".join(f'<svg aria-hidden="true"{svg}'.split())


def shapes_of(symbol: StampSymbol) -> str:
    """Return what is drawn in a symbol's SVG, to stand in another drawing."""
    return svg_of(symbol).partition(">")[2].removesuffix("</svg>")


@lru_cache(maxsize=len(SYMBOLS))
def strokes_of_symbol(symbol: StampSymbol) -> tuple[Stroke, ...]:
    """Return the lines of a symbol as points between 0 and 1, from the upper left corner."""
    return tuple(
        tuple((x / _GRID, y / _GRID) for x, y in stroke) for stroke in strokes_of(svg_of(symbol))
    )


def draw_symbol(
    pen: "ImageDraw",
    symbol: StampSymbol,
    box: tuple[float, float, float, float],
    colour: str,
) -> None:
    """Draw a symbol into a square `box` (left, top, right, bottom, in pixels)."""
    left, top, side = box[0], box[1], box[2] - box[0]
    width = max(2, round(side / _GRID * (_LINE_OF_TICK if symbol == PLAIN else _LINE)))
    for stroke in strokes_of_symbol(symbol):
        points = [(left + x * side, top + y * side) for x, y in stroke]
        pen.line(points, fill=colour, width=width, joint="curve")
        # Pillow cuts the ends of a line; the icons have round ones.
        for x, y in (points[0], points[-1]):
            reach = width / 2
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colour)
