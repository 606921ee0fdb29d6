"""Where a shop is and how to reach it, from the console and the API onto the passes."""

from pathlib import Path
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.fakes.apns import Apns
from punchcard.fakes.apple_chain import AppleChain
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api
from tests.wallets.apple.certified import with_certificates
from tests.wallets.apple.opened_pass import (
    check_document,
    check_pictures,
    open_pass,
    verify_signature,
)
from tests.wallets.google_account import Google

PLACES = "/vendor/locations"


@pytest.fixture
def server_settings(settings: Settings, google: Google, chain: AppleChain, apns: Apns) -> Settings:
    """Set both wallets up."""
    return with_certificates(google.settings(settings), chain, apns.url)


@pytest.fixture
def shop(context: Context) -> Shop:
    """Open Café Alice."""
    return cast.open_cafe_alice(context)


@pytest.fixture
def owner(api: Api, shop: Shop) -> Api:
    """Call the server as its owner."""
    return api.with_token(shop.token())


@pytest.fixture
def coffee(shop: Shop) -> LoyaltyProgram:
    """Open a stamp card."""
    return shelf.program(shop, status="active")


@pytest.fixture
def card(api: Api, owner: Api, coffee: LoyaltyProgram) -> dict[str, Any]:
    """Open a card and put it into both wallets."""
    made: dict[str, Any] = owner.post(
        "/vendor/loyalty/cards", json={"program_id": coffee.id}
    ).json()
    token = made["public_url"].rsplit("/", 1)[1]
    assert api.get(f"/loyalty/cards/{token}/google").status_code == 302
    assert api.get(f"/loyalty/cards/{token}/apple.pkpass").status_code == 200
    return made


def pass_of(context: Context, card: dict[str, Any]) -> dict[str, Any]:
    built = context.wallets.apple.latest(card["number"])
    assert built is not None
    document = open_pass(built.content).document
    check_document(document)
    return document


def test_passes_follow_where_a_location_is(
    context: Context, owner: Api, worker: Worker, google: Google, card: dict[str, Any]
) -> None:
    place = {"name": "Market stall", "latitude": 49.61170049, "longitude": 6.13}
    stall = owner.post(PLACES, json=place).json()
    assert (stall["latitude"], stall["longitude"]) == (49.6117, 6.13)
    worker.do_work()
    [shown] = pass_of(context, card)["locations"]
    assert (shown["latitude"], shown["longitude"]) == (49.6117, 6.13)
    [of_class] = google.fake.classes.values()
    assert of_class["merchantLocations"] == [{"latitude": 49.6117, "longitude": 6.13}]

    owner.patch(f"{PLACES}/{stall['id']}", {"latitude": None, "longitude": None})
    worker.do_work()
    assert "locations" not in pass_of(context, card)
    [of_class] = google.fake.classes.values()
    assert "merchantLocations" not in of_class


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": 49.6},
        {"longitude": 6.1},
        {"latitude": 90.1, "longitude": 6.1},
        {"latitude": 49.6, "longitude": -180.5},
        {"latitude": "north", "longitude": 6.1},
    ],
)
def test_half_a_place_or_one_that_is_nowhere_is_refused(owner: Api, wrong: dict[str, Any]) -> None:
    before = owner.get(PLACES).json()
    answer = owner.post(PLACES, json={"name": "Market stall", **wrong})
    assert answer.status_code == 422
    assert owner.get(PLACES).json() == before


def test_google_that_takes_no_places_still_gets_the_program(
    context: Context, owner: Api, worker: Worker, google: Google, card: dict[str, Any]
) -> None:
    google.fake.takes_places = False
    owner.post(PLACES, json={"name": "Market stall", "latitude": 49.6, "longitude": 6.1})
    owner.patch(f"/vendor/loyalty/programs/{card['program_id']}", {"terms_text": "Be nice."})
    worker.do_work()
    [of_class] = google.fake.classes.values()
    assert "merchantLocations" not in of_class
    assert of_class["textModulesData"][-1]["body"] == "Be nice."
    with context.database.read() as session:
        assert all(work.parked == 0 for work in context.wallets.service.status(session).work)


def test_a_test_pass_is_signed_and_belongs_to_nobody(
    context: Context, coffee: LoyaltyProgram, chain: AppleChain, tmp_path: Path
) -> None:
    root = tmp_path / "root.pem"
    root.write_text(chain.root_pem)
    opened = open_pass(context.wallets.apple.sample(coffee.id))
    verify_signature(opened, root)
    check_document(opened.document)
    check_pictures(opened.files)
    assert "webServiceURL" not in opened.document
    assert "barcodes" not in opened.document
    assert opened.document["serialNumber"] == f"test-{coffee.id}"
