"""The words that programs, cards and the ledger are kept in; the HTTP contract has the same."""

from enum import StrEnum
from typing import Final


class ProgramType(StrEnum):
    """What cards of a program collect; HYBRID: both."""

    STAMPS = "stamps"
    POINTS = "points"
    HYBRID = "hybrid"


class ProgramStatus(StrEnum):
    """Whether a program is open for business; a DRAFT never was."""

    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"


class PinPolicy(StrEnum):
    """Whether an operation needs a staff PIN."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


class VoidPolicy(StrEnum):
    """What a void does that would take more off a card than there is."""

    CLAMP = "clamp"
    ALLOW_NEGATIVE = "allow_negative"
    REFUSE = "refuse"


class CardStatus(StrEnum):
    """Whether a card can be used.

    A CLOSED card is over for good. REPLACED is never stored: it is what a number is told as that
    its card no longer answers to.
    """

    ACTIVE = "active"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    CLOSED = "closed"


HELD_STATUSES: Final = (CardStatus.ACTIVE, CardStatus.BLOCKED)
"""What cards are that someone holds."""


class RewardStatus(StrEnum):
    """Whether a reward is in the catalogue."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class RewardObstacle(StrEnum):
    """What keeps a card from having a reward now."""

    CARD_BLOCKED = "card_blocked"
    PROGRAM_INACTIVE = "program_inactive"
    ARCHIVED = "archived"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    ONLY_GRANTED = "only_granted"
    OUT_OF_STOCK = "out_of_stock"
    CARD_LIMIT_REACHED = "card_limit_reached"
    BELOW_MINIMUM = "below_minimum"
    NOT_ENOUGH_POINTS = "not_enough_points"


class RewardFilter(StrEnum):
    """Which rewards a list is of."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    ALL = "all"


EXTERNAL_CODE_LENGTH: Final = 200
"""How long the code of a card from elsewhere is at most: some are whole addresses."""

GRANT_CODE_LENGTH: Final = 10
"""How many signs the code of a grant has."""


class GrantReason(StrEnum):
    """Why a card was given a reward."""

    WELCOME = "welcome"
    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    WIN_BACK = "win_back"
    REFERRAL = "referral"
    TIER = "tier"
    SURPRISE = "surprise"
    APOLOGY = "apology"
    IMPORT = "import"


class GrantState(StrEnum):
    """What became of a grant; RESERVED is held by a reservation."""

    READY = "ready"
    RESERVED = "reserved"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class ReferralStatus(StrEnum):
    """Whether cards of a program bring friends; PAUSED, what was begun is still paid."""

    ACTIVE = "active"
    PAUSED = "paused"


class ReferralState(StrEnum):
    """What became of a friend that a card brought; HELD is earned, and waits for its day."""

    PENDING = "pending"
    HELD = "held"
    PAID = "paid"
    REVERSED = "reversed"
    REFUSED = "refused"


class ReferralReason(StrEnum):
    """Why a referral was refused, beside the codes of what the till refuses."""

    OWN_CARD = "own_card"
    KNOWN_CONTACT = "known_contact"
    LIMIT_REACHED = "limit_reached"


class ReservationState(StrEnum):
    """What became of a reservation; an EXPIRED one was released by its time."""

    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


class PinStatus(StrEnum):
    """Whether a staff PIN can be used."""

    ACTIVE = "active"
    LOCKED = "locked"
    EXHAUSTED = "exhausted"
    RETIRED = "retired"


class PinFilter(StrEnum):
    """Which PINs a list is of; those IN_USE may be locked."""

    IN_USE = "in_use"
    RETIRED = "retired"
    ALL = "all"


class EntryType(StrEnum):
    """What a ledger entry records."""

    CARD_OPENED = "card_opened"
    WELCOME_BONUS = "welcome_bonus"
    STAMP_EARNED = "stamp_earned"
    STAMPS_REDEEMED = "stamps_redeemed"
    POINTS_EARNED = "points_earned"
    POINTS_REDEEMED = "points_redeemed"
    POINTS_ADJUSTED = "points_adjusted"
    VOIDED = "voided"
    VISIT_RECORDED = "visit_recorded"
    POINTS_REFUNDED = "points_refunded"
    POINTS_ACTIVATED = "points_activated"
    POINTS_EXPIRED = "points_expired"
    STAMPS_EXPIRED = "stamps_expired"
    REWARD_GRANTED = "reward_granted"
    GRANT_REDEEMED = "grant_redeemed"
    GRANT_EXPIRED = "grant_expired"
    GRANT_REVOKED = "grant_revoked"
    POINTS_RESERVED = "points_reserved"
    RESERVATION_CONFIRMED = "reservation_confirmed"
    RESERVATION_RELEASED = "reservation_released"
    TIER_CHANGED = "tier_changed"
    REFERRAL_BONUS = "referral_bonus"
    AUTOMATION_BONUS = "automation_bonus"
    MERGED_OUT = "merged_out"
    MERGED_IN = "merged_in"
    OPENING_BALANCE = "opening_balance"


COMES_BY_ITSELF: Final = frozenset(
    {
        EntryType.POINTS_ACTIVATED,
        EntryType.POINTS_EXPIRED,
        EntryType.STAMPS_EXPIRED,
        EntryType.GRANT_EXPIRED,
        EntryType.TIER_CHANGED,
    }
)
"""The entries that nobody made: what was due on a day, and is booked once somebody looks."""

MERGED: Final = (EntryType.MERGED_IN, EntryType.MERGED_OUT)
"""The two entries of a merge; a void of either undoes both."""


class VendorEventType(StrEnum):
    """What happened at a vendor, as its own software is told; a TEST is asked for by the vendor."""

    CARD_ENROLLED = "card.enrolled"
    CARD_UPDATED = "card.updated"
    CARD_MERGED = "card.merged"
    CARD_ERASED = "card.erased"
    TRANSACTION_CREATED = "transaction.created"
    REWARD_READY = "reward.ready"
    GRANT_CREATED = "grant.created"
    GRANT_REDEEMED = "grant.redeemed"
    GRANT_EXPIRED = "grant.expired"
    POINTS_EXPIRING = "points.expiring"
    POINTS_EXPIRED = "points.expired"
    TIER_CHANGED = "tier.changed"
    REFERRAL_QUALIFIED = "referral.qualified"
    PROMOTION_STARTED = "promotion.started"
    PROMOTION_ENDED = "promotion.ended"
    RESERVATION_EXPIRED = "reservation.expired"
    PROGRAM_CHANGED = "program.changed"
    TEST = "webhook.test"


class ExpiryKind(StrEnum):
    """What the end of points or stamps is counted from."""

    NEVER = "never"
    FIXED = "fixed"
    INACTIVITY = "inactivity"
    YEAR_END = "year_end"


class ExpiryRounding(StrEnum):
    """To which end the last day of points is rounded up."""

    DAY = "day"
    MONTH_END = "month_end"
    YEAR_END = "year_end"


class UnclaimedMilestones(StrEnum):
    """What becomes of a lap's rewards that nobody claimed when the next lap starts."""

    KEEP = "keep"
    LAPSE = "lapse"


class MilestoneState(StrEnum):
    """How a card stands to a reward of its lap."""

    AHEAD = "ahead"
    READY = "ready"
    CLAIMED = "claimed"


class TierBasis(StrEnum):
    """What counts towards a tier: never what promotions, tiers or a welcome add."""

    POINTS = "points"
    SPEND_MINOR = "spend_minor"
    VISITS = "visits"
    STAMPS = "stamps"


TIER_BASIS_OF_TYPE: Final = {
    ProgramType.STAMPS: TierBasis.STAMPS,
    ProgramType.POINTS: TierBasis.POINTS,
    ProgramType.HYBRID: TierBasis.POINTS,
}
"""What counts towards the tiers of a program that does not say."""


class TierWindow(StrEnum):
    """In which time it counts; the rolling months are this one and the eleven before it."""

    LIFETIME = "lifetime"
    CALENDAR_YEAR = "calendar_year"
    ROLLING_12_MONTHS = "rolling_12_months"


class TierDowngrade(StrEnum):
    """Where a card goes whose tier has come to its date and was not earned anew."""

    NEVER = "never"
    ONE_DOWN = "one_down"
    TO_FIT = "to_fit"


class TierMove(StrEnum):
    """Why an entry tells of a card's tier."""

    REACHED = "reached"
    KEPT = "kept"
    FELL = "fell"
    TAKEN_BACK = "taken_back"
    REMOVED = "removed"


class PartKind(StrEnum):
    """Where a part of what a purchase earned comes from."""

    BASE = "base"
    PROMOTION = "promotion"
    TIER = "tier"


class PromotionStatus(StrEnum):
    """Where a promotion stands: SCHEDULED, ACTIVE and ENDED follow its dates once it is no draft.

    Nothing is kept as SCHEDULED: it is what an ACTIVE one is before its first day.
    """

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class EffectKind(StrEnum):
    """What a promotion does to a purchase."""

    MULTIPLY = "multiply"
    ADD_POINTS = "add_points"
    ADD_STAMPS = "add_stamps"


class Stacking(StrEnum):
    """Whether a promotion comes on top of others, or only the BEST of them counts."""

    BEST = "best"
    ADD = "add"


class LimitPeriod(StrEnum):
    """In which time a card gets something of a promotion only so often."""

    DAY = "day"
    WEEK = "week"
    CARD = "card"


class ActorKind(StrEnum):
    """Whose credential asked for an operation; the PUBLIC showed none.

    What happened elsewhere before is told by an IMPORT; its maker stands in the import itself.
    What a receipt gave is booked by a CLAIM, whoever put it on the card. A CUSTOMER is the holder
    of a card, who has shown who they are.
    What happens in a web shop or at another till is told by an INTEGRATION.
    """

    ADMIN = "admin"
    MEMBER = "member"
    API_KEY = "api_key"
    DEVICE = "device"
    PUBLIC = "public"
    SYSTEM = "system"
    IMPORT = "import"
    CLAIM = "claim"
    CUSTOMER = "customer"
    INTEGRATION = "integration"


class CodeFormat(StrEnum):
    """As what a card's code is drawn; ROTATING changes every 30 seconds."""

    QR = "qr"
    CODE128 = "code128"
    ROTATING = "rotating"


class ProofWay(StrEnum):
    """How a customer shows that a card is theirs: by their mail, or by a code a manager types."""

    MAIL = "mail"
    CODE = "code"
