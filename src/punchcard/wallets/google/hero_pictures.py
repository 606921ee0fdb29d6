"""Wide pictures for Google Wallet: a card's stamps, or a shop's own, and where they are shown.

Google fetches a picture once and keeps it for as long as its address stays the same. So an address
names the number of stamps and the design, and is signed: nobody can walk through shops by counting.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from punchcard.kit.ids import ProgramId
from punchcard.wallets.pass_content import PassContent
from punchcard.wallets.png import png_of
from punchcard.wallets.stamp_drawing import StampLook, backdrop_picture, stamps_picture

SIZE: Final = (1032, 336)
_MARGIN: Final = 0.06
_SIGNATURE_CHARACTERS: Final = 22
_DESIGN_CHARACTERS: Final = 16


def picture_name(key: bytes, program_id: ProgramId, stamps: int) -> str:
    """Return the file's name of a picture of so many stamps."""
    digest = hmac.digest(key, f"{program_id}/{stamps}".encode(), "sha256")
    signature = base64.urlsafe_b64encode(digest).decode()[:_SIGNATURE_CHARACTERS]
    return f"{stamps}.{signature}"


def stamps_in(keys: Sequence[bytes], program_id: ProgramId, name: str) -> int | None:
    """Return how many stamps a picture of this name shows; None for a name that we never gave.

    `keys` are what names are, or were, signed with.
    """
    number = name.partition(".")[0]
    if not (number.isascii() and number.isdigit() and len(number) <= 2):
        return None
    shown = name.encode("utf-8", "replace")
    expected = [picture_name(key, program_id, int(number)).encode() for key in keys]
    is_ours = any([hmac.compare_digest(one, shown) for one in expected])
    return int(number) if is_ours else None


def design_of(content: PassContent) -> str:
    """Return what differs as soon as a picture of stamps looks different."""
    shown = (content.stamps_target, look_of(content), content.hero_url)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:_DESIGN_CHARACTERS]


def look_of(content: PassContent) -> StampLook:
    """Return how the stamps of a card look."""
    return StampLook(
        content.background_color, content.accent_color, content.text_color, content.stamp_symbol
    )


@lru_cache(maxsize=128)
def stamps_png(stamps: int, target: int, look: StampLook, hero: bytes | None) -> bytes:
    """Return a picture of `stamps` of `target`; `hero` is the shop's own picture behind them."""
    shown = min(stamps, target)
    return png_of(stamps_picture(shown, target, look, size=SIZE, margin=_MARGIN, backdrop=hero))


@lru_cache(maxsize=32)
def hero_png(hero: bytes, background: str) -> bytes:
    """Return a shop's own picture in Google's size."""
    return png_of(backdrop_picture(hero, background, SIZE))
