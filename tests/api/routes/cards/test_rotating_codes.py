"""Codes that move, over HTTP: shown on the web card, scanned at the till, stale a minute later."""

import pytest

from punchcard.accounts.subjects import LOYALTY_OPERATE
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram
from tests.api.routes.cards.test_cards import enrol, found, stamp, token_of
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

LOOKUP = "/vendor/loyalty/cards/lookup"
REDEEM = "/vendor/loyalty/stamp/redeem"


@pytest.fixture
def moving(alice: Shop) -> LoyaltyProgram:
    """Open a stamp card of two stamps whose code moves."""
    return shelf.program(
        alice,
        status="active",
        pin_policy="optional",
        cooldown_minutes=0,
        stamps_target=2,
        branding={"barcode": "rotating"},
    )


@pytest.fixture
def till(api: Api, alice: Shop) -> Api:
    """Call the API as the shop's own software."""
    return api.with_token(alice.api_key(LOYALTY_OPERATE))


def shown(context: Context, number: str) -> str:
    """Return what the customer's screen shows now."""
    return context.loyalty.rotating_codes.code_for(number, context.clock.now())


def test_the_till_takes_the_code_of_now_for_stamps_and_for_the_reward(
    context: Context, owner: Api, till: Api, moving: LoyaltyProgram
) -> None:
    card = enrol(owner, moving)
    code = shown(context, card["number"])

    assert found(owner, code) == [card["id"]]
    assert stamp(till, code, quantity=2).status_code == 201
    assert till.post(REDEEM, {"card": code}).status_code == 201


def test_a_code_of_some_minutes_ago_is_refused_wherever_it_is_shown(
    context: Context, owner: Api, till: Api, moving: LoyaltyProgram, clock: ManualClock
) -> None:
    code = shown(context, enrol(owner, moving)["number"])
    clock.advance(minutes=3)

    for answer in (
        stamp(till, code),
        till.post(REDEEM, {"card": code}),
        owner.get(LOOKUP, params={"code": code}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "code_expired")


def test_a_still_code_collects_but_takes_a_person_for_the_reward(
    owner: Api, till: Api, alice: Shop, moving: LoyaltyProgram
) -> None:
    shelf.pin(alice, "4711", "Anna")
    card = enrol(owner, moving)
    token = token_of(card)
    assert stamp(till, card["number"], quantity=2).status_code == 201

    alone = till.post(REDEEM, {"card": token})
    assert (alone.status_code, alone.json()["code"]) == (403, "fresh_code_required")

    assert till.post(REDEEM, {"card": token, "staff_pin": "4711"}).status_code == 201


def test_what_an_offline_till_scanned_counts_at_the_time_it_was_scanned(
    context: Context, owner: Api, till: Api, moving: LoyaltyProgram, clock: ManualClock
) -> None:
    code, then = shown(context, enrol(owner, moving)["number"]), clock.now().isoformat()
    clock.advance(hours=5)

    assert stamp(till, code, occurred_at=then).status_code == 201


def test_a_request_repeated_after_the_code_went_stale_gets_its_first_answer(
    context: Context, owner: Api, till: Api, moving: LoyaltyProgram, clock: ManualClock
) -> None:
    body = {"card": shown(context, enrol(owner, moving)["number"])}
    first = till.post("/vendor/loyalty/stamp", body, key="stamp-1")
    clock.advance(minutes=3)

    again = till.post("/vendor/loyalty/stamp", body, key="stamp-1")

    assert (again.status_code, again.json()["transaction"]) == (201, first.json()["transaction"])


def test_the_web_card_shows_a_code_that_moves_and_is_not_kept(
    owner: Api, moving: LoyaltyProgram, clock: ManualClock
) -> None:
    path = f"/loyalty/cards/{token_of(enrol(owner, moving))}/qr.svg"
    first = owner.get(path)
    clock.advance(seconds=30)

    assert first.headers["Cache-Control"] == "no-store"
    assert owner.get(path).content != first.content


def test_the_web_card_of_a_program_whose_code_stands_still_shows_the_same_one(
    owner: Api, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    path = f"/loyalty/cards/{token_of(enrol(owner, coffee))}/qr.svg"
    first = owner.get(path)
    clock.advance(minutes=5)

    assert owner.get(path).content == first.content
