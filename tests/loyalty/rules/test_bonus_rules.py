"""Bonuses that a card is given by itself: no visit, with dates, taken back whole."""

from dataclasses import replace
from typing import Any

import pytest

from punchcard.kit.ids import VendorId
from punchcard.loyalty.errors.balances import BalanceLimitReached
from punchcard.loyalty.errors.programs import ProgramTypeMismatch
from punchcard.loyalty.operations import Actor, CardKey, CardRef, GiveBonus
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.values import BALANCE_LIMIT, History
from punchcard.loyalty.vocabulary import ActorKind, EntryType
from tests.support.drivers.rules import (
    ALICE,
    CARD,
    MONDAY,
    card,
    past,
    points_program,
    program,
    void,
)

SYSTEM = Actor(ActorKind.SYSTEM, None)
YEAR = Expiry.parse({"kind": "fixed", "months": 12, "round_to": "month_end"})


def bonus(**gives: Any) -> GiveBonus:
    return GiveBonus(
        vendor_id=VendorId(ALICE),
        actor=SYSTEM,
        card=CardRef(CardKey.ID, CARD),
        kind=EntryType.REFERRAL_BONUS,
        facts={"referral_id": "r1", "side": "friend"},
        **gives,
    )


def test_it_asks_for_no_pin_and_is_no_visit() -> None:
    strict = program(pin_policy="required", max_daily_stamps=1)
    held = card(stamps=3, stamps_day=MONDAY.date(), stamps_on_day=1, last_activity_at=None)
    decision = decide(bonus(stamps=2), strict, held, MONDAY)
    ((entry, after),) = decision.steps
    assert (entry.type, entry.stamps_delta) == (EntryType.REFERRAL_BONUS, 2)
    assert entry.details == {"referral_id": "r1", "side": "friend"}
    assert (after.stamps, after.lifetime_stamps, after.stamps_on_day) == (5, 2, 1)
    assert after.last_activity_at is None


def test_its_points_have_the_dates_of_their_day() -> None:
    dated = points_program(points_expiry=YEAR, points_activation_days=14)
    decision = decide(bonus(points=20), dated, card(), MONDAY)
    entry, after = decision.steps[0]
    assert (after.points, after.lifetime_points) == (20, 20)
    assert entry.details is not None
    assert entry.details["lots"] == [["2027-03-31", 20]]


@pytest.mark.parametrize(
    ("rules", "gives"), [(points_program(), {"stamps": 1}), (program(), {"points": 1})]
)
def test_a_program_gives_what_it_collects(rules: Any, gives: dict[str, int]) -> None:
    with pytest.raises(ProgramTypeMismatch):
        decide(bonus(**gives), rules, card(), MONDAY)


def test_no_balance_grows_beyond_what_readers_count() -> None:
    with pytest.raises(BalanceLimitReached):
        decide(bonus(points=1), points_program(), card(points=BALANCE_LIMIT), MONDAY)


@pytest.mark.parametrize("policy", ["clamp", "refuse"])
def test_what_is_taken_back_by_itself_is_never_refused(policy: str) -> None:
    given = past(type=EntryType.REFERRAL_BONUS, points_delta=20)
    by_itself = replace(void(), actor=SYSTEM)
    strict = points_program(void_policy=policy, pin_policy="required")
    decision = decide(by_itself, strict, card(points=5), MONDAY, History(entry=given))
    assert decision.card.points == 0
