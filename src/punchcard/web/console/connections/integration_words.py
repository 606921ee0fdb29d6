"""What the console calls integrations, and their steps in the words of their own screens."""

from collections.abc import Mapping, Sequence
from typing import Final

from punchcard.accounts.errors import TooManyRequests
from punchcard.connect.integrations.errors import HookNotGenuine
from punchcard.connect.integrations.mapping import EarnOn
from punchcard.connect.integrations.vocabulary import (
    EventReason,
    IntegrationEventState,
    IntegrationKind,
)
from punchcard.kit.i18n import N_
from punchcard.web.pages.labels import connections

KINDS: Final = connections.INTEGRATION_KINDS

_LAST: Final = N_("Place an order, or sell something: it appears below within a moment.")

STEPS: Final[Mapping[IntegrationKind, Sequence[str]]] = {
    IntegrationKind.WOOCOMMERCE: (
        N_("In WordPress, open WooCommerce › Settings › Advanced › Webhooks: “Add webhook”."),
        N_("Set “Status” to “Active” and “Topic” to “Order updated”."),
        N_("Paste the address into “Delivery URL” and the secret into “Secret”."),
        N_("Leave “API Version” at “WP REST API Integration v3”, and press “Save webhook”."),
        _LAST,
    ),
    IntegrationKind.SHOPIFY: (
        N_("In Shopify, open Settings › Notifications › Webhooks: “Create webhook”."),
        N_("Event “Order payment”, format “JSON”: paste the address into “URL”, and save."),
        N_("The same for the events “Order update”, “Order cancellation” and “Refund create”."),
        N_(
            "Below the list stands “Your webhooks will be signed with …”: paste what follows below,"
            " as the signing secret."
        ),
        _LAST,
    ),
    IntegrationKind.SQUARE: (
        N_("In the Square Developer Console, open your application and choose “Production”."),
        N_("Webhooks › Subscriptions › “Add subscription”: the address is the “Notification URL”."),
        N_("Choose “payment.updated”, “refund.updated” and “customer.updated”, and press “Save”."),
        N_("Show the “Signature key” of the subscription: paste it below, as the signing secret."),
        _LAST,
    ),
    IntegrationKind.LOYVERSE: (
        N_("In the Loyverse Back Office, open Integrations › Access tokens: “Add access token”."),
        N_(
            "With that token, post to https://api.loyverse.com/v1.0/webhooks: type"
            " “receipts.update”, and the address as “url”."
        ),
        N_("The same with the type “customers.update”: so customers are known by their contacts."),
        N_("Leave the signing secret empty: such webhooks are not signed, the address is secret."),
        _LAST,
    ),
    IntegrationKind.ZETTLE: (
        N_("At developer.zettle.com, make an API key with “READ:PURCHASE”."),
        N_(
            "With that key, post to https://pusher.izettle.com/organizations/self/subscriptions:"
            " event “PurchaseCreated”, and the address as “destination”."
        ),
        N_("Copy “signingKey” out of the answer: paste it below, as the signing secret."),
        N_("Zettle names no customer: each purchase waits until you give it to a card."),
        _LAST,
    ),
    IntegrationKind.ODOO: (
        N_(
            "In Odoo, in developer mode, open Settings › Technical › Automation Rules and press"
            " “New”."
        ),
        N_(
            "Model “Point of Sale Orders”, trigger “On save”: add the action “Send Webhook"
            " Notification”, with the address as “URL”."
        ),
        N_(
            "Fields: amount_total, amount_tax, partner_id, pos_reference, state, date_order,"
            " write_date, refunded_order_ids."
        ),
        N_("The same for the model “Contact” with email and phone: so customers are known."),
        _LAST,
    ),
    IntegrationKind.GENERIC: (
        N_("Let your system post JSON to the address when an order is paid, changed or paid back."),
        N_("The body has “id”, “status”, “currency” and “total”, and “email”, “phone” or “card”."),
        N_("Where your system calls these otherwise, say so over the API, by JSON pointers."),
        N_("Let it sign with the secret as Standard Webhooks do, if it can."),
        _LAST,
    ),
}
"""Five for each system."""

EARNS_ON: Final = (
    (EarnOn.PAID, N_("As soon as it is paid")),
    (EarnOn.COMPLETED, N_("Once the shop has completed it, too")),
)

FLAGS: Final = (
    ("exclude_tax", N_("Taxes earn nothing")),
    ("exclude_shipping", N_("Shipping earns nothing")),
    ("exclude_tips", N_("Tips earn nothing")),
    ("exclude_gift_cards", N_("Gift cards that are bought earn nothing")),
    ("ignore_discounts", N_("Orders count as they were before discounts")),
)
"""What of a mapping is yes or no."""

STATES: Final[Mapping[IntegrationEventState, str]] = {
    IntegrationEventState.WAITING: N_("waiting"),
    IntegrationEventState.DONE: N_("done"),
    IntegrationEventState.IGNORED: N_("not for a card"),
    IntegrationEventState.UNMATCHED: N_("without a card"),
    IntegrationEventState.FAILED: N_("failed"),
}

REASONS: Final[Mapping[str, str]] = {
    EventReason.UNREADABLE: N_("This is not what such a system sends."),
    EventReason.TOPIC_UNKNOWN: N_("This tells of no order."),
    EventReason.NOT_PAID: N_("It is not paid yet."),
    EventReason.NOTHING_COUNTS: N_("Nothing of it counts."),
    EventReason.ORDER_UNKNOWN: N_("Its order has not come yet: it counts as soon as that does."),
    EventReason.BEFORE_INTEGRATION: N_("It was paid before the systems were connected."),
    EventReason.OTHER_CURRENCY: N_("It is in another currency than the program."),
    EventReason.NO_CARD: N_("No card of the program is known by its number or confirmed contact."),
    EventReason.SEVERAL_CARDS: N_("Its contacts are those of several customers."),
    EventReason.CUSTOMER_NOTED: N_("The customer is known from now on."),
    EventReason.BODY_FORGOTTEN: N_("What was sent then is no longer kept: have it sent again."),
    HookNotGenuine.code: N_(
        "It was not signed with the secret that was made here: paste that into the other system"
        " again."
    ),
    TooManyRequests.code: N_(
        "More came in a minute than is taken: the other system sends it again."
    ),
    "purchase_below_minimum": N_("It is below the program's minimum."),
    "stamp_too_soon": N_("The card was stamped a short while ago."),
    "daily_stamp_limit_reached": N_("The card had its stamps of that day."),
    "card_blocked": N_("The card is blocked."),
    "program_inactive": N_("The program is not running."),
}
"""Why nothing was booked; what is not here is shown by its code."""
