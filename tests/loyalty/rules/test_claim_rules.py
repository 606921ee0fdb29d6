"""What a receipt gives, whoever puts it on their card: beside the counter's clock and limits."""

from datetime import timedelta
from typing import Any

import pytest

from punchcard.kit.ids import VendorId
from punchcard.loyalty.errors.balances import (
    BalanceLimitReached,
    StampTooSoon,
    TooManyStampsAtOnce,
)
from punchcard.loyalty.errors.cards import CardBlocked
from punchcard.loyalty.errors.programs import ProgramInactive
from punchcard.loyalty.operations import Actor, RecordVisit
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.time_rules import is_late
from punchcard.loyalty.rules.values import BALANCE_LIMIT, CardState, ProgramRules
from punchcard.loyalty.vocabulary import ActorKind, CardStatus, PinPolicy, ProgramStatus
from tests.support.drivers.rules import (
    ALICE,
    MONDAY,
    card,
    earn,
    points_program,
    program,
    stamp,
)

BY_CLAIM = Actor(ActorKind.CLAIM, "claim 1")
HOUR = timedelta(hours=1)


def by_receipt(operation: Any, **more: Any) -> Any:
    """Return the operation as a receipt of an hour ago asks for it."""
    operation.actor = BY_CLAIM
    operation.occurred_at = MONDAY - HOUR
    for name, value in more.items():
        setattr(operation, name, value)
    return operation


def visit(**more: Any) -> RecordVisit:
    one = stamp()
    return RecordVisit(vendor_id=VendorId(ALICE), actor=one.actor, card=one.card, **more)


def clock_of(state: CardState) -> tuple[Any, ...]:
    return state.last_stamp_at, state.stamps_day, state.stamps_on_day


def test_a_receipt_neither_waits_for_the_cooldown_nor_begins_one() -> None:
    before = decide(stamp(5), program(), card(), MONDAY).card
    after = decide(by_receipt(stamp(2)), program(), before, MONDAY).card
    assert (after.stamps, after.lifetime_stamps) == (7, 7)
    assert clock_of(after) == clock_of(before)
    fresh = decide(by_receipt(stamp(5)), program(), card(), MONDAY).card
    assert decide(stamp(5), program(), fresh, MONDAY).card.stamps == 10


def test_a_clock_that_ran_ahead_is_left_as_it_is() -> None:
    ahead = card(last_stamp_at=MONDAY + 9 * HOUR, stamps_day=MONDAY.date(), stamps_on_day=1)
    of_now = by_receipt(stamp(), occurred_at=MONDAY)
    assert clock_of(decide(of_now, program(), ahead, MONDAY).card) == clock_of(ahead)


def test_the_stamps_of_a_visit_leave_the_clock_alone_as_well() -> None:
    hybrid = program(type="hybrid")
    before = decide(stamp(5), hybrid, card(), MONDAY).card
    asked = by_receipt(visit(amount_minor=500, stamps=2))
    after = decide(asked, hybrid, before, MONDAY).card
    assert (after.stamps, after.points) == (7, 5)
    assert clock_of(after) == clock_of(before)
    with pytest.raises(StampTooSoon):
        decide(visit(amount_minor=500), hybrid, after, MONDAY)


def test_one_receipt_gives_no_more_stamps_than_a_day_may_have() -> None:
    with pytest.raises(TooManyStampsAtOnce) as refusal:
        decide(by_receipt(stamp(6)), program(), card(), MONDAY)
    assert refusal.value.facts["max_daily_stamps"] == 5


def test_a_receipt_keeps_to_what_a_card_can_hold() -> None:
    full = card(stamps=BALANCE_LIMIT)
    with pytest.raises(BalanceLimitReached):
        decide(by_receipt(stamp()), program(), full, MONDAY)


def test_a_receipt_counts_from_the_opening_of_a_card_that_came_after_it() -> None:
    opened = card(enrolled_at=MONDAY)
    decision = decide(by_receipt(earn(1250)), points_program(), opened, MONDAY + HOUR)
    assert (decision.at, decision.card.points) == (MONDAY, 12)
    before = card(enrolled_at=MONDAY - 2 * HOUR)
    assert decide(by_receipt(earn(1250)), points_program(), before, MONDAY).at == MONDAY - HOUR


@pytest.mark.parametrize(
    ("ask", "rules"),
    [
        (stamp(), program(pin_policy=PinPolicy.REQUIRED)),
        (earn(500), points_program(pin_policy=PinPolicy.REQUIRED)),
    ],
)
def test_nobody_at_the_till_answers_for_a_receipt(ask: Any, rules: ProgramRules) -> None:
    assert decide(by_receipt(ask), rules, card(), MONDAY).card.lifetime_rewards == 0


def test_a_receipt_is_a_visit_that_pays_the_welcome_bonus() -> None:
    waits = card(is_welcome_due=True)
    rules = points_program(welcome_points=50)
    after = decide(by_receipt(earn(500)), rules, waits, MONDAY).card
    assert (after.points, after.is_welcome_due) == (55, False)
    assert after.last_activity_at == MONDAY - HOUR


def test_a_blocked_card_and_a_closed_program_get_nothing() -> None:
    with pytest.raises(CardBlocked):
        decide(by_receipt(stamp()), program(), card(status=CardStatus.BLOCKED), MONDAY)
    with pytest.raises(ProgramInactive):
        decide(by_receipt(stamp()), program(status=ProgramStatus.INACTIVE), card(), MONDAY)


def test_what_a_receipt_tells_is_never_late() -> None:
    told = {"type": "stamp_earned", "occurred_at": MONDAY - HOUR, "created_at": MONDAY}
    assert not is_late({**told, "actor_kind": "claim"})
    assert is_late({**told, "actor_kind": "device"})
