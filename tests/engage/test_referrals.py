"""Bringing a friend: paid once at the friend's first visit, and taken back with it."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.context import Context
from punchcard.engage.referral_keeper import ReferralKeeper
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import customer_service
from punchcard.loyalty.cards.former_contacts import FORMER_CONTACT_DAYS, expire_former_contacts
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.referral_models import FormerContact
from punchcard.loyalty.till import points_service
from tests.connect.webhook_shop import endpoint
from tests.engage.brought import TERMS, friend, promise, shop_with, told, work_on_friends
from tests.engage.engaged import by_shop, coffee_shop, entries, guest, points, stamp
from tests.loyalty import shelf
from tests.support.books import audited
from tests.support.cast import Shop, by_operator
from tests.support.keeper_process import begin_together, running_keepers


@pytest.fixture(autouse=True)
def books(context: Context, alice: Shop) -> Iterator[None]:
    """Look through the books, and what the shop's own software was told, once a test is done."""
    endpoint(alice)
    yield
    audited(context.database)


def test_both_are_paid_once_at_the_friends_first_visit(context: Context, alice: Shop) -> None:
    program = shop_with(alice)
    anna = guest(alice, program)
    ben = friend(alice, program, anna, name="Ben", email="ben@ben.example")
    work_on_friends(context)
    assert told(context) == [("pending", None)]
    stamp(alice, ben)
    work_on_friends(context)
    stamp(alice, ben)
    work_on_friends(context)
    assert told(context) == [("paid", None)]
    assert (points(context, anna), points(context, ben)) == (50, 20)
    assert entries(context, anna) == ["card_opened", "referral_bonus"]


def test_it_is_held_for_its_days(context: Context, alice: Shop, clock: ManualClock) -> None:
    program = shop_with(alice, referral={"hold_days": 14})
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    stamp(alice, ben)
    work_on_friends(context)
    clock.advance(days=13, hours=23)
    work_on_friends(context)
    assert (told(context), points(context, anna)) == ([("held", None)], 0)
    clock.advance(hours=1)
    work_on_friends(context)
    assert (told(context), points(context, anna)) == ([("paid", None)], 50)


def test_a_reward_is_granted_for_it(context: Context, alice: Shop) -> None:
    program = coffee_shop(alice)
    cake = shelf.reward(alice, program.id, points_required=None)
    promise(alice, program, {"referrer": {"reward_id": cake.id}, "friend": {"stamps": 2}})
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    stamp(alice, ben)
    work_on_friends(context)
    with context.database.read() as session:
        (grant,) = session.scalars(select(Grant))
    assert (grant.card_id, grant.reason) == (anna, "referral")
    assert entries(context, ben) == ["card_opened", "stamp_earned", "referral_bonus"]


def test_who_is_known_or_brings_themselves_is_no_friend(context: Context, alice: Shop) -> None:
    program = shop_with(alice)
    anna = guest(alice, program, email="anna@anna.example")
    guest(alice, program, email="old@old.example", phone="+352621000001")
    friend(alice, program, anna, name="Me", email="anna@anna.example")
    friend(alice, program, anna, name="Old", email="old@old.example")
    friend(alice, program, anna, name="Old", phone="+352621000001")
    friend(alice, program, anna, name="New", email="new@new.example")
    friend(alice, program, anna, name="New again", email="new@new.example")
    work_on_friends(context)
    assert told(context) == [
        ("refused", "own_card"),
        ("refused", "known_contact"),
        ("refused", "known_contact"),
        ("pending", None),
        ("refused", "known_contact"),
    ]


def test_who_was_forgotten_is_known_for_a_while(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = shop_with(alice)
    anna = guest(alice, program)
    gone = guest(alice, program, email="gone@gone.example")
    forget(context, gone)
    friend(alice, program, anna, email="gone@gone.example")
    work_on_friends(context)
    assert told(context) == [("refused", "known_contact")]
    with context.database.read() as session:
        (kept,) = session.scalars(select(FormerContact))
    assert b"gone" not in kept.digest
    clock.advance(days=FORMER_CONTACT_DAYS)
    with context.database.write() as session:
        assert expire_former_contacts(session, clock.now()) == 1


def forget(context: Context, card_id: CardId) -> None:
    with context.database.read() as session:
        sealed = session.get_one(LoyaltyCard, card_id).token_sealed
    token = context.loyalty.card_links.token(card_id, sealed)
    assert token is not None
    with context.database.write() as session:
        former = context.loyalty.former_contacts
        customer_service.erase_customer(session, by_operator(context), token, former)


def test_it_is_taken_back_with_the_visit_and_can_be_earned_again(
    context: Context, alice: Shop
) -> None:
    program = shop_with(alice)
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    first = stamp(alice, ben)
    work_on_friends(context)
    void(alice, first.entry["id"])
    work_on_friends(context)
    assert told(context) == [("reversed", None)]
    assert (points(context, anna), points(context, ben)) == (0, 0)
    stamp(alice, ben)
    work_on_friends(context)
    work_on_friends(context)
    assert told(context) == [("paid", None)]
    assert (points(context, anna), points(context, ben)) == (50, 20)


def void(shop: Shop, entry_id: Any) -> None:
    till = shop.context.loyalty.till
    points_service.void(till, entry_id, reason="A mistake", **by_shop(shop))


@pytest.mark.parametrize(("refunded", "state"), [(200, "paid"), (201, "reversed")])
def test_a_refund_below_the_minimum_takes_it_back(
    context: Context, alice: Shop, refunded: int, state: str
) -> None:
    program = shop_with(alice, referral={"minimum_purchase_minor": 800})
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    till, asked = context.loyalty.till, by_shop(alice)
    points_service.earn_points(till, ben, amount_minor=500, **asked)
    work_on_friends(context)
    assert told(context) == [("pending", None)]
    bought = points_service.earn_points(till, ben, amount_minor=1000, **asked)
    work_on_friends(context)
    assert told(context) == [("paid", None)]
    points_service.refund_points(
        till, bought.entry["id"], amount_minor=refunded, refund_reference="R1", **asked
    )
    work_on_friends(context)
    assert told(context) == [(state, None)]
    assert points(context, anna) == (50 if state == "paid" else 0)


def test_points_that_were_spent_are_taken_back_as_far_as_there_are_any(
    context: Context, alice: Shop
) -> None:
    program = shop_with(alice, void_policy="refuse")
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    first = stamp(alice, ben)
    work_on_friends(context)
    till, asked = context.loyalty.till, by_shop(alice)
    points_service.redeem_points(till, anna, reward_id=None, points=30, **asked)
    void(alice, first.entry["id"])
    work_on_friends(context)
    assert told(context) == [("reversed", None)]
    assert points(context, anna) == 0


def test_a_grant_is_withdrawn_unless_it_was_collected(context: Context, alice: Shop) -> None:
    program = coffee_shop(alice)
    cake = shelf.reward(alice, program.id, points_required=None)
    promise(alice, program, {"referrer": {"reward_id": cake.id}})
    anna = guest(alice, program)
    first = stamp(alice, friend(alice, program, anna))
    work_on_friends(context)
    void(alice, first.entry["id"])
    work_on_friends(context)
    with context.database.read() as session:
        assert [str(grant.state) for grant in session.scalars(select(Grant))] == ["revoked"]


def test_a_card_brings_so_many_a_year_and_no_more(
    context: Context, alice: Shop, clock: ManualClock
) -> None:
    program = shop_with(alice, referral={"limit_per_year": 2})
    anna = guest(alice, program)
    for _ in range(3):
        stamp(alice, friend(alice, program, anna))
    work_on_friends(context)
    assert Counter(told(context)) == {("paid", None): 2, ("refused", "limit_reached"): 1}
    clock.advance(days=365)
    stamp(alice, friend(alice, program, anna))
    work_on_friends(context)
    assert points(context, anna) == 150


@pytest.mark.both_databases
def test_workers_at_once_keep_the_limit_and_pay_once(context: Context, alice: Shop) -> None:
    program = shop_with(alice, referral={"limit_per_year": 5})
    anna = guest(alice, program)
    friends = [friend(alice, program, anna) for _ in range(12)]
    for one in friends:
        stamp(alice, one)
    loyalty = context.loyalty
    keepers = [
        ReferralKeeper(
            context.database, context.clock, context.ids, loyalty.till, loyalty.former_contacts
        )
        for _ in range(4)
    ]

    def follow(keeper: ReferralKeeper) -> None:
        for one in friends:
            keeper.follow(one)

    threads = [threading.Thread(target=follow, args=(keeper,)) for keeper in keepers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(state for state, _ in told(context)) == {"paid": 5, "refused": 7}
    assert points(context, anna) == 250
    assert sum(points(context, one) for one in friends) == 100


@pytest.mark.both_databases
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_worker_processes_keep_the_limit_and_pay_once(
    context: Context, alice: Shop, clock: ManualClock, database_url: str
) -> None:
    program = shop_with(alice, referral={"limit_per_year": 5, "hold_days": 1})
    anna = guest(alice, program)
    friends = [friend(alice, program, anna) for _ in range(20)]
    for one in friends:
        stamp(alice, one)
        context.loyalty.referral_keeper.follow(one)
    held = Counter(state for state, _ in told(context))
    due = clock.now() + timedelta(days=1, minutes=1)
    with running_keepers(database_url, due, 2, "referrals") as processes:
        begin_together(processes)
    assert held == {"held": 20}
    assert Counter(state for state, _ in told(context)) == {"paid": 5, "refused": 15}
    assert points(context, anna) == 250
    assert sorted(points(context, one) for one in friends) == [0] * 15 + [20] * 5


def test_what_was_paid_before_the_process_died_is_not_paid_again(
    context: Context, alice: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = shop_with(alice)
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    stamp(alice, ben)

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("punchcard.engage.referral_keeper.note_paid", die)
        with pytest.raises(SystemExit):
            context.loyalty.referral_keeper.follow(ben)
    assert (told(context), points(context, anna)) == ([("held", None)], 50)
    work_on_friends(context)
    assert (told(context), points(context, anna)) == ([("paid", None)], 50)


def test_who_joined_is_paid_what_was_promised_then(context: Context, alice: Shop) -> None:
    program = shop_with(alice)
    anna = guest(alice, program)
    ben = friend(alice, program, anna)
    promise(alice, program, {**TERMS, "friend": {"points": 1}, "status": "paused"})
    late = friend(alice, program, anna)
    stamp(alice, ben)
    stamp(alice, late)
    work_on_friends(context)
    assert (points(context, ben), points(context, late)) == (20, 0)
    assert told(context) == [("paid", None)]


def test_a_link_of_another_program_brings_nobody(context: Context, alice: Shop, bob: Shop) -> None:
    program, other = shop_with(alice), shop_with(bob)
    stranger = guest(bob, other)
    friend(alice, program, stranger)
    assert told(context) == []


def test_a_programs_own_links_lead_to_its_cards(context: Context) -> None:
    codes = context.loyalty.card_links.referral_codes
    assert codes is not None
    card_id = CardId(context.ids.new_id())
    code = codes.code(card_id)
    assert codes.card_id(code) == card_id
    assert code == codes.code(card_id)
    assert card_id.replace("-", "") not in code
    for wrong in ("", "é", "A" * 43, code[:-1], code[:-1] + ("A" if code[-1] != "A" else "B")):
        assert codes.card_id(wrong) is None
    other = replace(context.settings, secret_key="another secret of 32 characters, no less")
    assert type(codes)(other.keys).card_id(code) is None
