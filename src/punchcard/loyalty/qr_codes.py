"""QR codes as pictures: of cards, receipts and pairings, with error correction M."""

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import segno

QUIET_MODULES: Final = 4
"""How wide the quiet zone is that scanners need."""


def qr_code(text: str) -> "segno.QRCode":
    """Return the code of a text."""
    # Takes a while to import, and most processes draw none.
    import segno

    return segno.make_qr(text, error="m")


def qr_svg(text: str, *, scale: int, is_file: bool = False) -> str:
    """Return the code as an SVG picture on white, which says what it is where it is a file."""
    out = io.BytesIO()
    qr_code(text).save(
        out,
        kind="svg",
        scale=scale,
        border=QUIET_MODULES,
        light="#ffffff",
        svgclass=None,
        xmldecl=is_file,
    )
    return out.getvalue().decode().strip()
