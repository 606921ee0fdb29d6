"""Drawings: QR codes inside the page and as files to take away, and bars for days."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from punchcard.loyalty.qr_codes import QUIET_MODULES, qr_code

_PIXELS_A_MODULE: Final = 24
"""A code of 33 modules then has about 1000 pixels: sharp on 8 centimetres of paper."""
BAR_HEIGHT: Final = 40
"""The height of the tallest bar, in the units of the drawing."""
_BAR_WIDTH: Final = 4
_DRAWINGS_KEPT: Final = 256
"""Of a few thousand bytes each."""


@lru_cache(maxsize=_DRAWINGS_KEPT)
def svg(text: str, *, scale: int = 8, border: int = 2, label: str = "") -> str:
    """Return a QR code (error correction M) as SVG that fills its frame, dark on white.

    `label` is what it is to those who cannot see it. Remembered: to find the best of eight patterns
    is a fifth of a card's page, and whose card is stamped sees its page anew each time.
    """
    out = io.BytesIO()
    qr_code(text).save(
        out,
        kind="svg",
        scale=scale,
        border=border,
        dark="#000000",
        light="#ffffff",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        nl=False,
        title=label or None,
        svgclass="qr",
    )
    return out.getvalue().decode().replace("<svg", '<svg role="img"', 1)


def svg_file(text: str) -> bytes:
    """Return the same code as an SVG file, with the quiet zone that scanners need."""
    out = io.BytesIO()
    qr_code(text).save(out, kind="svg", scale=_PIXELS_A_MODULE, border=QUIET_MODULES, light="white")
    return out.getvalue()


def png_file(text: str) -> bytes:
    """Return the same code as a PNG file, black on white."""
    out = io.BytesIO()
    qr_code(text).save(out, kind="png", scale=_PIXELS_A_MODULE, border=QUIET_MODULES)
    return out.getvalue()


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
    unit = BAR_HEIGHT / tallest if tallest > 0 else 0
    return [
        Bar(day, value, number * _BAR_WIDTH, round(max(0, value) * unit, 1))
        for number, (day, value) in enumerate(days)
    ]
