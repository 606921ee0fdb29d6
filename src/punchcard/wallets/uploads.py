"""Pictures that vendors upload: looked at with suspicion, then kept as plain PNGs of our making.

What is stored was decoded and written anew, so that nothing of the sent file but its pixels stays.
"""

import hashlib
import io
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets.models import PassImage
from punchcard.wallets.png import png_of

if TYPE_CHECKING:
    from PIL.Image import Image

PIXELS_LIMIT: Final = 16_000_000
LEAST_SIDE: Final = 16
LONGEST_SIDE: Final = 1024
FORMATS: Final = ("PNG", "JPEG")

_LEAST_SIDES: Final = {PictureKind.LOGO: LEAST_SIDE, PictureKind.HERO: 144}
_LONGEST_SIDES: Final = {PictureKind.LOGO: LONGEST_SIDE, PictureKind.HERO: 1500}
"""In pixels. The wide picture fills a strip of 1125 x 432 pixels on today's iPhones."""
_PROPORTIONS: Final = {PictureKind.LOGO: (8, 4), PictureKind.HERO: (10, 10)}
"""How many times as wide as high a picture may be, and as high as wide: else a line is left."""

# A small file may unpack to a hundred megabytes: one picture at a time.
_TURN: Final = threading.Lock()


class ImageRefused(DomainError):
    """An uploaded file is not a picture that can be shown."""

    code = "image_refused"
    kind = Kind.INVALID
    sentence = N_("This is not a PNG or JPEG picture, or it is damaged.")


class ImageTooLarge(ImageRefused):
    """An uploaded file is too long."""

    code = "image_too_large"
    sentence = N_("The picture's file is too large: {limit_bytes} bytes at most.")


class ImageSizeRefused(ImageRefused):
    """An uploaded picture has too few or too many pixels."""

    code = "image_size_refused"
    sentence = N_(
        "Each side must have {least_pixels} pixels or more, the picture {limit_pixels} at most."
    )


class ImageProportionsRefused(ImageRefused):
    """An uploaded picture would be a thin line on a card."""

    code = "image_proportions_refused"
    sentence = N_(
        "This picture is too long and narrow for a card: at most {widest} times as wide as high, or"
        " {tallest} times as high as wide."
    )


class ImageAnimated(ImageRefused):
    """An uploaded picture moves, which no wallet shows."""

    code = "image_animated"
    sentence = N_("Upload a picture that does not move.")


def checked_png(content: bytes, *, limit_bytes: int, kind: PictureKind = PictureKind.LOGO) -> bytes:
    """Return an uploaded picture as a PNG of LONGEST_SIDE pixels at most (1500 for a hero).

    Raises ImageRefused.

    The size is read from the header, before a single pixel is unpacked: a small file can unpack to
    gigabytes. It is turned upright if a camera noted that it lies on its side, and has the colours
    of screens whatever it had before.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(content) > limit_bytes:
        raise ImageTooLarge(limit_bytes=limit_bytes)
    try:
        with _TURN, Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _check_size(*opened.size, _LEAST_SIDES[kind])
            if opened.format == "PNG" and getattr(opened, "is_animated", False):
                raise ImageAnimated
            picture = _in_screen_colours(ImageOps.exif_transpose(opened))
            picture.thumbnail((_LONGEST_SIDES[kind], _LONGEST_SIDES[kind]))
            if min(picture.size) < _LEAST_SIDES[kind]:
                raise proportions_refused(kind)
    except Image.DecompressionBombError as error:
        raise _size_refused(_LEAST_SIDES[kind]) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ImageRefused from error
    picture.info.clear()
    return png_of(picture)


def fits_a_card(width: int, height: int, kind: PictureKind) -> bool:
    """Return whether a picture of these sides would be more than a line on a card."""
    widest, tallest = _PROPORTIONS[kind]
    return width <= height * widest and height <= width * tallest


def proportions_refused(kind: PictureKind) -> ImageProportionsRefused:
    """Return the refusal of a picture that is too long and narrow, with what would not be."""
    widest, tallest = _PROPORTIONS[kind]
    return ImageProportionsRefused(widest=widest, tallest=tallest)


def _check_size(width: int, height: int, least_side: int) -> None:
    if width * height > PIXELS_LIMIT or min(width, height) < least_side:
        raise _size_refused(least_side)


def _size_refused(least_side: int) -> ImageSizeRefused:
    return ImageSizeRefused(least_pixels=least_side, limit_pixels=PIXELS_LIMIT)


def _in_screen_colours(picture: "Image") -> "Image":
    if picture.mode.startswith("I"):
        # Sixteen bits a grey: without this everything but the darkest would turn white.
        picture = picture.point(lambda grey: grey / 256).convert("L")
    elif picture.mode == "CMYK":
        picture = picture.convert("RGB")
    return picture.convert("RGBA")


def keep_image(
    session: Session, program_id: ProgramId, kind: PictureKind, content: bytes, *, now: datetime
) -> PassImage:
    """Keep a checked PNG as the program's picture of this kind, instead of the one before."""
    image = session.get(PassImage, (program_id, kind))
    if image is None:
        image = PassImage(program_id=program_id, kind=kind)
        session.add(image)
    image.content, image.sha256 = content, hashlib.sha256(content).digest()
    image.created_at = now
    return image


def find_image(session: Session, program_id: ProgramId, kind: PictureKind) -> bytes | None:
    """Return the program's picture of this kind, if it has one."""
    image = session.get(PassImage, (program_id, kind))
    return image.content if image is not None else None


def drop_image(session: Session, program_id: ProgramId, kind: PictureKind) -> None:
    """Forget the program's picture of this kind, if it has one."""
    image = session.get(PassImage, (program_id, kind))
    if image is not None:
        session.delete(image)
