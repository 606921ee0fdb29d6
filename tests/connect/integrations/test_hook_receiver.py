"""What is not signed as its system signs gets in nowhere, and none of it is logged."""

import json
import logging
from typing import Any

import pytest

from punchcard.connect.integrations import integration_service
from punchcard.connect.integrations.errors import (
    HookNotGenuine,
    IntegrationNotFound,
    IntegrationRotated,
)
from punchcard.connect.integrations.makers.maker import Sent
from punchcard.connect.integrations.makers.woocommerce import WOOCOMMERCE
from punchcard.connect.integrations.mapping import AmountUnit, Pointers
from punchcard.connect.integrations.models import IntegrationEvent
from punchcard.connect.integrations.vocabulary import IntegrationKind
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, IntegrationId, ProgramId
from punchcard.kit.log_throttle import LogThrottle
from tests.connect.integrations.signing import signed
from tests.connect.integrations.web_shop import BASE_URL, WebShop, body, connected
from tests.support.drivers.rules import MONDAY
from tests.support.drivers.till import TillDriver

ORDER = body("woocommerce_order")


def test_the_vector_of_the_makers_shape_is_right() -> None:
    told = b'{"id":1234567890,"email":"customer@example.com","total_price":"123.45"}'
    headers = {"x-wc-webhook-signature": "QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw="}
    sent = Sent(headers=headers, body=told, url="", now=MONDAY)

    assert WOOCOMMERCE.is_signed(sent, "test-webhook-secret")
    assert not WOOCOMMERCE.is_signed(sent, "test-webhook-secreT")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-wc-webhook-signature": ""},
        {"x-wc-webhook-signature": "é"},
        {"x-wc-webhook-signature": "QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw="},
    ],
)
def test_a_wrong_or_missing_signature_is_refused_and_nothing_kept(
    shop: WebShop, headers: dict[str, str]
) -> None:
    with pytest.raises(HookNotGenuine):
        shop.sends(ORDER, **headers)

    assert shop.events() == []


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"kind": "generic"}, HookNotGenuine),
        ({"secret": "wrong"}, HookNotGenuine),
        ({"integration_id": "019cadc6-9a80-7000-91ee-b2e781bf1157"}, HookNotGenuine),
        ({"kind": "nothing"}, IntegrationNotFound),
        ({"integration_id": "x"}, IntegrationNotFound),
    ],
)
def test_no_address_but_the_one_that_was_given_out_is_taken(
    shop: WebShop, changed: dict[str, str], refusal: type[DomainError]
) -> None:
    asked: dict[str, Any] = {
        "kind": "woocommerce",
        "integration_id": shop.id,
        "secret": shop.address,
    }
    raw = json.dumps(ORDER).encode()
    sent = Sent(headers={}, body=raw, url="", now=MONDAY)
    headers = signed(shop.kind, sent, shop.secret, "")

    with pytest.raises(refusal):
        shop.receiver.take(**asked | changed, headers=headers, body=raw)


def test_refusals_are_one_counted_line_without_a_word_of_what_came(
    shop: WebShop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "punchcard"):
        for _ in range(5):
            with pytest.raises(HookNotGenuine):
                shop.sends(b'{"billing":"john.doe@example.com"}', **{"x-wc-webhook-signature": "x"})
    throttle = LogThrottle(
        interval_seconds=60, traceback_interval_seconds=600, monotonic=lambda: 0.0
    )

    lines = [line for record in caplog.records for line in throttle.pass_on(record)]

    assert [line.getMessage() for line in lines] == ["A hook was refused: its signature is wrong"]
    assert "john" not in caplog.text
    assert shop.address not in caplog.text


def test_a_ping_is_answered_and_kept_nowhere(shop: WebShop) -> None:
    ping = {"x-wc-webhook-signature": ""}

    assert shop.sends(b"webhook_id=12", **ping) is None
    with pytest.raises(HookNotGenuine):
        shop.sends(b"webhook_id=12&status=completed", **ping)
    assert shop.events() == []


def test_a_topic_that_is_nothing_to_us_is_ignored(shop: WebShop, john: CardId) -> None:
    for topic in ("product.updated", "order.deleted", "action.woocommerce_add_to_cart"):
        event = shop.tells(ORDER, topic)
        assert (event.state, event.reason, event.topic) == ("ignored", "topic_unknown", topic)

    assert shop.points(john) == 0


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"id":1}', b"\xff", b"webhook_id=x"])
def test_what_is_no_order_is_told_as_unreadable(shop: WebShop, raw: bytes) -> None:
    event = shop.tells(raw)

    assert (event.state, event.reason) == ("failed", "unreadable")


def test_bodies_are_kept_sealed(shop: WebShop) -> None:
    event_id = shop.sends(ORDER)
    assert event_id is not None

    kept = shop.event(event_id)

    assert kept.body_sealed is not None
    assert b"john" not in kept.body_sealed
    assert json.loads(shop.secrets.body_of(kept) or b"") == ORDER


def test_address_and_secret_before_are_taken_for_a_day(
    alice: TillDriver, clock: ManualClock, shop: WebShop
) -> None:
    def rotated(*, at_once: bool = False) -> WebShop:
        with alice.database.write() as session:
            shown, _ = integration_service.rotate_integration(
                session, shop.act(), alice.vendor_id, shop.id, shop.secrets, at_once=at_once
            )
        assert shown.signing
        return WebShop(alice, shop.kind, shop.id, shown.address, shown.signing)

    new = rotated()
    assert shop.sends(ORDER)
    assert new.sends(ORDER)
    with pytest.raises(IntegrationRotated):
        rotated()
    clock.advance(hours=24)
    with pytest.raises(HookNotGenuine):
        shop.sends(ORDER)
    assert new.sends(ORDER)

    newest = rotated(at_once=True)

    with pytest.raises(HookNotGenuine):
        new.sends(ORDER)
    assert newest.sends(ORDER)


def test_a_deleted_integration_lets_nothing_in(alice: TillDriver, shop: WebShop) -> None:
    with alice.database.write() as session:
        integration_service.delete_integration(session, shop.act(), alice.vendor_id, shop.id)

    with pytest.raises(HookNotGenuine):
        shop.sends(ORDER)


GENERIC = {
    "order": {"id": "A-7", "state": "paid", "currency": "usd", "cents": 1250},
    "buyer": [{"mail": "john.doe@example.com"}],
}
POINTERS = {
    "order_id": "/order/id",
    "state": "/order/state",
    "currency": "/order/currency",
    "total": "/order/cents",
    "email": "/buyer/0/mail",
    "refund_id": "/refund/id",
    "refund_amount": "/refund/cents",
}


@pytest.fixture
def till(alice: TillDriver, program: ProgramId) -> WebShop:
    """Connect a till that tells of orders in its own words."""
    return connected(
        alice,
        program,
        IntegrationKind.GENERIC,
        amount_unit=AmountUnit.MINOR,
        pointers=Pointers(**POINTERS),
    )


def test_any_till_is_read_by_pointers(till: WebShop, john: CardId) -> None:
    assert till.tells(GENERIC).state == "done"
    assert till.points(john) == 12
    refund = {**GENERIC, "refund": {"id": "R1", "cents": 1000}}
    for _ in range(2):
        assert till.tells(refund).state == "done"

    assert till.points(john) == 2


def test_a_refund_that_comes_before_its_order_is_kept_for_it(till: WebShop, john: CardId) -> None:
    early = till.tells({**GENERIC, "refund": {"id": "R1", "cents": 1000}})
    assert (early.state, early.reason) == ("ignored", "order_unknown")

    till.tells(GENERIC)

    assert till.points(john) == 2
    assert till.bookings() == [("earn", "booked", 250)]


def test_any_till_may_leave_out_its_signature_but_a_wrong_one_is_none(till: WebShop) -> None:
    raw = json.dumps(GENERIC).encode()
    asked: tuple[str, str, str] = ("generic", till.id, till.address)

    assert till.receiver.take(*asked, {}, raw)
    with pytest.raises(HookNotGenuine):
        till.receiver.take(*asked, {"webhook-signature": "v1,AAAA"}, raw)
    with pytest.raises(HookNotGenuine):
        till.sends(GENERIC, **{"webhook-timestamp": str(int(MONDAY.timestamp()) - 301)})


def test_any_till_has_to_sign_where_that_is_wanted(alice: TillDriver, program: ProgramId) -> None:
    till = connected(alice, program, IntegrationKind.GENERIC, requires_signature=True)

    assert till.sends(GENERIC)
    with pytest.raises(HookNotGenuine):
        till.receiver.take("generic", till.id, till.address, {}, b"{}")


def test_what_one_request_brings_is_one_event(shop: WebShop) -> None:
    first, second = shop.sends(ORDER), shop.sends(ORDER)

    assert first != second
    with shop.alice.database.read() as session:
        assert session.get_one(IntegrationEvent, first).part == 0
    assert shop.receiver.address_of("woocommerce", IntegrationId("x"), "y") == (
        f"{BASE_URL}/api/v1/hooks/woocommerce/x/y"
    )
