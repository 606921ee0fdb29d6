"""How much of an order counts: what was paid, less what earns nothing by the mapping. Pure."""

from decimal import Decimal

from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.reading import minor_of
from punchcard.connect.integrations.told import OrderLine, OrderTold


def counted_minor(order: OrderTold, mapping: IntegrationMapping) -> int:
    """Return what of an order counts, in minor units of its currency; never below nought."""
    counted = order.total
    with_tax = not mapping.exclude_tax
    if mapping.exclude_tax:
        counted -= order.tax
    if mapping.exclude_shipping:
        counted -= order.shipping + (order.shipping_tax if with_tax else 0)
    if mapping.exclude_tips:
        counted -= order.tip
    if mapping.ignore_discounts:
        counted += order.discount + (order.discount_tax if with_tax else 0)
    for line in order.lines:
        if is_excluded(line, mapping):
            counted -= line.net + (line.tax if with_tax else 0)
    return max(0, minor_of(counted, order.currency))


def is_excluded(line: OrderLine, mapping: IntegrationMapping) -> bool:
    """Return whether a line earns nothing: a gift card, or what the mapping names."""
    is_gift_card = line.is_gift_card and mapping.exclude_gift_cards
    return is_gift_card or line.sku in mapping.excluded_skus


def refunded_of(counted: int, *, total: int, refunded: int) -> int:
    """Return how much of what counts was paid back with `refunded` of `total`: its share, rounded.

    The whole total takes back all of it, whatever the sum of the shares before.
    """
    if refunded <= 0 or counted <= 0:
        return 0
    if total <= 0 or refunded >= total:
        return counted
    return int((Decimal(counted) * refunded / total).to_integral_value())
