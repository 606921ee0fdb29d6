"""Friends over the API: promised, brought, listed, told to those they are about."""

from collections.abc import Iterator
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.loyalty.cards import customer_service
from punchcard.main import create_app
from tests.engage.brought import work_on_friends
from tests.engage.engaged import coffee_shop, stamp
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api, InProcess

TERMS: dict[str, Any] = {"referrer": {"points": 50}, "friend": {"points": 20}}
REFERRALS = "/vendor/loyalty/referrals"


@pytest.fixture
def api(context: Context) -> Iterator[Api]:
    """Call as a stranger."""
    with InProcess(create_app(context)) as stranger:
        yield stranger


def enrolled(api: Api, slug: str, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/loyalty/programs/{slug}/enroll", body)
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()["card"]
    return card


def via_of(card: dict[str, Any]) -> str:
    return str(card["referral_url"].split("via=")[1])


def test_a_program_promises_and_a_friend_joins_by_the_link(
    api: Api, alice: Shop, context: Context
) -> None:
    owner = api.with_token(alice.token())
    program = coffee_shop(alice)
    path = f"/vendor/loyalty/programs/{program.id}"
    kept = owner.patch(path, {"referral": TERMS}).json()["referral"]
    assert kept == {
        "status": "active",
        "referrer": {"points": 50, "stamps": None, "reward_id": None},
        "friend": {"points": 20, "stamps": None, "reward_id": None},
        "minimum_purchase_minor": 0,
        "hold_days": 0,
        "limit_per_year": 10,
    }
    shown = api.get(f"/loyalty/programs/{program.slug}").json()["referral"]
    assert shown["friend"] == {"points": 20, "stamps": None, "reward": None}
    anna = enrolled(api, program.slug)
    ben = enrolled(api, program.slug, via=via_of(anna))
    assert anna["token"] not in anna["referral_url"]
    (listed,) = owner.get(f"{REFERRALS}?state=pending").json()["items"]
    stamp(alice, listed["friend_card_id"])
    work_on_friends(context)
    (paid,) = owner.get(f"{REFERRALS}?state=paid&program_id={program.id}").json()["items"]
    assert (paid["id"], paid["reason"]) == (listed["id"], None)
    assert paid["friend_transaction_id"] is not None
    assert owner.get(f"{REFERRALS}?state=pending").json()["items"] == []
    assert api.get(f"/loyalty/cards/{ben['token']}").json()["points"] == 20
    own = owner.get(f"/vendor/loyalty/cards/{listed['referrer_card_id']}").json()
    assert own["referral_url"] == anna["referral_url"]


def test_the_list_goes_on_where_it_ended(api: Api, alice: Shop) -> None:
    program = coffee_shop(alice, referral=TERMS)
    anna = enrolled(api, program.slug)
    for _ in range(3):
        enrolled(api, program.slug, via=via_of(anna))
    owner = api.with_token(alice.token())
    first = owner.get(f"{REFERRALS}?limit=2").json()
    rest = owner.get(f"{REFERRALS}?limit=2&cursor={first['next_cursor']}").json()
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 3


def test_another_shop_sees_none_of_it(api: Api, alice: Shop, bob: Shop) -> None:
    program = coffee_shop(alice, referral=TERMS)
    anna = enrolled(api, program.slug)
    enrolled(api, program.slug, via=via_of(anna))
    assert api.with_token(bob.token()).get(REFERRALS).json()["items"] == []


@pytest.mark.parametrize(
    ("referral", "place"),
    [
        ({}, ["referral", "friend"]),
        ({"friend": {"stamps": 1}}, ["referral", "friend", "stamps"]),
        ({"friend": {"points": 1, "reward_id": "x"}}, ["referral", "friend", "reward_id"]),
        ({"friend": {"points": 1}, "hold_days": 91}, ["referral", "hold_days"]),
        ({"friend": {"points": 0}}, ["referral", "friend", "points"]),
    ],
)
def test_what_cannot_be_promised_is_refused_at_its_field(
    api: Api, alice: Shop, referral: dict[str, Any], place: list[str]
) -> None:
    program = shelf.program(alice, name="Points", type="points")
    owner = api.with_token(alice.token())
    refused = owner.patch(f"/vendor/loyalty/programs/{program.id}", {"referral": referral})
    assert refused.status_code == 422
    assert place in [error["loc"][-len(place) :] for error in refused.json()["errors"]]


def test_stamps_alone_know_no_amounts(api: Api, alice: Shop) -> None:
    program = shelf.program(alice)
    asked = {"referral": {"friend": {"stamps": 1}, "minimum_purchase_minor": 100}}
    owner = api.with_token(alice.token())
    refused = owner.patch(f"/vendor/loyalty/programs/{program.id}", asked)
    assert refused.status_code == 422


def test_who_asks_is_told_whom_they_brought_and_nothing_about_them(
    api: Api, alice: Shop, context: Context
) -> None:
    program = coffee_shop(alice, referral=TERMS)
    anna = enrolled(api, program.slug)
    ben = enrolled(api, program.slug, via=via_of(anna), customer={"name": "Ben"})
    now = context.clock.now()
    with context.database.read() as session:
        of_anna = customer_service.export_customer(session, anna["token"], now=now)
        of_ben = customer_service.export_customer(session, ben["token"], now=now)
    (brought,) = of_anna["cards"][0]["referrals"]
    (came,) = of_ben["cards"][0]["referrals"]
    assert (brought["role"], came["role"]) == ("referrer", "friend")
    assert "Ben" not in str(of_anna)
