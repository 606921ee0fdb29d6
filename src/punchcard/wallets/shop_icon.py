"""The square picture that stands for a shop: its logo, or a stamp in its colours.

Google Wallet shows it in a circle, phones keep it on the home screen.
"""

import io
from functools import lru_cache
from typing import Final

from punchcard.wallets.png import png_of
from punchcard.wallets.stamp_drawing import StampLook, mark_picture

_SAFE_SHARE: Final = 0.68
"""Phones and Google cut a circle or a rounded square out of it."""


@lru_cache(maxsize=128)
def shop_icon(logo: bytes | None, look: StampLook, *, side: int) -> bytes:
    """Return a PNG of `side` pixels; `logo` is a checked PNG of the vendor's."""
    from PIL import Image

    if logo is None:
        return png_of(mark_picture(look, side))
    canvas = Image.new("RGB", (side, side), look.background)
    with Image.open(io.BytesIO(logo)) as opened:
        picture = opened.convert("RGBA")
    share = round(side * _SAFE_SHARE) / max(picture.size)
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    place = ((side - picture.width) // 2, (side - picture.height) // 2)
    canvas.paste(picture, place, picture)
    return png_of(canvas)
