"""QR codes: as drawings inside the page, and as files to take away."""

import io
from typing import Final

import segno

_PIXELS_A_MODULE: Final = 24
"""A code of 33 modules then has about 1000 pixels: sharp on 8 centimetres of paper."""
_QUIET_MODULES: Final = 4


def svg(text: str, *, scale: int = 8, border: int = 2, label: str = "") -> str:
    """Return a QR code (error correction M) as SVG that fills its frame, dark on white.

    `label` is what it is to those who cannot see it.
    """
    out = io.BytesIO()
    _code(text).save(
        out,
        kind="svg",
        scale=scale,
        border=border,
        dark="#000000",
        light="#ffffff",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        nl=False,
        title=label or None,
        svgclass="qr",
    )
    return out.getvalue().decode().replace("<svg", '<svg role="img"', 1)


def svg_file(text: str) -> bytes:
    """Return the same code as an SVG file, with the quiet zone that scanners need."""
    out = io.BytesIO()
    _code(text).save(out, kind="svg", scale=_PIXELS_A_MODULE, border=_QUIET_MODULES, light="white")
    return out.getvalue()


def png_file(text: str) -> bytes:
    """Return the same code as a PNG file, black on white."""
    out = io.BytesIO()
    _code(text).save(out, kind="png", scale=_PIXELS_A_MODULE, border=_QUIET_MODULES)
    return out.getvalue()


def _code(text: str) -> segno.QRCode:
    return segno.make(text, error="m", micro=False)
