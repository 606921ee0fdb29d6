"""What an owner promises for bringing a friend, and the list of who came."""

from datetime import UTC, datetime
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.referral_models import Referral
from tests.engage.brought import friend, work_on_friends
from tests.engage.engaged import coffee_shop, guest, stamp
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of

PROMISE: dict[str, Any] = {
    "is_on": "on",
    "referrer_points": "50",
    "friend_stamps": "1",
    "minimum_purchase": "5.00",
    "hold_days": "14",
    "limit_per_year": "5",
}


@pytest.fixture
def program(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's program."""
    return coffee_shop(alice)


def promised(context: Context, program: LoyaltyProgram) -> Any:
    with context.database.read() as session:
        return session.get_one(LoyaltyProgram, program.id).referral


def test_an_owner_promises_something_for_friends_and_pauses_it(
    owner: Visitor, program: LoyaltyProgram, context: Context
) -> None:
    here = f"/console/programs/{program.id}/friends"
    assert "Nobody yet." in text_of(owner.get(here))
    assert owner.post(here, **PROMISE).status_code == 303
    assert promised(context, program) == {
        "status": "active",
        "referrer": {"points": 50},
        "friend": {"stamps": 1},
        "minimum_purchase_minor": 500,
        "hold_days": 14,
        "limit_per_year": 5,
    }
    owner.get(here)
    off = {name: value for name, value in PROMISE.items() if name != "is_on"}
    assert owner.post(here, **off).status_code == 303
    assert promised(context, program)["status"] == "paused"


def test_what_is_wrong_is_told_at_its_field(
    owner: Visitor, alice: Shop, program: LoyaltyProgram
) -> None:
    cake = shelf.reward(alice, program.id)
    here = f"/console/programs/{program.id}/friends"
    owner.get(here)
    for fields, told in (
        ({"referrer_reward_id": cake.id}, "referrer_reward_id-fault"),
        ({"referrer_points": "", "friend_stamps": ""}, "friend_points-fault"),
        ({"hold_days": "91"}, "hold_days-fault"),
    ):
        refused = owner.post(here, **{**PROMISE, **fields})
        assert refused.status_code == 422
        assert told in refused.text


def test_friends_are_listed_and_can_be_taken_away_as_a_file(
    owner: Visitor, alice: Shop, context: Context
) -> None:
    program = coffee_shop(alice, referral={"friend": {"points": 5}})
    anna = guest(alice, program, name="Anna", email="anna@anna.example")
    stamp(alice, friend(alice, program, anna, name="Ben"))
    friend(alice, program, anna, name="Anna", email="anna@anna.example")
    work_on_friends(context)
    told = text_of(owner.get(f"/console/programs/{program.id}/friends"))
    assert "Ben" in told
    assert "Paid" in told
    assert "The same person" in told
    sheet = owner.get("/console/exports/referrals.csv")
    assert sheet.status_code == 200
    assert "The same person" in sheet.text
    assert "Ben" not in sheet.text


def test_the_day_on_which_a_friend_joined_is_that_of_the_shop(
    owner: Visitor, alice: Shop, context: Context, clock: ManualClock
) -> None:
    program = coffee_shop(alice, referral={"friend": {"points": 5}})
    anna = guest(alice, program, name="Anna", email="anna@anna.example")
    signed_in_at = clock.now()
    # Half past midnight, where the shop is.
    clock.set(datetime(2026, 3, 3, 23, 30, tzinfo=UTC))
    friend(alice, program, anna, name="Ben")
    clock.set(signed_in_at)
    told = text_of(owner.get(f"/console/programs/{program.id}/friends?lang=en"))
    assert "4 Mar 2026" in told
    assert "3 Mar 2026" not in told


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("balance_limit_reached", "The balance of this card would become too large."),
        ("reward_not_available", "The reward cannot be had now"),
        ("a_code_of_tomorrow", "One of the two could not be given it"),
    ],
)
def test_no_code_of_the_till_is_read_by_an_owner(
    owner: Visitor, alice: Shop, context: Context, reason: str, told: str
) -> None:
    program = coffee_shop(alice, referral={"friend": {"points": 5}})
    anna = guest(alice, program, name="Anna", email="anna@anna.example")
    stamp(alice, friend(alice, program, anna, name="Ben"))
    with context.database.write() as session:
        session.query(Referral).one().reason = reason
    page = text_of(owner.get(f"/console/programs/{program.id}/friends"))
    assert told in page
    assert reason not in page
