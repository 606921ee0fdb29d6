"""Pictures as vendors upload them, good and bad."""

import io
from typing import Any

from PIL import Image


def a_picture(
    kind: str = "PNG",
    *,
    size: tuple[int, int] = (400, 200),
    mode: str = "RGB",
    colour: Any = "#aa3311",
    **more: Any,
) -> bytes:
    """Return a file of one colour."""
    content = io.BytesIO()
    Image.new(mode, size, colour).save(content, kind, **more)
    return content.getvalue()


def a_moving_picture() -> bytes:
    """Return a PNG of two frames."""
    content = io.BytesIO()
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(content, "PNG", save_all=True, append_images=frames[1:])
    return content.getvalue()


def opened(content: bytes) -> Image.Image:
    """Return a picture as a program that shows it would read it."""
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture
