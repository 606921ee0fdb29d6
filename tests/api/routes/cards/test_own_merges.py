"""Customers put their own two cards together: each is proven, then an offer merges them."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.errors import LinkInvalid
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import AuditEvent, Customer
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.merges.merge_offers import end_offers
from punchcard.loyalty.cards.merges.models import MergeOffer
from punchcard.loyalty.events import CONTACT_CHANGE, MERGE_OFFERED
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.till.merges.merge_service import merge_of
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.main import create_worker
from punchcard.worker.handlers import offer_merge, tell_of_contact
from punchcard.worker.loop import Worker
from tests.api.routes.cards.test_cards import ANNA, CARDS, enrol, stamp, token_of
from tests.api.routes.cards.test_public import proof, public
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.outgoing_mail import mails

OTHER = {"name": "Anna Weber", "email": "anna@work.example"}


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log."""
    return replace(settings, smtp_url="log:")


@pytest.fixture
def card(owner: Api, context: Context, coffee: LoyaltyProgram) -> dict[str, Any]:
    """Open Anna's card with two stamps, at an address that she has confirmed."""
    return opened(owner, context, coffee, ANNA, stamps=2)


@pytest.fixture
def other(owner: Api, context: Context, coffee: LoyaltyProgram) -> dict[str, Any]:
    """Open her other card with three stamps, at another address that she has confirmed."""
    return opened(owner, context, coffee, OTHER, stamps=3)


def opened(
    owner: Api, context: Context, program: LoyaltyProgram, told: dict[str, str], *, stamps: int
) -> dict[str, Any]:
    card = enrol(owner, program, customer=told)
    assert stamp(owner, card["id"], quantity=stamps).status_code == 201
    with context.database.write() as session:
        row = session.get_one(Customer, card["customer"]["id"])
        row.email_verified_at, row.is_verified = context.clock.now(), True
    return card


def mailed(context: Context, kind: str) -> list[Mail]:
    worker = Worker(context, [{CONTACT_CHANGE: tell_of_contact, MERGE_OFFERED: offer_merge}], [])
    while worker.do_work():
        pass
    return [one for one in mails(context) if one.kind == kind]


def shown(api: Api, context: Context, card: dict[str, Any]) -> dict[str, str]:
    """Show by a mail that one is the holder of a card whose address is confirmed."""
    assert api.post(f"{public(card)}/proof-of-person").status_code == 201
    mail = [one for one in mails(context) if one.kind == "customer_proof"][-1]
    return {"Proof-Of-Person": mail.facts["link"].rsplit("/", 1)[1]}


def ask(api: Api, card: dict[str, Any], code: str, headers: dict[str, str]) -> str | None:
    answer = api.post(f"{public(card)}/merge-request", {"card": code}, headers=headers)
    assert answer.status_code == 202, answer.text
    token: str | None = answer.json()["token"]
    return token


def merge(api: Api, token: str) -> Any:
    return api.post("/loyalty/card-merges", {"token": token, "both_are_mine": True})


def token_in(mail: Mail) -> str:
    return mail.facts["link"].rsplit("/", 1)[-1]


def test_the_other_card_is_proven_at_its_own_address(
    api: Api, owner: Api, context: Context, card: dict[str, Any], other: dict[str, Any]
) -> None:
    assert ask(api, card, other["number"], shown(api, context, card)) is None
    [mail] = mailed(context, "customer_merge")
    assert mail.to == OTHER["email"]
    token = token_in(mail)

    seen = api.post("/loyalty/card-merges/preview", {"token": token}).json()
    stamps = [seen[name]["stamps"] for name in ("card", "from_card", "afterwards")]
    assert (stamps, seen["refused_by"]) == ([2, 3, 5], None)
    done = merge(api, token)
    assert done.status_code == 200, done.text
    assert (done.json()["card"]["number"], done.json()["card"]["stamps"]) == (card["number"], 5)
    assert token_of({"public_url": done.json()["card_url"]}) == token_of(card)
    assert owner.get(f"{CARDS}/{other['id']}").json()["merged_into_card_id"] == card["id"]

    again = merge(api, token)
    assert (again.status_code, again.json()["code"]) == (409, "link_invalid")
    with context.database.read() as session:
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "card.merged"))
        assert (event.actor_kind, event.actor_id) == ("customer", card["customer"]["id"])
    with context.database.read_connection() as connection:
        assert verify_ledger(connection).is_sound


def test_the_shop_takes_it_back(
    api: Api, owner: Api, context: Context, card: dict[str, Any], other: dict[str, Any]
) -> None:
    ask(api, card, token_of(other), shown(api, context, card))
    merge(api, token_in(mailed(context, "customer_merge")[0]))
    [entry, *_] = owner.get(f"{CARDS}/{card['id']}/transactions").json()["items"]
    assert (entry["type"], entry["actor"]["kind"]) == ("merged_in", "customer")
    body = {"reason": "not hers"}
    undone = owner.post(f"/vendor/loyalty/transactions/{entry['id']}/void", body)
    assert undone.status_code == 201, undone.text
    assert owner.get(f"{CARDS}/{other['id']}").json()["stamps"] == 3


def test_one_proof_is_enough_where_both_cards_have_one_address(
    api: Api, context: Context, card: dict[str, Any], coffee: LoyaltyProgram, owner: Api
) -> None:
    """Who joined twice has two cards, and the mail of either went to the same reader."""
    slug = coffee.slug
    customer = {"name": "Anna", "email": ANNA["email"]}
    joined = api.post(f"/loyalty/programs/{slug}/enroll", {"customer": customer}).json()
    token = ask(api, card, joined["card"]["number"], shown(api, context, card))
    assert token is not None
    assert mailed(context, "customer_merge") == []
    assert merge(api, token).status_code == 200


def test_a_card_of_the_same_address_that_is_not_confirmed_proves_nothing(
    api: Api, owner: Api, context: Context, card: dict[str, Any], coffee: LoyaltyProgram
) -> None:
    """Anybody may join with somebody's address: its reader is asked."""
    customer = {"name": "Thief", "email": ANNA["email"]}
    joined = api.post(f"/loyalty/programs/{coffee.slug}/enroll", {"customer": customer}).json()
    own = {"public_url": joined["card_url"]}
    found = owner.get(f"{CARDS}/lookup", params={"code": joined["card"]["number"]}).json()
    own["id"] = found["items"][0]["id"]
    assert ask(api, own, card["number"], proof(api, owner, own)) is None
    [mail] = mailed(context, "customer_merge")
    assert mail.to == "anna@example.com"


@pytest.mark.parametrize("what", ["nothing", "anonymous", "own", "contact", "other program"])
def test_no_answer_tells_whether_a_code_is_a_cards(
    api: Api,
    owner: Api,
    context: Context,
    card: dict[str, Any],
    points: LoyaltyProgram,
    coffee: LoyaltyProgram,
    what: str,
) -> None:
    codes = {
        "nothing": "000000000000",
        "anonymous": enrol(owner, coffee)["number"],
        "own": card["number"],
        "contact": OTHER["email"],
        "other program": enrol(owner, points, customer=OTHER)["number"],
    }
    assert ask(api, card, codes[what], shown(api, context, card)) is None
    assert mailed(context, "customer_merge") == []


def test_another_shops_card_is_none(
    api: Api, bob: Shop, context: Context, card: dict[str, Any]
) -> None:
    from tests.loyalty import shelf

    program = shelf.program(bob, status="active", pin_policy="off", cooldown_minutes=0)
    bobs = opened(api.with_token(bob.token()), context, program, OTHER, stamps=1)
    assert ask(api, card, token_of(bobs), shown(api, context, card)) is None
    assert mailed(context, "customer_merge") == []


def test_without_a_proof_no_card_is_named(
    api: Api, card: dict[str, Any], other: dict[str, Any]
) -> None:
    refused = api.post(f"{public(card)}/merge-request", {"card": other["number"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "proof_of_person_required")


def test_an_offer_ends_with_its_time_and_with_either_card(
    api: Api,
    owner: Api,
    context: Context,
    clock: ManualClock,
    card: dict[str, Any],
    other: dict[str, Any],
) -> None:
    ask(api, card, other["number"], shown(api, context, card))
    token = token_in(mailed(context, "customer_merge")[0])
    assert owner.post(f"{CARDS}/{card['id']}/replace").status_code == 200
    assert merge(api, token).status_code == 409

    card = owner.get(f"{CARDS}/{card['id']}").json()
    ask(api, card, other["number"], shown(api, context, card))
    token = token_in(mailed(context, "customer_merge")[-1])
    clock.advance(minutes=context.settings.person_proof_minutes)
    assert merge(api, token).status_code == 409
    create_worker(context).run_tasks()
    with context.database.read() as session:
        assert session.scalars(select(MergeOffer)).all() == []


def test_what_refuses_a_merge_is_told_before(
    api: Api, owner: Api, context: Context, card: dict[str, Any], other: dict[str, Any]
) -> None:
    ask(api, card, other["number"], shown(api, context, card))
    token = token_in(mailed(context, "customer_merge")[0])
    owner.post(f"{CARDS}/{other['id']}/block")
    seen = api.post("/loyalty/card-merges/preview", {"token": token}).json()
    assert (seen["afterwards"], seen["refused_by"]) == (None, "card_blocked")
    assert merge(api, token).json()["code"] == "card_blocked"
    assert api.post("/loyalty/card-merges", {"token": token}).status_code == 422


def test_a_new_address_that_has_a_card_of_the_program_offers_the_merge(
    api: Api, owner: Api, context: Context, card: dict[str, Any], other: dict[str, Any]
) -> None:
    """Who reads it has proven both: nothing is taken over, and the card of that address stays."""
    asked = api.post(
        f"{public(card)}/contact-change",
        {"email": OTHER["email"]},
        headers=shown(api, context, card),
    )
    assert asked.status_code == 202
    [mail] = mailed(context, "contact_new")
    link = mail.facts["link"].rsplit("=", 1)[1]
    confirmed = api.post("/auth/verify-email", {"token": link}).json()
    assert confirmed["kind"] == "customer"
    assert owner.get(f"{CARDS}/{card['id']}").json()["customer"]["email"] == "anna@example.com"

    assert merge(api, confirmed["merge_token"]).status_code == 200
    assert owner.get(f"{CARDS}/{other['id']}").json()["stamps"] == 5
    assert owner.get(f"{CARDS}/{card['id']}").json()["merged_into_card_id"] == other["id"]


def test_an_objection_ends_what_was_offered_meanwhile(
    api: Api, context: Context, card: dict[str, Any], other: dict[str, Any]
) -> None:
    api.post(
        f"{public(card)}/contact-change",
        {"email": "thief@third.example"},
        headers=shown(api, context, card),
    )
    link = mailed(context, "contact_new")[0].facts["link"].rsplit("=", 1)[1]
    api.post("/auth/verify-email", {"token": link})
    ask(api, card, other["number"], shown(api, context, card))
    token = token_in(mailed(context, "customer_merge")[0])
    told = mailed(context, "contact_changed")[0]
    back = api.post("/loyalty/contact-objections", {"token": token_in(told)})
    assert back.status_code == 204
    assert merge(api, token).status_code == 409


def test_an_objection_ends_a_merge_that_waits_for_its_turn(
    api: Api, context: Context, card: dict[str, Any], other: dict[str, Any]
) -> None:
    """It was asked for before the objection came, and the till comes to it after."""
    ask(api, card, other["number"], shown(api, context, card))
    with context.database.write() as session:
        offer = session.scalars(select(MergeOffer)).one()
        accepted = merge_of(
            context.ids,
            CardId(card["id"]),
            CardId(other["id"]),
            is_by_till=False,
            offer_id=offer.id,
            vendor_id=offer.vendor_id,
            actor=Actor(ActorKind.CUSTOMER, card["customer"]["id"]),
        )
        end_offers(session, [CardId(card["id"])])

    with pytest.raises(LinkInvalid):
        context.loyalty.till.submit(accepted)
    assert stamps_of(context, card, other) == [2, 3]


def stamps_of(context: Context, *cards: dict[str, Any]) -> list[int]:
    with context.database.read() as session:
        return [session.get_one(LoyaltyCard, card["id"]).stamps for card in cards]
