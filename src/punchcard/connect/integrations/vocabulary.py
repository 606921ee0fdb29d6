"""The words that integrations are kept in; the HTTP contract has the same."""

from enum import StrEnum


class IntegrationKind(StrEnum):
    """Whose system tells of orders; GENERIC is any other, read by JSON pointers."""

    GENERIC = "generic"
    WOOCOMMERCE = "woocommerce"
    SHOPIFY = "shopify"
    SQUARE = "square"
    LOYVERSE = "loyverse"
    ZETTLE = "zettle"
    ODOO = "odoo"


class IntegrationStatus(StrEnum):
    """Whether what comes in is worked on; while PAUSED it waits."""

    ACTIVE = "active"
    PAUSED = "paused"


class IntegrationEventState(StrEnum):
    """What became of an event.

    WAITING is yet to be worked on. DONE is as it should be on the card. IGNORED concerns no card.
    UNMATCHED is an order of nobody whose card is known. FAILED was refused, with its reason.
    """

    WAITING = "waiting"
    DONE = "done"
    IGNORED = "ignored"
    UNMATCHED = "unmatched"
    FAILED = "failed"


class EventReason(StrEnum):
    """Why an event did nothing, where no refusal of the till says so."""

    UNREADABLE = "unreadable"
    TOPIC_UNKNOWN = "topic_unknown"
    NOT_PAID = "not_paid"
    NOTHING_COUNTS = "nothing_counts"
    ORDER_UNKNOWN = "order_unknown"
    BEFORE_INTEGRATION = "before_integration"
    OTHER_CURRENCY = "other_currency"
    NO_CARD = "no_card"
    SEVERAL_CARDS = "several_cards"
    CUSTOMER_NOTED = "customer_noted"
    BODY_FORGOTTEN = "body_forgotten"
    PROGRAM_GONE = "program_gone"


class OrderState(StrEnum):
    """How far an order is where it comes from: only what is PAID earns."""

    OPEN = "open"
    PAID = "paid"
    CANCELLED = "cancelled"


class BookingKind(StrEnum):
    """What is booked on a card for an order."""

    EARN = "earn"
    REFUND = "refund"


class BookingState(StrEnum):
    """How far a booking is: PLANNED is on its way to the till, MOOT had nothing to take back."""

    PLANNED = "planned"
    BOOKED = "booked"
    REFUSED = "refused"
    MOOT = "moot"


class WhoSigns(StrEnum):
    """Where the secret that signs comes from: OURS is pasted there, THEIRS pasted here."""

    OURS = "ours"
    THEIRS = "theirs"
    NOBODY = "nobody"
