"""Referrals: which visit of a friend earns what was promised, and whether it still does."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from punchcard.engage.rules.occasions import VISITS
from punchcard.loyalty.vocabulary import ActorKind, EntryType, PinPolicy


class FriendEvent(NamedTuple):
    """An entry of a friend's card as far as a referral looks at it.

    `amount_minor` is what was paid, or of a refund what was paid back of the entry `about`; of a
    void `about` is the entry that it reversed.
    """

    id: str
    type: EntryType
    at: datetime
    is_signed: bool = False
    is_imported: bool = False
    amount_minor: int | None = None
    about: str | None = None


def earning_visit(
    terms: Mapping[str, Any], pin_policy: PinPolicy, events: Iterable[FriendEvent]
) -> FriendEvent | None:
    """Return the first visit that earns what was promised: signed by a PIN, or paid.

    What was voided was no visit, and what was paid back was not paid. Where a program asks for no
    PINs every visit counts as signed: whoever records them answers for it.
    """
    events = list(events)
    voided = {one.about for one in events if one.type == EntryType.VOIDED}
    back: dict[str | None, int] = {}
    for one in events:
        if one.type == EntryType.POINTS_REFUNDED:
            back[one.about] = back.get(one.about, 0) + (one.amount_minor or 0)
    minimum = terms.get("minimum_purchase_minor") or 0
    for one in events:
        if one.type not in VISITS or one.is_imported or one.id in voided:
            continue
        paid = (one.amount_minor or 0) - back.get(one.id, 0)
        is_given_back = one.id in back and paid <= 0
        is_signed = (one.is_signed or pin_policy == PinPolicy.OFF) and not is_given_back
        if (is_signed or paid > 0) and paid >= minimum:
            return one
    return None


def friend_event_of(row: Any) -> FriendEvent:
    """Return what a referral looks at of an entry's row."""
    told = row.details or {}
    return FriendEvent(
        id=row.id,
        type=row.type,
        at=row.created_at,
        is_signed=row.staff_pin_id is not None,
        is_imported=row.actor_kind == ActorKind.IMPORT,
        amount_minor=row.amount_minor,
        about=row.voids or told.get("refunds"),
    )
