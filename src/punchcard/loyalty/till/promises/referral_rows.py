"""Who brought whom: noted with the card that was opened by another card's link."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from punchcard.db.base import table_of
from punchcard.kit.ids import CardId, ReferralId
from punchcard.loyalty.cards.merges.merged_cards import leads_to
from punchcard.loyalty.operations import OpenCard
from punchcard.loyalty.programs.rules_loader import is_bringing
from punchcard.loyalty.referral_models import Referral
from punchcard.loyalty.tables import CARDS, PROGRAMS
from punchcard.loyalty.vocabulary import CardStatus, ReferralState

REFERRALS = table_of(Referral)


def referral_row(
    connection: Connection,
    operation: OpenCard,
    friend_card_id: CardId,
    referral_id: ReferralId,
    now: datetime,
) -> dict[str, Any] | None:
    """Return the row of a referral: None if the card that is named brings nobody (any more).

    A merged card brings whom the card that it became would bring.
    """
    referrer = operation.referrer_card_id
    assert referrer is not None
    stays = leads_to(connection, [referrer]).get(referrer, referrer)
    terms = connection.execute(
        select(PROGRAMS.c.referral)
        .join(CARDS, CARDS.c.program_id == PROGRAMS.c.id)
        .where(
            CARDS.c.id == stays,
            CARDS.c.program_id == operation.program_id,
            CARDS.c.status == CardStatus.ACTIVE,
        )
    ).scalar_one_or_none()
    if not is_bringing(terms):
        return None
    return {
        "id": referral_id,
        "vendor_id": operation.vendor_id,
        "program_id": operation.program_id,
        "referrer_card_id": referrer,
        "friend_card_id": friend_card_id,
        "terms": terms,
        "state": ReferralState.PENDING,
        "attempt": 0,
        "created_at": now,
        "updated_at": now,
    }
