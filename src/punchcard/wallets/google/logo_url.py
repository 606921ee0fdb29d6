"""The logo that Google Wallet shows in a circle: the vendor's own, or a stamp in its colours."""

from typing import Final

from punchcard.wallets.shop_icon import shop_icon
from punchcard.wallets.stamp_drawing import StampLook

SIDE: Final = 660


def google_logo(logo: bytes | None, look: StampLook) -> bytes:
    """Return a PNG; `logo` is a checked PNG of the vendor's."""
    return shop_icon(logo, look, side=SIDE)
