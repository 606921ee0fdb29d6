"""Opening balances: set or added, never beyond what a card can hold, and no part of what it got."""

from typing import Any

import pytest

from punchcard.kit.ids import CardId, VendorId
from punchcard.loyalty.errors.balances import BalanceLimitReached
from punchcard.loyalty.operations import Actor, CardKey, CardRef, SetOpeningBalance
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.standing import Lot, Standing
from punchcard.loyalty.rules.values import BALANCE_LIMIT, CardState
from punchcard.loyalty.vocabulary import ActorKind
from tests.support.drivers.rules import ALICE, CARD, MONDAY, card, program

YEAR = Expiry.parse({"kind": "fixed", "months": 12, "round_to": "day"})
HYBRID = program(type="hybrid", points_expiry=YEAR, stamps_expiry=YEAR)


def opened(holder: CardState, **told: Any) -> CardState:
    operation = SetOpeningBalance(
        vendor_id=VendorId(ALICE),
        actor=Actor(ActorKind.IMPORT, "an import"),
        card=CardRef(CardKey.ID, CardId(CARD)),
        **told,
    )
    return decide(operation, HYBRID, holder, MONDAY).card


def test_what_is_set_lower_takes_what_ends_first() -> None:
    lots = (Lot("2026-05-01", 3), Lot("2026-09-01", 4))
    holder = card(stamps=7, points=7, standing=Standing(lots=lots, stamp_lots=lots))
    after = opened(holder, stamps=5, points=2)
    assert (after.stamps, after.points) == (5, 2)
    assert after.kept_standing.stamp_lots == (Lot("2026-05-01", 1), Lot("2026-09-01", 4))
    assert after.kept_standing.lots == (Lot("2026-09-01", 2),)
    assert (after.lifetime_stamps, after.lifetime_points) == (0, 0)


@pytest.mark.parametrize("name", ["stamps", "points"])
def test_no_card_holds_more_than_can_be_counted(name: str) -> None:
    told = {name: 1, "adds": True}
    assert getattr(opened(card(**{name: BALANCE_LIMIT - 1}), **told), name) == BALANCE_LIMIT
    with pytest.raises(BalanceLimitReached):
        opened(card(**{name: BALANCE_LIMIT}), **told)
