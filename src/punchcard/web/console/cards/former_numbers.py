"""Cards that were found by a number they no longer have, and how a list says so."""

import re
from collections.abc import Collection
from typing import Final

from sqlalchemy.orm import Session

from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, unbroken_number
from punchcard.loyalty.cards.retired_cards import former_numbers
from punchcard.loyalty.operations import CardKey, CardRef

FORMER_NUMBER: Final = N_("Number before it was replaced: {number}")
_NO_DIGIT: Final = re.compile(r"[^0-9]+")
_LEAST_DIGITS: Final = 4


def sought_former_numbers(
    session: Session, card_ids: Collection[CardId], query: str
) -> dict[CardId, str]:
    """Return the former number of each card that `query` begins, or whose link it is."""
    ref = CardRef.parse(query.strip())
    is_link = ref is not None and ref.key == CardKey.TOKEN
    digits = "" if is_link else _NO_DIGIT.sub("", query)
    if len(digits) < _LEAST_DIGITS and not is_link:
        return {}
    found = former_numbers(session, card_ids)
    return {
        card_id: unbroken_number(numbers[0])
        for card_id, all_numbers in found.items()
        if (numbers := [one for one in all_numbers if one.startswith(digits)])
    }
