"""Each maker's own examples, read, signed and booked as that system sends them."""

import base64
import json
from typing import Any

import pytest

from punchcard.connect.integrations.errors import HookNotGenuine
from punchcard.connect.integrations.makers.maker import Sent
from punchcard.connect.integrations.makers.shopify import SHOPIFY
from punchcard.connect.integrations.makers.square import SQUARE
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.vocabulary import IntegrationEventState, IntegrationKind
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.operations import NewCustomer
from tests.connect.integrations.signing import hmac_base64
from tests.connect.integrations.web_shop import WebShop, body, connected
from tests.support.drivers.rules import MONDAY
from tests.support.drivers.till import TillDriver

THEIR_SECRET = "a-signing-key-of-theirs"


def told_by(alice: TillDriver, program: ProgramId, kind: str, **mapping: Any) -> WebShop:
    return connected(alice, program, IntegrationKind(kind), signing_secret=THEIR_SECRET, **mapping)


def card_of(alice: TillDriver, program: ProgramId, email: str) -> CardId:
    return alice.card(program, customer=NewCustomer(email=email))


# --- Shopify


def test_shopify_signs_as_its_vector_says() -> None:
    told = b'{"id":1234567890,"email":"customer@example.com","total_price":"123.45"}'
    headers = {"x-shopify-hmac-sha256": "QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw="}

    sent, unsigned = (Sent(headers=one, body=told, url="", now=MONDAY) for one in (headers, {}))
    assert SHOPIFY.is_signed(sent, "test-webhook-secret")
    assert not SHOPIFY.is_signed(unsigned, "test-webhook-secret")


@pytest.mark.parametrize(
    ("mapping", "counted"),
    [
        ({}, 37400),
        ({"exclude_shipping": False}, 38400),
        ({"ignore_discounts": True}, 39400),
        ({"excluded_skus": ("IPOD2008GREEN",)}, 19900),
    ],
)
def test_a_shopify_order_earns_what_was_paid(
    alice: TillDriver, program: ProgramId, mapping: dict[str, Any], counted: int
) -> None:
    card = card_of(alice, program, "jon@example.com")
    shop = told_by(alice, program, "shopify", **mapping)

    event = shop.tells(body("shopify_order"), "orders/paid")

    assert (event.state, event.reason) == ("done", None)
    assert shop.points(card) == counted // 100
    assert shop.order().number == "#9999"


def test_gift_cards_that_are_bought_earn_nothing(alice: TillDriver, program: ProgramId) -> None:
    card = card_of(alice, program, "jon@example.com")
    shop = told_by(alice, program, "shopify")
    order = body("shopify_order")
    order["line_items"][0]["gift_card"] = True

    shop.tells(order)

    assert shop.points(card) == 175


@pytest.mark.parametrize("price", ["99999999999", "-99999999999"])
def test_what_price_and_quantity_come_to_is_bounded(
    alice: TillDriver, program: ProgramId, price: str
) -> None:
    shop = told_by(alice, program, "shopify")
    order = body("shopify_order")
    line = order["line_items"][0] | {"price": price, "quantity": 99_999_999_999, "gift_card": True}

    event = shop.tells(order | {"line_items": [line] * 2000}, "orders/paid")

    assert (event.state, event.reason) == (IntegrationEventState.FAILED, "unreadable")


def test_prices_with_their_taxes_are_divided(alice: TillDriver, program: ProgramId) -> None:
    card = card_of(alice, program, "jon@example.com")
    shop = told_by(alice, program, "shopify", exclude_tax=True)
    order = body("shopify_order") | {"taxes_included": True, "total_tax": "34.91"}
    order["shipping_lines"][0]["tax_lines"] = [{"price": "0.91", "rate": 0.1, "title": "VAT"}]

    shop.tells(order)

    # 384.00 less all taxes, less shipping of 10.00 less its own tax.
    assert shop.order().counted_minor == 38400 - 3491 - 909
    assert shop.points(card) == 340


@pytest.mark.parametrize("is_early", [False, True])
def test_a_shopify_refund_counts_once_wherever_it_is_told(
    alice: TillDriver, program: ProgramId, is_early: bool
) -> None:
    card = card_of(alice, program, "jon@example.com")
    shop = told_by(alice, program, "shopify", exclude_shipping=False)
    order, refund = body("shopify_order"), body("shopify_refund")
    updated = order | {
        "refunds": [refund],
        "financial_status": "partially_refunded",
        "updated_at": "2026-03-02T06:00:01-05:00",
    }
    told = [(order, "orders/paid"), (refund, "refunds/create"), (updated, "orders/updated")]

    for one, topic in [*(reversed(told) if is_early else told), *told]:
        shop.tells(one, topic)

    assert shop.points(card) == 185


def in_both(shop: str, shown: str) -> dict[str, Any]:
    """Return an amount as Shopify tells it in the shop's currency and in the buyer's."""
    return {
        "shop_money": {"amount": shop, "currency_code": "USD"},
        "presentment_money": {"amount": shown, "currency_code": "EUR"},
    }


@pytest.mark.parametrize("topic", ["refunds/create", "orders/updated"])
def test_what_is_paid_back_in_the_buyers_currency_is_taken_off_in_the_shops(
    alice: TillDriver, program: ProgramId, topic: str
) -> None:
    card = card_of(alice, program, "jon@example.com")
    shop = told_by(alice, program, "shopify", exclude_shipping=False)
    order, refund = body("shopify_order"), body("shopify_refund")
    order |= {"presentment_currency": "EUR", "total_price_set": in_both("384.00", "320.00")}
    refund["transactions"][0] |= {"currency": "EUR", "amount": "160.00"}
    if topic == "refunds/create":
        refund["refund_line_items"][0]["subtotal_set"] = in_both("180.00", "150.00")
    shop.tells(order, "orders/paid")

    told = refund if topic == "refunds/create" else order | {"refunds": [refund]}
    event = shop.tells(told, topic)

    assert (event.state, event.reason) == ("done", None)
    assert shop.order().refunds == {"890088186047892319": 19200}
    assert shop.points(card) == 192


def test_a_refund_in_a_currency_without_a_rate_is_refused_and_told(
    alice: TillDriver, program: ProgramId
) -> None:
    card = card_of(alice, program, "jon@example.com")
    shop = told_by(alice, program, "shopify")
    refund = body("shopify_refund")
    refund["transactions"][0] |= {"currency": "EUR", "amount": "160.00"}
    shop.tells(body("shopify_order"), "orders/paid")

    event = shop.tells(refund, "refunds/create")

    assert (event.state, event.reason) == (IntegrationEventState.FAILED, "other_currency")
    updated = body("shopify_order") | {"refunds": [refund]}
    assert shop.tells(updated, "orders/updated").state == "done"
    assert shop.points(card) == 374


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"financial_status": "pending"}, "not_paid"),
        ({"financial_status": "authorized"}, "not_paid"),
        ({"financial_status": "voided"}, "nothing_counts"),
        ({"cancelled_at": "2026-03-02T06:00:00-05:00"}, "nothing_counts"),
    ],
)
def test_what_is_not_paid_at_shopify_earns_nothing(
    alice: TillDriver, program: ProgramId, changed: dict[str, str], reason: str
) -> None:
    card_of(alice, program, "jon@example.com")
    shop = told_by(alice, program, "shopify")

    event = shop.tells(body("shopify_order") | changed, "orders/updated")

    assert (event.state, event.reason) == ("ignored", reason)


def test_a_refund_of_no_money_is_none(alice: TillDriver, program: ProgramId) -> None:
    shop = told_by(alice, program, "shopify")

    event = shop.tells(body("shopify_refund") | {"transactions": []}, "refunds/create")

    assert (event.state, event.reason) == ("ignored", "nothing_counts")


def test_before_their_secret_is_told_nothing_gets_in(alice: TillDriver, program: ProgramId) -> None:
    shop = connected(alice, program, IntegrationKind.SHOPIFY)

    with pytest.raises(HookNotGenuine):
        shop.sends(body("shopify_order"))


# --- Square


@pytest.mark.parametrize(
    ("key", "url", "told", "signature"),
    [
        (
            "Ibxx_5AKakO-3qeNVR61Dw",
            "https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9",
            '{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification","event_id":'
            '"ac3ac95b-f97d-458c-a6e6-18981597e05f","created_at":"2022-07-13T20:30:59.037339943Z",'
            '"data":{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}',
            "GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=",
        ),
        (
            "signature-key",
            "https://webhook.site/webhooks",
            '{"data":{"type":"webhooks","id":">id<"}}',
            "Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=",
        ),
    ],
)
def test_square_signs_as_its_vectors_say(key: str, url: str, told: str, signature: str) -> None:
    headers = {"x-square-hmacsha256-signature": signature}

    assert SQUARE.is_signed(Sent(headers=headers, body=told.encode(), url=url, now=MONDAY), key)
    away = Sent(headers=headers, body=told.encode(), url=f"{url}/", now=MONDAY)
    assert not SQUARE.is_signed(away, key)


def test_squares_test_notification_is_ignored(alice: TillDriver, program: ProgramId) -> None:
    event = told_by(alice, program, "square").tells({"type": "webhooks.test_notification"})

    assert (event.state, event.reason) == ("ignored", "topic_unknown")


def test_of_a_square_order_only_its_payment_counts(alice: TillDriver, program: ProgramId) -> None:
    event = told_by(alice, program, "square").tells(body("square_order"))

    assert (event.topic, event.state, event.reason) == ("order.updated", "ignored", "topic_unknown")


def test_a_square_payment_earns_without_its_tip_and_its_refund_is_told_twice(
    alice: TillDriver, john: CardId
) -> None:
    program = alice.program(type="points", currency="USD", points_per_currency_unit=100)
    card = alice.card(program, customer=NewCustomer(email="john.doe@example.com"))
    till = told_by(alice, program, "square")

    assert till.tells(body("square_payment")).state == "done"
    assert till.points(card) == 100
    payment = body("square_payment")
    payment["data"]["object"]["payment"] |= {
        "refunded_money": {"amount": 60, "currency": "USD"},
        "updated_at": "2026-03-02T11:16:09.000Z",
    }
    for told in (body("square_refund"), payment, body("square_refund")):
        assert till.tells(told).state == "done"

    assert till.points(card) == 50


def test_a_square_customer_is_known_by_the_contact_told_of_them(
    alice: TillDriver, program: ProgramId, john: CardId
) -> None:
    till = told_by(alice, program, "square")
    payment = body("square_payment")
    del payment["data"]["object"]["payment"]["buyer_email_address"]
    assert till.tells(payment).reason == "no_card"

    assert till.tells(body("square_customer")).reason == "customer_noted"
    payment["data"]["object"]["payment"]["id"] = "another"

    assert till.tells(payment).state == "done"
    assert till.points(john) == 1


# --- Loyverse


def test_loyverse_tells_a_sale_and_its_refund_in_one(
    alice: TillDriver, program: ProgramId, john: CardId
) -> None:
    till = told_by(alice, program, "loyverse")
    assert till.tells(body("loyverse_customers")).reason == "customer_noted"

    till.tells(body("loyverse_receipts"))
    till.tells(body("loyverse_receipts"))

    # 15.50 with a tip of 1.50, and half of it back.
    assert [event.state for event in till.events()] == ["done"] * 5
    assert till.order().counted_minor == 1400
    assert till.points(john) == 7


def test_a_body_of_many_receipts_is_not_kept_once_for_each(
    alice: TillDriver, program: ProgramId
) -> None:
    shop = told_by(alice, program, "loyverse")
    receipts = [{"receipt_number": str(number), "note": "x" * 200} for number in range(1000)]

    event = shop.tells({"type": "receipts.update", "receipts": receipts})

    assert (event.state, event.reason) == (IntegrationEventState.FAILED, "unreadable")
    assert len(shop.events()) == 1


def test_a_loyverse_receipt_that_was_cancelled_keeps_nothing(
    alice: TillDriver, program: ProgramId, john: CardId
) -> None:
    till = told_by(alice, program, "loyverse")
    till.tells(body("loyverse_customers"))
    told = body("loyverse_receipts")
    sale = told["receipts"][0]
    till.tells(told | {"receipts": [sale]})
    cancelled = sale | {
        "cancelled_at": "2026-03-02T10:30:00.000Z",
        "updated_at": "2026-03-02T10:30:00.000Z",
    }

    till.tells(told | {"receipts": [cancelled]})

    assert till.points(john) == 0


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@pytest.mark.parametrize("is_base64", [True, False])
def test_a_loyverse_signature_is_checked_where_there_is_one(
    alice: TillDriver, program: ProgramId, digest: str, is_base64: bool
) -> None:
    till = told_by(alice, program, "loyverse")
    raw = json.dumps(body("loyverse_receipts")).encode()
    right = hmac_base64(THEIR_SECRET, raw, digest)
    if not is_base64:
        right = base64.b64decode(right).hex()

    assert till.sends(raw)
    assert till.sends(raw, **{"x-loyverse-signature": right})
    with pytest.raises(HookNotGenuine):
        till.sends(raw, **{"x-loyverse-signature": right[::-1]})


# --- Zettle


def test_a_zettle_purchase_is_given_by_hand_and_its_refund_follows(alice: TillDriver) -> None:
    program = alice.program(type="points", currency="SEK")
    till = told_by(alice, program, "zettle")

    event = till.tells(body("zettle_purchase"))

    assert (event.state, event.reason, till.order().number) == ("unmatched", "no_card", "120092")
    assert till.order().counted_minor == 5000
    assert till.tells(body("zettle_refund")).state == "unmatched"
    assert till.order().refunds == {"1ca5c42a-8ec4-11e6-aaff-4186f29705b6": 3500}


def test_a_zettle_body_is_checked_over_its_inner_text(
    alice: TillDriver, program: ProgramId
) -> None:
    till = told_by(alice, program, "zettle")
    purchase = body("zettle_purchase")

    assert till.sends(purchase)
    with pytest.raises(HookNotGenuine):
        till.sends(purchase, **{"x-izettle-signature": "00"})
    with pytest.raises(HookNotGenuine):
        till.sends(purchase | {"payload": "{}"}, **{"x-izettle-signature": "é"})


# --- Odoo


def test_an_odoo_order_finds_the_card_of_its_partner(
    alice: TillDriver, program: ProgramId, john: CardId
) -> None:
    till = told_by(alice, program, "odoo", exclude_tax=True)
    assert till.tells(body("odoo_partner")).reason == "customer_noted"

    event = till.tells(body("odoo_pos_order"))

    assert (event.topic, event.state) == ("pos.order", "done")
    assert till.order().counted_minor == 1239
    refund = body("odoo_pos_order") | {
        "_id": 38,
        "amount_total": -7.0,
        "refunded_order_ids": [37],
    }
    assert till.tells(refund).state == "done"
    assert till.points(john) == 6


@pytest.mark.parametrize("partner", [[44, "John Doe"], 44])
def test_odoo_names_a_partner_in_two_ways(
    alice: TillDriver, program: ProgramId, john: CardId, partner: Any
) -> None:
    till = told_by(alice, program, "odoo")
    till.tells(body("odoo_partner"))

    till.tells(body("odoo_pos_order") | {"partner_id": partner})

    assert till.points(john) == 14


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"_model": "account.move"}, "topic_unknown"),
        ({"state": "draft"}, "not_paid"),
        ({"state": "cancel"}, "nothing_counts"),
        ({"amount_total": -7.0}, "nothing_counts"),
    ],
)
def test_what_odoo_tells_beside_orders_is_ignored(
    alice: TillDriver, program: ProgramId, changed: dict[str, Any], reason: str
) -> None:
    event = told_by(alice, program, "odoo").tells(body("odoo_pos_order") | changed)

    assert (event.state, event.reason) == ("ignored", reason)


def test_a_mapping_says_only_what_differs_from_the_usual() -> None:
    assert IntegrationMapping().kept() == {}
    assert IntegrationMapping(exclude_tax=True).kept() == {"exclude_tax": True}
