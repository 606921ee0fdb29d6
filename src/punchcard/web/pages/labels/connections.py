"""What webhooks tell, why they stop, and which systems tell of orders, as pages say it."""

from collections.abc import Mapping
from typing import Final

from punchcard.connect.integrations.vocabulary import IntegrationKind
from punchcard.connect.vocabulary import DisabledReason
from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import VendorEventType

EVENT_NAMES: Final[Mapping[str, str]] = {
    VendorEventType.CARD_ENROLLED: N_("A card is opened"),
    VendorEventType.CARD_UPDATED: N_("A card or its customer changes"),
    VendorEventType.CARD_MERGED: N_("Two cards become one"),
    VendorEventType.CARD_ERASED: N_("A customer's data is deleted"),
    VendorEventType.TRANSACTION_CREATED: N_("An entry is made in the ledger"),
    VendorEventType.REWARD_READY: N_("A reward is ready"),
    VendorEventType.GRANT_CREATED: N_("A reward is given"),
    VendorEventType.GRANT_REDEEMED: N_("A given reward is collected"),
    VendorEventType.GRANT_EXPIRED: N_("A given reward expires"),
    VendorEventType.POINTS_EXPIRING: N_("Points expire soon"),
    VendorEventType.POINTS_EXPIRED: N_("Points expire"),
    VendorEventType.TIER_CHANGED: N_("The tier of a card changes"),
    VendorEventType.REFERRAL_QUALIFIED: N_("A friend comes for the first time"),
    VendorEventType.PROMOTION_STARTED: N_("A promotion begins"),
    VendorEventType.PROMOTION_ENDED: N_("A promotion ends"),
    VendorEventType.RESERVATION_EXPIRED: N_("A reservation expires"),
    VendorEventType.PROGRAM_CHANGED: N_("A program changes"),
    VendorEventType.TEST: N_("A test"),
}
"""What webhooks tell, by the name that software reads."""

REASONS: Final[Mapping[str, str]] = {
    DisabledReason.VENDOR: N_("Switched off by the shop."),
    DisabledReason.GONE: N_("It answered that it wants to hear no more."),
    DisabledReason.FAILING: N_("It failed for days."),
}

INTEGRATION_KINDS: Final[Mapping[str, str]] = {
    IntegrationKind.WOOCOMMERCE: "WooCommerce",
    IntegrationKind.SHOPIFY: "Shopify",
    IntegrationKind.SQUARE: "Square",
    IntegrationKind.LOYVERSE: "Loyverse",
    IntegrationKind.ZETTLE: "Zettle",
    IntegrationKind.ODOO: "Odoo",
    IntegrationKind.GENERIC: N_("Any other system"),
}
"""What the systems are called that tell of orders."""
