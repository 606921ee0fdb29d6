"""A customer's new address on the web: asked for on their page, and taken back by the old one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from punchcard.accounts.models import Customer
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.settings import Settings
from punchcard.loyalty.events import CONTACT_CHANGE
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.worker.handlers import tell_of_contact
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.outgoing_mail import mails
from tests.support.pages import Visitor, text_of

OLD, NEW = "ana@example.com", "ana@new.example"


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log."""
    return replace(settings, smtp_url="log:")


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active", pin_policy="off")


@pytest.fixture
def path(visitor: Visitor, coffee: LoyaltyProgram, context: Context) -> str:
    """Join as Ana and confirm her address; returns the path of her card."""
    visitor.get(f"/join/{coffee.slug}")
    answer = visitor.post(f"/join/{coffee.slug}", name="Ana", email=OLD)
    with context.database.write() as session:
        session.query(Customer).one().email_verified_at = context.clock.now()
    return str(answer.headers["location"]).split("?")[0]


@pytest.fixture
def here(visitor: Visitor, path: str, context: Context) -> str:
    """Show by the mailed link that one is Ana; returns the path of her own page."""
    visitor.get(f"{path}/data")
    visitor.post(f"{path}/proof-of-person")
    return link_of(context, "customer_proof")


@pytest.fixture
def owner(visitors: Callable[..., Visitor], alice: Shop) -> Visitor:
    """Look at pages as the owner of Café Alice."""
    return visitors(alice, "owner")


def work(context: Context) -> None:
    worker = Worker(context, [{CONTACT_CHANGE: tell_of_contact}], [])
    while worker.do_work():
        pass


def link_of(context: Context, kind: str) -> str:
    """Return the path that the last mail of a kind leads to."""
    work(context)
    mail = [one for one in mails(context) if one.kind == kind][-1]
    return mail.facts["link"].removeprefix(context.settings.base_url)


def email_of(context: Context) -> str | None:
    with context.database.read() as session:
        return session.query(Customer).one().email


def card_page(context: Context) -> str:
    with context.database.read() as session:
        return f"/console/members/{session.query(LoyaltyCard).one().id}"


def ask(visitor: Visitor, here: str, email: str = NEW) -> None:
    visitor.get(here)
    answer = visitor.post(f"{here}/contact", email=email)
    assert answer.status_code == 303
    assert "We have sent a link to the new address." in text_of(visitor.follow(answer))


def follow(visitor: Visitor, link: str) -> None:
    """Open the link that confirms an address, and press the button."""
    assert visitor.get(link).headers["location"] == "/verify-email"
    visitor.get("/verify-email")
    answer = visitor.post("/verify-email")
    assert answer.headers["location"] == "/verify-email/done"


def test_a_new_address_counts_by_its_own_mail_and_is_taken_back_by_the_old_one(
    visitor: Visitor, here: str, context: Context
) -> None:
    ask(visitor, here)
    assert f"We have sent a link to {NEW}." in text_of(visitor.get(here))
    assert email_of(context) == OLD
    follow(visitor, link_of(context, "contact_new"))
    assert email_of(context) == NEW

    back = link_of(context, "contact_changed")
    assert "They were changed at" in text_of(visitor.get(back))
    assert email_of(context) == NEW, "mail programs follow links too"
    done = visitor.post(back)
    assert "Your old contact details are back" in text_of(done)
    assert email_of(context) == OLD
    again = visitor.get(back)
    assert again.status_code == 409
    assert "This link is no longer valid." in text_of(again)


def test_a_change_that_waits_is_seen_and_withdrawn_by_the_customer(
    visitor: Visitor, here: str, context: Context
) -> None:
    ask(visitor, here)
    link = link_of(context, "contact_new")
    answer = visitor.post(f"{here}/contact/withdraw")
    assert "Your contact details stay as they are." in text_of(visitor.follow(answer))
    assert NEW not in text_of(visitor.get(here))
    visitor.get(link)
    visitor.get("/verify-email")
    assert visitor.post("/verify-email").status_code == 409


def test_the_shop_sees_what_waits_and_withdraws_it(
    visitor: Visitor, owner: Visitor, here: str, context: Context
) -> None:
    ask(visitor, here)
    page = card_page(context)
    assert NEW in text_of(owner.get(page))
    answer = owner.post(f"{page}/withdraw-contact")
    assert "The new address is withdrawn." in text_of(owner.follow(answer))
    assert NEW not in text_of(owner.get(page))


def test_staff_are_told_that_the_address_waits(
    visitor: Visitor, visitors: Callable[..., Visitor], alice: Shop, here: str, context: Context
) -> None:
    alice.hire(Role.STAFF)
    staff = visitors(alice, "staff")
    page = card_page(context)
    staff.get(f"{page}/edit")
    answer = staff.post(f"{page}/edit", name="Ana", email=NEW)
    assert "La nouvelle adresse vaut" in text_of(staff.follow(answer))
    assert email_of(context) == OLD
    assert NEW in text_of(visitor.get(here))


@pytest.mark.parametrize(
    ("email", "fault"),
    [(OLD, "This is your address already."), ("nonsense", "e-mail"), ("", "fill this in")],
)
def test_what_is_no_new_address_is_told_at_its_field(
    visitor: Visitor, here: str, context: Context, email: str, fault: str
) -> None:
    visitor.get(here)
    answer = visitor.post(f"{here}/contact", email=email)
    assert answer.status_code == 422
    assert fault in text_of(answer)
    work(context)
    assert [one for one in mails(context) if one.kind == "contact_new"] == []


def test_without_a_proof_nothing_is_asked(visitor: Visitor, path: str, context: Context) -> None:
    visitor.get(f"{path}/data")
    for end in ("contact", "contact/withdraw"):
        answer = visitor.post(f"{path}/yours/none/{end}", email=NEW)
        assert answer.status_code == 403


def test_what_waits_stands_in_the_file_that_is_taken_along(visitor: Visitor, here: str) -> None:
    ask(visitor, here)
    assert NEW in visitor.get(f"{here}/data.html").text
    [change] = visitor.get(f"{here}/data.json").json()["contact_changes"]
    assert change["new_email"] == NEW
