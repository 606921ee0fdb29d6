"""A card brings a friend: the link on its page, and what the friend sees who follows it."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from starlette.types import ASGIApp

from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.referral_models import Referral
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of

TERMS: dict[str, Any] = {"referrer": {"points": 50}, "friend": {"stamps": 1}}


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's card, which brings friends."""
    return shelf.program(alice, **{**shelf.HYBRID, "referral": TERMS})


def page_of(context: Context, card_id: str) -> str:
    with context.database.read() as session:
        card = session.get_one(LoyaltyCard, card_id)
        url = context.loyalty.card_links.public_url(card.id, card.token_sealed, card.vendor_id)
    assert url is not None
    return f"{urlsplit(url).path}?lang=en"


def link_of(visitor: Visitor, context: Context, card_id: str) -> str:
    """Return the link that a card's page offers to be shared."""
    page = visitor.get(page_of(context, card_id)).text
    before = page.split('id="referral-link"')[0]
    parts = urlsplit(before.rsplit('href="', 1)[1].split('"')[0])
    return f"{parts.path}?{parts.query}"


def test_a_friend_follows_the_link_and_is_remembered(
    app: ASGIApp, visitor: Visitor, context: Context, alice: Shop, coffee: LoyaltyProgram
) -> None:
    anna = shelf.opened_card(alice, coffee)
    page = text_of(visitor.get(page_of(context, anna)))
    assert "Bring a friend" in page
    assert "50 points" in page
    link = link_of(visitor, context, anna)
    assert page_of(context, anna).split("?")[0].rsplit("/", 1)[1] not in link
    with Visitor(app) as ben:
        shown = ben.get(link)
        assert "At your first visit you get: 1 stamp." in text_of(shown)
        via = link.split("via=")[1]
        assert ben.post(f"/join/{coffee.slug}", via=via).status_code == 303
    with context.database.read() as session:
        (referral,) = session.scalars(select(Referral))
    assert referral.referrer_card_id == anna


def test_who_comes_without_a_link_is_promised_nothing(
    visitor: Visitor, context: Context, coffee: LoyaltyProgram
) -> None:
    for query in ("", "?via=", "?via=nobody", "?via=%00%ff"):
        shown = visitor.get(f"/join/{coffee.slug}{query}")
        assert shown.status_code == 200
        assert "A friend sent you here." not in text_of(shown)
    visitor.post(f"/join/{coffee.slug}", via="nobody")
    with context.database.read() as session:
        assert session.scalars(select(Referral)).all() == []


def test_a_program_that_brings_nobody_offers_no_link(
    visitor: Visitor, context: Context, alice: Shop
) -> None:
    plain = shelf.program(alice, **shelf.HYBRID)
    paused = shelf.program(alice, **{**shelf.HYBRID, "referral": {**TERMS, "status": "paused"}})
    for program in (plain, paused):
        card = shelf.opened_card(alice, program)
        assert "Bring a friend" not in text_of(visitor.get(page_of(context, card)))
