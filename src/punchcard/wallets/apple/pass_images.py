"""Pictures of a pass: the strip, the icon and the logo.

Every picture is made at three sizes, for phones with one, two and three pixels a point.
"""

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from punchcard.wallets.apple.pkpass import PassFile, pass_file
from punchcard.wallets.pass_content import PassContent
from punchcard.wallets.png import png_of
from punchcard.wallets.stamp_drawing import (
    StampLook,
    backdrop_picture,
    mark_picture,
    stamps_picture,
)

if TYPE_CHECKING:
    from PIL.Image import Image

SCALES: Final = (1, 2, 3)
# Apple's sizes since January 2025 ("Pass image dimensions"); a strip was 123 points high before.
STRIP_POINTS: Final = (375, 144)
ICON_POINTS: Final = (38, 38)
LOGO_POINTS: Final = (160, 50)

STRIP_MARGIN: Final = 0.09
"""The share of a strip that stays free at each side: older phones cut off up to 0.073 of it."""

# What a shop's own picture is written with: a photograph of all colours makes a pass too large.
_PHOTO_COLOURS: Final = 256


def pass_pictures(
    content: PassContent, *, logo: bytes | None, hero: bytes | None
) -> tuple[PassFile, ...]:
    """Return all pictures of a pass; `logo` and `hero` are checked PNGs of the shop's own."""
    look = StampLook(
        content.background_color, content.accent_color, content.text_color, content.stamp_symbol
    )
    files = logo_files(logo, look.background) if logo is not None else mark_files(look)
    if content.stamps is None or content.stamps_target is None:
        return files if hero is None else (*files, *hero_files(hero, look.background))
    filled = max(0, min(content.stamps, content.stamps_target))
    return (*files, *strip_files(filled, content.stamps_target, look, hero))


@lru_cache(maxsize=256)
def strip_files(
    stamps: int, target: int, look: StampLook, hero: bytes | None = None
) -> tuple[PassFile, ...]:
    """Return the strip that shows `stamps` of `target`, on the shop's own picture if there is one.

    A program without stamps shows its picture alone: see `hero_files`.
    """
    image = stamps_picture(
        stamps, target, look, size=_pixels(STRIP_POINTS), margin=STRIP_MARGIN, backdrop=hero
    )
    return _scaled("strip", image, STRIP_POINTS, is_photo=hero is not None)


@lru_cache(maxsize=64)
def hero_files(hero: bytes, background: str) -> tuple[PassFile, ...]:
    """Return a shop's own picture as the strip of a card without stamps."""
    image = backdrop_picture(hero, background, _pixels(STRIP_POINTS))
    return _scaled("strip", image, STRIP_POINTS, is_photo=True)


@lru_cache(maxsize=512)
def mark_files(look: StampLook) -> tuple[PassFile, ...]:
    """Return logo and icon of a program without a logo: every pass shows one."""
    side = LOGO_POINTS[1]
    logo = mark_picture(look, side * SCALES[-1])
    icon = mark_picture(look, ICON_POINTS[0] * SCALES[-1])
    return (*_scaled("logo", logo, (side, side)), *_scaled("icon", icon, ICON_POINTS))


@lru_cache(maxsize=256)
def logo_files(png: bytes, background: str) -> tuple[PassFile, ...]:
    """Return a vendor's checked logo as the pass's logo and icon."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as opened:
        logo = opened.convert("RGBA")
    side = ICON_POINTS[0] * SCALES[-1]
    icon = Image.new("RGB", (side, side), background)
    small = _within(logo, side, side)
    place = ((side - small.width) // 2, (side - small.height) // 2)
    icon.paste(small, place, small)
    wide = _within(logo, *_pixels(LOGO_POINTS))
    # Whole points, so that each size is an exact multiple.
    points = (max(1, round(wide.width / SCALES[-1])), max(1, round(wide.height / SCALES[-1])))
    return (*_scaled("logo", wide, points), *_scaled("icon", icon, ICON_POINTS))


def _pixels(points: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of a picture."""
    return points[0] * SCALES[-1], points[1] * SCALES[-1]


def _scaled(
    name: str, image: "Image", points: tuple[int, int], *, is_photo: bool = False
) -> tuple[PassFile, ...]:
    from PIL.Image import Resampling

    files = []
    for scale in SCALES:
        size = (points[0] * scale, points[1] * scale)
        small = image if image.size == size else image.resize(size, Resampling.LANCZOS)
        suffix = "" if scale == 1 else f"@{scale}x"
        shown = small.quantize(_PHOTO_COLOURS) if is_photo else small
        files.append(pass_file(f"{name}{suffix}.png", png_of(shown)))
    return tuple(files)


def _within(image: "Image", width: int, height: int) -> "Image":
    from PIL.Image import Resampling

    share = min(width / image.width, height / image.height)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Resampling.LANCZOS)
