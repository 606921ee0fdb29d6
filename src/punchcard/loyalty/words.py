"""What statuses of cards and types of entries are called, and what ends on a card, in words."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from punchcard.kit.i18n import N_, plural, translate, written_day
from punchcard.loyalty.vocabulary import (
    ActorKind,
    CardStatus,
    EntryType,
    GrantReason,
    GrantState,
    ReferralReason,
    ReferralState,
)

CARD_STATUSES: Final[Mapping[CardStatus, str]] = {
    CardStatus.ACTIVE: N_("Active"),
    CardStatus.BLOCKED: N_("Blocked"),
    CardStatus.REPLACED: N_("Replaced"),
    CardStatus.CLOSED: N_("Closed"),
}
"""By status."""

ENTRY_TYPES: Final[Mapping[str, str]] = {
    EntryType.CARD_OPENED: N_("Card opened"),
    EntryType.WELCOME_BONUS: N_("Welcome bonus"),
    EntryType.STAMP_EARNED: N_("Stamp"),
    EntryType.STAMPS_REDEEMED: N_("Reward collected"),
    EntryType.POINTS_EARNED: N_("Points collected"),
    EntryType.POINTS_REDEEMED: N_("Points redeemed"),
    EntryType.POINTS_ADJUSTED: N_("Points corrected"),
    EntryType.VOIDED: N_("Taken back"),
    EntryType.VISIT_RECORDED: N_("Visit"),
    EntryType.POINTS_REFUNDED: N_("Points of a refund"),
    EntryType.POINTS_ACTIVATED: N_("Points usable"),
    EntryType.POINTS_EXPIRED: N_("Points expired"),
    EntryType.STAMPS_EXPIRED: N_("Stamps expired"),
    EntryType.REWARD_GRANTED: N_("Reward given"),
    EntryType.GRANT_REDEEMED: N_("Given reward collected"),
    EntryType.GRANT_EXPIRED: N_("Given reward expired"),
    EntryType.GRANT_REVOKED: N_("Given reward withdrawn"),
    EntryType.POINTS_RESERVED: N_("Reserved"),
    EntryType.RESERVATION_CONFIRMED: N_("Reservation used"),
    EntryType.RESERVATION_RELEASED: N_("Reservation released"),
    EntryType.TIER_CHANGED: N_("Tier changed"),
    EntryType.REFERRAL_BONUS: N_("Bonus for bringing a friend"),
    EntryType.AUTOMATION_BONUS: N_("Bonus"),
    EntryType.MERGED_OUT: N_("Moved to another card"),
    EntryType.MERGED_IN: N_("Taken over from another card"),
    EntryType.OPENING_BALANCE: N_("Opening balance"),
}
"""By type; a type that is not here is shown as it is."""

ENTERED_BY: Final[Mapping[ActorKind, str]] = {
    ActorKind.ADMIN: N_("The platform"),
    ActorKind.MEMBER: N_("Person of the team"),
    ActorKind.API_KEY: N_("Software with an API key"),
    ActorKind.DEVICE: N_("Terminal"),
    ActorKind.PUBLIC: N_("The customer"),
    ActorKind.SYSTEM: N_("The server"),
    ActorKind.IMPORT: N_("An import of history"),
    ActorKind.CLAIM: N_("A receipt"),
    ActorKind.CUSTOMER: N_("The customer, who showed who they are"),
    ActorKind.INTEGRATION: N_("A web shop or another till"),
}
"""Who asked for an entry."""

GRANT_REASONS: Final[Mapping[str, str]] = {
    GrantReason.SURPRISE: N_("A surprise"),
    GrantReason.APOLOGY: N_("An apology"),
    GrantReason.BIRTHDAY: N_("Birthday"),
    GrantReason.ANNIVERSARY: N_("Anniversary as a customer"),
    GrantReason.WELCOME: N_("Welcome"),
    GrantReason.WIN_BACK: N_("Not seen for long"),
    GrantReason.REFERRAL: N_("Brought a friend"),
    GrantReason.TIER: N_("A new tier"),
    GrantReason.IMPORT: N_("Taken over from elsewhere"),
}
"""Why a card was given a reward, in the order of a form."""

GRANT_STATES: Final[Mapping[str, str]] = {
    GrantState.READY: N_("ready"),
    GrantState.RESERVED: N_("set aside"),
    GrantState.USED: N_("collected"),
    GrantState.EXPIRED: N_("expired"),
    GrantState.REVOKED: N_("withdrawn"),
}
"""What became of a given reward."""

STAFF_FLAGS: Final[Mapping[str, str]] = {
    "one_card": N_("Most stamps went to one card"),
    "same_card_every_day": N_("The same card on each day"),
    "many_voids": N_("Took back more than colleagues"),
    "late_entries": N_("Recorded afterwards"),
}
"""What stands out in a staff report, by its flag."""

REFERRAL_STATES: Final[Mapping[str, str]] = {
    ReferralState.PENDING: N_("Not been here yet"),
    ReferralState.HELD: N_("Held for some days"),
    ReferralState.PAID: N_("Paid"),
    ReferralState.REVERSED: N_("Taken back"),
    ReferralState.REFUSED: N_("Refused"),
}
"""What became of a friend that a card brought."""

REFERRAL_REASONS: Final[Mapping[str, str]] = {
    ReferralReason.OWN_CARD: N_("The same person"),
    ReferralReason.KNOWN_CONTACT: N_("Known to the shop before"),
    ReferralReason.LIMIT_REACHED: N_("As many as one card may bring a year"),
}
"""Why a referral was refused, where the till did not refuse it."""


def ending_in_words(expires_on: str, points: int, stamps: int, *, language: str) -> str:
    """Return what is good until when, as people say it."""
    told = []
    if stamps:
        told.append(counted(stamps, N_("{n} stamp"), N_("{n} stamps"), language))
    if points:
        told.append(counted(points, N_("{n} point"), N_("{n} points"), language))
    day = written_day(date.fromisoformat(expires_on), language)
    return translate(N_("{what} until {day}"), language, what=", ".join(told), day=day)


def counted(n: int, one: str, many: str, language: str) -> str:
    """Return `n` with the word for one or for many of them, in a language."""
    text = plural(n, translate(one, language), translate(many, language), language)
    return text.replace("{n}", str(n))
