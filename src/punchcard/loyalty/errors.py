"""Every refusal of cards, programs, rewards, staff PINs and the till."""

from collections.abc import Mapping

from punchcard.kit.errors import DomainError, Kind, Param
from punchcard.kit.i18n import N_
from punchcard.kit.money import Amount


class CardNotFound(DomainError):
    """No such card in this vendor's shop."""

    code = "card_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such card.")


class CardWasReplaced(DomainError):
    """The code is that of a card before it was replaced: facts `card_id` for who may read cards."""

    code = "card_replaced"
    kind = Kind.REFUSED
    sentence = N_("This card was replaced by another one and cannot be used any more.")


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


class ProgramNotFound(DomainError):
    """No such program in this vendor's shop."""

    code = "program_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such program.")


class ProgramInactive(DomainError):
    """The program is a draft or switched off."""

    code = "program_inactive"
    kind = Kind.REFUSED
    sentence = N_("This program is not active.")


class ProgramTypeMismatch(DomainError):
    """Stamps were asked of a points program, or the other way round."""

    code = "program_type_mismatch"
    kind = Kind.REFUSED
    sentence = N_("This program does not work that way: its type is {program_type}.")


class ProgramSlugTaken(DomainError):
    """Another program of this server answers to the slug."""

    code = "slug_taken"
    kind = Kind.CONFLICT
    sentence = N_("This slug is already taken.")


class ProgramHasCards(DomainError):
    """The program has cards, so it can't be deleted, and some of its fields can't change."""

    code = "program_has_cards"
    kind = Kind.CONFLICT
    sentence = N_("This program already has cards.")


class StampTooSoon(DomainError):
    """The cooldown since the last stamp is not over: facts `next_stamp_at`."""

    code = "stamp_too_soon"
    kind = Kind.REFUSED
    sentence = N_("It is too soon for another stamp: the next one is possible at {next_stamp_at}.")


class DailyStampLimitReached(DomainError):
    """The day's stamps are used up: facts `next_stamp_at`, `stamps_left_today`."""

    code = "daily_stamp_limit_reached"
    kind = Kind.REFUSED
    sentence = N_(
        "The daily limit of stamps ({max_daily_stamps}) is reached:"
        " the next one is possible at {next_stamp_at}."
    )


class LateStampLimitReached(DailyStampLimitReached):
    """So many stamps were recorded on this card today, late ones counted in, that none is believed.

    The same code; `max_daily_stamps` is how many of one day could be.
    """

    sentence = N_(
        "Too many late stamps for one card: at most {max_daily_stamps} can be recorded in a day,"
        " the next one at {next_stamp_at}."
    )


class TooManyStampsAtOnce(DailyStampLimitReached):
    """The day has fewer stamps left than were asked for; that many are possible now.

    The same code and facts; `next_stamp_at` is null, as on a card that may be stamped now.
    """

    sentence = N_(
        "That is more than the daily limit of stamps ({max_daily_stamps}) leaves: still possible on"
        " this day: {stamps_left_today}."
    )


class NotEnoughStamps(DomainError):
    """The stamp card is not full: facts `stamps_missing`."""

    code = "not_enough_stamps"
    kind = Kind.REFUSED
    sentence = N_("The card is not full yet. Stamps to go: {stamps_missing}.")


class NotEnoughPoints(DomainError):
    """The balance does not cover it: facts `points_missing`."""

    code = "not_enough_points"
    kind = Kind.REFUSED
    sentence = N_("There are not enough points. Points missing: {points_missing}.")


class PointsAlreadySpent(NotEnoughPoints):
    """An earning can't be voided because its points are spent and the program refuses that."""

    sentence = N_(
        "The points of this purchase are already spent. Points missing: {points_missing}."
    )


class StampsAlreadySpent(NotEnoughStamps):
    """Stamps can't be voided because they are spent and the program refuses that."""

    sentence = N_("These stamps are already spent. Stamps missing: {stamps_missing}.")


class PurchaseBelowMinimum(DomainError):
    """The purchase is too small to earn: facts `minimum_purchase_minor`."""

    code = "purchase_below_minimum"
    kind = Kind.REFUSED
    sentence = N_("Purchases earn points from {minimum_purchase} on.")

    @property
    def params(self) -> Mapping[str, Param]:
        """Return the facts, and the minimum as an amount."""
        minimum, currency = self.facts["minimum_purchase_minor"], self.facts["currency"]
        return {**self.facts, "minimum_purchase": Amount(int(str(minimum)), str(currency))}


class RedemptionBelowMinimum(DomainError):
    """Fewer points than the program lets go at once: facts `minimum_redemption_points`."""

    code = "redemption_below_minimum"
    kind = Kind.REFUSED
    sentence = N_("Redeem at least {minimum_redemption_points} points at a time.")


class BalanceLimitReached(DomainError):
    """The balance would grow past what the ledger holds."""

    code = "balance_limit_reached"
    kind = Kind.REFUSED
    sentence = N_("The balance of this card would become too large.")


class RewardNotFound(DomainError):
    """No such reward in this vendor's shop."""

    code = "reward_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such reward.")


class RewardNotAvailable(DomainError):
    """The reward is archived, out of its dates, out of stock, or used up: facts `reason`."""

    code = "reward_not_available"
    kind = Kind.REFUSED
    sentence = N_("This reward is not available.")


class ReferenceAlreadyUsed(DomainError):
    """The purchase was already credited: facts `transaction_id`."""

    code = "reference_already_used"
    kind = Kind.CONFLICT
    sentence = N_("This purchase has already been credited.")


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


class StaffPinRequired(DomainError):
    """The program asks for a staff PIN or token."""

    code = "staff_pin_required"
    kind = Kind.FORBIDDEN
    sentence = N_("A staff PIN is required.")


class StaffPinNotForProgram(DomainError):
    """The PIN is right, but not for this program."""

    code = "staff_pin_invalid"
    kind = Kind.FORBIDDEN
    sentence = N_("This staff PIN is not valid for this program.")


class StaffPinNotFound(DomainError):
    """No such staff PIN in this vendor's shop."""

    code = "staff_pin_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such staff PIN.")


class PinTooSimple(DomainError):
    """A colleague would try this PIN among the first few guesses."""

    code = "pin_too_simple"
    kind = Kind.INVALID
    sentence = N_("This PIN is too easy to guess. Please choose another one.")


class PinAlreadyUsed(DomainError):
    """Somebody else of the vendor uses this PIN."""

    code = "pin_already_used"
    kind = Kind.CONFLICT
    sentence = N_("This PIN is already in use. Please choose another one.")


class StaffIdTaken(DomainError):
    """Somebody else of the vendor has this staff id."""

    code = "staff_id_taken"
    kind = Kind.CONFLICT
    sentence = N_("This staff id is already in use.")


class StaffPinRetired(DomainError):
    """The person's PIN is retired, for good."""

    code = "staff_pin_retired"
    kind = Kind.CONFLICT
    sentence = N_("This staff PIN is retired and can no longer be changed.")


class StaffPinInvalid(DomainError):
    """The PIN is wrong: facts `remaining_attempts`, and `locked_until` once none is left."""

    code = "staff_pin_invalid"
    kind = Kind.FORBIDDEN
    sentence = N_("This PIN is wrong. Attempts left: {remaining_attempts}.")


class StaffPinLocked(DomainError):
    """Too many wrong PINs were typed for this person, or at this terminal: facts `locked_until`."""

    code = "staff_pin_locked"
    kind = Kind.LOCKED
    sentence = N_("Too many wrong PINs. Locked until {locked_until}.")


class StaffPinExhausted(DomainError):
    """So many wrong PINs were typed for this person that the PIN itself is no longer trusted."""

    code = "staff_pin_exhausted"
    kind = Kind.LOCKED
    sentence = N_("Too many wrong PINs were entered for this person. A manager must set a new PIN.")


class StaffTokenInvalid(DomainError):
    """The staff token is expired, retired, lent to another credential, or not ours."""

    code = "staff_token_invalid"
    kind = Kind.FORBIDDEN
    sentence = N_("This staff session has ended. Please enter your PIN again.")


class IdempotencyKeyReused(DomainError):
    """The key was used before, for another request."""

    code = "idempotency_key_reused"
    kind = Kind.INVALID
    sentence = N_("This Idempotency-Key was already used for another request.")


class ImportNotFound(DomainError):
    """No such import of this vendor, or another's maker."""

    code = "import_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such import.")


class OccurredAtOutOfRange(DomainError):
    """The operation lies ahead of now, or too far back: facts `earliest`, `latest`.

    Too far back is also what lies before the card was opened, or before a terminal was answered.
    """

    code = "occurred_at_out_of_range"
    kind = Kind.INVALID
    sentence = N_("The time of the operation must be between {earliest} and {latest}.")


class TillBusy(DomainError):
    """The till's queue is full, or the database does not answer."""

    code = "busy"
    kind = Kind.BUSY
    sentence = N_("The server is busy. Please try again in a moment.")
