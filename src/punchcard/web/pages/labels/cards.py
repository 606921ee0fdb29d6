"""What the statuses of cards and the ledger's entries are called on pages."""

from typing import Final

from punchcard.loyalty import words
from punchcard.loyalty.vocabulary import HELD_STATUSES

CARD_STATUSES: Final = tuple(words.CARD_STATUSES.items())
"""Each status of a card and what it is called."""
HELD_CARD_STATUSES: Final = tuple(pair for pair in CARD_STATUSES if pair[0] in HELD_STATUSES)
"""Those that a card in a list can have."""
ENTRY_NAMES: Final = words.ENTRY_TYPES
"""What the ledger's entries are called, by type; a type that is not here is shown as it is."""
