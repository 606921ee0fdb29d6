"""Refusals of integrations."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class IntegrationNotFound(DomainError):
    """No such integration of this vendor."""

    code = "integration_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such integration.")


class IntegrationEventNotFound(DomainError):
    """No such event of this integration."""

    code = "integration_event_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such event.")


class TooManyIntegrations(DomainError):
    """The vendor has so many integrations that it gets no more: facts `limit`."""

    code = "too_many_integrations"
    kind = Kind.REFUSED
    sentence = N_("A shop has at most {limit} integrations: delete one first.")


class IntegrationEventSettled(DomainError):
    """The event is not one that can be tried again, or given to a card."""

    code = "integration_event_settled"
    kind = Kind.CONFLICT
    sentence = N_("There is nothing left to do about this event.")


class IntegrationEventForgotten(DomainError):
    """What was sent is kept for some days only, and is needed to try again."""

    code = "integration_event_forgotten"
    kind = Kind.REFUSED
    sentence = N_("What was sent then is no longer kept: have it sent again.")


class IntegrationRotated(DomainError):
    """The address before is still taken: facts `former_until`."""

    code = "integration_rotated"
    kind = Kind.CONFLICT
    sentence = N_("The address was changed a short while ago, and the one before is still taken.")


class HookNotGenuine(DomainError):
    """The address, its secret or the signature is wrong; which of these is not told."""

    code = "hook_not_genuine"
    kind = Kind.UNKNOWN_CALLER
    sentence = N_("This was not sent by a system that is connected here.")
