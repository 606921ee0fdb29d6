"""Customers join with their own phone: what they see, and what they get."""

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from punchcard.accounts.models import Customer, Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.context import Context
from punchcard.loyalty.models import (
    LoyaltyCard,
    LoyaltyProgram,
    LoyaltyTransaction,
    TransactionOrigin,
)
from punchcard.loyalty.vocabulary import ProgramStatus
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of
from tests.web.public.names import NAMES, as_kept


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card, whose terms want to be accepted."""
    return shelf.program(alice, status="active", terms_text="One stamp a coffee.")


def test_a_stranger_gets_a_card_without_telling_anything(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    visitor.get(f"/join/{coffee.slug}")

    answer = visitor.post(f"/join/{coffee.slug}", accept_terms="on")

    assert answer.status_code == 303
    page = visitor.follow(answer)
    assert page.status_code == 200
    with context.database.read() as session:
        (card,) = session.query(LoyaltyCard).all()
    assert card.customer_id is None
    assert card.number[:4] in page.text


def test_a_shop_that_keeps_where_entries_came_from_has_that_of_pages_too(
    visitors: Callable[..., Visitor], alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    with context.database.write() as session:
        session.get_one(Vendor, alice.id).keeps_origins = True
    signed_in = visitors(alice)
    for page, fields in (
        (f"/join/{coffee.slug}", {"accept_terms": "on"}),
        ("/console/members/new", {"program_id": coffee.id}),
    ):
        signed_in.get(page)
        assert signed_in.post(page, **fields).status_code == 303
    with context.database.read() as session:
        kept = [(one.address, one.device_id) for one in session.query(TransactionOrigin)]
        actors = {one.actor_kind for one in session.query(LoyaltyTransaction)}
    assert kept == [("203.0.113.7", None)] * 2
    # Whoever joins is the public, also with somebody of the shop signed in at this browser.
    assert len(actors) == 2
    assert "public" in actors


def test_who_tells_a_name_finds_it_on_the_card(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    visitor.get(f"/join/{coffee.slug}?lang=lb")

    answer = visitor.post(
        f"/join/{coffee.slug}",
        name="Ana Schmit",
        email="Ana@Example.com",
        phone="00352 621 123 456",
        birthday_day="29",
        birthday_month="2",
        accept_terms="on",
    )

    assert "Ana Schmit" in visitor.follow(answer).text
    with context.database.read() as session:
        (customer,) = session.query(Customer).all()
    assert (customer.email, customer.phone) == ("ana@example.com", "+352621123456")
    assert customer.birthday == "02-29"
    assert customer.terms_accepted_at is not None
    assert not customer.is_verified


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody"},
        {"phone": "12"},
        {"birthday_day": "31", "birthday_month": "2"},
        {"birthday_day": "3"},
        {"name": "x" * 121},
        {"name": "two\nlines"},
        {"marketing_consent": "on", "name": "Ana"},
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_opens_no_card(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context, wrong: dict[str, str]
) -> None:
    visitor.get(f"/join/{coffee.slug}")

    answer = visitor.post(f"/join/{coffee.slug}", accept_terms="on", **wrong)

    assert answer.status_code == 422
    assert 'class="fault"' in answer.text
    with context.database.read() as session:
        assert session.query(LoyaltyCard).count() == 0


def test_terms_must_be_accepted(visitor: Visitor, coffee: LoyaltyProgram) -> None:
    visitor.get(f"/join/{coffee.slug}")

    answer = visitor.post(f"/join/{coffee.slug}")

    assert answer.status_code == 422
    assert "accept" in text_of(answer)


def test_a_form_from_elsewhere_opens_no_card(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    visitor.get(f"/join/{coffee.slug}")

    answer = visitor.post(f"/join/{coffee.slug}", csrf="0" * 64, accept_terms="on")

    assert answer.status_code == 403
    with context.database.read() as session:
        assert session.query(LoyaltyCard).count() == 0


def test_a_program_that_is_closed_or_unknown_has_no_page(visitor: Visitor, alice: Shop) -> None:
    draft = shelf.program(alice, name="Later")

    assert visitor.get(f"/join/{draft.slug}").status_code == 404
    assert visitor.get("/join/nobody-knows").status_code == 404
    assert visitor.get("/join/%00").status_code == 404


def test_where_the_shop_gives_cards_out_itself_there_is_no_form(
    visitor: Visitor, alice: Shop
) -> None:
    program = shelf.program(alice, status="active", self_enrollment=False)

    page = visitor.get(f"/join/{program.slug}")

    assert "ask at the shop" in text_of(page)
    assert f'action="/join/{program.slug}"' not in page.text


@pytest.mark.parametrize("language", ["en", "fr", "de", "lb"])
def test_the_page_speaks_the_browsers_language(
    visitors: Callable[..., Visitor], coffee: LoyaltyProgram, language: str
) -> None:
    page = visitors(language=language).get(f"/join/{coffee.slug}")

    assert f'<html lang="{language}">' in page.text


def test_too_many_cards_a_minute_are_refused(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    visitor.get(f"/join/{coffee.slug}")
    for _ in range(context.settings.public_enrolments_per_minute):
        context.accounts.limits.enrolments.take("203.0.113.7")

    answer = visitor.post(f"/join/{coffee.slug}", accept_terms="on")

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=NAMES | st.sampled_from(["<b>&amp;</b>", "\u202eAna", "👩🏽‍🍳", "{{ 7*7 }}"]))
def test_every_name_arrives_whole_and_as_text(
    visitor: Visitor, coffee: LoyaltyProgram, name: str
) -> None:
    as_kept(name)
    visitor.get(f"/join/{coffee.slug}")

    told = {"name": name, "accept_terms": "on", "another": "yes"}
    answer = visitor.post(f"/join/{coffee.slug}", **told)

    page = visitor.follow(answer)
    assert as_kept(name) in text_of(page)
    assert str(escape(as_kept(name))) in page.text


@pytest.mark.parametrize(
    "wrong", [{"phone": "12"}, {"birthday_day": "31", "birthday_month": "2"}, {"birthday_day": "x"}]
)
def test_what_lies_folded_away_is_open_when_something_in_it_is_wrong(
    visitor: Visitor, coffee: LoyaltyProgram, wrong: dict[str, str]
) -> None:
    page = visitor.get(f"/join/{coffee.slug}")
    assert "<details open>" not in page.text

    answer = visitor.post(f"/join/{coffee.slug}", accept_terms="on", **wrong)

    assert answer.text.count("<details open>") == 1
    for value in wrong.values():
        assert f'value="{value}"' in answer.text


def test_a_language_asked_for_in_the_address_goes_before_the_browsers(
    visitors: Callable[..., Visitor], coffee: LoyaltyProgram
) -> None:
    page = visitors(language="de").get(f"/join/{coffee.slug}?lang=lu")

    assert '<html lang="lb">' in page.text


def test_consent_to_news_is_kept_with_its_time(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    visitor.get(f"/join/{coffee.slug}")
    told = {"email": "ana@example.com", "marketing_consent": "on", "accept_terms": "on"}

    visitor.post(f"/join/{coffee.slug}", **told)

    with context.database.read() as session:
        customer = session.query(Customer).one()
    assert customer.marketing_consent
    assert customer.marketing_consent_at == context.clock.now()


def test_mail_is_promised_only_where_mail_can_be_sent(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    assert not context.accounts.mailer.is_configured

    assert "We send your card there" not in text_of(visitor.get(f"/join/{coffee.slug}"))


def test_a_poster_of_a_shop_that_cannot_give_out_cards_says_why(
    visitor: Visitor, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    page = f"/join/{coffee.slug}"
    visitor.get(page)
    with context.database.write() as session:
        session.get_one(LoyaltyProgram, coffee.id).status = ProgramStatus.INACTIVE
    answer = visitor.get(page)
    assert answer.status_code == 404
    assert "gives out no more cards of this kind" in text_of(answer)
    with context.database.write() as session:
        session.get_one(Vendor, alice.id).status = VendorStatus.SUSPENDED
    for answer in (visitor.get(page), visitor.post(page, accept_terms="on")):
        assert answer.status_code == 404
        assert "cannot give out cards at the moment" in text_of(answer)
    with context.database.write() as session:
        session.get_one(Vendor, alice.id).status = VendorStatus.CLOSED
    assert "cannot give out cards" not in text_of(visitor.get(page))


def test_the_card_on_the_page_of_joining_is_told_to_be_an_example(
    visitor: Visitor, coffee: LoyaltyProgram
) -> None:
    said = text_of(visitor.get(f"/join/{coffee.slug}"))
    assert "An example: yours begins empty" in said
    assert "Your card" not in said


def test_a_page_with_a_fault_opens_at_it(visitor: Visitor, coffee: LoyaltyProgram) -> None:
    visitor.get(f"/join/{coffee.slug}")
    page = visitor.post(f"/join/{coffee.slug}", phone="621", email="x", accept_terms="on")
    assert page.status_code == 422
    (field,) = re.findall(r"<[^>]*\bautofocus\b[^>]*>", page.text)
    assert 'id="email"' in field
    page = visitor.post(f"/join/{coffee.slug}", phone="621", accept_terms="on")
    (field,) = re.findall(r"<[^>]*\bautofocus\b[^>]*>", page.text)
    assert 'id="phone"' in field
