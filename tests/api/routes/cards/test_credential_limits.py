"""What one credential may do: requests, operations in lists, questions for contacts, taken PINs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyProgram
from tests.api.routes.cards.test_cards import ANNA, CARDS, enrol, stamp
from tests.contract.problems import nothing_written
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

PINS = "/vendor/loyalty/pins"


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Allow twenty requests and five questions for contacts a minute."""
    return replace(settings, credential_requests_per_minute=20, contact_lookups_per_minute=5)


def refused(answer: Any) -> int:
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests"), answer.text
    return int(answer.headers["retry-after"])


@pytest.mark.parametrize("kind", ["stamp", "read"])
def test_a_credential_is_held_up_before_any_work_and_nobody_else_is(
    api: Api, owner: Api, alice: Shop, coffee: LoyaltyProgram, clock: ManualClock, kind: str
) -> None:
    card = enrol(owner, coffee)
    till, other = api.with_token(alice.device()), api.with_token(alice.device("Till 2"))

    def ask(caller: Api) -> Any:
        if kind == "stamp":
            return stamp(caller, card["id"])
        return caller.get(f"{CARDS}/{card['id']}")

    for _ in range(20):
        ask(till)
    with nothing_written(alice.context.database):
        wait = refused(ask(till))
    assert ask(other).status_code != 429
    clock.advance(seconds=wait)
    assert ask(till).status_code != 429


def test_signing_in_again_buys_nothing(api: Api, alice: Shop) -> None:
    for _ in range(20):
        assert api.with_token(alice.token()).get("/vendor").status_code == 200
    refused(api.with_token(alice.token()).get("/vendor"))


def test_a_list_counts_as_many_as_it_holds(
    api: Api, alice: Shop, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    till = api.with_token(alice.device())
    item = {"op": "stamp", "card": "none"}

    def send(count: int) -> Any:
        listed = [{**item, "idempotency_key": f"k{n}"} for n in range(count)]
        return till.post("/vendor/loyalty/operations", {"operations": listed})

    assert send(15).status_code == 200
    refused(send(15))
    clock.advance(minutes=1)
    assert send(30).status_code == 200, "one longer than a minute's worth counts as that"
    refused(send(1))


def test_an_export_counts_as_many_requests(owner: Api, coffee: LoyaltyProgram) -> None:
    assert owner.get("/vendor/loyalty/exports/cards.csv").status_code == 200
    refused(owner.get("/vendor/loyalty/exports/cards.csv"))


@pytest.mark.parametrize("contact", ["nobody@example.com", "+352 621 123 999"])
def test_nobody_walks_through_contacts(
    api: Api, owner: Api, alice: Shop, coffee: LoyaltyProgram, contact: str
) -> None:
    card, till = enrol(owner, coffee, customer=ANNA), api.with_token(alice.device())
    probe = f"{CARDS}/{enrol(owner, coffee, customer={'email': 'probe@example.com'})['id']}"
    asks: tuple[Callable[[], Any], ...] = (
        lambda: till.post(f"{CARDS}/lookup", {"code": contact}),
        lambda: till.get(f"{CARDS}/lookup", params={"code": contact}),
        lambda: till.get(CARDS, params={"query": "anna"}),
        lambda: till.post(CARDS, {"program_id": coffee.id, "customer": ANNA}),
        lambda: till.patch(probe, {"customer": {"email": ANNA["email"]}}),
    )
    for ask in asks:
        assert ask().status_code != 429
    for ask in asks:
        refused(ask())
    # What a scanner reads names one card, and goes on.
    assert till.post(f"{CARDS}/lookup", {"code": card["number"]}).status_code == 200


def test_a_lookup_by_post_finds_the_same_and_needs_no_key(
    owner: Api, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    for code in (card["number"], card["id"], card["public_url"], "anna@example.com"):
        by_post = owner.post(f"{CARDS}/lookup", {"code": code}, key="the same")
        assert by_post.json() == owner.get(f"{CARDS}/lookup", params={"code": code}).json()
        assert "Idempotency-Replayed" not in by_post.headers


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_trying_which_pins_are_in_use_counts_as_wrong_pins(
    api: Api, owner: Api, context: Context, alice: Shop, method: str
) -> None:
    manager = api.with_token(alice.api_key("loyalty:manage"))
    shelf.pin(alice, "4826", name="Anna")
    mine = shelf.pin(alice, "8250", name="probe")
    path = PINS if method == "POST" else f"{PINS}/{mine.id}"
    body = {"name": "probe", "pin": "4826"} if method == "POST" else {"pin": "4826"}
    for _ in range(5):
        assert manager.call(method, path, body).json()["code"] == "pin_already_used"
    free = {**body, "pin": "9273"}
    for guess in (body, free):
        locked = manager.call(method, path, guess)
        assert (locked.status_code, locked.json()["code"]) == (423, "staff_pin_locked")
    assert owner.call(method, path, free).status_code in (200, 201)
    with context.database.read() as session:
        actions = session.scalars(select(AuditEvent.action)).all()
    assert "pin_entry.locked" in actions
