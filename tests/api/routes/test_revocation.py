"""What one process takes back, another refuses within `credential_cache_seconds`.

Two servers, each with connections of its own, on one database: what is revoked elsewhere is asked
for `here`, where it was looked up a moment before, which is the worst case.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import httpx
import pytest

from punchcard.accounts import api_key_service, device_service, user_service, vendor_service
from punchcard.accounts.access import session_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context, build_context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import ApiKeyId, DeviceId, SessionId, SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.staff import StaffPinInvalid
from punchcard.loyalty.staff import pin_service
from punchcard.main import create_app
from punchcard.web.page_visitors import SESSION_COOKIE
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.http import Api, InProcess
from tests.support.pages import Visitor

STAMP = "/vendor/loyalty/stamp"
PIN, WRONG_PIN = "4711", "9173"

Call = Callable[[], httpx.Response]


@pytest.fixture
def here(settings: Settings, clock: ManualClock, context: Context) -> Iterator[Context]:
    """Open a second server on the database of the first."""
    with closing(build_context(settings, clock=clock, ids=SystemIds(clock))) as built:
        assert built.database is not context.database
        yield built


@pytest.fixture
def api(here: Context) -> Iterator[Api]:
    """Call the second server as nobody."""
    with InProcess(create_app(here)) as caller:
        yield caller


@pytest.fixture
def card(alice: Shop) -> str:
    """Open a card of a program that takes any number of stamps and asks for no PIN."""
    return shelf.opened_card(alice, shelf.program(alice, **{**shelf.HYBRID, "name": "Club"}))


@dataclass(frozen=True)
class Revoked:
    """A credential, how it is taken back elsewhere, and what it is answered from then on."""

    bearer: str
    revoke: Callable[[], object]
    status: int = 401


def session_of(shop: Shop) -> Revoked:
    bearer = shop.token()
    subject = shop.context.accounts.credentials.resolve(bearer)

    def sign_out() -> None:
        act = Act(subject=subject, now=shop.context.clock.now(), ids=shop.context.ids)
        with shop.context.database.write() as session:
            session_service.revoke_session(session, act, SessionId(subject.credential_id or ""))

    return Revoked(bearer, sign_out)


def key_of(shop: Shop) -> Revoked:
    bearer = shop.api_key("loyalty:read", "loyalty:operate")
    key_id = ApiKeyId(shop.context.accounts.credentials.resolve(bearer).id or "")

    def revoke() -> None:
        with shop.context.database.write() as session:
            api_key_service.revoke_api_key(session, by_operator(shop.context), shop.id, key_id)

    return Revoked(bearer, revoke)


def device_of(shop: Shop) -> Revoked:
    bearer = shop.device()
    device_id = DeviceId(shop.context.accounts.credentials.resolve(bearer).id or "")

    def revoke() -> None:
        with shop.context.database.write() as session:
            device_service.revoke_device(session, by_operator(shop.context), shop.id, device_id)

    return Revoked(bearer, revoke)


def user_of(shop: Shop) -> Revoked:
    user_id = shop.hire(Role.STAFF)

    def remove() -> None:
        with shop.context.database.write() as session:
            user_service.remove_user(session, by_operator(shop.context), shop.id, user_id)

    return Revoked(shop.token("staff"), remove)


def device_of_suspended(shop: Shop) -> Revoked:
    def suspend() -> None:
        with shop.context.database.write() as session:
            vendor_service.suspend_vendor(session, by_operator(shop.context), shop.id)

    return Revoked(shop.device(), suspend, 403)


@pytest.mark.parametrize("asks_every_seconds", [0.25, 0.9, 2.0])
@pytest.mark.parametrize("way", ["fast", "framework"])
@pytest.mark.parametrize("kind", [session_of, key_of, device_of, user_of, device_of_suspended])
def test_a_revoked_credential_is_refused_in_time_however_often_it_is_shown(
    api: Api,
    alice: Shop,
    card: str,
    clock: ManualClock,
    kind: Callable[[Shop], Revoked],
    way: str,
    asks_every_seconds: float,
) -> None:
    revoked = kind(alice)
    caller = api.with_token(revoked.bearer)
    calls: dict[str, Call] = {
        "fast": lambda: caller.post(STAMP, {"card": card}),
        "framework": lambda: caller.get("/auth/me"),
    }

    assert calls[way]().is_success
    revoked.revoke()

    assert_refused_in_time(calls[way], alice.context, clock, asks_every_seconds, revoked.status)


@pytest.mark.parametrize("asks_every_seconds", [0.25, 2.0])
def test_a_page_feels_a_sign_out_in_time(
    here: Context, alice: Shop, clock: ManualClock, asks_every_seconds: float
) -> None:
    revoked = session_of(alice)
    with Visitor(create_app(here)) as visitor:
        visitor.client.cookies.set(SESSION_COOKIE, revoked.bearer)
        assert visitor.get("/console/account").status_code == 200
        revoked.revoke()

        assert_refused_in_time(
            lambda: visitor.get("/console/account"),
            alice.context,
            clock,
            asks_every_seconds,
            303,
        )


@pytest.mark.parametrize("asks_every_seconds", [0.25, 0.9, 2.0])
def test_a_retired_pins_token_is_refused_in_time(
    api: Api, alice: Shop, card: str, clock: ManualClock, asks_every_seconds: float
) -> None:
    pin, till = shelf.pin(alice, PIN), api.with_token(alice.device())
    lent = till.post("/vendor/loyalty/pins/verify", {"pin": PIN}).json()["staff_token"]

    def stamp() -> httpx.Response:
        return till.post(STAMP, {"card": card, "staff_token": lent})

    assert stamp().is_success
    with alice.context.database.write() as session:
        pin_service.retire_pin(session, by_operator(alice.context), alice.id, pin.id)

    assert_refused_in_time(stamp, alice.context, clock, asks_every_seconds, 403)


def test_a_pin_locked_elsewhere_is_locked_at_once(api: Api, alice: Shop, card: str) -> None:
    pin, till = shelf.pin(alice, PIN), api.with_token(alice.device())
    right = {"card": card, "staff_pin": PIN, "staff_id": pin.id}
    assert till.post(STAMP, right).is_success

    verifier, subject = alice.context.loyalty.pin_verifier, shelf.till(alice, 2)
    for _ in range(5):
        with pytest.raises(StaffPinInvalid):
            verifier.check(subject, WRONG_PIN, pin.id)

    assert till.post(STAMP, right).status_code == 423


def assert_refused_in_time(
    call: Call, context: Context, clock: ManualClock, step_seconds: float, status: int
) -> None:
    """Ask again and again: once the documented time is over, nothing is accepted any more."""
    bound = context.settings.credential_cache_seconds
    passed, refused = 0.0, 0
    while passed < 3 * bound:
        clock.advance(seconds=step_seconds)
        passed += step_seconds
        answer = call()
        if passed >= bound:
            assert answer.status_code == status, f"accepted {passed} s after it was revoked"
            refused += 1
    assert refused > 1
