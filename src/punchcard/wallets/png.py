"""Pictures as PNG, the one format that wallets and pages share."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def png_of(image: "Image") -> bytes:
    """Return an image as PNG, without whatever else its file carried."""
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()
