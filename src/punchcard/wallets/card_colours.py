"""The colours of a card, fit to be read whatever a shop chose. Pure; pages and passes share them.

Letters need 4.5 to 1 and drawings 3 to 1 against what lies behind (WCAG 2.2, 1.4.3 and 1.4.11).
A colour that stands out too little gives way here, once, so that no face has to look again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

BACKGROUND: Final = "#1f2937"
TEXT: Final = "#ffffff"
ACCENT: Final = "#f59e0b"
"""The colours of a program that chose none."""

TEXT_CONTRAST: Final = 4.5
DRAWING_CONTRAST: Final = 3.0

_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")
# In this order; on every colour at least one of white and full black can be read.
_INKS: Final = ("#1b1a17", "#ffffff", "#000000")
_PAPER: Final = "#ffffff"
_STEPS: Final = 20


@dataclass(frozen=True, slots=True)
class CardColours:
    """What a card is painted with, each as `#rrggbb`.

    `accent` fills a stamp, and `background` the symbol in it. `on_paper` stands out on white, for
    what is printed: the background, or where that is too pale the colour of the stamps.
    """

    background: str
    ink: str
    accent: str
    on_paper: str


def card_colours(branding: Mapping[str, Any] | None) -> CardColours:
    """Return the colours of a card with this `branding`.

    An ink that cannot be read gives way to black or white; a colour of stamps that cannot be told
    from the background goes toward the ink until it can.
    """
    chosen = branding or {}
    background = _hex(chosen.get("background_color")) or BACKGROUND
    ink = _hex(chosen.get("text_color"))
    if ink is None or contrast(background, ink) < TEXT_CONTRAST:
        ink = next(each for each in _INKS if contrast(background, each) >= TEXT_CONTRAST)
    accent = _standing_out(_hex(chosen.get("accent_color")) or ACCENT, background, toward=ink)
    is_strong = contrast(background, _PAPER) >= DRAWING_CONTRAST
    on_paper = background if is_strong else _standing_out(accent, _PAPER, toward=_INKS[0])
    return CardColours(background, ink, accent, on_paper)


def contrast(one: str, other: str) -> float:
    """Return how much two colours stand apart, 1 to 21, as WCAG 2.2 reckons it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _standing_out(colour: str, behind: str, *, toward: str) -> str:
    """Return the colour, or the nearest on its way to another that a drawing can have there."""
    for step in range(_STEPS + 1):
        mixed = _mixed(colour, toward, step / _STEPS)
        if contrast(mixed, behind) >= DRAWING_CONTRAST:
            return mixed
    return toward


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


def _hex(value: object) -> str | None:
    return value.lower() if isinstance(value, str) and _HEX.fullmatch(value) else None


def _luminance(colour: str) -> float:
    channels = (value / 255 for value in bytes.fromhex(colour[1:]))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
