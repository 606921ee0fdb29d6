"""QR codes as drawings inside the page."""

import io

import segno


def svg(text: str, *, scale: int = 8, border: int = 2, label: str = "") -> str:
    """Return a QR code (error correction M) as SVG that fills its frame, dark on white.

    `label` is what it is to those who cannot see it.
    """
    out = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(
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
