"""Refusals of webhooks."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class WebhookEndpointNotFound(DomainError):
    """No such endpoint of this vendor."""

    code = "webhook_endpoint_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such webhook endpoint.")


class WebhookDeliveryNotFound(DomainError):
    """No such delivery of this endpoint."""

    code = "webhook_delivery_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such delivery.")


class TooManyWebhookEndpoints(DomainError):
    """The vendor has so many endpoints that it gets no more: facts `limit`."""

    code = "too_many_webhook_endpoints"
    kind = Kind.REFUSED
    sentence = N_("A shop has at most {limit} webhook endpoints: delete one first.")


class WebhookEndpointDisabled(DomainError):
    """Nothing is sent to a disabled endpoint."""

    code = "webhook_endpoint_disabled"
    kind = Kind.REFUSED
    sentence = N_("This webhook endpoint is switched off: switch it on first.")


class WebhookSecretRotated(DomainError):
    """The secret before still signs: facts `former_secret_until`."""

    code = "webhook_secret_rotated"
    kind = Kind.CONFLICT
    sentence = N_("The secret was changed a short while ago, and the one before still signs.")


class WebhookDeliveryUnderWay(DomainError):
    """The delivery waits for its next attempt, or is being sent at this moment."""

    code = "webhook_delivery_under_way"
    kind = Kind.CONFLICT
    sentence = N_("This is being sent already.")
