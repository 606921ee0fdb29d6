"""How a receipt's code is shown: to be read, to be scanned."""

import io

from punchcard.connect.claims.presented import PATH
from punchcard.kit.security.spoken_codes import readable


def claim_code(code: str) -> str:
    """Return a code in two groups, as it is read out and typed."""
    return readable(code)


def claim_url(base_url: str, text: str) -> str:
    """Return the address of the receipt with this code or signed text."""
    return f"{base_url}{PATH}{text}"


def qr_svg(address: str) -> str:
    """Return the QR code of an address as an SVG picture, with its quiet zone."""
    import segno

    picture = io.BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(picture, kind="svg", scale=4, border=4, light="#ffffff", svgclass=None, xmldecl=False)
    return picture.getvalue().decode().strip()
