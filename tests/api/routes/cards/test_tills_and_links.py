"""What a till may do to a stranger's card: a person answers for it, and its link stays unknown."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.errors import LinkInvalid
from punchcard.accounts.models import AuditEvent
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram, LoyaltyTransaction
from tests.api.routes.cards.test_cards import ANNA, CARDS, enrol, stamp
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

PIN = "4711"
CHANGES: dict[str, Any] = {
    "replace": ("POST", "/replace", {}),
    "block": ("POST", "/block", {}),
    "contact": ("PATCH", "", {"customer": {"email": "thief@example.com"}}),
}


@pytest.fixture
def guarded(alice: Shop) -> LoyaltyProgram:
    """Open a program that wants to know who stands at the till."""
    shelf.pin(alice, PIN)
    return shelf.program(alice, status="active", welcome_stamps=2, cooldown_minutes=0)


def callers(api: Api, alice: Shop) -> dict[str, Api]:
    """Return who may only operate: a terminal, a member of staff, a key."""
    alice.hire(Role.STAFF)
    tokens = {
        "device": alice.device(),
        "staff": alice.token("staff"),
        "key": alice.api_key("loyalty:operate", "loyalty:read"),
    }
    return {name: api.with_token(token) for name, token in tokens.items()}


@pytest.mark.parametrize("who", ["device", "staff", "key"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_card_takes_a_person_and_names_them(
    api: Api,
    owner: Api,
    context: Context,
    alice: Shop,
    guarded: LoyaltyProgram,
    who: str,
    change: str,
) -> None:
    card, caller = enrol(owner, guarded, customer=ANNA), callers(api, alice)[who]
    method, below, body = CHANGES[change]
    path = f"{CARDS}/{card['id']}{below}"
    refused = caller.call(method, path, body)
    wrong = caller.call(method, path, {**body, "staff_pin": "9999"})
    assert (refused.status_code, refused.json()["code"]) == (403, "staff_pin_required")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "staff_pin_invalid")
    assert owner.get(f"{CARDS}/{card['id']}").json() == card

    done = caller.call(method, path, {**body, "staff_pin": PIN})
    assert done.status_code == 200, done.text
    with context.database.read() as session:
        latest = select(AuditEvent).where(AuditEvent.subject_id == card["id"])
        event = session.scalars(latest.order_by(AuditEvent.id.desc())).first()
        anna = session.scalars(select(LoyaltyTransaction.staff_pin_id)).all()
    assert event is not None
    assert event.new is not None
    assert "staff_pin_id" in event.new
    assert anna == [None, None], "the owner enrolled"


def test_a_shift_does_as_well_as_a_pin(
    api: Api, owner: Api, alice: Shop, guarded: LoyaltyProgram
) -> None:
    card, device = enrol(owner, guarded), api.with_token(alice.device())
    shift = device.post("/vendor/loyalty/pins/verify", {"pin": PIN}).json()["staff_token"]
    assert device.post(f"{CARDS}/{card['id']}/block", {"staff_token": shift}).status_code == 200
    other = api.with_token(alice.device("Till 2"))
    stolen = other.post(f"{CARDS}/{card['id']}/unblock", {"staff_token": shift})
    assert stolen.json()["code"] == "staff_token_invalid"


def test_a_pin_of_another_program_is_none_here(
    api: Api, owner: Api, alice: Shop, guarded: LoyaltyProgram
) -> None:
    other = shelf.program(alice, name="Other", slug="other", status="active")
    shelf.pin(alice, "2968", name="Ben", program_id=other.id)
    card, device = enrol(owner, guarded), api.with_token(alice.device())
    refused = device.post(f"{CARDS}/{card['id']}/replace", {"staff_pin": "2968"})
    assert refused.status_code == 403
    assert owner.get(f"{CARDS}/{card['id']}").json()["number"] == card["number"]


def test_a_program_without_pins_asks_for_none(
    api: Api, owner: Api, alice: Shop, coffee: LoyaltyProgram
) -> None:
    card, device = enrol(owner, coffee), api.with_token(alice.device())
    assert device.post(f"{CARDS}/{card['id']}/block").status_code == 200


@pytest.mark.parametrize("who", ["device", "staff"])
def test_enrolment_by_a_till_takes_the_proof_of_a_stamp(
    api: Api, context: Context, alice: Shop, guarded: LoyaltyProgram, who: str
) -> None:
    caller = callers(api, alice)[who]
    refused = caller.post(CARDS, {"program_id": guarded.id})
    assert (refused.status_code, refused.json()["code"]) == (403, "staff_pin_required")
    card = caller.post(CARDS, {"program_id": guarded.id, "staff_pin": PIN}).json()
    assert card["stamps"] == 2
    with context.database.read() as session:
        staff = session.scalars(select(LoyaltyTransaction.staff_pin_id)).all()
    assert all(staff)


def test_a_bonus_that_nobody_answers_for_waits_for_the_first_visit(
    api: Api, owner: Api, alice: Shop
) -> None:
    program = shelf.program(
        alice, status="active", welcome_stamps=2, pin_policy="optional", cooldown_minutes=0
    )
    for token in (alice.device(), alice.api_key("loyalty:operate")):
        card = api.with_token(token).post(CARDS, {"program_id": program.id}).json()
        assert card["stamps"] == 0
        assert stamp(owner, card["id"]).json()["card"]["stamps"] == 3
    assert enrol(owner, program)["stamps"] == 2


def test_a_repeated_enrolment_may_bring_a_newer_proof(
    api: Api, alice: Shop, guarded: LoyaltyProgram
) -> None:
    device = api.with_token(alice.device())
    shift = device.post("/vendor/loyalty/pins/verify", {"pin": PIN}).json()["staff_token"]
    body = {"program_id": guarded.id}
    first = device.post(CARDS, {**body, "staff_pin": PIN}, key="enrol-7").json()
    again = device.post(CARDS, {**body, "staff_token": shift}, key="enrol-7")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["id"] == first["id"]


def test_no_answer_tells_a_device_a_cards_address(
    api: Api, owner: Api, alice: Shop, coffee: LoyaltyProgram
) -> None:
    card, device = enrol(owner, coffee, customer=ANNA), api.with_token(alice.device())
    token = card["public_url"].rsplit("/", 1)[1]
    opened = device.post(CARDS, {"program_id": coffee.id}).json()
    answers = [
        opened,
        device.get(f"{CARDS}/{card['id']}").json(),
        device.post(f"{CARDS}/lookup", {"code": token}).json()["items"][0],
        device.get(f"{CARDS}?query=anna").json()["items"][0],
        stamp(device, token).json()["card"],
        device.post(f"{CARDS}/{card['id']}/block").json(),
        device.post(f"{CARDS}/{card['id']}/unblock").json(),
        device.patch(f"{CARDS}/{card['id']}", {"customer": {"name": "Anna"}}).json(),
        device.post(f"{CARDS}/{card['id']}/replace").json(),
    ]
    assert [answer["public_url"] for answer in answers] == [None] * len(answers)
    known = hashlib.sha256(token.encode()).hexdigest()[:32]
    assert {answer["token_digest"] for answer in answers[1:-1]} == {known}
    assert answers[-1]["token_digest"] not in ("", known)


@pytest.mark.parametrize(
    ("scopes", "tells"), [(["loyalty:read", "loyalty:operate"], False), (["loyalty:manage"], True)]
)
def test_reading_a_card_tells_its_address_to_who_manages(
    api: Api, owner: Api, alice: Shop, coffee: LoyaltyProgram, scopes: list[str], *, tells: bool
) -> None:
    card = enrol(owner, coffee)
    key = api.with_token(alice.api_key(*scopes, "loyalty:read"))
    assert bool(key.get(f"{CARDS}/{card['id']}").json()["public_url"]) is tells


def test_who_opens_or_replaces_a_card_without_a_terminal_is_told(
    api: Api, alice: Shop, coffee: LoyaltyProgram
) -> None:
    key = api.with_token(alice.api_key("loyalty:operate"))
    card = key.post(CARDS, {"program_id": coffee.id}).json()
    replaced = key.post(f"{CARDS}/{card['id']}/replace").json()
    assert card["public_url"]
    assert replaced["public_url"] != card["public_url"]
    assert card["hand_over_url"] is None


def test_a_card_is_handed_over_once_however_many_links_there_are(
    api: Api, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    device, body = api.with_token(alice.device()), {"program_id": coffee.id}
    urls = [device.post(CARDS, body, key="enrol-1").json()["hand_over_url"] for _ in range(2)]
    tickets = [url.rsplit("/", 1)[1] for url in urls]
    with context.database.write() as session:
        assert context.loyalty.hand_over.use(session, tickets[0])
    for ticket in tickets:
        with context.database.write() as session, pytest.raises(LinkInvalid):
            context.loyalty.hand_over.use(session, ticket)
    # A replaced card is another one to hand over.
    card_id = device.post(CARDS, body, key="enrol-1").json()["id"]
    again = device.post(f"{CARDS}/{card_id}/replace").json()["hand_over_url"]
    with context.database.write() as session:
        assert context.loyalty.hand_over.use(session, again.rsplit("/", 1)[1])


def test_the_link_to_hand_a_card_over_ends_and_is_not_given_again_later(
    api: Api, alice: Shop, coffee: LoyaltyProgram, context: Context, clock: ManualClock
) -> None:
    device, body = api.with_token(alice.device()), {"program_id": coffee.id}
    card = device.post(CARDS, body, key="enrol-1").json()
    assert card["hand_over_url"].startswith(f"{context.settings.base_url}/h/")
    clock.advance(minutes=context.settings.hand_over_minutes)
    assert device.post(CARDS, body, key="enrol-1").json()["hand_over_url"] is None
    replaced = device.post(f"{CARDS}/{card['id']}/replace", key="replace-1")
    again = device.post(f"{CARDS}/{card['id']}/replace", key="replace-1")
    assert replaced.json()["hand_over_url"]
    assert again.json()["hand_over_url"] is None


def test_a_key_that_stands_in_the_ledger_leads_nobody_to_the_card(
    api: Api, owner: Api, alice: Shop, coffee: LoyaltyProgram, clock: ManualClock, context: Context
) -> None:
    opener, body = api.with_token(alice.device()), {"program_id": coffee.id}
    card = opener.post(CARDS, body, key="enrol-1").json()
    alice.hire(Role.STAFF)
    others = {
        "staff": api.with_token(alice.token("staff")),
        "key": api.with_token(alice.api_key("loyalty:operate", "loyalty:read")),
        "device": api.with_token(alice.device()),
    }
    links = ("public_url", "hand_over_url")
    for other in others.values():
        again = other.post(CARDS, body, key="enrol-1")
        assert (again.status_code, again.json()["id"]) == (201, card["id"])
        assert [again.json()[link] for link in links] == [None, None]
    assert owner.post(CARDS, body, key="enrol-1").json()["public_url"]

    own = others["key"].post(CARDS, body, key="enrol-2").json()
    assert others["key"].post(CARDS, body, key="enrol-2").json() == own
    clock.advance(minutes=context.settings.hand_over_minutes)
    later = others["key"].post(CARDS, body, key="enrol-2").json()
    assert (own["public_url"] is None, later["public_url"]) == (False, None)
