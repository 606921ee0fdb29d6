"""Addresses as people type them, and HEAD as monitors ask."""

import pytest

from punchcard.context import Context
from punchcard.kit.ids import CardId
from punchcard.loyalty.models import LoyaltyCard
from punchcard.web.dispatcher import API, PAGES
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.pages import Visitor

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LOOKS_ALIKE = ("content-type", "content-length", "content-security-policy", "cache-control")


def token_of(context: Context, card_id: CardId) -> str:
    """Return what opens a card."""
    with context.database.read() as session:
        sealed = session.get_one(LoyaltyCard, card_id).token_sealed
    token = context.loyalty.card_links.token(card_id, sealed)
    assert token is not None
    return token


@ON_SQLITE
@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("/join/cafe-karte/", "/join/cafe-karte"),
        ("/join/Cafe-Karte", "/join/cafe-karte"),
        ("/JOIN/CAFE-KARTE//", "/join/cafe-karte"),
        ("/join//cafe-karte?lang=de", "/join/cafe-karte?lang=de"),
        ("/console/", "/console"),
        ("/Console", "/console"),
        ("/console/Programs/", "/console/programs"),
        ("/terminal/", "/terminal"),
        ("/Sign-In", "/sign-in"),
        ("//healthz", "/healthz"),
        ("/Docs/", "/docs"),
        ("/api/v1/vendor/", "/api/v1/vendor"),
        ("/C/AbC/", "/c/AbC"),
        ("//evil.example/", "/evil.example"),
        ("/\\evil.example/", "/%5Cevil.example"),
        ("//", "/"),
        ("/join/k%C3%A4se/?a=%26", "/join/k%C3%A4se?a=%26"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_an_address_that_is_almost_right_leads_to_the_right_one(
    visitor: Visitor, method: str, typed: str, right: str
) -> None:
    answer = visitor.client.request(method, f"http://shop.test{typed}")

    assert (answer.status_code, answer.headers["location"]) == (308, right)
    assert answer.content == b""
    assert answer.headers["x-request-id"]


@ON_SQLITE
@pytest.mark.parametrize("path", ["/", "/sign-in", "/join/x", "/api/v1/vendor/loyalty/stamp"])
def test_an_address_that_is_right_stays(visitor: Visitor, path: str) -> None:
    assert visitor.client.get(path).status_code != 308


@ON_SQLITE
def test_letters_count_where_tokens_stand(visitor: Visitor) -> None:
    assert visitor.client.get("/c/AbCdEfGhIjKlMnOpQrStUv").status_code == 404
    assert visitor.client.get("/api/v1/loyalty/cards/AbCdEfGhIjKlMnOpQrStUv").status_code == 404


@ON_SQLITE
def test_head_is_answered_as_get_without_a_body(
    visitor: Visitor, alice: Shop, context: Context
) -> None:
    program = shelf.program(alice, status="active")
    card_id = shelf.opened_card(alice, program)
    token = token_of(context, card_id)
    for path in (
        *("/", "/sign-in", "/terminal", "/console", "/nix", f"/join/{program.slug}"),
        *(f"/c/{token}", f"/c/{token}/qr.svg", "/static/css/house.css"),
        *("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/api/v1/nix"),
        *(f"/api/v1/loyalty/programs/{program.slug}", f"/api/v1/loyalty/cards/{token}"),
        "/api/v1/vendor/loyalty/programs",
    ):
        get, head = visitor.client.get(path), visitor.client.head(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        for name in LOOKS_ALIKE:
            if name != "content-length" or path not in ("/metrics",):
                assert head.headers.get(name) == get.headers.get(name), (path, name)


@ON_SQLITE
def test_head_ends_where_get_would_go_on(api: Api, alice: Shop, context: Context) -> None:
    card_id = shelf.opened_card(alice, shelf.program(alice, status="active"))
    token = token_of(context, card_id)

    events = api.call("HEAD", f"/loyalty/cards/{token}/events")
    assert (events.status_code, events.content) == (200, b"")
    assert events.headers["content-type"].startswith("text/event-stream")

    export = api.with_token(alice.token()).call("HEAD", "/vendor/loyalty/transactions/export.csv")
    assert export.content == b""


@ON_SQLITE
def test_a_route_that_only_takes_a_post_says_so_to_head_as_well(api: Api) -> None:
    get, head = api.get("/vendor/loyalty/stamp"), api.call("HEAD", "/vendor/loyalty/stamp")
    assert head.status_code == get.status_code


def test_every_first_part_is_written_in_small_letters() -> None:
    assert {name for name in PAGES | API if name != name.lower()} == set()
