"""A customer's own card on the web."""

import json
from collections.abc import Callable

import pytest
from starlette.types import ASGIApp

from punchcard.accounts.models import Customer
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api, InProcess
from tests.support.pages import Visitor, text_of


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card, which asks for no PIN and no wait."""
    return shelf.program(
        alice, status="active", pin_policy="off", cooldown_minutes=0, max_daily_stamps=50
    )


@pytest.fixture
def path(visitor: Visitor, coffee: LoyaltyProgram) -> str:
    """Join as Ana; returns the path of her card."""
    visitor.get(f"/join/{coffee.slug}")
    answer = visitor.post(f"/join/{coffee.slug}", name="Ana", email="ana@example.com")
    return str(answer.headers["location"]).split("?")[0]


@pytest.fixture
def till(app: ASGIApp, alice: Shop) -> Api:
    """Stand at Café Alice's till."""
    with InProcess(app) as api:
        yield api.with_token(alice.token())


def stamp(till: Api, path: str, quantity: int = 1) -> None:
    """Put stamps on the card with this path."""
    body = {"card": path.removeprefix("/c/"), "quantity": quantity}
    assert till.post("/vendor/loyalty/stamp", body).status_code == 201


def test_a_stamp_shows_on_the_card_and_in_its_history(
    visitor: Visitor, till: Api, path: str
) -> None:
    stamp(till, path, 3)

    page = visitor.get(path)

    assert "3 / 10" in " ".join(text_of(page).split())
    assert page.text.count('class="full"') == 3
    assert "+3" in text_of(page)


def test_the_part_that_a_stamp_changes_comes_alone(visitor: Visitor, till: Api, path: str) -> None:
    stamp(till, path)

    part = visitor.get(f"{path}?part=live")

    assert "<html" not in part.text
    assert "1 / 10" in " ".join(text_of(part).split())


def test_the_card_speaks_its_own_language_whatever_the_browser_does(
    visitors: Callable[..., Visitor], visitor: Visitor, path: str
) -> None:
    visitor.get(path)
    assert visitor.post(f"{path}/language", language="lb").status_code == 303

    page = visitors(language="de").get(path)

    assert '<html lang="lb">' in page.text


def test_a_language_that_does_not_exist_changes_nothing(visitor: Visitor, path: str) -> None:
    visitor.get(path)

    assert visitor.post(f"{path}/language", language="tlh").status_code == 303

    assert '<html lang="en">' in visitor.get(path).text


def test_all_entries_are_a_page_away(visitor: Visitor, till: Api, path: str) -> None:
    for _ in range(12):
        stamp(till, path)

    assert f"{path}/history" in visitor.get(path).text
    assert visitor.get(f"{path}/history").text.count("<time") == 13


def test_a_blocked_card_says_so(visitor: Visitor, path: str, till: Api, context: Context) -> None:
    with context.database.read() as session:
        card_id = session.query(LoyaltyCard).one().id
    till.post(f"/vendor/loyalty/cards/{card_id}/block")

    assert "blocked" in text_of(visitor.get(path))


def test_nobody_finds_a_card_by_guessing(visitor: Visitor, path: str) -> None:
    assert visitor.get("/c/" + "A" * 22).status_code == 404
    assert visitor.get("/c/nothing").status_code == 404
    assert visitor.get("/c/%00").status_code == 404


def test_what_is_known_is_shown_and_forgotten_on_demand(
    visitor: Visitor, path: str, context: Context
) -> None:
    assert "ana@example.com" in visitor.get(f"{path}/data").text

    assert visitor.post(f"{path}/erase", sure="on").status_code == 303

    with context.database.read() as session:
        assert session.query(Customer).one().email is None
    page = visitor.get(f"{path}/data")
    assert "ana@example.com" not in page.text
    assert visitor.get(path).status_code == 200


def test_nothing_is_forgotten_without_the_tick_or_from_elsewhere(
    visitor: Visitor, path: str, context: Context
) -> None:
    visitor.get(f"{path}/data")

    visitor.post(f"{path}/erase")
    assert visitor.post(f"{path}/erase", csrf="0", sure="on").status_code == 403

    with context.database.read() as session:
        assert session.query(Customer).one().email == "ana@example.com"


def test_the_card_can_live_on_the_home_screen(visitor: Visitor, path: str) -> None:
    manifest = json.loads(visitor.get(f"{path}/card.webmanifest").text)

    assert manifest["start_url"] == path
    for icon in manifest["icons"]:
        assert visitor.get(icon["src"]).headers["content-type"] == "image/png"


def test_wallets_that_are_off_are_not_offered(visitor: Visitor, path: str) -> None:
    page = visitor.get(path)

    assert "apple.pkpass" not in page.text
    assert "/google" not in page.text


def test_a_code_that_moves_is_never_the_cards_address(
    visitor: Visitor, alice: Shop, clock: ManualClock
) -> None:
    program = shelf.program(alice, name="Moving", status="active", branding={"barcode": "rotating"})
    visitor.get(f"/join/{program.slug}")
    path = visitor.post(f"/join/{program.slug}").headers["location"].split("?")[0]

    page = visitor.get(path)

    assert 'id="moving-code"' in page.text
    assert 'class="qr"' not in page.text


def test_the_page_may_load_nothing_from_elsewhere(visitor: Visitor, path: str) -> None:
    policy = visitor.get(path).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
