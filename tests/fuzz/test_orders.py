"""What web shops and tills send: whatever it is, it is read as told or refused, and bounded."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from punchcard.connect.integrations.counting import counted_minor
from punchcard.connect.integrations.makers.all_makers import MAKERS
from punchcard.connect.integrations.makers.maker import TOPIC_CHARACTERS, Sent
from punchcard.connect.integrations.mapping import IntegrationMapping, Pointers
from punchcard.connect.integrations.models import FOREIGN_CHARACTERS
from punchcard.connect.integrations.reading import AMOUNT_LIMIT
from punchcard.connect.integrations.told import (
    CustomerTold,
    NothingTold,
    OrderTold,
    RefundTold,
    Told,
    Unreadable,
)
from punchcard.connect.integrations.vocabulary import IntegrationKind
from tests.conftest import MONDAY_MORNING as NOW
from tests.connect.integrations.web_shop import BODIES
from tests.fuzz.effort import effort
from tests.fuzz.made_up import anything, json_values, nearly_bytes

EXAMPLES = sorted(path.stem for path in BODIES.glob("*.json"))
TOPICS = {
    "woocommerce_order": "order.updated",
    "shopify_order": "orders/updated",
    "shopify_refund": "refunds/create",
}
GENERIC = {"id": "1", "status": "paid", "currency": "EUR", "total": "12.5", "email": "a@b.lu"}
POINTERS = Pointers(told_at="/at", refunded="/back", customer="/c/0", tax="/tax")


def kind_of(name: str) -> IntegrationKind:
    return IntegrationKind(name.partition("_")[0])


def _check(told: Told) -> None:
    """Check that what was read can be kept and booked."""
    if isinstance(told, NothingTold):
        return
    if isinstance(told, CustomerTold):
        assert told.buyer.customer
        return
    ids = [told.foreign_id, told.number] if isinstance(told, OrderTold) else [told.order_id]
    assert all(0 < len(one) <= FOREIGN_CHARACTERS and one.isprintable() for one in ids)
    if isinstance(told, RefundTold):
        assert 0 <= told.amount < AMOUNT_LIMIT * 2001
        return
    code = told.currency or "EUR"
    order = OrderTold(told.foreign_id, told.state, code, told.total, lines=told.lines, tip=told.tip)
    assert counted_minor(order, IntegrationMapping()) >= 0


def _read(kind: IntegrationKind, topic: str, body: bytes) -> None:
    sent = Sent(headers={"webhook-signature": "v1,x"}, body=body, url="https://a.lu", now=NOW)
    maker = MAKERS[kind]
    assert len(maker.topic(sent)) <= TOPIC_CHARACTERS
    assert maker.is_ping(sent) in (True, False)
    maker.is_signed(sent, "whsec_" + "A" * 32)
    try:
        told = maker.parse(topic or maker.topic(sent), body, IntegrationMapping(pointers=POINTERS))
    except Unreadable:
        return
    for one in told:
        _check(one)


@pytest.mark.parametrize("kind", list(IntegrationKind))
@effort(100)
@given(st.binary(max_size=200) | json_values().map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"a":' * 50_000)
@example(b'{"id":' + b"9" * 100_000 + b"}")
@example(b"\xff\xfe{}")
def test_no_body_is_read_as_something_it_is_not(kind: IntegrationKind, body: bytes) -> None:
    for topic in ("", "order.updated", "orders/paid", "refunds/create", "PurchaseCreated"):
        _read(kind, topic, body)


def changed(name: str) -> st.SearchStrategy[bytes]:
    """Draw an example of a maker with one of its values made up, at any depth."""

    @st.composite
    def draw_one(draw: Callable[..., Any]) -> bytes:
        told = json.loads((BODIES / f"{name}.json").read_text())
        if isinstance(told.get("payload"), str) and draw(st.booleans()):
            inner = json.loads(told["payload"])
            _change(draw, inner)
            told["payload"] = json.dumps(inner)
        else:
            _change(draw, told)
        return json.dumps(told).encode()

    return draw_one()


def _change(draw: Callable[..., Any], told: dict[str, Any]) -> None:
    place: Any = told
    while True:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and draw(st.booleans()):
            place = place[key]
            continue
        place[key] = draw(json_values() | anything | _numbers)
        return


_numbers = st.sampled_from(
    ["1e400", "-0", "NaN", "Infinity", "1" * 39, 10**11, -1, 1e300, True, "12,50", "0.005"]
)


@pytest.mark.parametrize("name", EXAMPLES)
@effort(150)
@given(st.data())
def test_no_part_of_an_example_can_be_anything(name: str, data: st.DataObject) -> None:
    body = data.draw(changed(name) | nearly_bytes((BODIES / f"{name}.json").read_bytes()))

    _read(kind_of(name), TOPICS.get(name, ""), body)


@effort(150)
@given(st.sampled_from(sorted(GENERIC)), json_values() | anything | _numbers)
def test_no_part_of_any_other_systems_body_can_be_anything(name: str, value: Any) -> None:
    _read(IntegrationKind.GENERIC, "", json.dumps(GENERIC | {name: value}).encode())


@effort(100)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=0, max_value=10**9))
def test_an_amount_is_read_to_the_cent(amount: Decimal) -> None:
    body = json.dumps(GENERIC | {"total": str(amount)}).encode()
    [told] = MAKERS[IntegrationKind.GENERIC].parse("", body, IntegrationMapping())

    assert isinstance(told, OrderTold)
    counted = Decimal(counted_minor(told, IntegrationMapping())) / 100
    assert abs(counted - amount) <= Decimal("0.005")
