"""Strangers who sign in again and again: they wait for each other, and no till waits for them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import httpx
import pytest
from sqlalchemy import func, select
from starlette.types import ASGIApp, Receive, Scope, Send

from punchcard.accounts.models import Throttle
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.main import create_app
from tests.loyalty import shelf
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api, InProcess
from tests.support.waiting import wait_until

TOKEN, VERIFY = "/auth/token", "/vendor/loyalty/pins/verify"
PIN = "4711"
CROWD = {"X-Test-Crowd": "yes"}


class Crowd:
    """Lets requests that say so come from an address of their own each, as a crowd's do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._numbers = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if any(name == b"x-test-crowd" for name, _ in scope.get("headers", [])):
            scope["client"] = (f"2001:db8:0:{next(self._numbers):x}::1", 1)
        await self._app(scope, receive, send)


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Hash one password at a time, so that anyone who holds the turn holds up all of them."""
    return replace(settings, password_bcrypt_threads=1)


@pytest.fixture
def api(context: Context) -> Iterator[Api]:
    """Call the whole server as nobody; all requests share one pool of threads, as in a server."""
    with InProcess(Crowd(create_app(context))) as caller:
        yield caller


def knock(api: Api, number: int, **options: object) -> httpx.Response:
    """Sign in as someone whom nobody knows."""
    attempt = {"email": f"nobody{number}@nowhere.example", "password": "whatever it is"}
    return api.post(TOKEN, attempt, **options)


def counters(context: Context) -> int:
    """Return for how many addresses sign-ins are counted."""
    counted = select(func.count()).where(Throttle.key.startswith("sign_ins:"))
    with context.database.read() as session:
        return session.scalar(counted) or 0


def test_a_till_is_answered_while_strangers_fill_the_queue_for_passwords(
    api: Api, context: Context, alice: Shop
) -> None:
    shelf.pin(alice, PIN)
    till, hasher = api.with_token(alice.device()), context.accounts.password_hasher
    card = shelf.opened_card(alice, shelf.program(alice, **{**shelf.HYBRID, "name": "Club"}))

    with ThreadPoolExecutor(hasher.places) as pool:
        # Anyone who holds the turn keeps every password from being hashed until the block ends.
        with hasher.turn():
            sent = [pool.submit(knock, api, n, headers=CROWD) for n in range(hasher.places)]
            wait_until(lambda: hasher.taken == hasher.places)
            wait_until(lambda: counters(context) == hasher.places)

            refused = knock(api, hasher.places, headers=CROWD)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert till.post(VERIFY, {"pin": PIN}).status_code == 200
            with_pin = {"card": card, "staff_pin": PIN}
            assert till.post("/vendor/loyalty/stamp", with_pin).status_code == 201
            assert counters(context) == hasher.places
        assert {one.result().status_code for one in sent} == {401}

    assert hasher.taken == 0
    signed_in = api.post(TOKEN, {"email": alice.email("owner"), "password": PASSWORD})
    assert signed_in.status_code == 200


def test_one_address_has_a_small_share_of_the_queue(
    api: Api, context: Context, alice: Shop
) -> None:
    hasher, settings = context.accounts.password_hasher, context.settings
    share = settings.password_bcrypt_threads + settings.password_bcrypt_queue_per_caller

    with ThreadPoolExecutor(share + 1) as pool:
        with hasher.turn():
            sent = [pool.submit(knock, api, number) for number in range(share)]
            wait_until(lambda: counters(context) == share)

            refused = knock(api, share)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
            assert counters(context) == share
            owner = {"email": alice.email("owner"), "password": PASSWORD}
            sent.append(pool.submit(api.post, TOKEN, owner, headers=CROWD))
            wait_until(lambda: hasher.taken == share + 1)
        assert [one.result().status_code for one in sent] == [401] * share + [200]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_one_address_signs_in_so_often_a_minute_and_what_is_refused_leaves_nothing(
    api: Api, context: Context, clock: ManualClock, alice: Shop, language: str
) -> None:
    allowed = context.settings.sign_ins_per_minute
    owner = {"email": alice.email("owner"), "password": PASSWORD}
    assert {knock(api, number).status_code for number in range(allowed)} == {401}
    before = counters(context)
    assert before == allowed

    # While nothing may be hashed: who is refused was refused before.
    with context.accounts.password_hasher.turn():
        for number in range(3):
            refused = knock(api, allowed + number, headers={"Accept-Language": language})
            assert refused.status_code == 429
            assert refused.json()["code"] == "too_many_requests"
            assert refused.headers["retry-after"] == str(60 // allowed)
            told = {"en": "Too many attempts.", "fr": "Trop d’essais."}[language]
            assert told in refused.json()["detail"]
        assert api.post(TOKEN, owner).status_code == 429
    assert counters(context) == before

    assert api.post(TOKEN, owner, headers=CROWD).status_code == 200
    clock.advance(seconds=int(refused.headers["retry-after"]))
    assert api.post(TOKEN, owner).status_code == 200


def test_a_shop_behind_one_address_types_pins_whatever_its_sign_ins_did(
    api: Api, context: Context, alice: Shop
) -> None:
    shelf.pin(alice, PIN)
    till = api.with_token(alice.device())
    for number in range(context.settings.sign_ins_per_minute + 1):
        last = knock(api, number)
    assert last.status_code == 429

    checks = [till.post(VERIFY, {"pin": PIN}).status_code for _ in range(30)]

    assert checks == [200] * 30
