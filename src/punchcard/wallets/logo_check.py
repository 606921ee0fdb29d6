"""What a picture must be to do as a logo: something to be seen, in proportions that fit a card."""

import io
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets.png import png_of
from punchcard.wallets.uploads import LEAST_SIDE, ImageRefused, fits_a_card, proportions_refused

_SEEN_ALPHA: Final = 16
"""Of 255: what is fainter cannot be seen."""


class LogoBlank(ImageRefused):
    """An uploaded logo is transparent all over."""

    code = "image_blank"
    sentence = N_("There is nothing to be seen in this picture: all of it is transparent.")


class LogoTooSmall(ImageRefused):
    """What can be seen of an uploaded logo has too few pixels."""

    code = "image_seen_too_small"
    sentence = N_(
        "Without its empty margins this picture has {width} by {height} pixels: each side must have"
        " {least_pixels} or more."
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
    if not fits_a_card(width, height, PictureKind.LOGO):
        raise proportions_refused(PictureKind.LOGO)
    if min(width, height) < LEAST_SIDE:
        raise LogoTooSmall(width=width, height=height, least_pixels=LEAST_SIDE)
    return png if logo.size == picture.size else png_of(logo)
