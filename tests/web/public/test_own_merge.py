"""A customer puts their own two cards together on their pages."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from punchcard.accounts.models import Customer
from punchcard.context import Context
from punchcard.kit.settings import Settings
from punchcard.loyalty.events import CONTACT_CHANGE, MERGE_OFFERED
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.worker.handlers import offer_merge, tell_of_contact
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.outgoing_mail import mails
from tests.support.pages import Visitor, text_of

HOME, AWAY = "ana@home.example", "ana@work.example"


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log."""
    return replace(settings, smtp_url="log:")


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active", pin_policy="off")


def joined(visitor: Visitor, program: LoyaltyProgram, context: Context, email: str) -> str:
    """Join with an address and confirm it; returns the path of the card."""
    visitor.get(f"/join/{program.slug}?another=shared")
    answer = visitor.post(f"/join/{program.slug}", name="Ana", email=email, another="shared")
    assert answer.status_code == 303
    with context.database.write() as session:
        row = session.scalars(select(Customer).where(Customer.email == email)).one()
        row.email_verified_at = context.clock.now()
    return str(answer.headers["location"]).split("?")[0]


def link_of(context: Context, kind: str) -> str:
    """Return the path that the last mail of a kind leads to."""
    work = {CONTACT_CHANGE: tell_of_contact, MERGE_OFFERED: offer_merge}
    worker = Worker(context, [work], [])
    while worker.do_work():
        pass
    mail = [one for one in mails(context) if one.kind == kind][-1]
    return mail.facts["link"].removeprefix(context.settings.base_url)


def own_page(visitor: Visitor, context: Context, path: str) -> str:
    """Show by the mailed link that one is the holder of a card; returns the path of their page."""
    visitor.get(f"{path}/data")
    visitor.post(f"{path}/proof-of-person")
    return link_of(context, "customer_proof")


def numbers(context: Context) -> list[str]:
    with context.database.read() as session:
        return list(session.scalars(select(LoyaltyCard.number).order_by(LoyaltyCard.id)))


def test_a_customer_names_the_other_card_and_merges_by_the_mail_that_it_gets(
    visitor: Visitor, context: Context, coffee: LoyaltyProgram
) -> None:
    card, other = (joined(visitor, coffee, context, email) for email in (HOME, AWAY))
    here = own_page(visitor, context, card)
    visitor.get(here)
    answer = visitor.post(f"{here}/merge", other_card=f"https://punch.example{other}")
    assert "we have sent a link there" in text_of(visitor.follow(answer))

    link = link_of(context, "customer_merge")
    assert "Everything that the second card has" in text_of(visitor.get(link))
    untold = visitor.post(link)
    assert untold.status_code == 422
    assert "Please tick the box" in text_of(untold)
    done = visitor.post(link, both_mine="on")
    assert done.headers["location"] == card
    assert "Your cards are one now." in text_of(visitor.follow(done))
    assert visitor.get(other).status_code == 200, "its link leads on"
    ended = visitor.get(link)
    assert ended.status_code == 409
    assert "This link is no longer valid." in text_of(ended)


def test_a_code_that_is_nobodys_is_answered_in_the_same_way(
    visitor: Visitor, context: Context, coffee: LoyaltyProgram
) -> None:
    here = own_page(visitor, context, joined(visitor, coffee, context, HOME))
    joined(visitor, coffee, context, AWAY)
    told = []
    for code in ("000000000000", numbers(context)[1]):
        visitor.get(here)
        told.append(text_of(visitor.follow(visitor.post(f"{here}/merge", other_card=code))))
    assert told[0] == told[1]
    visitor.get(here)
    assert visitor.post(f"{here}/merge", other_card="").status_code == 422
    assert visitor.post(f"{here[:-3]}xyz/merge", other_card="1").status_code == 403


def test_a_new_address_with_a_card_leads_to_both_cards(
    visitor: Visitor, context: Context, coffee: LoyaltyProgram
) -> None:
    card = joined(visitor, coffee, context, HOME)
    joined_by = joined(visitor, coffee, context, AWAY)
    with context.database.write() as session:
        for row in session.scalars(select(Customer)):
            row.is_verified = True
    here = own_page(visitor, context, card)
    visitor.get(here)
    visitor.post(f"{here}/contact", email=AWAY)
    visitor.get(link_of(context, "contact_new"))
    visitor.get("/verify-email")
    answer = visitor.post("/verify-email")
    assert answer.headers["location"].startswith("/merge/")
    visitor.get(answer.headers["location"])
    done = visitor.post(answer.headers["location"], both_mine="on")
    assert done.headers["location"] == joined_by, "the card that the address has stays"


@pytest.mark.parametrize("language", ["de", "fr", "lb"])
def test_the_page_speaks_the_visitors_language(
    visitor: Visitor, context: Context, coffee: LoyaltyProgram, language: str
) -> None:
    card, other = (joined(visitor, coffee, context, email) for email in (HOME, AWAY))
    here = own_page(visitor, context, card)
    visitor.get(here)
    visitor.post(f"{here}/merge", other_card=other.removeprefix("/c/"))
    page = visitor.get(f"{link_of(context, 'customer_merge')}?lang={language}")
    assert f'<html lang="{language}"' in page.text
    assert "Merge" not in text_of(page)
