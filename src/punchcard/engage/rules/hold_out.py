"""Who is held out: a share of the cards for whom nothing is done, to see what it does for the rest.

Which card is decided by its id alone, and anew for each automation: it stays so, whatever is edited
and however often it is asked, and who is held out of one is not out of all.
"""

import hashlib
from typing import Final

from punchcard.kit.ids import CardId

_PARTS: Final = 100


def is_held_out(salt: str, card_id: CardId, percent: int) -> bool:
    """Return whether a card is among the `percent` that are held out of what `salt` names.

    With a larger share the cards of a smaller one stay out, and others come to them.
    """
    digest = hashlib.sha256(f"{salt}:{card_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % _PARTS < percent
