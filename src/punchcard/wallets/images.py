"""Pictures that vendors upload: looked at with suspicion, then kept as plain PNGs of our making.

What is stored was decoded and written anew, so that nothing of the sent file but its pixels stays.
"""

import hashlib
import io
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_
from punchcard.wallets.models import PassImage
from punchcard.wallets.pictures import png_of

BYTES_LIMIT: Final = 1_000_000
PIXELS_LIMIT: Final = 16_000_000
LEAST_SIDE: Final = 16
LONGEST_SIDE: Final = 1024
FORMATS: Final = ("PNG", "JPEG", "WEBP")

LOGO: Final = "logo"


class ImageRefused(DomainError):
    """An uploaded file is no picture that a pass can show."""

    code = "image_refused"
    kind = Kind.INVALID
    sentence = N_(
        "Upload a PNG, JPEG or WebP picture of 16 to 4,000 pixels a side and 1 MB at most."
    )


def checked_png(content: bytes) -> bytes:
    """Return an uploaded picture as a PNG of LONGEST_SIDE pixels at most. Raises ImageRefused.

    The size is read from the header, before a single pixel is unpacked: a small file can unpack to
    gigabytes.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(content) > BYTES_LIMIT:
        raise ImageRefused
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > PIXELS_LIMIT or min(width, height) < LEAST_SIDE:
                raise ImageRefused
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise ImageRefused from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.info.clear()
    return png_of(picture)


def keep_image(
    session: Session, program_id: str, kind: str, content: bytes, *, now: datetime
) -> PassImage:
    """Keep a checked PNG as the program's picture of this kind, instead of the one before."""
    image = session.get(PassImage, (program_id, kind))
    if image is None:
        image = PassImage(program_id=program_id, kind=kind)
        session.add(image)
    image.content, image.sha256 = content, hashlib.sha256(content).digest()
    image.created_at = now
    return image


def find_image(session: Session, program_id: str, kind: str) -> bytes | None:
    """Return the program's picture of this kind, if it has one."""
    image = session.get(PassImage, (program_id, kind))
    return image.content if image is not None else None
