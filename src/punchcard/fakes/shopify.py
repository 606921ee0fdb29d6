"""A shop with Shopify, played by us: its orders, and its webhooks of orders and of refunds.

As in the original, what was paid back is told by itself (`refunds/create`) and with the order
(`orders/updated`), and every webhook is signed with one key, which the shop's owner finds below the
list of webhooks.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from punchcard.fakes.web_shop import Article, Deliver, Order, Shopper, money, signature

PAID: Final = "orders/paid"
UPDATED: Final = "orders/updated"
CANCELLED: Final = "orders/cancelled"
REFUNDED: Final = "refunds/create"


@dataclass
class FakeShopify:
    """The shop: `orders` are those it has taken, by their ids, the oldest first.

    Its webhooks go to `deliver`, signed with `secret`. Its ids begin with the time, so that a shop
    that was started anew gives none a second time.
    """

    deliver: Deliver
    secret: str
    now: Callable[[], datetime]
    domain: str = "boutique.myshopify.com"
    currency: str = "EUR"
    card_field: str = "punchcard_card"
    orders: dict[int, Order] = field(default_factory=dict)

    def sell(
        self, shopper: Shopper, articles: Sequence[Article], *, shipping_minor: int = 0
    ) -> Order:
        """Take an order that is paid at once, and tell of it; returns it as it was told."""
        order_id = max([int(self.now().timestamp()) * 1000, *(one + 1 for one in self.orders)])
        order = self.orders[order_id] = self._new(order_id, shopper, articles, shipping_minor)
        self._tell(PAID, order)
        return order

    def pay_back(self, order_id: int, amount_minor: int, note: str = "") -> Order:
        """Pay back a part of an order, or what is left of it, and tell of it twice."""
        order = self.orders[order_id]
        refund = self._refund(order, amount_minor, note)
        order["refunds"].append(refund)
        paid_back = sum(
            _minor(one["amount"]) for each in order["refunds"] for one in each["transactions"]
        )
        is_whole = paid_back >= _minor(order["total_price"])
        order["financial_status"] = "refunded" if is_whole else "partially_refunded"
        order["updated_at"] = self._moment()
        self._tell(REFUNDED, refund)
        self._tell(UPDATED, order)
        return order

    def cancel(self, order_id: int) -> Order:
        """Cancel an order, and tell of it."""
        order = self.orders[order_id]
        order["cancelled_at"] = order["updated_at"] = self._moment()
        order["cancel_reason"] = "customer"
        self._tell(CANCELLED, order)
        return order

    def _tell(self, topic: str, told: Order) -> None:
        body = json.dumps(told).encode()
        self.deliver(
            {
                "Content-Type": "application/json",
                "User-Agent": "Shopify-Captain-Hook",
                "X-Shopify-Topic": topic,
                "X-Shopify-Hmac-Sha256": signature(self.secret, body),
                "X-Shopify-Shop-Domain": self.domain,
                "X-Shopify-API-Version": "2025-10",
                "X-Shopify-Webhook-Id": signature(topic, body)[:36],
                "X-Shopify-Event-Id": signature(str(told["id"]), body)[:36],
                "X-Shopify-Triggered-At": self.now().isoformat(),
            },
            body,
        )

    def _moment(self) -> str:
        return self.now().replace(microsecond=0).isoformat()

    def _new(
        self, order_id: int, shopper: Shopper, articles: Sequence[Article], shipping_minor: int
    ) -> Order:
        goods, tax = (
            sum(one.gross_minor for one in articles),
            sum(one.tax_minor for one in articles),
        )
        note = [{"name": self.card_field, "value": shopper.card}] if shopper.card else []
        number = 1000 + len(self.orders)
        return {
            "id": order_id,
            "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
            "cancel_reason": None,
            "cancelled_at": None,
            "contact_email": shopper.email,
            "created_at": self._moment(),
            "currency": self.currency,
            "discount_codes": [],
            "email": shopper.email,
            "financial_status": "paid",
            "fulfillment_status": None,
            "name": f"#{number}",
            "note_attributes": note,
            "order_number": number,
            "phone": None,
            "presentment_currency": self.currency,
            "processed_at": self._moment(),
            "source_name": "web",
            "subtotal_price": money(goods),
            "taxes_included": True,
            "test": True,
            "total_discounts": "0.00",
            "total_line_items_price": money(goods),
            "total_price": money(goods + shipping_minor),
            "total_shipping_price_set": {"shop_money": self._amount(shipping_minor)},
            "total_tax": money(tax),
            "total_tip_received": "0.00",
            "updated_at": self._moment(),
            "customer": None,
            "line_items": [
                _line(order_id * 100 + place, article) for place, article in enumerate(articles)
            ],
            "refunds": [],
            "shipping_lines": [],
        }

    def _amount(self, minor: int) -> dict[str, str]:
        return {"amount": money(minor), "currency_code": self.currency}

    def _refund(self, order: Order, amount_minor: int, note: str) -> Order:
        refund_id = order["id"] * 10 + len(order["refunds"]) + 1
        return {
            "id": refund_id,
            "order_id": order["id"],
            "created_at": self._moment(),
            "processed_at": self._moment(),
            "note": note,
            "restock": False,
            "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}",
            "refund_line_items": [],
            "transactions": [
                {
                    "id": refund_id * 10,
                    "order_id": order["id"],
                    "kind": "refund",
                    "gateway": "bogus",
                    "status": "success",
                    "test": True,
                    "currency": self.currency,
                    "amount": money(amount_minor),
                }
            ],
            "order_adjustments": [],
        }


def _line(line_id: int, article: Article) -> Order:
    tax = {"price": money(article.tax_minor), "rate": 0.17, "title": "TVA"}
    return {
        "id": line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
        "current_quantity": article.quantity,
        "gift_card": False,
        "name": article.name,
        "price": money(article.price_minor),
        "product_id": line_id,
        "quantity": article.quantity,
        "requires_shipping": True,
        "sku": article.sku,
        "taxable": True,
        "title": article.name,
        "total_discount": "0.00",
        "tax_lines": [tax],
        "discount_allocations": [],
    }


def _minor(amount: str) -> int:
    return int(amount.replace(".", ""))
