"""The tier on a customer's own page and on the shop's page of the card."""

from typing import Any

import pytest

from punchcard.context import Context
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import customer_service
from punchcard.loyalty.cards.card_service import get_card
from punchcard.web.pages import templating
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.pages import Visitor, text_of

TIERS: list[dict[str, Any]] = [
    {"key": "basic", "name": "Basic", "threshold": 0},
    {
        "key": "gold",
        "name": "Gold",
        "texts": {"fr": {"name": "Or"}},
        "threshold": 100,
        "branding": {"background_color": "#d4af37"},
    },
]


def path_of(context: Context, shop: Shop, card_id: CardId) -> str:
    with context.database.read() as session:
        card = get_card(session, shop.id, card_id, now=context.clock.now())
    token = context.loyalty.card_links.token(card.id, card.token_sealed)
    return f"/c/{token}"


def told(visitor: Visitor, path: str) -> str:
    return " ".join(text_of(visitor.get(path)).split())


@pytest.mark.parametrize(
    ("basis", "way"),
    [
        ("points", "70 points to Gold"),
        ("spend_minor", "€0.01 more to spend for Gold"),
        ("visits", "99 visits to Gold"),
        ("stamps", "100 stamps to Gold"),
    ],
)
def test_a_guest_reads_their_tier_and_how_far_the_next_is(
    visitor: Visitor, alice: Shop, context: Context, basis: str, way: str
) -> None:
    shop = PagesDriver(alice, tiers=TIERS, tier_basis=basis)
    card = shop.open()
    shop.earn(card, 30_00 if basis == "points" else 99)
    page = told(visitor, path_of(context, alice, card) + "?lang=en")
    assert "Your tier: Basic since" in page
    assert way in page


def test_who_reached_a_tier_reads_until_when_in_their_own_language(
    visitor: Visitor, alice: Shop, context: Context
) -> None:
    rules = {"tier_window": "calendar_year", "tier_downgrade": "to_fit", "tier_holds_months": 12}
    shop = PagesDriver(alice, type="points", stamp_reward=None, tiers=TIERS, **rules)
    card = shop.open()
    shop.earn(card, 100_00)
    path = path_of(context, alice, card)
    year = context.clock.now().year + 1
    assert f"until 31 Dec {year}" in told(visitor, f"{path}?lang=en")
    assert "Votre niveau : Or" in told(visitor, f"{path}?lang=fr").replace("\u00a0", " ")
    assert 'id="tier"' in visitor.get(path).text


def test_a_tier_that_comes_with_the_next_purchase_says_so(
    visitor: Visitor, alice: Shop, context: Context
) -> None:
    shop = PagesDriver(alice, type="points", stamp_reward=None, tiers=TIERS)
    card = shop.open()
    shop.earn(card, 50_00)
    with context.database.write() as session:
        program = session.merge(shop.program)
        program.tiers = [
            {**tier, "threshold": tier["threshold"] // 2} for tier in program.tiers or []
        ]
        program.version += 1
    path = path_of(context, alice, card)
    assert "Gold comes with the next purchase." in told(visitor, f"{path}?lang=en")


def test_the_history_names_the_tier_that_was_reached(
    visitor: Visitor, alice: Shop, context: Context
) -> None:
    shop = PagesDriver(alice, type="points", stamp_reward=None, tiers=TIERS)
    card = shop.open()
    shop.earn(card, 100_00)
    path = path_of(context, alice, card)
    assert "Tier changed: Gold" in told(visitor, f"{path}?lang=en")
    assert "Tier changed: Gold" in told(visitor, f"{path}/history?lang=en")
    french = told(visitor, f"{path}/history?lang=fr").replace("\u00a0", " ")
    assert "Niveau modifié : Or" in french
    own = visitor.client.get(f"/api/v1/loyalty/cards{path.removeprefix('/c')}/transactions")
    tiers = {one["type"]: one.get("tier") for one in own.json()["items"]}
    assert tiers == {"tier_changed": "gold", "points_earned": None, "card_opened": None}
    with context.database.write() as session:
        program = session.merge(shop.program)
        program.tiers = None
        program.version += 1
    assert "Tier changed: gold" in told(visitor, f"{path}/history?lang=en")


def test_what_a_guest_takes_along_names_the_tier(alice: Shop, context: Context) -> None:
    shop = PagesDriver(alice, type="points", stamp_reward=None, tiers=TIERS)
    card = shop.open()
    shop.earn(card, 100_00)
    token = path_of(context, alice, card).removeprefix("/c/")
    with context.database.read() as session:
        document = customer_service.export_customer(session, token, now=context.clock.now())
    (kept,) = document["cards"]
    assert [one["tier"] for one in kept["transactions"] if one["type"] == "tier_changed"] == [
        {"key": "gold", "name": "Gold"}
    ]
    page = templating.render("public/everything.html", "en", document=document, timezone="UTC")
    assert "Tier changed · Gold" in " ".join(page.split())


def test_a_program_without_tiers_says_nothing_of_them(
    visitor: Visitor, alice: Shop, context: Context
) -> None:
    shop = PagesDriver(alice, type="points", stamp_reward=None)
    page = visitor.get(path_of(context, alice, shop.open())).text
    assert "Your tier" not in page
    assert 'id="tier"' not in page
