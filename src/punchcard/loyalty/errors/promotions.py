"""Refusals of promotions."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class PromotionNotFound(DomainError):
    """No such promotion in this program."""

    code = "promotion_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such promotion.")


class PromotionEnded(DomainError):
    """The promotion has ended by hand: it is history, and nothing of it changes."""

    code = "promotion_ended"
    kind = Kind.CONFLICT
    sentence = N_("This promotion has ended.")


class TooManyPromotions(DomainError):
    """As many promotions of the program as there may be are on, scheduled or paused."""

    code = "promotions_limit_reached"
    kind = Kind.CONFLICT
    sentence = N_("No more than {limit} promotions can be on, scheduled or paused at once.")
