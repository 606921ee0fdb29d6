"""Cards that were merged are one for what happens once: occasions, and friends who were brought."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.context import Context
from punchcard.engage.models import Automation
from punchcard.engage.results_service import Results, results_of
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, EntryId
from punchcard.loyalty.cards.models import CardMerge
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.till import points_service
from punchcard.loyalty.till.merges.merge_service import merge_of
from tests.engage.brought import friend, promise, shop_with, told, work_on_friends
from tests.engage.engaged import (
    at,
    automation,
    by_shop,
    coffee_shop,
    guest,
    points,
    runs,
    stamp,
    states,
    work,
)
from tests.loyalty import shelf
from tests.support.books import audited
from tests.support.cast import Shop

QUIET: dict[str, Any] = {"quiet_hours": {"from": "20:00", "to": "08:00"}}


@pytest.fixture(autouse=True)
def books(context: Context) -> Iterator[None]:
    """Look through the books once a test is done."""
    yield
    audited(context.database)


def merge(shop: Shop, stays: CardId, goes: CardId) -> None:
    """Put two cards together."""
    operation = merge_of(shop.context.ids, stays, goes, is_by_till=False, **by_shop(shop))
    shop.context.loyalty.till.submit(operation)


def separate(shop: Shop, goes: CardId) -> None:
    """Take a card out again that was merged."""
    with shop.context.database.read() as session:
        query = select(CardMerge.in_entry_id).where(CardMerge.from_card_id == goes)
        (entry_id,) = session.scalars(query)
    void(shop, entry_id)


def void(shop: Shop, entry_id: EntryId) -> None:
    till = shop.context.loyalty.till
    points_service.void(till, entry_id, reason="A mistake", **by_shop(shop))


def results(context: Context, row: Automation) -> Results:
    with context.database.read() as session:
        return results_of(session, row, context.clock.now())


def test_what_a_merged_card_had_is_not_had_again_by_the_one_that_stays(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    clock.set(at("2025-03-01T10:00+01:00"))
    old = guest(alice, program)
    clock.set(at("2025-08-01T10:00+02:00"))
    older, mine = guest(alice, program), guest(alice, program)
    automation(alice, program.id, trigger="anniversary")
    clock.set(at("2026-03-01T10:00+01:00"))
    work(context)
    merge(alice, older, old)
    merge(alice, mine, older)
    assert points(context, mine) == 5
    clock.set(at("2026-08-01T10:00+02:00"))
    work(context)
    assert [(run.card_id, run.occasion) for run in runs(context)] == [(old, "2026")]
    clock.set(at("2027-03-01T10:00+01:00"))
    work(context)
    clock.set(at("2027-08-01T10:00+02:00"))
    work(context)
    assert points(context, mine) == 10


def test_separated_cards_have_their_own_days_again(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    clock.set(at("2025-07-20T10:00+02:00"))
    found = guest(alice, program)
    clock.set(at("2025-08-01T10:00+02:00"))
    mine = guest(alice, program)
    automation(alice, program.id, trigger="anniversary")
    clock.set(at("2026-07-20T10:00+02:00"))
    work(context)
    merge(alice, mine, found)
    clock.set(at("2026-07-25T10:00+02:00"))
    separate(alice, found)
    clock.set(at("2026-08-01T10:00+02:00"))
    work(context)
    assert [run.card_id for run in runs(context)] == [found, mine]
    assert (points(context, mine), points(context, found)) == (5, 5)


def test_what_waits_is_done_for_the_card_that_a_merged_one_became(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    cake = shelf.reward(alice, program.id, points_required=None)
    given = {"action": "grant", "points": None, "reward_id": cake.id}
    automation(alice, program.id, **given, **QUIET)
    found, mine = guest(alice, program, birthday="05-17"), guest(alice, program)
    clock.set(at("2026-05-17T01:00+02:00"))
    work(context)
    merge(alice, mine, found)
    clock.set(at("2026-05-17T09:00+02:00"))
    work(context)
    with context.database.read() as session:
        assert [grant.card_id for grant in session.scalars(select(Grant))] == [mine]
    assert states(context) == ["acted"]


def test_of_two_that_wait_for_merged_cards_the_first_is_done(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    row = automation(alice, program.id, **QUIET)
    found, mine = (guest(alice, program, birthday="05-17") for _ in range(2))
    clock.set(at("2026-05-17T01:00+02:00"))
    work(context)
    merge(alice, mine, found)
    clock.set(at("2026-05-17T09:00+02:00"))
    work(context)
    assert [(run.state, run.refused_by) for run in runs(context)] == [
        ("acted", None),
        ("refused", "automation_done"),
    ]
    assert points(context, mine) == 5
    assert (results(context, row).acted.occasions, results(context, row).refused) == (1, 0)


def test_visits_of_both_cards_are_those_of_one_visitor(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    third = {"trigger": "nth_visit", "when": {"visits": 3}, "points": 7}
    automation(alice, program.id, **third)
    often = [{"field": "visits_365d", "op": "gte", "value": 3}]
    automation(alice, program.id, conditions=often)
    automation(alice, program.id, trigger="first_visit", points=1)
    found, mine = guest(alice, program), guest(alice, program, birthday="05-17")
    clock.set(at("2026-05-15T10:00+02:00"))
    for _ in range(2):
        stamp(alice, found)
    work(context)
    merge(alice, mine, found)
    clock.advance(minutes=1)
    stamp(alice, mine)
    work(context)
    assert points(context, mine) == 1 + 7
    clock.set(at("2026-05-17T10:00+02:00"))
    work(context)
    assert points(context, mine) == 1 + 7 + 5


def test_results_count_merged_cards_once_and_see_either_come_back(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    row = automation(alice, program.id)
    first, second, mine = (guest(alice, program, birthday="05-17") for _ in range(3))
    clock.set(at("2026-05-17T10:00+02:00"))
    work(context)
    clock.advance(days=1)
    stamp(alice, first)
    merge(alice, second, first)
    merge(alice, mine, second)
    clock.advance(days=19)
    separately = results(context, row)
    assert (separately.acted.occasions, separately.points) == (1, 15)
    clock.advance(days=11)
    together = results(context, row).acted
    assert (together.occasions, together.watched, together.came_back) == (1, 1, 1)


def test_results_count_separated_cards_each(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = coffee_shop(alice)
    row = automation(alice, program.id)
    found, mine = (guest(alice, program, birthday="05-17") for _ in range(2))
    clock.set(at("2026-05-17T10:00+02:00"))
    work(context)
    merge(alice, mine, found)
    clock.advance(days=1)
    stamp(alice, mine)
    separate(alice, found)
    clock.advance(days=31)
    told = results(context, row).acted
    assert (told.occasions, told.watched, told.came_back) == (2, 2, 1)


def test_a_friend_whose_card_was_merged_is_paid_on_the_card_it_became(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = shop_with(alice, referral={"hold_days": 7})
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    again, annas = guest(alice, program), guest(alice, program)
    merge(alice, again, ben)
    merge(alice, annas, anna)
    stamp(alice, again)
    work_on_friends(context)
    assert told(context) == [("held", None)]
    clock.advance(days=7)
    work_on_friends(context)
    assert told(context) == [("paid", None)]
    assert (points(context, annas), points(context, again)) == (50, 20)


def test_a_reward_for_a_friend_is_granted_and_withdrawn_on_the_card_that_stays(
    context: Context, alice: Shop
) -> None:
    program = coffee_shop(alice)
    cake = shelf.reward(alice, program.id, points_required=None)
    promise(alice, program, {"referrer": {"reward_id": cake.id}})
    anna, annas = guest(alice, program), guest(alice, program)
    ben = friend(alice, program, anna)
    visit = stamp(alice, ben)
    work_on_friends(context)
    merge(alice, annas, anna)
    void(alice, visit.entry["id"])
    work_on_friends(context)
    with context.database.read() as session:
        found = [(grant.card_id, str(grant.state)) for grant in session.scalars(select(Grant))]
    assert (found, told(context)) == ([(annas, "revoked")], [("reversed", None)])


@pytest.mark.parametrize("is_friend_kept", [True, False])
def test_a_friend_who_is_one_with_whoever_shared_is_not_paid_until_they_are_two(
    context: Context, alice: Shop, clock: ManualClock, is_friend_kept: bool
) -> None:
    program = shop_with(alice, referral={"hold_days": 1})
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    stays, goes = (ben, anna) if is_friend_kept else (anna, ben)
    stamp(alice, ben)
    work_on_friends(context)
    merge(alice, stays, goes)
    clock.advance(days=1)
    work_on_friends(context)
    assert (told(context), points(context, stays)) == ([("pending", "own_card")], 0)
    separate(alice, goes)
    stamp(alice, ben)
    clock.advance(days=1)
    work_on_friends(context)
    assert told(context) == [("paid", None)]
    assert (points(context, anna), points(context, ben)) == (50, 20)


def test_whose_card_became_an_older_one_is_no_new_friend(context: Context, alice: Shop) -> None:
    program = shop_with(alice)
    before, anna = guest(alice, program), guest(alice, program)
    ben = friend(alice, program, anna)
    merge(alice, before, ben)
    stamp(alice, before)
    work_on_friends(context)
    assert (told(context), points(context, anna)) == ([("pending", "known_contact")], 0)
    separate(alice, ben)
    work_on_friends(context)
    stamp(alice, ben)
    work_on_friends(context)
    assert told(context) == [("paid", None)]


def test_what_was_paid_stays_when_both_become_one(context: Context, alice: Shop) -> None:
    program = shop_with(alice)
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    stamp(alice, ben)
    work_on_friends(context)
    merge(alice, anna, ben)
    stamp(alice, anna)
    work_on_friends(context)
    assert (told(context), points(context, anna)) == ([("paid", None)], 70)


def test_what_a_merged_card_got_is_taken_back_when_it_is_separate_and_not_had_twice(
    context: Context, alice: Shop
) -> None:
    program = shop_with(alice)
    anna, annas = guest(alice, program), guest(alice, program)
    ben = friend(alice, program, anna)
    visit = stamp(alice, ben)
    work_on_friends(context)
    merge(alice, annas, anna)
    void(alice, visit.entry["id"])
    stamp(alice, ben)
    work_on_friends(context)
    assert (told(context), points(context, annas)) == ([("paid", None)], 50)
    separate(alice, anna)
    stamp(alice, ben)
    work_on_friends(context)
    stamp(alice, ben)
    work_on_friends(context)
    assert (told(context), points(context, anna)) == ([("paid", None)], 50)
    assert points(context, ben) == 20


def test_a_year_counts_what_both_cards_brought(context: Context, alice: Shop) -> None:
    program = shop_with(alice, referral={"limit_per_year": 1})
    anna, annas = guest(alice, program), guest(alice, program)
    for card in (anna, annas):
        stamp(alice, friend(alice, program, card))
        if card == anna:
            work_on_friends(context)
            merge(alice, annas, anna)
    late = friend(alice, program, anna)
    stamp(alice, late)
    work_on_friends(context)
    refused = ("refused", "limit_reached")
    assert (told(context), points(context, annas)) == ([("paid", None), refused, refused], 50)
