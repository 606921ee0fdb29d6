"""The book of referrals: each step of one is taken with its row held, and noted.

A friend is paid for in two steps. First the referral takes its place among those of the referrer's
year, with the referrer's card held, so that the limit is exact. Then the till is asked, under keys
of the referral: twice is once. Whoever dies in between leaves one that is due.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.accounts.rows import set_fields
from punchcard.engage.referral_checks import obstacle_by_merge, obstacle_of
from punchcard.engage.rules.occasions import VISITS
from punchcard.engage.rules.referrals import FriendEvent, earning_visit, friend_event_of
from punchcard.kit.ids import EntryId, ReferralId
from punchcard.loyalty.cards.former_contacts import FormerContacts
from punchcard.loyalty.cards.merges.merged_cards import together
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.referral_models import Referral
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import EntryType, PinPolicy, ReferralReason, ReferralState

_LOOKED_AT: Final = (*VISITS, EntryType.VOIDED, EntryType.POINTS_REFUNDED)
_OPEN: Final = (ReferralState.PENDING, ReferralState.REVERSED)


def judge(
    session: Session, referral_id: ReferralId, former: FormerContacts, now: datetime
) -> ReferralState | None:
    """Bring a referral up to what its friend's card tells; returns what is then to be done.

    HELD: it may be paid, REVERSED: what was paid is to be taken back. None: nothing for now.
    """
    referral = _held(session, referral_id)
    if referral is None or referral.state == ReferralState.REFUSED:
        return None
    visit = _earning_visit(session, referral)
    if referral.state == ReferralState.PAID:
        return None if visit and visit.id == referral.entry_id else _undone(session, referral)
    if referral.year is not None:
        # It has its place and is being paid; whoever does it goes on.
        return ReferralState.HELD
    if reason := obstacle_of(session, referral, former, now):
        _set(referral, now, state=ReferralState.REFUSED, reason=reason)
        return None
    # A merge may be undone: what was merged by mistake is then earned as before.
    reason = obstacle_by_merge(session, referral)
    is_reversed = referral.state == ReferralState.REVERSED
    if reason or visit is None or (is_reversed and visit.id == referral.entry_id):
        _wait(referral, now, reason)
        return None
    if referral.state in _OPEN or visit.id != referral.entry_id:
        _hold(referral, visit, now)
    assert referral.due_at is not None
    return ReferralState.HELD if referral.due_at <= now else None


def take_place(session: Session, referral_id: ReferralId, now: datetime) -> Referral | None:
    """Give a referral its place in the referrer's year; None if it is refused one, or is no more.

    It is refused where the year has as many as the program lets one card bring.
    """
    found = session.get(Referral, referral_id)
    if found is None:
        return None
    # The referrer's card first: referrals of one card take their places one after another.
    cards = together(session, [found.referrer_card_id])[found.referrer_card_id]
    session.execute(select(LoyaltyCard.id).where(LoyaltyCard.id == cards[0]).with_for_update())
    referral = _held(session, referral_id)
    if referral is None or referral.state != ReferralState.HELD:
        return None
    if referral.year is not None:
        return referral
    year = now.astimezone(_zone_of(session, referral)).year
    taken = session.scalar(
        select(func.count()).where(Referral.referrer_card_id.in_(cards), Referral.year == year)
    )
    if int(taken or 0) >= referral.terms["limit_per_year"]:
        reason = ReferralReason.LIMIT_REACHED
        _set(referral, now, state=ReferralState.REFUSED, reason=reason)
        return None
    _set(referral, now, year=year)
    session.flush()
    return referral


def note_paid(
    session: Session, referral_id: ReferralId, given: Mapping[str, Any], now: datetime
) -> None:
    """Note what both sides got: columns of the row, and why one got nothing."""
    referral = _held(session, referral_id)
    if referral is None or referral.state != ReferralState.HELD:
        return
    is_paid = given.get("referrer_entry_id") or given.get("friend_entry_id")
    if is_paid:
        _set(referral, now, state=ReferralState.PAID, paid_at=now, **given)
    else:
        _set(referral, now, state=ReferralState.REFUSED, year=None, **given)


def note_reversed(session: Session, referral_id: ReferralId, now: datetime) -> None:
    """Note that what was given was taken back: its place in the year is free again."""
    referral = _held(session, referral_id)
    if referral is not None and referral.state == ReferralState.PAID:
        _set(referral, now, state=ReferralState.REVERSED, reversed_at=now, year=None)


def _held(session: Session, referral_id: ReferralId) -> Referral | None:
    return session.scalar(
        select(Referral)
        .where(Referral.id == referral_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _undone(session: Session, referral: Referral) -> ReferralState | None:
    """Return REVERSED if the visit for which it was paid earns it no more."""
    own = [one for one in _events(session, referral) if referral.entry_id in (one.id, one.about)]
    # It was signed as it had to be then, whatever the program asks for by now.
    is_earned = earning_visit(referral.terms, PinPolicy.OFF, own) is not None
    return None if is_earned else ReferralState.REVERSED


def _earning_visit(session: Session, referral: Referral) -> FriendEvent | None:
    policy = session.get_one(LoyaltyProgram, referral.program_id).pin_policy
    return earning_visit(referral.terms, policy, _events(session, referral))


def _events(session: Session, referral: Referral) -> list[FriendEvent]:
    names = ("id", "type", "created_at", "staff_pin_id", "actor_kind", "amount_minor", "voids")
    cards = together(session, [referral.friend_card_id])[referral.friend_card_id]
    query = (
        select(*(ENTRIES.c[name] for name in names), ENTRIES.c.details)
        .where(ENTRIES.c.card_id.in_(cards), ENTRIES.c.type.in_(_LOOKED_AT))
        .order_by(ENTRIES.c.created_at, ENTRIES.c.sequence, ENTRIES.c.id)
    )
    return [friend_event_of(row) for row in session.execute(query)]


def _hold(referral: Referral, visit: FriendEvent, now: datetime) -> None:
    due_at = visit.at + timedelta(days=referral.terms["hold_days"])
    _set(
        referral,
        now,
        state=ReferralState.HELD,
        entry_id=EntryId(visit.id),
        due_at=due_at,
        attempt=referral.attempt + 1,
        reversed_at=None,
        reason=None,
    )


def _wait(referral: Referral, now: datetime, reason: ReferralReason | None) -> None:
    """Let a referral wait for a visit, or for what stands against it; `reversed` it stays that."""
    if referral.state == ReferralState.HELD:
        _set(referral, now, state=ReferralState.PENDING, entry_id=None, due_at=None)
    if referral.state == ReferralState.PENDING and referral.reason != reason:
        _set(referral, now, reason=reason)


def _set(referral: Referral, now: datetime, **values: Any) -> None:
    set_fields(referral, values)
    referral.updated_at = now


def _zone_of(session: Session, referral: Referral) -> ZoneInfo:
    return ZoneInfo(session.get_one(LoyaltyProgram, referral.program_id).timezone)
