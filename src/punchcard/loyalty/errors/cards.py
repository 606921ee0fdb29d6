"""Refusals of cards, of who holds them and of the codes they show."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class CardNotFound(DomainError):
    """No such card in this vendor's shop."""

    code = "card_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such card.")


class CardCodeAmbiguous(DomainError):
    """The code from elsewhere is on cards of several programs."""

    code = "card_code_ambiguous"
    kind = Kind.CONFLICT
    sentence = N_("Several cards have this code. Use the number of the card.")


class CardWasReplaced(DomainError):
    """The code is that of a card before it was replaced: facts `card_id` for who may read cards."""

    code = "card_replaced"
    kind = Kind.REFUSED
    sentence = N_("This card was replaced by another one and cannot be used any more.")


class NothingDue(DomainError):
    """Nothing on the card ends or begins by itself yet."""

    code = "nothing_due"
    kind = Kind.REFUSED
    sentence = N_("Nothing is due on this card.")


class CardBlocked(DomainError):
    """The card is blocked or closed."""

    code = "card_blocked"
    kind = Kind.REFUSED
    sentence = N_("This card is blocked.")


class CardAlreadyExists(DomainError):
    """The customer already holds a card of this program: facts `card_id`."""

    code = "card_already_exists"
    kind = Kind.CONFLICT
    sentence = N_("This customer already has a card of this program.")


class ContactConflict(DomainError):
    """The e-mail address and the phone number belong to two different customers."""

    code = "contact_conflict"
    kind = Kind.CONFLICT
    sentence = N_("This e-mail address and this phone number belong to two different customers.")


class ContactTaken(DomainError):
    """The contact belongs to another customer of the vendor."""

    code = "contact_taken"
    kind = Kind.CONFLICT
    sentence = N_("This e-mail address or phone number already belongs to another customer.")


class ProofOfPersonRequired(DomainError):
    """The card's link alone is not enough: who asks must show that the card is theirs."""

    code = "proof_of_person_required"
    kind = Kind.FORBIDDEN
    sentence = N_("Please show first that this card is yours.")


class ProofCodeInvalid(DomainError):
    """No page of the card shows this code now."""

    code = "proof_code_invalid"
    kind = Kind.REFUSED
    sentence = N_("This code is not valid. Please let the customer ask for a new one.")


class CodeExpired(DomainError):
    """The rotating code is not of now, or not this card's."""

    code = "code_expired"
    kind = Kind.REFUSED
    sentence = N_("This code is no longer valid. Please scan the card again.")


class FreshCodeRequired(DomainError):
    """The program's cards show a rotating code, and neither that nor a person vouched."""

    code = "fresh_code_required"
    kind = Kind.FORBIDDEN
    sentence = N_("Please scan the rotating code on the customer's card, or enter a staff PIN.")


class ImportNotFound(DomainError):
    """No such import of this vendor, or another's maker."""

    code = "import_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such import.")
