"""The buttons below a pass: what they open, and how many there may be."""

from enum import StrEnum
from typing import Final


class FeaturedAction(StrEnum):
    """What a button below a pass opens, on phones that show such buttons."""

    CARD = "card"
    CALL = "call"
    PLACE = "place"
    WEBSITE = "website"


FEATURED_ACTIONS_LIMIT: Final = 2
"""A pass has no more buttons."""
