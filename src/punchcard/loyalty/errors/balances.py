"""Refusals by what a program allows: how often, how much, and what the card has."""

from collections.abc import Mapping

from punchcard.kit.errors import DomainError, Kind, Param
from punchcard.kit.i18n import N_
from punchcard.kit.money import Amount


class StampTooSoon(DomainError):
    """The cooldown since the last stamp is not over: facts `next_stamp_at`."""

    code = "stamp_too_soon"
    kind = Kind.REFUSED
    opens = frozenset({"next_stamp_at"})
    sentence = N_("It is too soon for another stamp: the next one is possible at {next_stamp_at}.")


class DailyStampLimitReached(DomainError):
    """The day's stamps are used up: facts `next_stamp_at`, `stamps_left_today`."""

    code = "daily_stamp_limit_reached"
    kind = Kind.REFUSED
    opens = frozenset({"next_stamp_at"})
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


class LatePurchaseLimitReached(DomainError):
    """This card was given a day's late purchases: facts `next_purchase_at`, `max_late_purchases`.

    A purchase of now is taken all the same.
    """

    code = "late_purchase_limit_reached"
    kind = Kind.REFUSED
    opens = frozenset({"next_purchase_at"})
    sentence = N_(
        "Too many late purchases for one card: at most {max_late_purchases} can be recorded in a"
        " day, the next one at {next_purchase_at}."
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


class MilestoneAlreadyClaimed(DomainError):
    """The card had this reward on its lap already: facts `at`, `lap`."""

    code = "milestone_already_claimed"
    kind = Kind.CONFLICT
    sentence = N_("The reward at {at} stamps was already given for this card.")


class VisitStampLimitReached(DomainError):
    """More stamps than the program gives for one visit: facts `max_stamps_per_visit`."""

    code = "visit_stamp_limit_reached"
    kind = Kind.REFUSED
    sentence = N_("One visit gives at most {max_stamps_per_visit} stamps.")


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
