"""Whose name customers' pages carry: the shop's, and ours unless the shop's plan says otherwise."""

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import update
from starlette.types import ASGIApp

from punchcard.accounts.domains.shop_addresses import ShopDomains
from punchcard.accounts.plans import plan_service
from punchcard.accounts.plans.models import Plan
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.programs import vendor_changes
from tests.support.cast import Shop, by_operator
from tests.support.drivers.pages import PagesDriver
from tests.support.http import AppTransport
from tests.support.own_domains import DOMAIN, give_domain
from tests.support.pages import text_of
from tests.support.plans_given import give_plan
from tests.web.test_own_domains import path_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Ask = Callable[..., httpx.Response]
OURS = "Punchcard"
SHOP = "Café Alice"
START = 'href="/"'


@pytest.fixture
def ask(app: ASGIApp) -> Ask:
    """Ask for a page, at our own address if no other is named."""

    def get(path: str, host: str = "shop.test") -> httpx.Response:
        transport = AppTransport(app, address="203.0.113.9")
        with httpx.Client(transport=transport, base_url=f"http://{host}") as client:
            return client.get(path, headers={"Accept": "text/html"})

    return get


def pages_of(shop: Shop) -> list[str]:
    """Return the pages of a customer's way."""
    driver = PagesDriver(shop)
    path = path_of(shop.context, driver.open())
    return [
        path,
        f"{path}/history",
        f"{path}/data",
        f"{path}/proof",
        f"/join/{driver.program.slug}",
    ]


def test_customers_pages_name_us_at_their_foot(alice: Shop, ask: Ask) -> None:
    for path in pages_of(alice):
        assert OURS in text_of(ask(path)), path


def test_with_a_plan_that_says_so_they_name_the_shop_alone(alice: Shop, ask: Ask) -> None:
    paths = pages_of(alice)
    give_plan(alice, "Own name", white_label=True)

    for path in paths:
        page = ask(path)
        assert page.status_code == 200
        assert OURS not in text_of(page), path
        assert OURS not in page.text.partition("</head>")[0], path
    # A smaller plan gives the line back.
    with alice.context.database.write() as session:
        session.execute(update(Plan).values(white_label=False))
    assert OURS in text_of(ask(paths[0]))


@pytest.mark.parametrize("is_white_label", [False, True])
def test_at_a_domain_of_its_own_every_page_carries_the_shops_name(
    alice: Shop, ask: Ask, is_white_label: bool
) -> None:
    paths = pages_of(alice)
    give_plan(alice, "Own", own_domain=True, white_label=is_white_label)
    give_domain(alice)

    for path in ("/", *paths, "/status", "/verify-email", "/c/nobodys", "/console", "/nowhere"):
        page = ask(path, DOMAIN)
        assert "<title>" in page.text, path
        assert OURS not in page.text.partition("</head>")[0], path
        if is_white_label:
            assert OURS not in text_of(page), path
    assert SHOP in text_of(ask("/nowhere", DOMAIN))


def test_the_front_page_of_a_shop_leads_to_its_programs(alice: Shop, ask: Ask) -> None:
    slug = PagesDriver(alice).program.slug
    give_domain(alice)

    page = ask("/", DOMAIN)

    assert page.status_code == 200
    assert SHOP in text_of(page)
    assert f'href="/join/{slug}"' in page.text
    assert '<meta name="robots" content="index">' in page.text
    assert ask(f"/join/{slug}", DOMAIN).status_code == 200
    # Elsewhere the front door is where people work.
    assert ask("/").headers["location"] == "/sign-in"


def test_a_shop_that_gives_no_cards_says_so_on_its_front_page(alice: Shop, ask: Ask) -> None:
    give_domain(alice)

    page = ask("/", DOMAIN)

    assert page.status_code == 200
    told = text_of(page)
    assert "This shop cannot give out cards at the moment." in told
    assert "Ask in the shop" in told
    assert "Or ask" not in told


def test_a_suspended_shop_has_no_front_page(alice: Shop, ask: Ask) -> None:
    give_domain(alice)
    with alice.context.database.write() as session:
        vendor_changes.suspend_vendor(session, by_operator(alice.context), alice.id)

    for path in ("/", "/favicon.ico", "/robots.txt"):
        assert ask(path, DOMAIN).status_code == 404, path


def test_a_refusal_leads_to_the_start_page_where_there_is_one(alice: Shop, ask: Ask) -> None:
    give_domain(alice)
    assert START in ask("/nowhere", DOMAIN).text
    assert START not in ask("/nowhere").text, "there it is the sign-in of those who work"

    with alice.context.database.write() as session:
        vendor_changes.suspend_vendor(session, by_operator(alice.context), alice.id)

    for path in ("/", "/nowhere", "/console", "/status"):
        page = ask(path, DOMAIN)
        assert page.status_code == 404, path
        # Neither a link nor an icon that would open this same page.
        assert START not in page.text, path
        assert "favicon" not in page.text, path
        assert f"<title>Page not found · {SHOP}" in page.text


def test_browsers_find_the_shops_icon_at_its_domain_and_ours_elsewhere(
    alice: Shop, ask: Ask
) -> None:
    give_domain(alice)

    assert ask("/favicon.ico", DOMAIN).headers["content-type"] == "image/png"
    assert ask("/favicon.ico").headers["location"].endswith(".svg")
    for host in (DOMAIN, "shop.test"):
        robots = ask("/robots.txt", host)
        assert robots.headers["content-type"].startswith("text/plain")
        assert "Disallow: /api/" in robots.text


def test_whoever_has_no_plan_shows_our_name(alice: Shop) -> None:
    with alice.context.database.read() as session:
        assert not plan_service.is_white_label(session, alice.id)


def test_the_status_page_opens_at_a_domain_while_the_database_is_away(
    alice: Shop, ask: Ask, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> ShopDomains:
        raise AssertionError("The database was asked.")

    give_domain(alice)
    assert f"Status · {SHOP}" in text_of(ask("/status", DOMAIN))
    clock.advance(seconds=alice.context.settings.domain_cache_seconds + 1)
    monkeypatch.setattr(alice.context.shop_addresses, "all_domains", away)

    assert f"Status · {SHOP}" in text_of(ask("/status", DOMAIN))
