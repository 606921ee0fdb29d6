"""Wallets over HTTP and at the command line."""

from typing import Any

import httpx
import pytest

from punchcard.context import Context
from punchcard.db import outbox
from punchcard.fakes.google import Fault
from punchcard.main import create_worker
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.waiting import PATIENCE_SECONDS
from tests.wallets.google_account import Google

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop(context: Context) -> Shop:
    return cast.open_cafe_alice(context)


@pytest.fixture
def slug(shop: Shop) -> str:
    return shelf.program(shop, status="active", pin_policy="off").slug


@pytest.fixture
def enrolled(api: Api, slug: str) -> dict[str, Any]:
    answer = api.post(f"/loyalty/programs/{slug}/enroll", {"accept_terms": True})
    assert answer.status_code == 201
    told: dict[str, Any] = answer.json()
    return told


def test_a_visitor_is_led_from_the_new_card_to_google(
    api: Api, google: Google, enrolled: dict[str, Any]
) -> None:
    path = enrolled["wallet"]["google_url"].removeprefix("https://shop.test/api/v1")

    answer = api.get(path)

    assert answer.status_code == 302
    assert httpx.get(answer.headers["Location"], timeout=PATIENCE_SECONDS).status_code == 200
    assert google.fake.refused == []


def test_while_google_is_away_the_visitor_is_asked_to_come_again(
    api: Api, google: Google, enrolled: dict[str, Any]
) -> None:
    google.fake.script(*[Fault(503)] * 5)

    answer = api.get(f"/loyalty/cards/{enrolled['card']['token']}/google")

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")


def test_an_unknown_card_leads_nowhere(api: Api, shop: Shop) -> None:
    assert api.get(f"/loyalty/cards/{'x' * 22}/google").status_code == 404


def test_notices_come_in_over_http(
    api: Api, google: Google, shop: Shop, enrolled: dict[str, Any]
) -> None:
    api.get(f"/loyalty/cards/{enrolled['card']['token']}/google")
    (object_id,) = google.fake.objects
    notice = google.fake.save(object_id)

    answers = [api.post("/loyalty/google/callback", content=notice) for _ in range(2)]

    assert [(one.status_code, one.json()) for one in answers] == [
        (200, {"is_new": True}),
        (200, {"is_new": False}),
    ]
    told = api.get(f"/loyalty/cards/{enrolled['card']['token']}").json()
    assert told["wallet"] == {"apple": "none", "google": "installed"}
    (listed,) = api.with_token(shop.token()).get("/vendor/loyalty/cards").json()["items"]
    assert listed["wallet"] == told["wallet"]
    for body, status in ((b"", 400), (b"{}", 400), (b"x" * 20_000, 400)):
        assert api.post("/loyalty/google/callback", content=body).status_code == status
    forged = notice.replace(b"save", b"safe")
    assert api.post("/loyalty/google/callback", content=forged).status_code == 403


def test_the_logo_that_google_is_told_of_is_there(
    api: Api, google: Google, enrolled: dict[str, Any]
) -> None:
    api.get(f"/loyalty/cards/{enrolled['card']['token']}/google")
    (of_class,) = google.fake.classes.values()
    address = of_class["programLogo"]["sourceUri"]["uri"]

    answer = api.get(address.removeprefix("https://shop.test/api/v1"))

    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG")


def test_a_redesign_can_be_watched(
    api: Api, context: Context, shop: Shop, google: Google, enrolled: dict[str, Any]
) -> None:
    api.get(f"/loyalty/cards/{enrolled['card']['token']}/google")
    owner, admin = api.with_token(shop.token()), api.with_token(cast.make_admin(context))
    (program,) = owner.get("/vendor/loyalty/programs").json()["items"]
    assert owner.get(f"/vendor/loyalty/programs/{program['id']}/wallet").json() == {
        "redesign": None
    }
    owner.patch(f"/vendor/loyalty/programs/{program['id']}", {"stamps_target": 12})
    told = admin.get("/admin/loyalty/wallet").json()
    assert told["configured"] == ["google"]
    assert {one["topic"]: one["waiting"] for one in told["work"]}["program.changed"] == 1

    create_worker(context).do_work()

    redesign = owner.get(f"/vendor/loyalty/programs/{program['id']}/wallet").json()["redesign"]
    assert (redesign["cards_done"], redesign["cards_total"]) == (1, 1)
    assert redesign["finished_at"] is not None


def test_what_was_parked_can_be_tried_again(context: Context, enrolled: dict[str, Any]) -> None:
    with context.database.write() as session:
        for work in outbox.claim(
            session,
            ["card.changed"],
            limit=10,
            now=context.clock.now(),
            lease=_lease(context),
        ):
            outbox.park(session, work, error="no rights")
    with context.database.write() as session:
        (cards, _) = context.wallets.service.status(session).work
        assert (cards.parked, cards.last_error) == (1, "no rights")
        assert context.wallets.service.retry_parked(session) == 1
    with context.database.read() as session:
        (cards, _) = context.wallets.service.status(session).work
    assert (cards.waiting, cards.parked) == (1, 0)


def _lease(context: Context) -> Any:
    from datetime import timedelta

    return timedelta(seconds=context.settings.worker_lease_seconds)
