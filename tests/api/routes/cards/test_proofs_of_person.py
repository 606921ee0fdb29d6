"""A card's link shows and collects; what is its holder's alone wants a second proof."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent, Customer
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.models import Erasure, PersonProof
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.main import create_worker
from tests.api.routes.cards.test_cards import ANNA, CARDS, enrol
from tests.api.routes.cards.test_public import proof, public
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.outgoing_mail import mails

HEADER = "Proof-Of-Person"


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log, and let people stay signed in while a customer can still undo."""
    return replace(settings, smtp_url="log:", access_token_hours=200, session_idle_minutes=0)


def events(context: Context, action: str) -> list[AuditEvent]:
    with context.database.read() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


def customer_of(owner: Api, card: dict[str, Any]) -> Any:
    return owner.get(f"{CARDS}/{card['id']}").json()["customer"]


def ask(api: Api, card: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(f"{public(card)}/proof-of-person")
    assert answer.status_code == 201, answer.text
    asked: dict[str, Any] = answer.json()
    return asked


def confirm_address(context: Context, card: dict[str, Any]) -> None:
    with context.database.write() as session:
        row = session.get_one(Customer, card["customer"]["id"])
        row.email_verified_at = context.clock.now()


@pytest.mark.parametrize("secret", [None, "", "x", "ü" * 3, "a" * 22])
def test_the_link_alone_neither_exports_nor_erases(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram, secret: str | None
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    headers = {HEADER: secret.encode()} if secret is not None else {}
    for refused in (
        api.get(f"{public(card)}/export", headers=headers),
        api.delete(f"{public(card)}/customer", headers=headers),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "proof_of_person_required")
    assert customer_of(owner, card)["name"] == "Anna Weber"
    assert not events(context, "customer.erasure_asked")


def test_a_code_proves_nothing_until_a_manager_has_typed_it(
    api: Api, owner: Api, alice: Shop, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    asked = ask(api, card)
    headers = {HEADER: asked["proof"]}
    assert asked["way"] == "code"
    assert len(asked["code"]) == 8
    assert api.get(f"{public(card)}/export", headers=headers).status_code == 403

    here, typed = f"{CARDS}/{card['id']}/proof-of-person", {"code": asked["code"]}
    for token in (alice.device(), alice.api_key("loyalty:operate")):
        assert api.with_token(token).post(here, typed).status_code == 403
    wrong = owner.post(here, {"code": "00000000" if asked["code"] != "00000000" else "1" * 8})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "proof_code_invalid")
    assert api.get(f"{public(card)}/export", headers=headers).status_code == 403

    spaced = f"{asked['code'][:4]} {asked['code'][4:]}"
    assert owner.post(here, {"code": spaced}).status_code == 204
    assert owner.post(here, typed).status_code == 409, "a code is typed once"
    exported = api.get(f"{public(card)}/export", headers=headers)
    assert exported.json()["customer"]["email"] == "anna@example.com"


def test_a_code_is_of_its_card_shop_and_hour(
    api: Api, owner: Api, bob: Shop, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    card, other = enrol(owner, coffee, customer=ANNA), enrol(owner, coffee)
    asked = ask(api, card)
    typed = {"code": asked["code"]}
    assert owner.post(f"{CARDS}/{other['id']}/proof-of-person", typed).status_code == 409
    bobs = api.with_token(bob.token())
    assert bobs.post(f"{CARDS}/{card['id']}/proof-of-person", typed).status_code == 404
    shown = proof(api, owner, card)
    assert api.get(f"{public(other)}/export", headers=shown).status_code == 403

    clock.advance(minutes=60)
    assert owner.post(f"{CARDS}/{card['id']}/proof-of-person", typed).status_code == 409
    assert api.get(f"{public(card)}/export", headers=shown).status_code == 403


def test_a_confirmed_address_gets_the_link_and_the_asker_nothing(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    confirm_address(context, card)
    asked = ask(api, card)
    assert (asked["way"], asked["code"], asked["proof"]) == ("mail", None, None)
    [mail] = [one for one in mails(context) if one.kind == "customer_proof"]
    assert mail.to == "anna@example.com"
    secret = mail.facts["link"].rsplit("/", 1)[1]
    exported = api.get(f"{public(card)}/export", headers={HEADER: secret})
    assert exported.json()["customer"]["name"] == "Anna Weber"


def test_an_address_that_only_the_shop_has_typed_gets_no_link(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    """Whoever stands at a till could have typed their own."""
    asked = ask(api, enrol(owner, coffee, customer=ANNA))
    assert asked["way"] == "code"
    assert not [one for one in mails(context) if one.kind == "customer_proof"]


def test_nobody_is_flooded_with_links(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    confirm_address(context, card)
    for _ in range(context.settings.mails_per_address):
        ask(api, card)
    refused = api.post(f"{public(card)}/proof-of-person")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_only_a_few_codes_wait(api: Api, owner: Api, coffee: LoyaltyProgram) -> None:
    card = enrol(owner, coffee)
    for _ in range(5):
        ask(api, card)
    assert api.post(f"{public(card)}/proof-of-person").status_code == 429


def test_an_erasure_waits_and_the_trail_names_who_asked_and_how(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    headers = proof(api, owner, card)
    first = api.delete(f"{public(card)}/customer", headers=headers)
    again = api.delete(f"{public(card)}/customer", headers=headers)
    assert (first.status_code, again.json()) == (202, first.json())
    assert first.json() == {"erased_at": "2026-03-05T09:00:00.000000Z"}

    clock.advance(hours=71, minutes=59)
    assert create_worker(context).run_tasks()["carry_out_erasures"] == 0
    assert customer_of(owner, card)["name"] == "Anna Weber"
    clock.advance(minutes=1)
    assert create_worker(context).run_tasks()["carry_out_erasures"] == 1
    assert create_worker(context).run_tasks()["carry_out_erasures"] == 0
    assert customer_of(owner, card) is None

    [asked], [erased] = (
        events(context, f"customer.{what}") for what in ("erasure_asked", "erased")
    )
    [typed] = events(context, "card.holder_confirmed")
    assert typed.actor_kind == "member"
    for event in (asked, erased):
        assert (event.actor_kind, event.actor_id) == ("customer", card["customer"]["id"])
        assert event.new is not None
        assert (event.new["proof"], event.new["member_id"]) == ("code", typed.actor_id)


@pytest.mark.parametrize("by_shop", [False, True])
def test_an_erasure_is_undone_by_the_customer_or_the_shop(
    api: Api,
    owner: Api,
    context: Context,
    coffee: LoyaltyProgram,
    clock: ManualClock,
    *,
    by_shop: bool,
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    api.delete(f"{public(card)}/customer", headers=proof(api, owner, card))
    clock.advance(hours=71)
    if by_shop:
        undone = owner.post(f"{CARDS}/{card['id']}/keep-customer")
    else:
        undone = api.post(f"{public(card)}/customer/keep")
    assert undone.status_code == 204
    clock.advance(hours=2)
    assert create_worker(context).run_tasks()["carry_out_erasures"] == 0
    assert customer_of(owner, card)["name"] == "Anna Weber"
    [event] = events(context, "customer.erasure_undone")
    assert event.actor_kind == ("member" if by_shop else "customer")


def test_an_anonymous_card_that_is_given_to_somebody_stays_theirs(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    card = enrol(owner, coffee)
    assert api.delete(f"{public(card)}/customer", headers=proof(api, owner, card)).is_success
    owner.patch(f"{CARDS}/{card['id']}", {"customer": ANNA})

    clock.advance(hours=context.settings.erasure_undo_hours, minutes=1)
    create_worker(context).run_tasks()
    assert customer_of(owner, card)["name"] == "Anna Weber"
    assert not events(context, "customer.erased")


def test_undoing_undoes_what_was_asked_twice_at_once(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    assert api.delete(f"{public(card)}/customer", headers=proof(api, owner, card)).is_success
    with context.database.write() as session:
        first = session.scalars(select(Erasure)).one()
        columns = {c.key: getattr(first, c.key) for c in Erasure.__table__.columns}
        session.add(Erasure(**{**columns, "id": context.ids.new_id()}))

    assert api.post(f"{public(card)}/customer/keep").status_code == 204
    clock.advance(hours=context.settings.erasure_undo_hours, minutes=1)
    create_worker(context).run_tasks()
    assert customer_of(owner, card)["name"] == "Anna Weber"


def test_a_manager_may_still_erase_at_once_while_one_waits(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    """The erasure that waited then finds nobody, and says nothing more."""
    from punchcard.loyalty.cards import customer_service
    from tests.support.cast import by_operator

    card = enrol(owner, coffee, customer=ANNA)
    api.delete(f"{public(card)}/customer", headers=proof(api, owner, card))
    with context.database.write() as session:
        token = public(card).rsplit("/", 1)[1]
        former = context.loyalty.former_contacts
        customer_service.erase_customer(session, by_operator(context), token, former)
    clock.advance(hours=72)
    assert create_worker(context).run_tasks()["carry_out_erasures"] == 1
    assert len(events(context, "customer.erased")) == 1


def test_proofs_that_have_ended_are_forgotten(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    ask(api, enrol(owner, coffee))
    clock.advance(minutes=60)
    assert create_worker(context).run_tasks()["expire_proofs"] == 1
    with context.database.read() as session:
        assert session.scalars(select(PersonProof)).all() == []
