"""Refusals of what a card was given, and of what it set aside for a while."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class GrantNotFound(DomainError):
    """No such grant, on this card or in this vendor's shop."""

    code = "grant_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such given reward.")


class GrantUsed(DomainError):
    """What was given has been handed out already."""

    code = "grant_used"
    kind = Kind.CONFLICT
    sentence = N_("This given reward has already been collected.")


class GrantExpired(DomainError):
    """What was given was good until a day that is over."""

    code = "grant_expired"
    kind = Kind.REFUSED
    sentence = N_("This given reward has expired.")


class GrantRevoked(DomainError):
    """What was given was taken back."""

    code = "grant_revoked"
    kind = Kind.REFUSED
    sentence = N_("This given reward was withdrawn.")


class GrantReserved(DomainError):
    """A reservation holds what was given."""

    code = "grant_reserved"
    kind = Kind.CONFLICT
    sentence = N_("This given reward is reserved at the moment.")


class NoGrant(DomainError):
    """The card was given nothing that it could have now."""

    code = "no_grant"
    kind = Kind.REFUSED
    sentence = N_("This card has no given reward.")


class SeveralGrants(DomainError):
    """The card was given different rewards, and none was named: facts `grants`, how many."""

    code = "several_grants"
    kind = Kind.REFUSED
    sentence = N_("This card has several given rewards: choose one.")


class GrantAlreadyGiven(DomainError):
    """What is given once a card was given to this one before: facts `grant_id`."""

    code = "grant_already_given"
    kind = Kind.CONFLICT
    sentence = N_("This card was given that before.")


class GrantLimitReached(DomainError):
    """A card has so many given rewards that it gets no more: facts `max_grants`."""

    code = "grant_limit_reached"
    kind = Kind.REFUSED
    sentence = N_("This card already has {max_grants} given rewards.")


class ReservationNotFound(DomainError):
    """No such reservation in this vendor's shop."""

    code = "reservation_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such reservation.")


class ReservationConfirmed(DomainError):
    """The reservation was used already."""

    code = "reservation_confirmed"
    kind = Kind.CONFLICT
    sentence = N_("This reservation has already been used.")


class ReservationReleased(DomainError):
    """The reservation was given up."""

    code = "reservation_released"
    kind = Kind.CONFLICT
    sentence = N_("This reservation was released.")


class ReservationExpired(DomainError):
    """Nobody used the reservation in its time."""

    code = "reservation_expired"
    kind = Kind.CONFLICT
    sentence = N_("This reservation has expired.")


class ReservationLimitReached(DomainError):
    """A card has so many open reservations that it gets no more: facts `max_reservations`."""

    code = "reservation_limit_reached"
    kind = Kind.REFUSED
    sentence = N_("This card already has {max_reservations} open reservations.")
