"""The symbols of stamps: the same drawing for pages and for pictures of passes."""

import math
from itertools import pairwise
from typing import get_args

import pytest
from PIL import Image, ImageChops, ImageDraw

from punchcard.kit.i18n import LANGUAGES, translate
from punchcard.wallets.apple.pass_images import strip_files
from punchcard.wallets.stamp_drawing import StampLook
from punchcard.wallets.symbols.stamp_symbols import (
    PLAIN,
    SYMBOLS,
    StampSymbol,
    draw_symbol,
    strokes_of_symbol,
    svg_of,
    symbol_of,
)
from punchcard.wallets.symbols.svg_strokes import Stroke, strokes_of

ALL = get_args(StampSymbol)
SIDE = 240
_TWO: tuple[StampSymbol, StampSymbol] = ("check", "pizza")


def drawn(symbol: StampSymbol) -> Image.Image:
    image = Image.new("L", (SIDE, SIDE), 0)
    draw_symbol(ImageDraw.Draw(image), symbol, (0, 0, SIDE, SIDE), "#ffffff")
    return image


def length(stroke: Stroke) -> float:
    return sum(math.dist(one, other) for one, other in pairwise(stroke))


def test_every_symbol_has_a_name_and_a_picture_of_its_own() -> None:
    assert tuple(SYMBOLS) == ALL
    pictures = [drawn(symbol).tobytes() for symbol in ALL]
    assert len(set(pictures)) == len(ALL)
    for language in LANGUAGES:
        assert len({translate(name, language) for name in SYMBOLS.values()}) == len(ALL)


@pytest.mark.parametrize("symbol", ALL)
def test_a_symbol_stays_in_its_square_and_fills_it(symbol: StampSymbol) -> None:
    points = [point for stroke in strokes_of_symbol(symbol) for point in stroke]
    assert all(0 <= side <= 1 for point in points for side in point)
    box = drawn(symbol).getbbox()
    assert box is not None
    assert max(box[2] - box[0], box[3] - box[1]) > SIDE * 0.6


@pytest.mark.parametrize("symbol", ALL)
def test_a_page_gets_the_symbol_in_the_colour_of_its_text(symbol: StampSymbol) -> None:
    svg = svg_of(symbol)
    assert svg.startswith('<svg aria-hidden="true"')
    assert 'stroke="currentColor"' in svg
    assert "<!--" not in svg


@pytest.mark.parametrize("chosen", [None, "", "spoon", 3, "check"])
def test_a_program_without_a_known_symbol_has_a_tick(chosen: object) -> None:
    assert symbol_of({"stamp_symbol": chosen}) == PLAIN
    assert symbol_of({}) == PLAIN
    assert symbol_of({"stamp_symbol": "pizza"}) == "pizza"


def test_the_strip_of_a_pass_bears_the_symbol_on_filled_stamps_alone() -> None:
    colours = ("#14594b", "#f2b84b", "#ffffff")
    plain, pizza = (strip_files(4, 10, StampLook(*colours, symbol=one)) for one in _TWO)
    none = [strip_files(0, 10, StampLook(*colours, symbol=one)) for one in _TWO]
    assert plain != pizza
    assert none[0] == none[1]


def test_a_quarter_of_a_circle_is_as_long_as_it_must_be() -> None:
    (arc,) = strokes_of('<path d="M10 0a10 10 0 0 1-10 10" />')
    assert length(arc) == pytest.approx(math.pi * 5, rel=0.002)
    assert arc[-1] == pytest.approx((0, 10))


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ('<circle cx="5" cy="5" r="3" />', 2 * math.pi * 3),
        ('<rect width="20" height="4" x="2" y="11" rx="1" />', 48),
        ('<path d="M0 0H3V4z" />', 12),
        ('<path d="m1 1 2 0 0 2" />', 4),
        ('<path d="M0 0C0 0 9 0 9 0" />', 9),
        ('<path d="M0 0q3 0 6 0" />', 6),
        ('<path d="M0 0c0 0 3 0 3 0s3 0 3 0" />', 6),
        ('<path d="M0 0A2 2 0 002 2" />', math.pi),
        ('<path d="M0 0A1 1 0 0 1 4 0" />', 2 * math.pi),
        ('<path d="M0 0A1 1 0 0 1 0 0L1 0" />', 1),
    ],
)
def test_what_icons_are_made_of_is_read(shape: str, wanted: float) -> None:
    assert sum(length(stroke) for stroke in strokes_of(shape)) == pytest.approx(wanted, rel=0.003)


@pytest.mark.parametrize(
    "shape", ['<ellipse cx="1" cy="1" rx="1" ry="2" />', '<path d="M0 0L1 x" />']
)
def test_what_cannot_be_read_is_told(shape: str) -> None:
    with pytest.raises(LookupError):
        strokes_of(shape)


def test_a_drawing_looks_as_the_browser_draws_it() -> None:
    # The tick goes from the left edge down to its foot and up to the right.
    image = drawn("check")
    on = [(x, y) for x, y in ((4, 12), (9, 17), (20, 6)) if image.getpixel((x * 10, y * 10))]
    off = [(x, y) for x, y in ((12, 3), (4, 4), (20, 20)) if image.getpixel((x * 10, y * 10))]
    assert len(on) == 3
    assert off == []
    assert ImageChops.difference(image, drawn("star")).getbbox()
