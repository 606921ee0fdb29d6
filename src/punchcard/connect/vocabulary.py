"""The words that webhooks are kept in; the HTTP contract has the same."""

from enum import StrEnum


class EndpointStatus(StrEnum):
    """Whether something is sent to an endpoint."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DisabledReason(StrEnum):
    """Why nothing is sent: the vendor wants it so, it said GONE (410), or it fails for days."""

    VENDOR = "vendor"
    GONE = "gone"
    FAILING = "failing"


class DeliveryState(StrEnum):
    """What became of a delivery: SENDING is in a worker's hand, FAILED had all its attempts."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
