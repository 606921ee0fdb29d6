"""Refusals of putting two cards together, and of taking them apart again."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class CardsOfDifferentPrograms(DomainError):
    """Only cards of one program can be merged."""

    code = "cards_of_different_programs"
    kind = Kind.REFUSED
    sentence = N_("These cards belong to different programs and cannot be merged.")


class ReservationsOpen(DomainError):
    """A card holds something for a moment: facts `card_id`."""

    code = "reservations_open"
    kind = Kind.CONFLICT
    sentence = N_(
        "Something is reserved on one of the cards at the moment. Confirm or release it first."
    )


class ErasureWaiting(DomainError):
    """The holder of a card asked to be forgotten, or is forgotten: facts `card_id`."""

    code = "card_erased"
    kind = Kind.REFUSED
    sentence = N_("The holder of one of the cards asked to be forgotten: it cannot be merged.")


class MergeTooOld(DomainError):
    """The time to take merged cards apart is over: facts `days`, how many there were."""

    code = "merge_too_old"
    kind = Kind.REFUSED
    sentence = N_("Merged cards can be separated within {days} days.")


class EntryBeforeMerge(DomainError):
    """What happened before cards were merged cannot be taken back on the card that they became."""

    code = "entry_before_merge"
    kind = Kind.REFUSED
    sentence = N_(
        "This happened before cards were merged. Separate them first, or give the reward anew."
    )
