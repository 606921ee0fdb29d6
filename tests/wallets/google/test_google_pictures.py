"""What Google is shown of stamps: one address for each number and design, and no others."""

from typing import Any

import pytest

from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.pictures import a_picture, opened
from tests.wallets.google_account import Google

BASE = "https://shop.test/api/v1"


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
    return shelf.program(shop, status="active", pin_policy="off", cooldown_minutes=0)


@pytest.fixture
def card(api: Api, owner: Api, coffee: LoyaltyProgram) -> dict[str, Any]:
    """Open a card and put it into Google Wallet."""
    made: dict[str, Any] = owner.post(
        "/vendor/loyalty/cards", json={"program_id": coffee.id}
    ).json()
    token = made["public_url"].rsplit("/", 1)[1]
    assert api.get(f"/loyalty/cards/{token}/google").status_code == 302
    return made


def picture_of(google: Google) -> str:
    [shown] = google.fake.objects.values()
    address: str = shown["heroImage"]["sourceUri"]["uri"]
    assert address.startswith(BASE)
    return address.removeprefix(BASE)


def test_each_stamp_has_a_picture_of_its_own_that_google_may_keep(
    api: Api, owner: Api, worker: Worker, google: Google, card: dict[str, Any]
) -> None:
    pictures, addresses = [], []
    for _ in range(2):
        addresses.append(picture_of(google))
        answer = api.get(addresses[-1])
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert opened(answer.content).size == (1032, 336)
        pictures.append(answer.content)
        owner.post("/vendor/loyalty/stamp", json={"card": card["id"]})
        worker.do_work()
    assert len(set(addresses)) == 2
    assert len(set(pictures)) == 2


def test_another_design_has_another_address_and_the_old_one_shows_it_too(
    api: Api, owner: Api, worker: Worker, google: Google, coffee: LoyaltyProgram, card: Any
) -> None:
    before = picture_of(google)
    changes = {"branding": {"accent_color": "#00aa00"}, "stamps_target": 12}
    owner.patch(f"/vendor/loyalty/programs/{coffee.id}", changes)
    worker.do_work()
    after = picture_of(google)
    assert after != before
    late = api.get(before)
    assert late.content == api.get(after).content
    assert "immutable" not in late.headers["Cache-Control"]


def test_nobody_walks_through_pictures_by_counting(
    api: Api, google: Google, coffee: LoyaltyProgram, card: Any
) -> None:
    good = picture_of(google).split("?")[0]
    folder, name = good.rsplit("/", 1)
    signature = name.split(".", 1)[1]
    for bad in (f"1.{signature}", "0.png", "1.png", "0." + "x" * 22 + ".png", f"00.{signature}"):
        assert api.get(f"{folder}/{bad}").status_code == 404


def test_a_shops_own_picture_is_behind_the_stamps_and_on_the_program(
    api: Api, owner: Api, worker: Worker, google: Google, coffee: LoyaltyProgram, card: Any
) -> None:
    plain = api.get(picture_of(google)).content
    path = f"/vendor/loyalty/programs/{coffee.id}/hero"
    told = owner.call("PUT", path, content=a_picture("JPEG", size=(1200, 500)))
    assert told.status_code == 200
    worker.do_work()

    [of_class] = google.fake.classes.values()
    shared = api.get(of_class["heroImage"]["sourceUri"]["uri"].removeprefix(BASE))
    assert opened(shared.content).size == (1032, 336)
    assert api.get(picture_of(google)).content != plain
    whole = told.json()["branding"]["hero_url"].removeprefix(BASE)
    assert opened(api.get(whole).content).size == (1200, 500)

    assert owner.delete(path).status_code == 204
    worker.do_work()
    assert api.get(picture_of(google)).content == plain
    [of_class] = google.fake.classes.values()
    assert "heroImage" not in of_class


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no picture", "image_refused"),
        (a_picture(size=(2000, 40)), "image_size_refused"),
        (a_picture("GIF", size=(500, 200)), "image_refused"),
    ],
)
def test_a_wide_picture_is_looked_at_as_closely_as_a_logo(
    owner: Api, coffee: LoyaltyProgram, content: bytes, code: str
) -> None:
    answer = owner.call("PUT", f"/vendor/loyalty/programs/{coffee.id}/hero", content=content)
    assert answer.status_code == 422
    assert answer.json()["code"] == code


def test_another_shops_program_has_no_picture_to_set(context: Context, api: Api) -> None:
    bobs = shelf.program(cast.open_boulangerie_bob(context), status="active")
    alice = api.with_token(cast.open_cafe_alice(context).token())
    path = f"/vendor/loyalty/programs/{bobs.id}/hero"
    content = a_picture(size=(1200, 500))
    assert alice.call("PUT", path, content=content).status_code == 404
    assert alice.delete(path).status_code == 404


@pytest.mark.parametrize(("barcode", "shown"), [("rotating", "INELIGIBLE"), ("qr", None)])
def test_a_code_that_moves_is_not_to_be_photographed_off_the_screen(
    api: Api, shop: Shop, google: Google, barcode: str, shown: str | None
) -> None:
    program = shelf.program(shop, status="active", branding={"barcode": barcode})
    made = api.with_token(shop.token()).post(
        "/vendor/loyalty/cards", json={"program_id": program.id}
    )
    token = made.json()["public_url"].rsplit("/", 1)[1]
    api.get(f"/loyalty/cards/{token}/google")
    [of_card] = google.fake.objects.values()
    assert of_card.get("passConstraints", {}).get("screenshotEligibility") == shown
