"""A shop with WooCommerce, played by us: its orders, and its webhook *Order updated* (API v3).

As in the original, each webhook tells the whole order; a second one of the same second looks older
to nobody, and the first request of a webhook is a ping that nothing signs.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from punchcard.fakes.web_shop import Article, Deliver, Order, Shopper, money, signature

TOPIC: Final = "order.updated"
_WEBHOOK_ID: Final = "1"


@dataclass
class FakeWooCommerce:
    """The shop: `orders` are those it has taken, by their numbers, the oldest first.

    Its webhook goes to `deliver`, signed with `secret`. Its numbers begin with the time, so that a
    shop that was started anew takes none a second time.
    """

    deliver: Deliver
    secret: str
    now: Callable[[], datetime]
    url: str = "https://shop.example/"
    currency: str = "EUR"
    card_field: str = "punchcard_card"
    orders: dict[int, Order] = field(default_factory=dict)

    def ping(self) -> None:
        """Try the address, as is done when the webhook is saved."""
        body = f"webhook_id={_WEBHOOK_ID}".encode()
        self.deliver({"Content-Type": "application/x-www-form-urlencoded"}, body)

    def sell(
        self, shopper: Shopper, articles: Sequence[Article], *, shipping_minor: int = 0
    ) -> Order:
        """Take an order that is paid at once, and tell of it; returns it as it was told."""
        number = max([int(self.now().timestamp()), *(one + 1 for one in self.orders)])
        order = self.orders[number] = self._new(number, shopper, articles, shipping_minor)
        self._tell(order)
        return order

    def pay_back(self, number: int, amount_minor: int, reason: str = "") -> Order:
        """Pay back a part of an order, or what is left of it, and tell of it."""
        order = self.orders[number]
        refunds = order["refunds"]
        refund_id = number * 100 + len(refunds) + 1
        refunds.append({"id": refund_id, "reason": reason, "total": f"-{money(amount_minor)}"})
        if sum(_minor(one["total"]) for one in refunds) >= _minor(order["total"]):
            order["status"] = "refunded"
        self._tell(order)
        return order

    def cancel(self, number: int) -> Order:
        """Cancel an order, and tell of it."""
        order = self.orders[number]
        order["status"] = "cancelled"
        self._tell(order)
        return order

    def _tell(self, order: Order) -> None:
        order |= self._moments("date_modified")
        body = json.dumps(order).encode()
        resource, event = TOPIC.split(".")
        self.deliver(
            {
                "Content-Type": "application/json",
                "User-Agent": "WooCommerce/9.4.1 Hookshot (WordPress/6.7)",
                "X-WC-Webhook-Source": self.url,
                "X-WC-Webhook-Topic": TOPIC,
                "X-WC-Webhook-Resource": resource,
                "X-WC-Webhook-Event": event,
                "X-WC-Webhook-Signature": signature(self.secret, body),
                "X-WC-Webhook-ID": _WEBHOOK_ID,
                "X-WC-Webhook-Delivery-ID": signature(order["order_key"], body)[:32],
            },
            body,
        )

    def _moments(self, name: str) -> dict[str, str]:
        now = self.now().replace(microsecond=0)
        in_utc = now.astimezone(UTC).replace(tzinfo=None).isoformat()
        return {name: now.replace(tzinfo=None).isoformat(), f"{name}_gmt": in_utc}

    def _new(
        self, number: int, shopper: Shopper, articles: Sequence[Article], shipping_minor: int
    ) -> Order:
        tax = sum(one.tax_minor for one in articles)
        total = sum(one.gross_minor for one in articles) + shipping_minor
        address = _address(shopper)
        meta = [{"id": number * 10, "key": self.card_field, "value": shopper.card}]
        return {
            "id": number,
            "parent_id": 0,
            "number": str(number),
            "order_key": f"wc_order_{number:x}",
            "created_via": "checkout",
            "version": "9.4.1",
            "status": "processing",
            "currency": self.currency,
            **self._moments("date_created"),
            **self._moments("date_modified"),
            "discount_total": "0.00",
            "discount_tax": "0.00",
            "shipping_total": money(shipping_minor),
            "shipping_tax": "0.00",
            "cart_tax": money(tax),
            "total": money(total),
            "total_tax": money(tax),
            "prices_include_tax": True,
            "customer_id": 0,
            "customer_ip_address": "",
            "customer_user_agent": "",
            "customer_note": "",
            "billing": {**address, "email": shopper.email, "phone": ""},
            "shipping": {**address, "phone": ""},
            "payment_method": "stripe",
            "payment_method_title": "Credit card",
            "transaction_id": f"ch_{number:x}",
            **self._moments("date_paid"),
            "date_completed": None,
            "date_completed_gmt": None,
            "cart_hash": "",
            "meta_data": meta if shopper.card else [],
            "line_items": [
                _line(number * 100 + place, article) for place, article in enumerate(articles)
            ],
            "tax_lines": [],
            "shipping_lines": [],
            "fee_lines": [],
            "coupon_lines": [],
            "refunds": [],
        }


def _address(shopper: Shopper) -> dict[str, str]:
    return {
        "first_name": shopper.first_name,
        "last_name": shopper.last_name,
        "company": "",
        "address_1": "27, Grand-Rue",
        "address_2": "",
        "city": "Luxembourg",
        "state": "",
        "postcode": "1661",
        "country": "LU",
    }


def _line(line_id: int, article: Article) -> Order:
    net, tax = money(article.gross_minor - article.tax_minor), money(article.tax_minor)
    return {
        "id": line_id,
        "name": article.name,
        "product_id": line_id,
        "variation_id": 0,
        "quantity": article.quantity,
        "tax_class": "",
        "subtotal": net,
        "subtotal_tax": tax,
        "total": net,
        "total_tax": tax,
        "taxes": [],
        "meta_data": [],
        "sku": article.sku,
        "price": (article.gross_minor - article.tax_minor) / article.quantity / 100,
    }


def _minor(amount: str) -> int:
    return int(amount.lstrip("-").replace(".", ""))
