"""Cards that were found by another number than they have, and how a list says so."""

import re
from collections.abc import Collection
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, readable_number
from punchcard.loyalty.cards.merges.merged_cards import parts_of
from punchcard.loyalty.cards.retired_cards import former_numbers
from punchcard.loyalty.operations import CardKey, CardRef
from punchcard.loyalty.tables import CARDS

FORMER_NUMBER: Final = N_("Found by a former number: {number}")
_NO_DIGIT: Final = re.compile(r"[^0-9]+")
_LEAST_DIGITS: Final = 4


def sought_former_numbers(
    session: Session, card_ids: Collection[CardId], query: str
) -> dict[CardId, str]:
    """Return the former number of each card that `query` begins, or whose link it is.

    Numbers of cards that have become part of it are former numbers, too.
    """
    ref = CardRef.parse(query.strip())
    is_link = ref is not None and ref.key == CardKey.TOKEN
    digits = "" if is_link else _NO_DIGIT.sub("", query)
    if len(digits) < _LEAST_DIGITS and not is_link:
        return {}
    wanted, parts = set(card_ids), parts_of(session, card_ids)
    found = former_numbers(session, [*card_ids, *parts])
    own = select(CARDS.c.id, CARDS.c.number).where(CARDS.c.id.in_(parts))
    for part, number in session.execute(own) if parts else ():
        found.setdefault(parts[part], []).append(number)
    for part, stays in parts.items():
        found.setdefault(stays, []).extend(found.get(part, ()))
    return {
        card_id: readable_number(numbers[0])
        for card_id, all_numbers in found.items()
        if card_id in wanted and (numbers := [one for one in all_numbers if one.startswith(digits)])
    }
