"""Refusals of the till and of the ledger's entries, whatever the program allows."""

from collections.abc import Mapping

from punchcard.kit.errors import DomainError, Kind, Param
from punchcard.kit.i18n import N_
from punchcard.kit.money import Amount


class ReferenceAlreadyUsed(DomainError):
    """The purchase was already credited: facts `transaction_id`."""

    code = "reference_already_used"
    kind = Kind.CONFLICT
    sentence = N_("This purchase has already been credited.")


class RefundAlreadyRecorded(ReferenceAlreadyUsed):
    """What was paid back under this number is in the ledger: facts `transaction_id`."""

    sentence = N_("This refund has already been recorded.")


class ReceiptAlreadyStamped(ReferenceAlreadyUsed):
    """This receipt was stamped before: facts `transaction_id`."""

    sentence = N_("This receipt has already been stamped.")


class OpeningBalanceExists(DomainError):
    """The card was given an opening balance before: facts `transaction_id`."""

    code = "opening_balance_exists"
    kind = Kind.CONFLICT
    sentence = N_("This card has an opening balance already.")


class TransactionNotFound(DomainError):
    """No such entry in this vendor's ledger."""

    code = "transaction_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such transaction.")


class LogPartNotFound(DomainError):
    """The published log has no such part, or none yet."""

    code = "log_part_not_found"
    kind = Kind.MISSING
    sentence = N_("There is nothing here in the log yet.")


class AlreadyVoided(DomainError):
    """The entry was reversed before: facts `voided_by`."""

    code = "already_voided"
    kind = Kind.CONFLICT
    sentence = N_("This transaction has already been voided.")


class NotVoidable(DomainError):
    """Only earnings and redemptions can be voided."""

    code = "not_voidable"
    kind = Kind.REFUSED
    sentence = N_("Only earnings and redemptions can be voided.")


class NotRefundable(DomainError):
    """Only purchases can be paid back in part."""

    code = "not_refundable"
    kind = Kind.REFUSED
    sentence = N_("Only a purchase can be paid back.")


class RefundExceedsPurchase(DomainError):
    """More is paid back than is left of the purchase: facts `refundable_minor`, `currency`."""

    code = "refund_exceeds_purchase"
    kind = Kind.REFUSED
    sentence = N_("Of this purchase only {refundable} can still be paid back.")

    @property
    def params(self) -> Mapping[str, Param]:
        """Return the facts, and what is left as an amount."""
        left, currency = self.facts["refundable_minor"], self.facts["currency"]
        return {**self.facts, "refundable": Amount(int(str(left)), str(currency))}


class PurchaseRefunded(RefundExceedsPurchase):
    """A purchase that was paid back in part can't be voided: its rest can be paid back."""

    code = "purchase_refunded"
    sentence = N_(
        "A part of this purchase was paid back already. Pay back the rest instead: {refundable}."
    )


class SeveralPurchases(DomainError):
    """The receipt number stands for purchases in several programs."""

    code = "several_purchases"
    kind = Kind.CONFLICT
    sentence = N_(
        "Several programs have a purchase with this receipt number. Name the transaction."
    )


class IdempotencyKeyReused(DomainError):
    """The key was used before, for another request."""

    code = "idempotency_key_reused"
    kind = Kind.INVALID
    sentence = N_("This Idempotency-Key was already used for another request.")


class OccurredAtOutOfRange(DomainError):
    """The operation lies ahead of now, or too far back: facts `earliest`, `latest`.

    Too far back is also what lies before the card was opened, or before a terminal was answered.
    """

    code = "occurred_at_out_of_range"
    kind = Kind.INVALID
    sentence = N_("The time of the operation must be between {earliest} and {latest}.")


class NotYetHistory(OccurredAtOutOfRange):
    """An import tells what is over: the same code, and `earliest` is null.

    What happened in the last ten minutes is of now.
    """

    sentence = N_("An import tells what happened before {latest}.")


class TillBusy(DomainError):
    """The till's queue is full, or the database does not answer."""

    code = "busy"
    kind = Kind.BUSY
    sentence = N_("The server is busy. Please try again in a moment.")
