"""Refusals of receipts: to who has one, and to the shop."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class ReceiptNotFound(DomainError):
    """No receipt has this code, or it is not what our tills sign."""

    code = "receipt_not_found"
    kind = Kind.MISSING
    sentence = N_("This code is not on any receipt of ours. Please check it, or scan it again.")


class ReceiptNotGenuine(DomainError):
    """The signature is not right, or is by a key that is revoked."""

    code = "receipt_not_genuine"
    kind = Kind.MISSING
    sentence = N_("This receipt was not printed by a till of the shop. Please ask at the counter.")


class ReceiptUsed(DomainError):
    """It is on a card already; whose is not told."""

    code = "receipt_already_used"
    kind = Kind.CONFLICT
    sentence = N_("This receipt has been used already.")


class ReceiptExpired(DomainError):
    """Its time is over: facts `expires_at`."""

    code = "receipt_expired"
    kind = Kind.REFUSED
    sentence = N_("This receipt could be put on a card until {expires_at}.")


class ReceiptTooEarly(DomainError):
    """The till's clock runs ahead: facts `occurred_at`, what the receipt says."""

    code = "receipt_too_early"
    kind = Kind.REFUSED
    opens = frozenset({"occurred_at"})
    sentence = N_("The clock of the till runs ahead: this receipt is good from {occurred_at} on.")


class ReceiptWithdrawn(DomainError):
    """The shop has cancelled the purchase."""

    code = "receipt_withdrawn"
    kind = Kind.REFUSED
    sentence = N_("The shop has withdrawn this receipt. Please ask at the counter.")


class ReceiptIsTest(DomainError):
    """It was printed to see whether a till signs right: it is over nothing, and gives nothing."""

    code = "receipt_is_test"
    kind = Kind.REFUSED
    sentence = N_("This is a test receipt: its signature is right, and it gives nothing.")


class ReceiptOfOtherProgram(DomainError):
    """The card is of another program, or of another shop."""

    code = "receipt_of_other_program"
    kind = Kind.REFUSED
    sentence = N_("This receipt is for another card than this one.")


class TooManyReceiptsToday(DomainError):
    """The card was given a day's receipts: facts `next_receipt_at`, `limit`."""

    code = "too_many_receipts_today"
    kind = Kind.REFUSED
    opens = frozenset({"next_receipt_at"})
    sentence = N_(
        "A card takes {limit} receipts a day: the next one can be put on it at {next_receipt_at}."
    )


class ReceiptClaimNotFound(DomainError):
    """No such receipt of this vendor."""

    code = "receipt_claim_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such receipt.")


class ReceiptClaimTaken(DomainError):
    """It is on a card, or on its way onto one: facts `transaction_id`, None while on its way."""

    code = "receipt_claim_taken"
    kind = Kind.CONFLICT
    sentence = N_("This receipt is on a card already: take back what it gave instead.")


class ReceiptKeyNotFound(DomainError):
    """No such key of this vendor."""

    code = "receipt_key_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such receipt key.")


class TooManyReceiptKeys(DomainError):
    """The vendor has so many keys in use that it gets no more: facts `limit`."""

    code = "too_many_receipt_keys"
    kind = Kind.REFUSED
    sentence = N_("A shop has at most {limit} receipt keys: revoke one first.")
