"""What a picture must be to do as a logo: something to be seen, in proportions that fit a card."""

import io
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.wallets.png import png_of
from punchcard.wallets.uploads import LEAST_SIDE, PIXELS_LIMIT, ImageRefused, ImageSizeRefused

WIDEST: Final = 8
TALLEST: Final = 4
"""How many times as wide as high a logo may be, and as high as wide: else a line of it is left."""
_SEEN_ALPHA: Final = 16
"""Of 255: what is fainter cannot be seen."""


class LogoBlank(ImageRefused):
    """An uploaded logo is transparent all over."""

    code = "image_blank"
    sentence = N_("There is nothing to be seen in this picture: all of it is transparent.")


class LogoProportionsRefused(ImageRefused):
    """An uploaded logo would be a thin line on a card."""

    code = "image_proportions_refused"
    sentence = N_(
        "This picture is too long and narrow for a card: at most {widest} times as wide as high, or"
        " {tallest} times as high as wide."
    )


def logo_of(png: bytes) -> bytes:
    """Return a checked picture as a logo, without the empty margins around what is seen.

    Raises ImageRefused.
    """
    from PIL import Image

    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGBA")
    seen = picture.getchannel("A").point(lambda alpha: 255 if alpha >= _SEEN_ALPHA else 0)
    box = seen.getbbox()
    if box is None:
        raise LogoBlank
    logo = picture.crop(box)
    width, height = logo.size
    if width > height * WIDEST or height > width * TALLEST:
        raise LogoProportionsRefused(widest=WIDEST, tallest=TALLEST)
    if min(logo.size) < LEAST_SIDE:
        raise ImageSizeRefused(least_pixels=LEAST_SIDE, limit_pixels=PIXELS_LIMIT)
    return png if logo.size == picture.size else png_of(logo)
