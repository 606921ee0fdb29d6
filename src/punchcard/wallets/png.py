"""Pictures as PNG, the one format that wallets and pages share."""

import io


def png_of(image: "Image") -> bytes:
    """Return an image as PNG, without whatever else its file carried."""
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()
