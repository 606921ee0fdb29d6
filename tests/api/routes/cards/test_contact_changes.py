"""A new address of a customer: confirmed by its own reader, told to the old one, taken back."""

from collections.abc import Callable
from dataclasses import replace
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import AuditEvent, Customer
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.card_changes import lock_card
from punchcard.loyalty.cards.contacts.models import ContactChange
from punchcard.loyalty.cards.models import Erasure, PersonProof
from punchcard.loyalty.events import CONTACT_CHANGE
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.main import create_worker
from punchcard.worker.handlers import tell_of_contact
from punchcard.worker.loop import Worker
from tests.api.routes.cards.test_cards import ANNA, CARDS, enrol, found
from tests.api.routes.cards.test_public import forget, proof, public
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.outgoing_mail import mails
from tests.support.waiting import wait_until

OLD, NEW = "anna@example.com", "anna@new.example"


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log, and let people stay signed in for the days that this takes."""
    return replace(settings, smtp_url="log:", access_token_hours=200, session_idle_minutes=0)


@pytest.fixture
def anna(owner: Api, context: Context, coffee: LoyaltyProgram) -> dict[str, Any]:
    """Open Anna's card, whose address she has confirmed."""
    card = enrol(owner, coffee, customer=ANNA)
    confirm(context, card)
    return card


def confirm(context: Context, card: dict[str, Any]) -> None:
    with context.database.write() as session:
        row = session.get_one(Customer, card["customer"]["id"])
        row.email_verified_at, row.is_verified = context.clock.now(), True


def work(context: Context) -> None:
    """Let a worker ask and tell about contacts; the mails stay where tests read them."""
    worker = Worker(context, [{CONTACT_CHANGE: tell_of_contact}], [])
    while worker.do_work():
        pass


def mailed(context: Context, kind: str) -> list[Mail]:
    work(context)
    return [one for one in mails(context) if one.kind == kind]


def token_in(mail: Mail) -> str:
    return mail.facts["link"].rsplit("=", 1)[-1].rsplit("/", 1)[-1]


def shown(api: Api, context: Context, card: dict[str, Any]) -> dict[str, str]:
    """Show by a mail that one is the holder of a card whose address is confirmed."""
    assert api.post(f"{public(card)}/proof-of-person").status_code == 201
    mail = [one for one in mails(context) if one.kind == "customer_proof"][-1]
    return {"Proof-Of-Person": mail.facts["link"].rsplit("/", 1)[1]}


def ask(api: Api, context: Context, card: dict[str, Any], email: str = NEW, **headers: str) -> Mail:
    """Ask for a new address as the card's holder; return the mail that went there."""
    given = headers or shown(api, context, card)
    answer = api.post(f"{public(card)}/contact-change", {"email": email}, headers=given)
    assert answer.status_code == 202, answer.text
    mail = mailed(context, "contact_new")[-1]
    assert mail.to == email
    return mail


def follow(api: Api, mail: Mail) -> Any:
    return api.post("/auth/verify-email", {"token": token_in(mail)})


def object_by(api: Api, mail: Mail) -> Any:
    return api.post("/loyalty/contact-objections", {"token": token_in(mail)})


def customer_of(context: Context, card: dict[str, Any]) -> Customer:
    with context.database.read() as session:
        holder = session.get_one(LoyaltyCard, card["id"]).customer_id
        assert holder is not None
        return session.get_one(Customer, holder)


def actions(context: Context) -> list[tuple[str, str]]:
    """Return what the audit trail has about contacts, with who did it."""
    with context.database.read() as session:
        wanted = AuditEvent.action.startswith("customer.contact")
        rows = session.scalars(select(AuditEvent).where(wanted).order_by(AuditEvent.id))
        return [(row.action.removeprefix("customer."), row.actor_kind) for row in rows]


def test_a_new_address_counts_once_its_reader_has_confirmed_it(
    api: Api, owner: Api, context: Context, anna: dict[str, Any]
) -> None:
    mail = ask(api, context, anna)
    assert "name" not in mail.facts, "the address may be a stranger's"
    assert customer_of(context, anna).email == OLD
    assert found(owner, NEW) == []

    assert follow(api, mail).status_code == 200
    customer = customer_of(context, anna)
    assert (customer.email, customer.email_verified_at) == (NEW, context.clock.now())
    assert customer.is_verified
    assert (found(owner, NEW), found(owner, OLD)) == ([anna["id"]], [])
    assert follow(api, mail).status_code == 200, "twice is as once"
    assert actions(context) == [
        ("contact_change_asked", "customer"),
        ("contact_changed", "customer"),
    ]


def test_the_old_address_is_told_and_puts_the_old_contact_back(
    api: Api, owner: Api, context: Context, anna: dict[str, Any]
) -> None:
    follow(api, ask(api, context, anna))
    [told] = mailed(context, "contact_changed")
    assert told.to == OLD

    assert object_by(api, told).status_code == 204
    customer = customer_of(context, anna)
    assert (customer.email, customer.phone) == (OLD, "+352621123456")
    assert customer.email_verified_at is not None
    assert found(owner, OLD) == [anna["id"]]
    again = object_by(api, told)
    assert (again.status_code, again.json()["code"]) == (409, "link_invalid")
    assert actions(context)[-1] == ("contact_restored", "customer")


def test_an_objection_ends_all_that_the_new_address_has_begun(
    api: Api, context: Context, anna: dict[str, Any]
) -> None:
    follow(api, ask(api, context, anna))
    [told] = mailed(context, "contact_changed")
    by_thief = shown(api, context, anna)
    assert api.delete(f"{public(anna)}/customer", headers=by_thief).status_code == 202
    next_mail = ask(api, context, anna, "thief@third.example", **by_thief)

    assert object_by(api, told).status_code == 204
    with context.database.read() as session:
        assert all(one.undone_at for one in session.scalars(select(Erasure)))
        assert session.scalars(select(PersonProof)).all() == []
    assert follow(api, next_mail).status_code == 409
    assert api.get(f"{public(anna)}/export", headers=by_thief).status_code == 403
    assert customer_of(context, anna).email == OLD


def test_an_objection_reaches_over_a_second_change(
    api: Api, context: Context, anna: dict[str, Any]
) -> None:
    follow(api, ask(api, context, anna))
    [first] = mailed(context, "contact_changed")
    follow(api, ask(api, context, anna, "third@new.example"))
    second = mailed(context, "contact_changed")[-1]
    assert second.to == NEW

    assert object_by(api, first).status_code == 204
    assert object_by(api, second).status_code == 409, "the first address has spoken"
    assert customer_of(context, anna).email == OLD


def test_nobody_objects_after_three_days(
    api: Api, context: Context, anna: dict[str, Any], clock: ManualClock
) -> None:
    follow(api, ask(api, context, anna))
    [told] = mailed(context, "contact_changed")
    clock.advance(hours=context.settings.contact_objection_hours)
    assert object_by(api, told).status_code == 409
    assert create_worker(context).run_tasks()["expire_contact_changes"] == 1
    with context.database.read() as session:
        assert session.scalars(select(ContactChange)).all() == []
    assert customer_of(context, anna).email == NEW


def test_a_link_that_nobody_follows_in_time_changes_nothing(
    api: Api, owner: Api, context: Context, anna: dict[str, Any], clock: ManualClock
) -> None:
    mail = ask(api, context, anna)
    clock.advance(hours=context.settings.email_verification_hours)
    assert follow(api, mail).status_code == 409
    here = f"{CARDS}/{anna['id']}/contact-change"
    assert owner.get(here).json() == {"waiting": None}
    assert create_worker(context).run_tasks()["expire_contact_changes"] == 1


def test_the_answer_does_not_say_whether_the_address_is_known(
    api: Api, owner: Api, context: Context, anna: dict[str, Any], coffee: LoyaltyProgram
) -> None:
    enrol(owner, coffee, customer={"name": "Ben", "email": "ben@example.com"})
    headers = shown(api, context, anna)
    answers = [
        api.post(f"{public(anna)}/contact-change", {"email": email}, headers=headers)
        for email in ("ben@example.com", "nobody@example.com")
    ]
    assert answers[0].json() == answers[1].json()
    assert [one.status_code for one in answers] == [202, 202]


@pytest.mark.parametrize("by", ["customer", "shop"])
def test_a_change_that_waits_is_withdrawn(
    api: Api, owner: Api, context: Context, anna: dict[str, Any], *, by: str
) -> None:
    headers = shown(api, context, anna)
    mail = ask(api, context, anna, **headers)
    here = f"{CARDS}/{anna['id']}/contact-change"
    waiting = owner.get(here).json()["waiting"]
    assert (waiting["new_email"], waiting["asked_by"]) == (NEW, "customer")

    gone = (
        api.delete(f"{public(anna)}/contact-change", headers=headers)
        if by == "customer"
        else owner.delete(here)
    )
    assert gone.status_code == 204
    assert owner.get(here).json() == {"waiting": None}
    assert follow(api, mail).status_code == 409
    assert actions(context)[-1] == (
        "contact_change_withdrawn",
        "customer" if by == "customer" else "member",
    )


def test_the_last_address_asked_for_is_the_one_that_waits(
    api: Api, context: Context, anna: dict[str, Any]
) -> None:
    first = ask(api, context, anna)
    second = ask(api, context, anna, "second@new.example")
    assert follow(api, first).status_code == 409
    assert follow(api, second).status_code == 200
    assert customer_of(context, anna).email == "second@new.example"


def test_the_links_of_one_card_are_bounded(
    api: Api, context: Context, anna: dict[str, Any]
) -> None:
    headers = shown(api, context, anna)
    for number in range(context.settings.mails_per_address + 2):
        body = {"email": f"anna{number}@new.example"}
        asked = api.post(f"{public(anna)}/contact-change", body, headers=headers)
        assert asked.status_code == 202
        work(context)
    assert len(mailed(context, "contact_new")) == context.settings.mails_per_address


def test_without_a_proof_nobody_changes_an_address(
    api: Api, context: Context, anna: dict[str, Any]
) -> None:
    here = f"{public(anna)}/contact-change"
    for refused in (api.post(here, {"email": NEW}), api.delete(here)):
        assert (refused.status_code, refused.json()["code"]) == (403, "proof_of_person_required")
    assert mailed(context, "contact_new") == []


def test_another_shop_sees_and_withdraws_nothing(
    api: Api, bob: Shop, context: Context, anna: dict[str, Any]
) -> None:
    ask(api, context, anna)
    bobs = api.with_token(bob.token())
    here = f"{CARDS}/{anna['id']}/contact-change"
    assert [bobs.get(here).status_code, bobs.delete(here).status_code] == [404, 404]


def test_an_address_of_another_customer_is_not_taken_over(
    api: Api, owner: Api, context: Context, anna: dict[str, Any], points: LoyaltyProgram
) -> None:
    """Only who reads the mail learns of it, and both customers stay as they are."""
    ben = enrol(owner, points, customer={"name": "Ben", "email": "ben@example.com"})
    mail = ask(api, context, anna, "ben@example.com")
    refused = follow(api, mail)
    assert (refused.status_code, refused.json()["code"]) == (409, "address_held_elsewhere")
    assert customer_of(context, anna).email == OLD
    assert customer_of(context, ben).name == "Ben"


def test_a_card_of_nobody_gets_a_holder_by_a_confirmed_address(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    mail = ask(api, context, card, **proof(api, owner, card))
    assert follow(api, mail).status_code == 200
    customer = customer_of(context, card)
    assert (customer.email, customer.is_verified) == (NEW, True)
    assert mailed(context, "contact_changed") == []
    assert follow(api, mail).status_code == 200, "twice is as once"


def test_a_card_of_nobody_goes_to_who_has_that_address_already(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram, points: LoyaltyProgram
) -> None:
    """As the shop's typing the address would; not if they hold a card of the program."""
    ben = enrol(owner, points, customer={"name": "Ben", "email": NEW})
    card, other = enrol(owner, coffee), enrol(owner, coffee)
    assert follow(api, ask(api, context, card, **proof(api, owner, card))).status_code == 200
    assert customer_of(context, card).id == ben["customer"]["id"]
    offered = follow(api, ask(api, context, other, **proof(api, owner, other)))
    assert offered.json()["merge_token"] is not None, "they have a card here: the two may be one"
    assert owner.get(f"{CARDS}/{other['id']}").json()["customer"] is None


def test_a_manager_changes_at_once_and_the_old_address_may_object(
    api: Api, owner: Api, context: Context, anna: dict[str, Any]
) -> None:
    changed = owner.patch(f"{CARDS}/{anna['id']}", {"customer": {"email": NEW, "phone": None}})
    assert changed.json()["customer"]["email"] == NEW
    customer = customer_of(context, anna)
    assert customer.email_verified_at is None, "nobody has confirmed it"

    [told] = mailed(context, "contact_changed")
    assert told.to == OLD
    assert object_by(api, told).status_code == 204
    customer = customer_of(context, anna)
    assert (customer.email, customer.phone) == (OLD, "+352621123456")
    assert customer.email_verified_at is not None
    assert actions(context) == [("contact_restored", "customer")]


def test_a_changed_phone_is_told_to_the_address_that_stays(
    api: Api, owner: Api, context: Context, anna: dict[str, Any]
) -> None:
    owner.patch(f"{CARDS}/{anna['id']}", {"customer": {"phone": "+352 621 999 999"}})
    [told] = mailed(context, "contact_changed")
    assert object_by(api, told).status_code == 204
    assert customer_of(context, anna).phone == "+352621123456"


def test_an_address_that_nobody_confirmed_is_told_without_a_way_back(
    owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    """It may have been mistyped: whoever reads it must not take the card's contact over."""
    card = enrol(owner, coffee, customer=ANNA)
    owner.patch(f"{CARDS}/{card['id']}", {"customer": {"email": NEW}})
    [told] = mailed(context, "contact_changed")
    assert (told.to, "link" in told.facts) == (OLD, False)


@pytest.mark.parametrize("caller", ["device", "key", "staff"])
def test_who_may_only_operate_cannot_change_a_confirmed_address_at_once(
    api: Api, alice: Shop, context: Context, anna: dict[str, Any], caller: str
) -> None:
    alice.hire(Role.STAFF)
    tokens: dict[str, Callable[[], str]] = {
        "device": alice.device,
        "key": lambda: alice.api_key("loyalty:operate"),
        "staff": lambda: alice.token("staff"),
    }
    till = api.with_token(tokens[caller]())
    here = f"{CARDS}/{anna['id']}"
    changed = till.patch(here, {"customer": {"name": "Anna W.", "email": NEW}})
    assert changed.status_code == 200, changed.text
    told = changed.json()["customer"]
    assert (told["name"], told["email"]) == ("Anna W.", OLD)
    assert till.patch(here, {"customer": {"email": None}}).status_code == 403

    [mail] = mailed(context, "contact_new")
    assert (mail.to, customer_of(context, anna).email) == (NEW, OLD)
    assert follow(api, mail).status_code == 200
    assert customer_of(context, anna).email == NEW


def test_who_is_forgotten_leaves_no_change_behind(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    headers = proof(api, owner, card)
    mail = ask(api, context, card, **headers)
    exported = api.get(f"{public(card)}/export", headers=headers).json()
    assert [one["new_email"] for one in exported["contact_changes"]] == [NEW]

    forget(api, owner, card, context)
    with context.database.read() as session:
        assert session.scalars(select(ContactChange)).all() == []
    assert follow(api, mail).status_code == 409


def test_a_change_of_a_card_that_was_merged_ends_with_it(
    api: Api, owner: Api, context: Context, anna: dict[str, Any], coffee: LoyaltyProgram
) -> None:
    """The card's holder is then the other card's, whose address it never was."""
    other = enrol(owner, coffee, customer={"name": "Ben", "email": "ben@example.com"})
    mail = ask(api, context, anna)
    merged = owner.post(f"{CARDS}/{other['id']}/merge", {"from_card_id": anna["id"]})
    assert merged.status_code == 201, merged.text
    assert follow(api, mail).status_code == 409
    assert customer_of(context, other).email == "ben@example.com"


def test_an_address_that_was_left_is_no_new_friends(
    api: Api, context: Context, alice: Shop, anna: dict[str, Any]
) -> None:
    follow(api, ask(api, context, anna))
    work(context)
    former, now = context.loyalty.former_contacts, context.clock.now()
    with context.database.read() as session:
        assert former.knows(session, alice.id, [OLD], now)
        assert not former.knows(session, alice.id, [NEW], now)


def test_without_mail_nobody_is_promised_a_link(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context.loyalty.contact_mail, "is_configured", False)
    card = enrol(owner, coffee, customer=ANNA)
    headers = proof(api, owner, card)
    refused = api.post(f"{public(card)}/contact-change", {"email": NEW}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "mail_not_configured")


def test_who_asks_for_the_address_they_have_confirms_it_and_is_told_nothing(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee, customer=ANNA)
    mail = ask(api, context, card, OLD, **proof(api, owner, card))
    assert follow(api, mail).status_code == 200
    assert customer_of(context, card).email_verified_at is not None
    assert mailed(context, "contact_changed") == []
    assert follow(api, mail).status_code == 200, "twice is as once"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "contact-change", {"email": "thief@example.com"}),
        ("POST", "merge-request", {"card": "482915123456"}),
        ("DELETE", "customer", None),
    ],
)
def test_a_proof_that_an_objection_ends_at_that_moment_begins_nothing(
    api: Api,
    context: Context,
    alice: Shop,
    anna: dict[str, Any],
    method: str,
    path: str,
    body: Any,
) -> None:
    """The objection holds the card; who asks meanwhile is looked at once it is over."""
    headers, answers = shown(api, context, anna), Queue[Any]()

    def ask_meanwhile() -> None:
        answers.put(api.call(method, f"{public(anna)}/{path}", json=body, headers=headers))

    asking = Thread(target=ask_meanwhile)
    with context.database.write() as session:
        lock_card(session, alice.id, anna["id"])
        session.execute(delete(PersonProof).where(PersonProof.card_id == anna["id"]))
        asking.start()
        wait_until(lambda: waits_for_a_lock(context) or not answers.empty())
    asking.join()

    refused = answers.get_nowait()
    assert (refused.status_code, refused.json()["code"]) == (403, "proof_of_person_required")


def waits_for_a_lock(context: Context) -> bool:
    """Return whether another connection to the database waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with context.database.read_connection() as connection:
        return bool(connection.scalar(waiting))
