"""A promotion tried on past purchases gives to the cent what the till would have given."""

from fractions import Fraction

from punchcard.kit.ids import CardId, EntryId
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.carry import carried
from punchcard.loyalty.rules.promotions.simulation import PastPurchase, Simulation
from punchcard.loyalty.rules.standing import Standing
from tests.loyalty.rules.promotions.test_promotion_rules import LUXEMBOURG, offer
from tests.support.drivers.rules import CARD, MONDAY, card, earn
from tests.support.drivers.tier_life import tiered

MEMBER = card(standing=Standing(tier={"key": "silver", "since": "2026-01-01"}))
RULES = tiered()


def past_purchase(amount_minor: int) -> PastPurchase:
    """Return a purchase of the member of a tier as the ledger tells it, without a promotion."""
    bought = decide(earn(amount_minor), RULES, MEMBER, MONDAY)
    draft, after = bought.steps[-1]
    assert draft.details is not None
    return PastPurchase(
        id=EntryId("a purchase"),
        card_id=CardId(CARD),
        at=MONDAY,
        location_id=None,
        tier="silver",
        amount_minor=amount_minor,
        stamps=0,
        earned=draft.points_delta + carried(RULES, after),
        carry=Fraction(0),
        has_points=True,
        parts=draft.details["parts"],
    )


def simulation() -> Simulation:
    return Simulation(offer=offer(), zone=LUXEMBOURG, minimum_purchase_minor=0)


def test_a_promotion_counts_on_what_a_tier_makes_of_a_purchase() -> None:
    tried = simulation()
    tried.buy(past_purchase(8000))
    # 80 points become 100 for the tier, and those are doubled.
    assert (tried.points, tried.touched, tried.cards) == (100, 1, 1)


def test_a_void_takes_back_what_was_bought_and_nothing_of_what_nobody_saw() -> None:
    tried = simulation()
    tried.buy(past_purchase(8000))
    tried.void(EntryId("of another time"))
    assert (tried.points, tried.purchases) == (100, 1)
    tried.void(EntryId("a purchase"))
    tried.void(EntryId("a purchase"))
    assert (tried.points, tried.purchases, tried.cards) == (0, 0, 0)
