"""Merged cards are taken apart again, as one, within thirty days."""

from datetime import date

import pytest

from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.errors.balances import PointsAlreadySpent, StampsAlreadySpent
from punchcard.loyalty.errors.cards import CardWasReplaced
from punchcard.loyalty.errors.merges import EntryBeforeMerge, MergeTooOld, ReservationsOpen
from punchcard.loyalty.errors.till import AlreadyVoided
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.vocabulary import CardStatus
from tests.loyalty.till.merges.counter import (
    DATES,
    HYBRID,
    balances,
    by_code,
    card_of,
    entries_of,
    merged,
    refused,
    standing_of,
)
from tests.support.drivers.till import TillDriver


@pytest.mark.parametrize("side", [0, 1])
def test_the_void_of_either_entry_undoes_both(alice: TillDriver, side: int) -> None:
    program = alice.program(**HYBRID, points_per_amount_minor=300, points_expiry=DATES)
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.stamp(mine, 3), alice.stamp(found, 4)])
    alice.till.submit_all([alice.earn(mine, 1100), alice.earn(found, 2200)])
    before = [card_of(alice, one) for one in (mine, found)]
    lots = standing_of(alice, found).lots

    merge_id = merged(alice, mine, found)
    entries = entries_of(alice, merge_id)
    receipt = alice.till.submit(alice.void(entries[side]))

    assert receipt.card.id == (mine, found)[side]
    for was, one in zip(before, (mine, found), strict=True):
        now = card_of(alice, one)
        for name in ("stamps", "points", "points_carry", "lifetime_points", "status"):
            assert getattr(now, name) == getattr(was, name), name
    assert standing_of(alice, found).lots == lots
    assert standing_of(alice, mine).merged == {}
    assert isinstance(refused(alice, alice.void(entries[1 - side])), AlreadyVoided)
    alice.till.submit(alice.stamp(found))
    alice.till.submit(by_code(alice.stamp(mine), card_of(alice, found).number))
    assert balances(alice, mine, found)[1][0] == 6


def test_what_came_meanwhile_stays(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.earn(mine, 500), alice.earn(found, 700)])
    merge_id = merged(alice, mine, found)
    alice.till.submit_all([alice.earn(mine, 900), alice.stamp(mine, 2)])
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert balances(alice, mine, found) == [(2, 14), (0, 7)]


def test_what_was_spent_meanwhile_comes_back_to_neither(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.earn(mine, 500), alice.earn(found, 700), alice.stamp(found, 4)])
    merge_id = merged(alice, mine, found)
    spent = alice.till.submit(alice.redeem_points(mine, 9))
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert balances(alice, mine, found) == [(0, 0), (4, 3)]
    alice.till.submit(alice.void(spent.entry["id"]))
    assert balances(alice, mine, found) == [(0, 9), (4, 3)]


def test_a_strict_program_separates_nothing_that_is_spent(alice: TillDriver) -> None:
    program = alice.program(**HYBRID, void_policy="refuse")
    mine, found, third = alice.cards(program, 3)
    alice.till.submit_all([alice.earn(found, 700), alice.stamp(third, 10)])
    points, stamps = merged(alice, mine, found), merged(alice, mine, third)
    alice.till.submit(alice.redeem_stamps(mine))
    refusal = refused(alice, alice.void(entries_of(alice, stamps)[0]))
    assert isinstance(refusal, StampsAlreadySpent)
    alice.till.submit(alice.redeem_points(mine, 3))
    refusal = refused(alice, alice.void(entries_of(alice, points)[0]))
    assert isinstance(refusal, PointsAlreadySpent)
    assert card_of(alice, found).status == CardStatus.REPLACED


def test_a_lenient_program_lets_the_card_that_stayed_owe(alice: TillDriver) -> None:
    program = alice.program(**HYBRID, void_policy="allow_negative")
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.earn(found, 700), alice.stamp(found, 10)])
    merge_id = merged(alice, mine, found)
    alice.till.submit_all([alice.redeem_points(mine, 3), alice.redeem_stamps(mine)])
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert balances(alice, mine, found) == [(-10, -3), (10, 7)]


def test_points_that_ended_meanwhile_stay_ended(alice: TillDriver, clock: ManualClock) -> None:
    program = alice.program(**HYBRID, points_expiry={**DATES, "months": 1})
    mine, found = alice.cards(program, 2)
    alice.till.submit(alice.earn(found, 700))
    clock.advance(days=20)
    alice.till.submit(alice.earn(mine, 500))
    merge_id = merged(alice, mine, found)
    clock.advance(days=20)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert balances(alice, mine, found) == [(0, 5), (0, 0)]


def test_laps_rewards_on_the_way_and_grants_go_back(alice: TillDriver) -> None:
    rewards = [{"at": 5, "name": "A biscuit"}, {"at": 10, "name": "A coffee"}]
    program = alice.program(**HYBRID, stamp_rewards=rewards)
    coffee = alice.reward(program, points_required=None)
    mine, found = alice.cards(program, 2)
    for card, stamps in ((mine, 14), (found, 23)):
        alice.till.submit_all([alice.stamp(card, stamps), alice.redeem_stamps(card)])
    alice.till.submit(alice.redeem_stamps(found))
    kept, used = (alice.grant(found, coffee, once_key=key) for key in ("a", "b"))
    own = alice.grant(mine, coffee, once_key="a")
    alice.till.submit_all([kept, used, own])
    before = [standing_of(alice, one) for one in (mine, found)]

    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.redeem_grant(mine, used.grant_id))
    alice.till.submit(alice.void(entries_of(alice, merge_id)[1]))

    assert standing_of(alice, mine) == before[0]
    left = {name: facts for name, facts in before[1].grants.items() if name != used.grant_id}
    assert standing_of(alice, found) == before[1]._replace(grants=left)
    assert refused(alice, alice.grant(found, coffee, once_key="a")).code == "grant_already_given"


def test_a_reward_on_the_way_that_was_had_meanwhile_goes_back_no_more(alice: TillDriver) -> None:
    rewards = [{"at": 5, "name": "A biscuit"}, {"at": 10, "name": "A coffee"}]
    program = alice.program(**HYBRID, stamp_rewards=rewards)
    mine, found = alice.cards(program, 2)
    alice.till.submit_all([alice.stamp(found, 20), alice.redeem_stamps(found)])
    alice.till.submit(alice.redeem_stamps(found))
    assert standing_of(alice, found).kept == ((1, 5), (2, 5))
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.redeem_stamps(mine, milestone=5))
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert (standing_of(alice, mine).kept, standing_of(alice, found).kept) == ((), ((2, 5),))


def test_a_holder_who_was_given_goes_back(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    anna = NewCustomer(name="Anna", email="anna@example.com")
    mine, found = alice.card(program), alice.card(program, customer=anna)
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert card_of(alice, mine).customer_id is None
    assert card_of(alice, found).customer_id is not None


def test_a_welcome_waits_again_for_a_card_that_only_the_merge_had_greeted(
    alice: TillDriver,
) -> None:
    program = alice.program(**HYBRID, welcome_stamps=2)
    mine, greeted = alice.card(program, is_vouched=False), alice.card(program)
    merge_id = merged(alice, mine, greeted)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    alice.till.submit(alice.stamp(mine))
    assert balances(alice, mine, greeted) == [(3, 0), (2, 0)]


def test_after_thirty_days_cards_stay_together(alice: TillDriver, clock: ManualClock) -> None:
    program = alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    merge_id = merged(alice, mine, found)
    clock.advance(days=30, seconds=1)
    refusal = refused(alice, alice.void(entries_of(alice, merge_id)[0]))
    assert isinstance(refusal, MergeTooOld)
    assert refusal.facts["days"] == 30


def test_merges_are_undone_in_their_order(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    first, second, third = alice.cards(program, 3)
    alice.till.submit_all([alice.stamp(one, 2) for one in (first, second, third)])
    inner, outer = merged(alice, second, first), merged(alice, third, second)
    assert isinstance(refused(alice, alice.void(entries_of(alice, inner)[0])), CardWasReplaced)
    alice.till.submit(alice.void(entries_of(alice, outer)[0]))
    alice.till.submit(alice.void(entries_of(alice, inner)[0]))
    assert balances(alice, first, second, third) == [(2, 0)] * 3


def test_what_is_reserved_keeps_cards_together(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    alice.till.submit(alice.earn(found, 700))
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.reserve(mine, points=5))
    refusal = refused(alice, alice.void(entries_of(alice, merge_id)[0]))
    assert isinstance(refusal, ReservationsOpen)


def test_what_happened_on_the_merged_card_is_not_taken_back_there(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    mine, found = alice.cards(program, 2)
    earned = alice.till.submit(alice.earn(found, 700))
    merged(alice, mine, found)
    assert isinstance(refused(alice, alice.void(earned.entry["id"])), CardWasReplaced)


def test_a_full_card_of_before_is_not_taken_back_into_other_laps(alice: TillDriver) -> None:
    rewards = [{"at": 5, "name": "A biscuit"}, {"at": 10, "name": "A coffee"}]
    program = alice.program(**HYBRID, stamp_rewards=rewards)
    mine, found = alice.cards(program, 2)
    alice.till.submit(alice.stamp(mine, 10))
    eaten = alice.till.submit(alice.redeem_stamps(mine))
    merge_id = merged(alice, mine, found)
    assert isinstance(refused(alice, alice.void(eaten.entry["id"])), EntryBeforeMerge)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    assert isinstance(refused(alice, alice.void(eaten.entry["id"])), EntryBeforeMerge)


def test_a_purchase_of_before_can_be_taken_back_after_a_merge(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(**HYBRID, points_expiry=DATES)
    mine, found = alice.cards(program, 2)
    earned = alice.till.submit(alice.earn(mine, 700))
    clock.advance(days=1)
    alice.till.submit(alice.earn(found, 300))
    merged(alice, mine, found)
    alice.till.submit(alice.void(earned.entry["id"]))
    assert balances(alice, mine) == [(0, 3)]
    assert standing_of(alice, mine).lots[0].expires_on == date(2027, 3, 3).isoformat()


@pytest.fixture
def two_laps(alice: TillDriver) -> ProgramId:
    """Open a program with a biscuit on the way to a coffee."""
    rewards = [{"at": 2, "name": "A biscuit"}, {"at": 4, "name": "A coffee"}]
    return alice.program(**{**HYBRID, "stamps_target": 4}, stamp_rewards=rewards)


def test_a_full_card_of_both_taken_back_leaves_claimed_what_either_had_claimed(
    alice: TillDriver, two_laps: ProgramId
) -> None:
    mine, found = alice.cards(two_laps, 2)
    alice.till.submit_all([alice.stamp(mine, 2), alice.stamp(found, 4)])
    alice.till.submit_all([alice.redeem_stamps(mine, milestone=2), alice.redeem_stamps(found)])
    merged(alice, mine, found)
    alice.till.submit(alice.stamp(mine, 2))
    eaten = alice.till.submit(alice.redeem_stamps(mine))
    alice.till.submit(alice.void(eaten.entry["id"]))
    assert (standing_of(alice, mine).lap, standing_of(alice, mine).claimed) == (2, (2,))


def test_claims_of_laps_that_are_to_come_again_stay_with_the_card_that_made_them(
    alice: TillDriver, two_laps: ProgramId
) -> None:
    cards = mine, found = alice.cards(two_laps, 2)
    for card in cards:
        alice.till.submit(alice.stamp(card, 6))
        eaten = alice.till.submit(alice.redeem_stamps(card)).entry["id"]
        claim = alice.redeem_stamps(card, milestone=2)
        alice.till.submit_all([claim, claim, alice.void(eaten)])
        assert standing_of(alice, card).ahead == ((2, 2),)
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    for card in cards:
        assert standing_of(alice, card).ahead == ((2, 2),)
        alice.till.submit(alice.redeem_stamps(card))
        assert standing_of(alice, card).claimed == (2,)


def test_what_ended_while_cards_were_one_no_void_takes_off_again(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(**HYBRID, points_expiry={**DATES, "months": 1})
    mine, found = alice.cards(program, 2)
    earned = alice.till.submit(alice.earn(found, 700))
    clock.advance(days=20)
    merge_id = merged(alice, mine, found)
    clock.advance(days=20)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    alice.till.submit(alice.earn(found, 500))
    alice.till.submit(alice.void(earned.entry["id"]))
    assert balances(alice, mine, found) == [(0, 0), (0, 5)]


def test_what_ends_after_cards_were_one_no_void_takes_off_again(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(**HYBRID, points_expiry={**DATES, "months": 1})
    mine, found = alice.cards(program, 2)
    earned = alice.till.submit(alice.earn(found, 700))
    clock.advance(days=10)
    alice.till.submit(alice.earn(found, 300))
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    clock.advance(days=25)
    alice.till.submit(alice.void(earned.entry["id"]))
    assert balances(alice, mine, found) == [(0, 0), (0, 3)]


def test_what_is_given_once_stays_given_though_it_was_collected_meanwhile(
    alice: TillDriver,
) -> None:
    program = alice.program(**HYBRID)
    coffee = alice.reward(program, points_required=None)
    mine, found = alice.cards(program, 2)
    given = alice.grant(found, coffee, once_key="birthday:2026")
    alice.till.submit(given)
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.redeem_grant(mine, given.grant_id))
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    again = refused(alice, alice.grant(found, coffee, once_key="birthday:2026"))
    assert again.facts == {"grant_id": given.grant_id}
    alice.till.submit(alice.grant(mine, coffee, once_key="birthday:2026"))


def test_the_pause_is_that_of_each_cards_own_stamps_again(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(cooldown_minutes=60, max_daily_stamps=2)
    mine, found = alice.cards(program, 2)
    alice.till.submit(alice.stamp(mine))
    clock.advance(minutes=61)
    alice.till.submit(alice.stamp(found))
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    alice.till.submit(alice.stamp(mine))
    assert balances(alice, mine, found) == [(2, 0), (1, 0)]


def test_a_card_that_is_separated_and_merged_again_at_once_is_merged(alice: TillDriver) -> None:
    program = alice.program(**HYBRID)
    mine, found, third = alice.cards(program, 3)
    entries = entries_of(alice, merged(alice, mine, found))
    again = [alice.void(entries[0]), alice.merge(third, found)]
    assert [one for one in alice.till.submit_all(again) if isinstance(one, DomainError)] == []
    assert card_of(alice, found).status == CardStatus.REPLACED
    assert card_of(alice, mine).status == CardStatus.ACTIVE
    assert isinstance(refused(alice, alice.stamp(found)), CardWasReplaced)


def test_what_follows_in_a_list_waits_for_both_cards_that_are_taken_apart(
    alice: TillDriver,
) -> None:
    program = alice.program(**HYBRID)
    mine, first, second = alice.cards(program, 3)
    merges = [merged(alice, mine, one) for one in (first, second)]
    apart = [alice.void(entries_of(alice, merge_id)[0]) for merge_id in reversed(merges)]
    outcomes = alice.till.submit_all([*apart, alice.stamp(first), alice.stamp(second, 2)])
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert balances(alice, mine, first, second) == [(0, 0), (1, 0), (2, 0)]


def test_what_ends_on_the_card_that_stayed_no_void_takes_off_again(
    alice: TillDriver, clock: ManualClock
) -> None:
    program = alice.program(**HYBRID, points_expiry={**DATES, "months": 1})
    mine, found = alice.cards(program, 2)
    alice.till.submit(alice.earn(found, 300))
    clock.advance(days=10)
    earned = alice.till.submit(alice.earn(mine, 700))
    merge_id = merged(alice, mine, found)
    alice.till.submit(alice.void(entries_of(alice, merge_id)[0]))
    clock.advance(days=20)
    alice.till.submit(alice.earn(mine, 900))
    clock.advance(days=15)
    alice.till.submit(alice.void(earned.entry["id"]))
    assert balances(alice, mine, found)[0] == (0, 9)
