"""Two cards of one person become one: nothing is lost, nothing is had twice."""

from datetime import date, timedelta

import pytest

from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards.models import Erasure
from punchcard.loyalty.errors.balances import DailyStampLimitReached, StampTooSoon
from punchcard.loyalty.errors.cards import CardBlocked, CardNotFound, CardWasReplaced
from punchcard.loyalty.errors.grants import GrantAlreadyGiven
from punchcard.loyalty.errors.merges import (
    CardsOfDifferentPrograms,
    ErasureWaiting,
    ReservationsOpen,
)
from punchcard.loyalty.errors.staff import StaffPinRequired
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import CardStatus, ProofWay
from tests.loyalty.till.merges.counter import (
    HYBRID,
    balances,
    by_code,
    card_of,
    entries_of,
    refused,
    standing_of,
    told,
)
from tests.support.drivers.till import TillDriver, open_till_driver


def test_all_that_one_card_has_moves_to_the_other(alice: TillDriver) -> None:
    program = alice.program(**HYBRID, points_per_amount_minor=300)
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.stamp(mine, 3), alice.stamp(found, 4)])
    alice.till.submit_all([alice.earn(mine, 1000), alice.earn(found, 2100)])

    merge = alice.merge(mine, found)
    receipt = alice.till.submit(merge)

    assert (receipt.card.stamps, receipt.card.points) == (7, 10)
    assert receipt.card.lifetime_points == 10
    assert balances(alice, mine, found) == [(7, 10), (0, 0)]
    assert card_of(alice, mine).points_carry == 100
    assert card_of(alice, found).status == CardStatus.REPLACED
    came, went = (told(alice, entry) for entry in entries_of(alice, merge.merge_id))
    assert (came.type, came.stamps_delta, came.points_delta) == ("merged_in", 4, 7)
    assert (went.type, went.stamps_delta, went.points_delta) == ("merged_out", -4, -7)
    assert came.details
    assert went.details
    assert came.details["merge_id"] == went.details["merge_id"] == merge.merge_id


def test_two_parts_of_a_point_make_one(alice: TillDriver) -> None:
    program = alice.program(**HYBRID, points_per_amount_minor=300)
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.earn(mine, 200), alice.earn(found, 200)])
    assert balances(alice, mine, found) == [(0, 0), (0, 0)]
    alice.till.submit(alice.merge(mine, found))
    assert balances(alice, mine) == [(0, 1)]
    assert card_of(alice, mine).points_carry == 100


def test_points_keep_the_dates_they_had(alice: TillDriver, clock: ManualClock) -> None:
    dates = {"kind": "fixed", "months": 12, "round_to": "day"}
    program = alice.program(**HYBRID, points_expiry=dates, points_activation_days=0)
    mine, found = alice.cards(program, 2)
    alice.till.submit(alice.earn(found, 500))
    clock.advance(days=40)
    alice.till.submit(alice.earn(mine, 300))
    alice.till.submit(alice.merge(mine, found))
    assert [lot[:2] for lot in standing_of(alice, mine).lots] == [
        ("2027-03-02", 5),
        ("2027-04-11", 3),
    ]


def test_what_one_card_owes_the_other_repays_with_what_ends_first(
    alice: TillDriver, clock: ManualClock
) -> None:
    dates = {"kind": "fixed", "months": 12, "round_to": "day"}
    program = alice.program(**HYBRID, points_expiry=dates, void_policy="allow_negative")
    mine, found = alice.cards(program, 2)
    earned = alice.till.submit(alice.earn(mine, 600))
    alice.till.submit(alice.redeem_points(mine, 4))
    alice.till.submit(alice.void(earned.entry["id"]))
    alice.till.submit(alice.earn(found, 1000))
    alice.till.submit(alice.merge(mine, found))
    assert balances(alice, mine) == [(0, 6)]
    assert standing_of(alice, mine).points_dated == 6


def test_a_code_of_the_merged_card_stamps_the_one_it_became(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    first, second, third = alice.cards(program, 3)
    number = card_of(alice, first).number
    alice.till.submit(alice.merge(second, first))
    alice.till.submit(alice.merge(third, second))
    stamped = alice.till.submit(by_code(alice.stamp(first, 10), number))
    assert stamped.card.id == third
    assert isinstance(refused(alice, alice.stamp(first)), CardWasReplaced)


def test_a_code_leads_on_within_the_batch_that_merges(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    by_number = by_code(alice.stamp(found), card_of(alice, found).number)
    operations = [alice.merge(mine, found), by_number, alice.stamp(mine)]
    outcomes = alice.till.submit_all(operations)
    assert [one.card.id for one in outcomes if isinstance(one, Receipt)] == [mine] * 3
    assert balances(alice, mine) == [(2, 0)]


def test_limits_count_what_both_cards_had(alice: TillDriver, clock: ManualClock) -> None:
    program = alice.program(cooldown_minutes=30, max_daily_stamps=3)
    mine, found = alice.cards(program, 2)
    alice.till.submit(alice.stamp(mine))
    clock.advance(minutes=40)
    alice.till.submit(alice.stamp(found))
    alice.till.submit(alice.merge(mine, found))
    assert isinstance(refused(alice, alice.stamp(mine)), StampTooSoon)
    clock.advance(minutes=40)
    alice.till.submit(alice.stamp(mine))
    clock.advance(minutes=40)
    assert isinstance(refused(alice, alice.stamp(mine)), DailyStampLimitReached)


def test_a_late_stamp_finds_those_of_the_merged_card(alice: TillDriver, clock: ManualClock) -> None:
    program = alice.program(cooldown_minutes=30, max_daily_stamps=9)
    mine, found = alice.card_of_before(program), alice.card_of_before(program)
    at = clock.now()
    alice.till.submit(alice.stamp(found))
    clock.advance(hours=3)
    alice.till.submit(alice.stamp(mine))
    alice.till.submit(alice.merge(mine, found))
    clock.advance(hours=1)
    assert isinstance(refused(alice, alice.stamp(mine, occurred_at=at)), StampTooSoon)


def test_a_welcome_is_paid_once(alice: TillDriver) -> None:
    program = alice.program(**HYBRID, welcome_stamps=2)
    mine = alice.card(program, is_vouched=False)
    greeted = alice.card(program)
    alice.till.submit(alice.merge(mine, greeted))
    alice.till.submit(alice.stamp(mine))
    assert balances(alice, mine) == [(3, 0)]


def test_a_milestone_that_either_card_claimed_is_claimed(alice: TillDriver) -> None:
    program = alice.program(**HYBRID, stamp_rewards=_rewards())
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.stamp(mine, 6), alice.stamp(found, 7)])
    alice.till.submit(alice.redeem_stamps(found, milestone=5))
    alice.till.submit(alice.merge(mine, found))
    assert standing_of(alice, mine).claimed == (5,)
    assert alice.till.submit(alice.redeem_stamps(mine)).card.stamps == 3
    assert standing_of(alice, mine).lap == 2


def test_full_cards_of_both_stay_counted_and_kept_rewards_can_be_had(alice: TillDriver) -> None:
    program = alice.program(**HYBRID, stamp_rewards=_rewards())
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.stamp(mine, 10), alice.stamp(found, 20)])
    alice.till.submit_all([alice.redeem_stamps(mine), alice.redeem_stamps(found)])
    alice.till.submit(alice.redeem_stamps(found))
    assert standing_of(alice, found).kept == ((1, 5), (2, 5))
    alice.till.submit(alice.merge(mine, found))
    assert standing_of(alice, mine).lap == 4
    assert standing_of(alice, mine).kept == ((1, 5), (2, 5), (3, 5))
    for _ in range(3):
        alice.till.submit(alice.redeem_stamps(mine, milestone=5))
    assert standing_of(alice, mine).kept == ()


def test_grants_come_along_and_what_is_given_once_is_not_given_again(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    coffee = alice.reward(program, points_required=None)
    mine, found = alice.cards(program, 2)
    given = alice.grant(found, coffee, once_key="birthday:2026", expires_on=date(2026, 4, 1))
    alice.till.submit(given)
    alice.till.submit(alice.merge(mine, found))
    again = refused(alice, alice.grant(mine, coffee, once_key="birthday:2026"))
    assert isinstance(again, GrantAlreadyGiven)
    assert alice.till.submit(alice.redeem_grant(mine, given.grant_id)).card.id == mine


def test_both_may_have_been_given_the_same_before(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    coffee = alice.reward(program, points_required=None)
    mine, found = alice.cards(program, 2)
    for card in (mine, found):
        alice.till.submit(alice.grant(card, coffee, once_key="birthday:2026"))
    alice.till.submit(alice.merge(mine, found))
    assert len(standing_of(alice, mine).grants) == 2
    again = refused(alice, alice.grant(mine, coffee, once_key="birthday:2026"))
    assert isinstance(again, GrantAlreadyGiven)


def test_a_reward_with_a_limit_a_card_counts_for_both(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    cake = alice.reward(program, points_required=5, per_card_limit=1)
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.earn(mine, 1000), alice.earn(found, 1000)])
    alice.till.submit(alice.redeem(found, cake))
    merged = alice.till.submit(alice.merge(mine, found))
    assert merged.card.ready == ()
    assert refused(alice, alice.redeem(mine, cake)).facts["reason"] == "card_limit_reached"


def test_an_anonymous_card_gets_the_holder_of_the_other(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    anna = NewCustomer(name="Anna", email="anna@example.com")
    mine, found = alice.card(program), alice.card(program, customer=anna)
    alice.till.submit(alice.merge(mine, found))
    holders = {card_of(alice, card).customer_id for card in (mine, found)}
    assert len(holders) == 1
    assert holders != {None}


def test_what_cannot_be_merged_is_refused_and_nothing_changes(alice: TillDriver) -> None:
    program, other = alice.program(**HYBRID), alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    stranger = open_till_driver(
        alice.database, alice.till, clock=alice.clock, ids=alice.ids, slug="bar-bob"
    )
    theirs = stranger.card(stranger.program(**HYBRID))
    elsewhere = alice.card(other)
    assert isinstance(refused(alice, alice.merge(mine, mine)), InvalidInput)
    assert isinstance(refused(alice, alice.merge(mine, theirs)), CardNotFound)
    assert isinstance(refused(alice, alice.merge(theirs, mine)), CardNotFound)
    assert isinstance(refused(alice, alice.merge(mine, CardId(alice.ids.new_id()))), CardNotFound)
    assert isinstance(refused(alice, alice.merge(mine, elsewhere)), CardsOfDifferentPrograms)
    with alice.database.write() as session:
        session.get_one(LoyaltyCard, found).status = CardStatus.BLOCKED
    assert isinstance(refused(alice, alice.merge(mine, found)), CardBlocked)
    assert isinstance(refused(alice, alice.merge(found, mine)), CardBlocked)


@pytest.mark.parametrize("is_known", [True, False])
def test_who_asked_to_be_forgotten_is_merged_with_nobody_until_they_think_again(
    alice: TillDriver, is_known: bool
) -> None:
    program = alice.program(**HYBRID)
    mine = alice.card(program)
    anna = NewCustomer(name="Anna", email="anna@example.com") if is_known else None
    # Who is known is forgotten on all of their cards, whichever they asked at.
    asked_at = alice.card(program, customer=anna)
    found = alice.card(alice.program(**HYBRID), customer=anna) if is_known else asked_at
    wish = wish_of(alice, found)
    for pair in ((mine, asked_at), (asked_at, mine)):
        assert isinstance(refused(alice, alice.merge(*pair)), ErasureWaiting)
    with alice.database.write() as session:
        session.get_one(Erasure, wish).undone_at = alice.clock.now()
    alice.till.submit(alice.merge(mine, asked_at))
    assert card_of(alice, asked_at).status == CardStatus.REPLACED


def wish_of(alice: TillDriver, card_id: CardId) -> str:
    """Let the holder of a card ask to be forgotten; returns the wish's id."""
    card, now = card_of(alice, card_id), alice.clock.now()
    erasure = Erasure(
        id=alice.ids.new_id(),
        vendor_id=card.vendor_id,
        card_id=card.id,
        customer_id=card.customer_id,
        way=ProofWay.CODE,
        asked_at=now,
        due_at=now + timedelta(days=3),
    )
    with alice.database.write() as session:
        session.add(erasure)
        return erasure.id


def test_a_card_is_merged_once(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    mine, found, third = alice.cards(program, 3)
    alice.till.submit(alice.merge(mine, found))
    assert isinstance(refused(alice, alice.merge(third, found)), CardWasReplaced)
    assert isinstance(refused(alice, alice.merge(found, third)), CardWasReplaced)


def test_what_is_reserved_keeps_a_card_from_being_merged(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    alice.till.submit(alice.earn(found, 1000))
    alice.till.submit(alice.reserve(found, points=4))
    for pair in ((mine, found), (found, mine)):
        assert isinstance(refused(alice, alice.merge(*pair)), ReservationsOpen)
    clock.advance(minutes=16)
    alice.till.submit(alice.merge(mine, found))
    assert balances(alice, mine) == [(0, 10)]


@pytest.mark.parametrize("is_by_till", [True, False])
def test_a_till_wants_a_person_behind_a_merge(alice: TillDriver, is_by_till: bool) -> None:
    program = alice.program(**HYBRID, pin_policy="required")
    mine, found = alice.cards(program, 2)
    asked = alice.merge(mine, found, is_by_till=is_by_till)
    if is_by_till:
        assert isinstance(refused(alice, asked), StaffPinRequired)
        asked = alice.merge(mine, found, staff=alice.staff())
    assert alice.till.submit(asked).card.id == mine


def test_a_repeated_request_gives_the_same_answer(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    asked = alice.merge(mine, found, idempotency_key="once")
    first, second = alice.till.submit(asked), alice.till.submit(asked)
    assert second.is_replay
    assert first.entry["id"] == second.entry["id"]


def _rewards() -> list[dict[str, object]]:
    return [{"at": 5, "name": "A biscuit"}, {"at": 10, "name": "A coffee"}]
