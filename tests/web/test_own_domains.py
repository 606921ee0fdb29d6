"""Pages at a shop's own domain: its customers' and no others, and never another shop's things."""

from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import ASGIApp

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.cards.links import public_path
from punchcard.loyalty.models import LoyaltyCard
from punchcard.loyalty.programs import vendor_changes
from tests.support.cast import Shop, by_operator
from tests.support.drivers.pages import PagesDriver
from tests.support.http import AppTransport
from tests.support.own_domains import DOMAIN, claim, domain_of, give_domain, lose
from tests.support.pages import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

OTHER = "karten.boulangerie.example"
_CONSOLES = [
    "/sign-in",
    "/sign-out",
    "/forgot-password",
    "/reset-password",
    "/console",
    "/console/settings",
    "/Console",
    "/%2Fconsole",
    "/admin",
    "/admin/plans",
    "/terminal",
    "/terminal/sw.js",
    "/reach/abc",
    "/docs",
    "/openapi.json",
    "/metrics",
    "/ledger/key",
    "/api/v1/auth/me",
    "/api/v1/auth/token",
    "/api/v1/vendor/loyalty/cards",
    "/api/v1/vendor/loyalty/stamp",
    "/api/v1/admin/loyalty/plans",
    "/api/v1/hooks/a/b/c",
    "/api/v1/loyalty/domains/ask?domain=cards.bakery.example",
    "/api/v1/loyalty/google/callback",
    "/api/v1/loyalty/apple/v1/log",
]


@pytest.fixture
def at(app: ASGIApp) -> Callable[..., httpx.Response]:
    """Ask for a page with the Host headers of the test."""

    def ask(
        host: str | list[str], path: str, *, method: str = "GET", address: str = "203.0.113.9"
    ) -> httpx.Response:
        hosts = [host] if isinstance(host, str) else host
        with httpx.Client(
            transport=AppTransport(app, address=address), base_url="http://shop.test"
        ) as client:
            request = client.build_request(method, path, headers={"Accept": "text/html"})
            kept = [(name, value) for name, value in request.headers.raw if name != b"Host"]
            request.headers = httpx.Headers([*((b"Host", h.encode()) for h in hosts), *kept])
            return client.send(request)

    return ask


@pytest.fixture
def card(alice: Shop) -> tuple[PagesDriver, str]:
    """Open a card at Café Alice; returns its counter, and the path of the card's page."""
    driver = PagesDriver(alice)
    return driver, path_of(alice.context, driver.open())


def path_of(context: Context, card_id: CardId) -> str:
    with context.database.read() as session:
        row = session.get_one(LoyaltyCard, card_id)
        token = context.loyalty.card_links.token(row.id, row.token_sealed)
    assert token is not None
    return public_path(token)


def test_customers_pages_stand_at_the_shops_domain(
    alice: Shop, card: tuple[PagesDriver, str], at: Callable[..., httpx.Response]
) -> None:
    driver, path = card
    give_domain(alice)
    token = path.rpartition("/")[2]

    for page in (
        path,
        f"{path}/history",
        f"{path}/card.webmanifest",
        f"/join/{driver.program.slug}",
        f"/api/v1/loyalty/cards/{token}",
        f"/api/v1/loyalty/programs/{driver.program.slug}",
        "/status",
    ):
        assert at(DOMAIN, page).status_code == 200, page


@pytest.mark.parametrize("path", _CONSOLES)
def test_nothing_else_of_the_server_is_there(
    alice: Shop, at: Callable[..., httpx.Response], path: str
) -> None:
    give_domain(alice)

    answer = at(DOMAIN, path)
    if answer.status_code == 308:
        answer = at(DOMAIN, answer.headers["location"])

    assert answer.status_code == 404
    assert at(DOMAIN, path, method="POST").status_code in (308, 404)


@pytest.mark.parametrize(
    "host",
    ["CARDS.Bakery.Example", "cards.bakery.example.", "cards.bakery.example:8443", f" {DOMAIN} "],
)
def test_a_host_is_known_however_it_is_spelt(
    alice: Shop, card: tuple[PagesDriver, str], at: Callable[..., httpx.Response], host: str
) -> None:
    give_domain(alice)

    assert at(host, card[1]).status_code == 200
    assert at(host, "/sign-in").status_code == 404


def test_a_domain_in_another_script_is_known_as_it_travels(
    alice: Shop, card: tuple[PagesDriver, str], at: Callable[..., httpx.Response]
) -> None:
    give_domain(alice, "Bäckerei.example")

    assert at("xn--bckerei-5wa.example", card[1]).status_code == 200
    assert at("xn--bckerei-5wa.example", "/console").status_code == 404


def test_another_shops_things_are_not_there(
    alice: Shop, bob: Shop, at: Callable[..., httpx.Response]
) -> None:
    driver = PagesDriver(bob, slug="bobs-card")
    path = path_of(bob.context, driver.open())
    give_domain(alice)
    give_domain(bob, OTHER)
    token = path.rpartition("/")[2]
    theirs = (
        path,
        f"{path}/history",
        f"{path}/data",
        f"/join/{driver.program.slug}",
        f"/api/v1/loyalty/cards/{token}",
        f"/api/v1/loyalty/cards/{token}/transactions",
        f"/api/v1/loyalty/cards/{token}/export",
        f"/api/v1/loyalty/programs/{driver.program.slug}",
    )

    for page in theirs:
        assert at(DOMAIN, page).status_code == 404, page
        assert at(OTHER, page).status_code != 404, page
        assert at("shop.test", page).status_code != 404, page


def test_a_replaced_cards_shop_is_told_at_its_own_domain_alone(
    alice: Shop, bob: Shop, at: Callable[..., httpx.Response]
) -> None:
    driver = PagesDriver(bob, slug="bobs-card")
    card_id = driver.open()
    path = path_of(bob.context, card_id)
    with bob.context.database.write() as session:
        card_changes.replace_card(
            session, by_operator(bob.context), bob.id, card_id, bob.context.loyalty.card_sealer
        )
    give_domain(alice)
    give_domain(bob, OTHER)

    assert (at(OTHER, path).status_code, at(DOMAIN, path).status_code) == (410, 404)


def test_a_domain_that_is_only_claimed_changes_nothing(
    alice: Shop, bob: Shop, at: Callable[..., httpx.Response]
) -> None:
    claim(alice)

    # The host may be one of the operator's: nobody takes it off them by typing it.
    assert at(DOMAIN, "/sign-in").status_code == 200
    assert at(DOMAIN, "/.well-known/punchcard-domain").status_code == 404
    assert alice.context.shop_addresses.base_of(alice.id) == alice.context.settings.base_url


def test_the_proof_stands_at_a_domain_that_is_proven(
    alice: Shop, at: Callable[..., httpx.Response]
) -> None:
    give_domain(alice)
    row = domain_of(alice)
    assert row is not None

    answer = at(DOMAIN, "/.well-known/punchcard-domain")

    assert (answer.status_code, answer.text) == (200, f"punchcard-domain={row.proof}\n")
    assert at("shop.test", "/.well-known/punchcard-domain").status_code == 404


def test_a_suspended_shop_has_no_pages_at_its_domain(
    alice: Shop, card: tuple[PagesDriver, str], at: Callable[..., httpx.Response]
) -> None:
    context = alice.context
    give_domain(alice)
    with context.database.write() as session:
        vendor_changes.suspend_vendor(session, by_operator(context), alice.id)

    assert at(DOMAIN, card[1]).status_code == 404
    assert at(DOMAIN, "/console").status_code == 404
    assert at("shop.test", card[1]).status_code == 200
    assert context.shop_addresses.base_of(alice.id) == context.settings.base_url

    with context.database.write() as session:
        vendor_changes.resume_vendor(session, by_operator(context), alice.id)
    assert at(DOMAIN, card[1]).status_code == 200


def test_a_closed_shop_leaves_its_domain_to_the_next(alice: Shop, bob: Shop) -> None:
    give_domain(alice)
    with alice.context.database.write() as session:
        vendor_changes.close_vendor(session, by_operator(alice.context), alice.id)

    assert domain_of(alice) is None
    give_domain(bob)
    assert bob.context.shop_addresses.base_of(bob.id) == f"https://{DOMAIN}"


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [DOMAIN, "shop.test"],
        ["shop.test", DOMAIN],
        ["shop.test", "shop.test"],
        [""],
        ["shop.test, cards.bakery.example"],
        ["cards.bakery.example@shop.test"],
        ["shop.test/x"],
    ],
)
def test_a_request_that_does_not_name_one_host_is_refused(
    alice: Shop, at: Callable[..., httpx.Response], hosts: list[str]
) -> None:
    give_domain(alice)

    answer = at(hosts, "/status")

    assert (answer.status_code, answer.json()["code"]) == (400, "host_invalid")


def test_a_form_is_taken_from_the_domain_and_from_nowhere_else(
    alice: Shop, card: tuple[PagesDriver, str], app: ASGIApp
) -> None:
    driver, _ = card
    give_domain(alice)
    page = f"/join/{driver.program.slug}"
    with Visitor(app) as visitor:
        visitor.client.base_url = httpx.URL(f"http://{DOMAIN}")
        opened = visitor.get(page)
        assert "form-action 'self'" in opened.headers["content-security-policy"]
        for origin in ("http://127.0.0.1:8000", f"http://{OTHER}", "http://bakery.example"):
            visitor.client.headers["Origin"] = origin
            assert visitor.post(page).status_code == 403, origin
        visitor.client.headers["Origin"] = f"https://{DOMAIN}"
        joined = visitor.post(page)

    assert joined.status_code == 303
    assert not urlsplit(joined.headers["location"]).netloc
    assert "domain=" not in joined.headers["set-cookie"].lower()


def test_a_form_of_the_domain_is_none_of_the_servers(
    alice: Shop, card: tuple[PagesDriver, str], visitor: Visitor
) -> None:
    driver, _ = card
    give_domain(alice)
    page = f"/join/{driver.program.slug}"
    visitor.get(page)
    visitor.client.headers["Origin"] = f"https://{DOMAIN}"

    assert visitor.post(page).status_code == 403


def test_links_begin_with_the_domain_until_it_lapses(
    alice: Shop,
    card: tuple[PagesDriver, str],
    clock: ManualClock,
    at: Callable[..., httpx.Response],
) -> None:
    context = alice.context
    links = context.loyalty.card_links
    give_domain(alice)
    assert links.address("x" * 22, alice.id) == f"https://{DOMAIN}/c/{'x' * 22}"

    lose(alice)
    clock.advance(days=8)
    lose(alice)

    assert links.address("x" * 22, alice.id).startswith(context.settings.base_url)
    # What was given out at the server's own address goes on for good.
    assert at("shop.test", card[1]).status_code == 200


def test_a_monitor_is_answered_at_any_host(
    alice: Shop, at: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise AssertionError("nobody asks the database which domains there are")

    monkeypatch.setattr(alice.context.shop_addresses, "all_domains", away)
    for host in ("10.0.0.7:8000", "[fd00::1]:8000", "punchcard:8000", "probe.example"):
        assert at(host, "/healthz").status_code == 200


def ask_tls(
    at: Callable[..., httpx.Response], domain: str, address: str = "127.0.0.1"
) -> httpx.Response:
    path = f"/api/v1/loyalty/domains/ask?domain={domain}"
    return at("127.0.0.1:8000", path, address=address)


def test_a_proxy_is_told_which_domains_to_get_a_certificate_for(
    alice: Shop, bob: Shop, at: Callable[..., httpx.Response]
) -> None:
    give_domain(alice)
    claim(bob, OTHER)

    assert ask_tls(at, DOMAIN).json() == {"domain": DOMAIN}
    for domain in (OTHER, "other.example", "127.0.0.1", "", "a b", f"x.{DOMAIN}"):
        assert ask_tls(at, domain).status_code == 404, domain
    with alice.context.database.write() as session:
        vendor_changes.suspend_vendor(session, by_operator(alice.context), alice.id)
    assert ask_tls(at, DOMAIN).status_code == 404


def test_nobody_else_is_told(alice: Shop, at: Callable[..., httpx.Response]) -> None:
    give_domain(alice)

    assert ask_tls(at, DOMAIN, "203.0.113.9").status_code == 404
