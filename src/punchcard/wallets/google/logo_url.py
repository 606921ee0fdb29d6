"""The logo that Google Wallet shows in a circle: the vendor's own, or a stamp in its colours."""

import io
from functools import lru_cache
from typing import Final

from punchcard.wallets.png import png_of
from punchcard.wallets.stamp_drawing import StampLook, mark_picture

SIDE: Final = 660
# Google cuts a circle out of the square.
_SAFE_SHARE: Final = 0.68


@lru_cache(maxsize=64)
def google_logo(logo: bytes | None, look: StampLook) -> bytes:
    """Return a PNG; `logo` is a checked PNG of the vendor's."""
    from PIL import Image

    if logo is None:
        return png_of(mark_picture(look, SIDE))
    canvas = Image.new("RGB", (SIDE, SIDE), look.background)
    inner = round(SIDE * _SAFE_SHARE)
    with Image.open(io.BytesIO(logo)) as opened:
        picture = opened.convert("RGBA")
    picture.thumbnail((inner, inner))
    place = ((SIDE - picture.width) // 2, (SIDE - picture.height) // 2)
    canvas.paste(picture, place, picture)
    return png_of(canvas)
