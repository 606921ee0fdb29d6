"""A forgotten password, an invitation, another address to sign in with."""

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from punchcard.accounts import user_service
from punchcard.accounts.audit_service import Act, list_events
from punchcard.accounts.errors import (
    CredentialsInvalid,
    EmailTaken,
    LinkInvalid,
    MailNotConfigured,
    PasswordWrong,
    TooManyRequests,
)
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import OutgoingMail, User
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vendor_service import suspend_vendor
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context, build_context
from punchcard.db.outbox import OutboxRow
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from punchcard.kit.settings import Settings
from tests.support import cast
from tests.support.cast import PASSWORD, Shop, by_operator
from tests.support.outgoing_mail import mails

NEW = "a password never used before"


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log."""
    return replace(settings, smtp_url="log:", base_url="https://punch.example/")


def ask(context: Context, email: str, asked_from: str = "192.0.2.1") -> None:
    context.accounts.password_reset.request(email, asked_from=asked_from, language="de")


def token(mail: Mail) -> str:
    return mail.facts["link"].partition("?token=")[2]


def asked_token(context: Context, email: str) -> str:
    ask(context, email)
    return token(mails(context)[-1])


def reset(context: Context, link_token: str, new: str = NEW) -> None:
    context.accounts.password_reset.reset(
        link_token, new, asked_from="192.0.2.1", request_id="test"
    )


def test_a_link_sets_a_new_password_and_ends_every_session(context: Context, alice: Shop) -> None:
    owner = alice.email("owner")
    session_token = alice.token()

    reset(context, asked_token(context, owner))

    assert cast.sign_in(context, owner, NEW).startswith("at_")
    with pytest.raises(CredentialsInvalid):
        cast.sign_in(context, owner, PASSWORD)
    with pytest.raises(CredentialsInvalid):
        context.accounts.credentials.resolve(session_token)


def test_the_mail_goes_to_the_person_in_their_language_with_a_link(
    context: Context, alice: Shop
) -> None:
    ask(context, "  Owner@Cafe-Alice.Example ")

    [mail] = mails(context)
    assert (mail.kind, mail.to, mail.language) == ("password_reset", alice.email("owner"), "fr")
    assert mail.facts["link"].startswith("https://punch.example/reset-password?token=")
    assert mail.facts["expires_at"] == "2026-03-02T10:00:00.000000Z"


def test_an_admin_gets_a_link_in_the_language_of_who_asks(context: Context) -> None:
    session_token = cast.make_admin(context)

    reset(context, asked_token(context, "admin@platform.example"))

    assert mails(context)[0].language == "de"
    assert cast.sign_in(context, "admin@platform.example", NEW).startswith("at_")
    with pytest.raises(CredentialsInvalid):
        context.accounts.credentials.resolve(session_token)


def test_an_unknown_address_is_answered_the_same_and_leaves_as_much(
    context: Context, alice: Shop
) -> None:
    for email in ("nobody@nowhere.example", "not an address", alice.email("owner")):
        ask(context, email)

    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OutgoingMail)) == 3
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 3
    assert len(mails(context)) == 1


def test_neither_address_nor_link_can_be_read_in_the_database(
    context: Context, alice: Shop
) -> None:
    ask(context, alice.email("owner"))

    with context.database.read() as session:
        [row] = session.scalars(select(OutgoingMail))
        assert b"alice" not in row.content_sealed
    link_token = token(mails(context)[0])
    assert "alice" not in link_token


def test_a_link_works_once_and_all_of_the_person_die_with_it(context: Context, alice: Shop) -> None:
    first = asked_token(context, alice.email("owner"))
    second = asked_token(context, alice.email("owner"))
    reset(context, first)

    for used in (first, second):
        with pytest.raises(LinkInvalid):
            reset(context, used, "yet another password")


def test_a_link_ends_with_its_hour(context: Context, alice: Shop, clock: ManualClock) -> None:
    link_token = asked_token(context, alice.email("owner"))
    clock.advance(minutes=59)
    context.accounts.password_reset.check(link_token)
    clock.advance(minutes=1)

    with pytest.raises(LinkInvalid):
        context.accounts.password_reset.check(link_token)


@pytest.mark.parametrize("forged", ["", "x", "é", "A" * 80, "A" * 2000, "=" * 40])
def test_a_forged_link_opens_nothing(context: Context, alice: Shop, forged: str) -> None:
    with pytest.raises(LinkInvalid):
        reset(context, forged)


def test_a_link_that_was_changed_or_meant_for_something_else_opens_nothing(
    context: Context, alice: Shop
) -> None:
    link_token = asked_token(context, alice.email("owner"))
    changed = link_token[:40] + ("A" if link_token[40] != "A" else "B") + link_token[41:]

    with pytest.raises(LinkInvalid):
        reset(context, changed)
    with pytest.raises(LinkInvalid), context.database.write() as session:
        context.loyalty.customer_mail.confirm(session, by_operator(context), link_token)


def test_a_removed_member_and_a_closed_shop_get_nothing(context: Context, alice: Shop) -> None:
    staff = alice.hire(Role.STAFF)
    link_token = asked_token(context, alice.email("staff"))
    with context.database.write() as session:
        user_service.remove_user(session, by_operator(context), alice.id, staff)

    with pytest.raises(LinkInvalid):
        reset(context, link_token)


def test_a_password_that_is_too_short_leaves_the_link_good(context: Context, alice: Shop) -> None:
    link_token = asked_token(context, alice.email("owner"))

    with pytest.raises(InvalidInput):
        reset(context, link_token, "short")

    reset(context, link_token)


def test_a_reset_ends_the_pause_after_wrong_passwords(context: Context, alice: Shop) -> None:
    owner = alice.email("owner")
    for _ in range(context.settings.sign_in_attempts):
        with pytest.raises(CredentialsInvalid):
            cast.sign_in(context, owner, "wrong password")

    reset(context, asked_token(context, owner))

    assert cast.sign_in(context, owner, NEW).startswith("at_")


def test_a_reset_is_audited_and_told_to_the_person(context: Context, alice: Shop) -> None:
    reset(context, asked_token(context, alice.email("owner")))

    with context.database.read() as session:
        events = list_events(session, vendor_id=alice.id, before_id=None, limit=2)
    assert {event.action for event in events} == {
        "member.password_reset",
        "member.password_changed",
    }
    assert mails(context)[-1].kind == "password_changed"


def test_nobody_is_flooded_known_or_not(context: Context, alice: Shop, clock: ManualClock) -> None:
    for email in (alice.email("owner"), "nobody@nowhere.example"):
        for number in range(context.settings.mails_per_address_of_all):
            ask(context, email, f"192.0.2.{number}")
        with pytest.raises(TooManyRequests) as refusal:
            ask(context, email, "192.0.2.99")
        assert refusal.value.retry_after_seconds == 15 * 60
    assert len(mails(context)) == context.settings.mails_per_address_of_all


def test_what_a_stranger_asks_for_does_not_use_up_the_owners_own(
    context: Context, alice: Shop
) -> None:
    email = alice.email("owner")
    for _ in range(context.settings.mails_per_address):
        ask(context, email, "198.51.100.7")
    with pytest.raises(TooManyRequests):
        ask(context, email, "198.51.100.7")

    ask(context, email, "192.0.2.1")
    assert len(mails(context)) == context.settings.mails_per_address + 1


def test_a_known_browser_gets_a_link_while_the_whole_world_asks(
    context: Context, alice: Shop
) -> None:
    email = alice.email("owner")
    subject = context.accounts.credentials.resolve(alice.token())
    known = context.accounts.sign_in.remember_browser(subject, None)
    for number in range(context.settings.mails_per_address_of_all):
        ask(context, email, f"192.0.2.{number}")
    with pytest.raises(TooManyRequests):
        ask(context, email, "203.0.113.1")

    context.accounts.password_reset.request(
        email, asked_from="203.0.113.1", language="de", known=known
    )


def test_one_visitor_asks_for_so_many_addresses_a_minute(context: Context) -> None:
    for number in range(context.settings.mail_requests_per_minute):
        ask(context, f"guest{number}@nowhere.example")

    with pytest.raises(TooManyRequests):
        ask(context, "one-more@nowhere.example")


def test_without_a_mail_server_it_is_said_so_and_no_link_is_logged(
    context: Context, settings: Settings, alice: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        closing(build_context(settings, clock=context.clock, ids=context.ids)) as silent,
        pytest.raises(MailNotConfigured),
    ):
        ask(silent, alice.email("owner"))

    assert "no mail server is set up" in caplog.text
    assert "alice" not in caplog.text
    assert mails(context) == []


def test_somebody_invited_chooses_their_first_password(context: Context, alice: Shop) -> None:
    hashed = context.accounts.password_reset.new_unknown_password()
    person = NewUser(
        email="dan@dan.example", name="Dan", role=Role.STAFF, password_hash=hashed, language="lb"
    )
    with context.database.write() as session:
        user = user_service.create_user(session, by_operator(context), alice.id, person)
        context.accounts.password_reset.invite(session, user)

    [mail] = mails(context)
    assert (mail.kind, mail.to, mail.language) == ("invitation", "dan@dan.example", "lb")
    assert mail.facts["shop"] == "Café Alice"
    assert mail.facts["expires_at"] == "2026-03-05T09:00:00.000000Z"
    reset(context, token(mail))
    assert cast.sign_in(context, "dan@dan.example", NEW).startswith("at_")


def change_address(context: Context, shop: Shop, new: str, **given: Any) -> None:
    subject = context.accounts.credentials.resolve(
        cast.sign_in(context, given.get("now", shop.email("owner")))
    )
    context.accounts.sign_in.confirm_password(subject, given.get("password", PASSWORD))
    act = Act(subject=subject, now=context.clock.now(), ids=context.ids)
    with context.database.write() as session:
        context.accounts.address_change.request(session, act, new, language="de")


def confirm(context: Context, link_token: str) -> str:
    with context.database.write() as session:
        return context.loyalty.customer_mail.confirm(session, by_operator(context), link_token).kind


def test_a_new_address_counts_once_its_link_was_followed(context: Context, alice: Shop) -> None:
    change_address(context, alice, "New@Alice.example")
    [mail] = mails(context)
    assert (mail.kind, mail.to, mail.language) == ("new_address", "new@alice.example", "fr")
    assert cast.sign_in(context, alice.email("owner")).startswith("at_")

    assert confirm(context, token(mail)) == "member"

    assert cast.sign_in(context, "new@alice.example").startswith("at_")
    with pytest.raises(CredentialsInvalid):
        cast.sign_in(context, alice.email("owner"))
    notice = mails(context)[-1]
    assert (notice.kind, notice.to) == ("address_changed", alice.email("owner"))
    with pytest.raises(LinkInvalid):
        confirm(context, token(mail))
    with context.database.read() as session:
        events = list_events(session, vendor_id=alice.id, before_id=None, limit=10)
    [changed] = [event for event in events if event.action == "member.email_changed"]
    assert changed.new == {"email": "new@alice.example"}
    assert changed.actor_kind == "member"


def test_an_address_that_was_taken_meanwhile_stays_whose_it_is(
    context: Context, alice: Shop
) -> None:
    change_address(context, alice, "new@alice.example")
    person = NewUser(
        email="new@alice.example",
        name="X",
        role=Role.STAFF,
        password_hash="x",
        is_confirmed=True,
    )
    with context.database.write() as session:
        user_service.create_user(session, by_operator(context), alice.id, person)

    with pytest.raises(EmailTaken):
        confirm(context, token(mails(context)[0]))


def test_another_address_needs_the_password(context: Context, alice: Shop) -> None:
    with pytest.raises(PasswordWrong):
        change_address(context, alice, "new@alice.example", password="wrong password")

    assert mails(context) == []


def test_a_suspended_shops_people_may_still_choose_a_password(
    context: Context, alice: Shop
) -> None:
    with context.database.write() as session:
        suspend_vendor(session, by_operator(context), alice.id)

    link_token = asked_token(context, alice.email("owner"))
    reset(context, link_token)

    with context.database.read() as session:
        [owner] = session.scalars(select(User))
    assert owner.email == alice.email("owner")
