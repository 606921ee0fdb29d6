"""The logo that Google Wallet shows in a circle: the vendor's own, or a stamp in its colours."""

import io
from functools import lru_cache
from typing import Final

SIDE: Final = 660
# Google cuts a circle out of the square.
_SAFE_SHARE: Final = 0.68


@lru_cache(maxsize=64)
def google_logo(logo: bytes | None, background: str, accent: str) -> bytes:
    """Return a PNG; `logo` is a checked PNG of the vendor's."""
    from PIL import Image, ImageDraw

    canvas = Image.new("RGB", (SIDE, SIDE), background)
    inner = round(SIDE * _SAFE_SHARE)
    inset = (SIDE - inner) // 2
    if logo is None:
        ImageDraw.Draw(canvas).ellipse((inset, inset, SIDE - inset, SIDE - inset), fill=accent)
    else:
        with Image.open(io.BytesIO(logo)) as opened:
            picture = opened.convert("RGBA")
        picture.thumbnail((inner, inner))
        place = ((SIDE - picture.width) // 2, (SIDE - picture.height) // 2)
        canvas.paste(picture, place, picture)
    written = io.BytesIO()
    canvas.save(written, "PNG", optimize=True)
    return written.getvalue()
