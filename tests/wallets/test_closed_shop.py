"""What both wallets show of the cards of a shop that is closed, or stopped for a time."""

from collections.abc import Callable
from typing import Any

import pytest

from punchcard.accounts.audit_service import Act
from punchcard.context import Context
from punchcard.fakes.apns import Apns
from punchcard.fakes.apple_chain import AppleChain
from punchcard.kit.settings import Settings
from punchcard.loyalty.programs import vendor_changes
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api
from tests.wallets.apple.certified import with_certificates
from tests.wallets.apple.opened_pass import OpenedPass, open_pass
from tests.wallets.google_account import Google

Change = Callable[[Any, Act, Any], Any]


@pytest.fixture
def server_settings(settings: Settings, google: Google, chain: AppleChain, apns: Apns) -> Settings:
    """Set both wallets up."""
    return with_certificates(google.settings(settings), chain, apns.url)


@pytest.fixture
def shop(context: Context) -> Shop:
    """Open Café Alice."""
    return cast.open_cafe_alice(context)


@pytest.fixture
def card(shop: Shop, api: Api) -> dict[str, Any]:
    """Open a card and put it into both wallets."""
    owner = api.with_token(shop.token())
    coffee = shelf.program(shop, status="active")
    opened: dict[str, Any] = owner.post(
        "/vendor/loyalty/cards", json={"program_id": coffee.id}
    ).json()
    token = opened["public_url"].rsplit("/", 1)[1]
    assert api.get(f"/loyalty/cards/{token}/google").status_code == 302
    assert api.get(f"/loyalty/cards/{token}/apple.pkpass").status_code == 200
    return {**opened, "token": token}


def change(context: Context, shop: Shop, done: Change) -> None:
    with context.database.write() as session:
        done(session, cast.by_operator(context), shop.id)


def on_the_phones(context: Context, google: Google, card: dict[str, Any]) -> tuple[OpenedPass, str]:
    """Return the pass an iPhone would fetch now, and the state Google has."""
    built = context.wallets.apple.latest(card["number"])
    assert built is not None
    [shown] = google.fake.objects.values()
    return open_pass(built.content), shown["state"]


def test_closing_a_shop_makes_its_cards_void_in_both_wallets(
    context: Context, worker: Worker, google: Google, shop: Shop, card: dict[str, Any]
) -> None:
    change(context, shop, vendor_changes.close_vendor)
    worker.do_work()
    opened, state = on_the_phones(context, google, card)
    assert opened.document["voided"] is True
    assert "barcodes" not in opened.document
    assert opened.fields("secondaryFields")["status"] == "Cette carte est clôturée."
    assert state == "INACTIVE"


def test_nothing_of_a_closed_shop_goes_into_a_wallet_any_more(
    context: Context, api: Api, shop: Shop, card: dict[str, Any]
) -> None:
    change(context, shop, vendor_changes.close_vendor)
    for way in ("apple.pkpass", "google"):
        assert api.get(f"/loyalty/cards/{card['token']}/{way}").status_code == 404
    shown = api.get(f"/loyalty/cards/{card['token']}").json()
    assert shown["status"] == "closed"


def test_a_stopped_shops_cards_rest_and_come_back(
    context: Context, worker: Worker, google: Google, shop: Shop, card: dict[str, Any]
) -> None:
    change(context, shop, vendor_changes.suspend_vendor)
    worker.do_work()
    opened, state = on_the_phones(context, google, card)
    assert (opened.document["voided"], state) == (True, "INACTIVE")
    assert "barcodes" in opened.document, "it may come back"

    change(context, shop, vendor_changes.resume_vendor)
    worker.do_work()
    opened, state = on_the_phones(context, google, card)
    assert ("voided" in opened.document, state) == (False, "ACTIVE")
