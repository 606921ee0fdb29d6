"""What an entry makes of the grant or reservation it tells of: for the till and the proof."""

from collections.abc import Mapping
from typing import Any, Final

from punchcard.loyalty.vocabulary import EntryType, GrantState, ReservationState

_GRANT_STATES: Final[Mapping[str, GrantState]] = {
    EntryType.REWARD_GRANTED: GrantState.READY,
    EntryType.GRANT_REDEEMED: GrantState.USED,
    EntryType.GRANT_EXPIRED: GrantState.EXPIRED,
    EntryType.GRANT_REVOKED: GrantState.REVOKED,
    EntryType.POINTS_RESERVED: GrantState.RESERVED,
    EntryType.RESERVATION_CONFIRMED: GrantState.USED,
    EntryType.RESERVATION_RELEASED: GrantState.READY,
    EntryType.VOIDED: GrantState.READY,
}


def grant_after(kind: str, details: Mapping[str, Any]) -> tuple[GrantState, str | None]:
    """Return how the grant of these details stands after the entry, and until which day it is good.

    Raises KeyError for an entry that moves no grant.
    """
    kept = details.get("grants", {}).get(details["grant_id"], {})
    return _GRANT_STATES[kind], kept.get("expires_on", details.get("expires_on"))


def reservation_after(kind: str, details: Mapping[str, Any]) -> ReservationState:
    """Return how the reservation of these details stands after the entry.

    Raises KeyError for an entry that moves no reservation.
    """
    if details.get("is_expired"):
        return ReservationState.EXPIRED
    return {
        EntryType.POINTS_RESERVED.value: ReservationState.RESERVED,
        EntryType.RESERVATION_CONFIRMED.value: ReservationState.CONFIRMED,
        EntryType.RESERVATION_RELEASED.value: ReservationState.RELEASED,
    }[kind]
