"""The vendor's colours as a stylesheet: the policy of the pages allows no style inside them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.wallets.pass_content import ACCENT, BACKGROUND
from punchcard.web.pages.assets import FOR_A_YEAR
from punchcard.web.pages.errors import PageNotFound

router = APIRouter()

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"([0-9a-f]{6})-([0-9a-f]{6})-([0-9a-f]{6})")
# In this order; on every colour at least one of white and full black can be read.
_INKS: Final = ("#1b1a17", "#ffffff", "#000000")
_CONTRAST: Final = 4.5  # WCAG 2.2, level AA, for text


def address(branding: Mapping[str, Any] | None) -> str:
    """Return the address of the stylesheet for a program's `branding`."""
    background, ink, accent = colours_of(branding)
    return f"/colour/{background[1:]}-{ink[1:]}-{accent[1:]}.css"


def colours_of(branding: Mapping[str, Any] | None) -> tuple[str, str, str]:
    """Return background, ink and accent of a card as `#rrggbb`, as its passes have them.

    Where the chosen ink cannot be read on the background, black or white takes its place.
    """
    chosen = branding or {}
    background = _hex(chosen.get("background_color")) or BACKGROUND
    ink = _hex(chosen.get("text_color"))
    if ink is None or contrast(background, ink) < _CONTRAST:
        ink = next(each for each in _INKS if contrast(background, each) >= _CONTRAST)
    return background, ink, _hex(chosen.get("accent_color")) or ACCENT


def contrast(one: str, other: str) -> float:
    """Return how much two colours stand apart, 1 to 21, as WCAG 2.2 reckons it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@router.get("/colour/{name}.css")
def get_colours(name: str) -> Response:
    """Return the stylesheet that sets `--card`, `--card-ink` and `--card-accent`.

    Raises PageNotFound.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise PageNotFound
    style = f":root{{--card:#{match[1]};--card-ink:#{match[2]};--card-accent:#{match[3]}}}"
    return Response(style, headers={"Cache-Control": FOR_A_YEAR}, media_type="text/css")


def _hex(value: object) -> str | None:
    return value.lower() if isinstance(value, str) and _HEX.fullmatch(value) else None


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
