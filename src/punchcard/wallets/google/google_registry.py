"""What is known of Google's classes and objects: read and written in the caller's transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, distinct, func, or_, select, update
from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.dialects import insert_into
from punchcard.kit.clock import CLOCKS_DIFFER, to_rfc3339
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.events import CARD_CHANGED
from punchcard.wallets.google.callback import Notice
from punchcard.wallets.google.google_client import Put
from punchcard.wallets.google.models import GoogleClass, GoogleNonce, GoogleObject
from punchcard.wallets.vocabulary import ObjectState, WalletState

GOOGLE_CHECK: Final = "google.check"
"""The outbox's topic for objects whose holder Google is to be asked for."""

_DAY = timedelta(days=1)


def keep_object(
    session: Session, number: str, *, card_id: CardId, program_id: ProgramId, now: datetime
) -> None:
    """Note that the card with this number is to be known to Google; it may be noted already."""
    row = {"number": number, "card_id": card_id, "program_id": program_id, "created_at": now}
    filled = {"state": ObjectState.ISSUED, "notified_at": [], **row}
    session.execute(insert_into(session, GoogleObject).values(filled).on_conflict_do_nothing())


def objects_of(session: Session, card_ids: Collection[CardId]) -> Sequence[GoogleObject]:
    """Return what Google knows of these cards, also under numbers of before."""
    wanted = select(GoogleObject).where(GoogleObject.card_id.in_(card_ids))
    return session.scalars(wanted.order_by(GoogleObject.card_id, GoogleObject.number)).all()


def take_turn(session: Session, number: str, *, now: datetime, until: datetime) -> bool:
    """Let the caller be the only one to send this object; False while someone else is."""
    taken_until = GoogleObject.sending_until
    # Further ahead than any turn lasts: the clock was put back since.
    is_misplaced = taken_until > until + CLOCKS_DIFFER
    is_free = or_(taken_until.is_(None), taken_until <= now, is_misplaced)
    return _changed(
        session.execute(
            update(GoogleObject)
            .where(GoogleObject.number == number, is_free)
            .values(sending_until=until)
            .execution_options(synchronize_session=False)
        )
    )


def give_turn_back(session: Session, number: str) -> None:
    """Let others send this object."""
    _set(session, number, sending_until=None)


def may_notify(row: GoogleObject, balance: str, *, per_day: int, now: datetime) -> bool:
    """Return whether the phone shall hear of this balance: it is new, and the day has room."""
    if row.state == ObjectState.REMOVED or row.balance in (None, balance):
        return False
    return len(_recent(row, now)) < per_day


def record_sent(
    session: Session,
    row: GoogleObject,
    put: Put,
    *,
    fingerprint: bytes,
    balance: str,
    now: datetime,
) -> None:
    """Write down what Google has now, and let others send."""
    notified = [*_recent(row, now), *([to_rfc3339(now)] if put.is_notified else [])]
    _set(
        session,
        row.number,
        fingerprint=fingerprint,
        balance=balance,
        told_at=now,
        sending_until=None,
        state=_state(row, has_users=put.has_users),
        notified_at=notified,
    )


def record_holder(session: Session, row: GoogleObject, *, has_users: bool, now: datetime) -> None:
    """Write down whether someone holds an object, unless a notice has come in since `row`."""
    is_as_it_was = (
        GoogleObject.state == row.state,
        GoogleObject.heard_at.is_not_distinct_from(row.heard_at),
    )
    session.execute(
        update(GoogleObject)
        .where(GoogleObject.number == row.number, *is_as_it_was)
        .values(state=_state(row, has_users=has_users))
        .execution_options(synchronize_session=False)
    )
    _set(session, row.number, told_at=now)


def record_lost(session: Session, row: GoogleObject, *, now: datetime) -> None:
    """Write down that Google no longer has an object, and enqueue making it again."""
    _set(session, row.number, fingerprint=None, balance=None, told_at=now)
    outbox.enqueue(session, CARD_CHANGED, row.card_id, now)


def enqueue_checks(session: Session, *, before: datetime, limit: int, now: datetime) -> int:
    """Leave word about up to `limit` objects that Google last told of before `before`."""
    overdue = select(GoogleObject.number).where(GoogleObject.told_at < before)
    keys = overdue.order_by(GoogleObject.told_at).limit(limit)
    return outbox.enqueue_found(session, GOOGLE_CHECK, keys, now)


def class_of(session: Session, program_id: ProgramId) -> GoogleClass | None:
    """Return what Google knows of a program."""
    return session.get(GoogleClass, program_id)


def record_class(
    session: Session, program_id: ProgramId, fingerprint: bytes, *, now: datetime
) -> None:
    """Write down what Google has under a program's class now."""
    values = {"program_id": program_id, "fingerprint": fingerprint, "sent_at": now}
    insert = insert_into(session, GoogleClass).values({**values, "created_at": now})
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["program_id"], set_={"fingerprint": fingerprint, "sent_at": now}
        )
    )


def record_notice(session: Session, notice: Notice, number: str | None, *, now: datetime) -> bool:
    """Write down what a notice says; returns False if it was received before."""
    heard = insert_into(session, GoogleNonce).values(nonce=notice.nonce, heard_at=now)
    is_new = heard.on_conflict_do_nothing().returning(GoogleNonce.nonce)
    if session.scalar(is_new) is None:
        return False
    state = {"save": ObjectState.INSTALLED, "del": ObjectState.REMOVED}.get(notice.event)
    if state is not None and number is not None:
        # Notices may overtake one another: an earlier one changes nothing any more.
        is_newer = or_(GoogleObject.heard_at.is_(None), GoogleObject.heard_at <= notice.expires_at)
        session.execute(
            update(GoogleObject)
            .where(GoogleObject.number == number, is_newer)
            .values(state=state, heard_at=notice.expires_at)
            .execution_options(synchronize_session=False)
        )
    return True


def expire_nonces(session: Session, *, before: datetime) -> int:
    """Forget notices of long ago: they have ended, so that they can't come again."""
    statement = delete(GoogleNonce).where(GoogleNonce.heard_at < before)
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def count_cards(session: Session, program_id: ProgramId) -> int:
    """Return how many cards of a program Google knows."""
    wanted = select(func.count(distinct(GoogleObject.card_id)))
    return session.scalar(wanted.where(GoogleObject.program_id == program_id)) or 0


def next_cards(
    session: Session, program_id: ProgramId, *, after: CardId | None, limit: int
) -> Sequence[CardId]:
    """Return the next cards of a program that Google knows, in the order of their ids."""
    wanted = select(GoogleObject.card_id).where(GoogleObject.program_id == program_id).distinct()
    if after is not None:
        wanted = wanted.where(GoogleObject.card_id > after)
    return session.scalars(wanted.order_by(GoogleObject.card_id).limit(limit)).all()


def states(session: Session, card_ids: Collection[CardId]) -> dict[CardId, WalletState]:
    """Return issued or installed for each of these cards that Google holds for someone."""
    found: dict[CardId, WalletState] = {}
    for row in objects_of(session, card_ids):
        if row.fingerprint is None:
            continue  # Google was away when the link was asked for
        if row.state == ObjectState.INSTALLED or (
            row.state == ObjectState.ISSUED and row.card_id not in found
        ):
            found[row.card_id] = WalletState(row.state)
    return found


def _state(row: GoogleObject, *, has_users: bool) -> ObjectState:
    """Return the state of an object after Google has said whether someone holds it."""
    if has_users:
        return ObjectState.INSTALLED
    return ObjectState.ISSUED if row.state == ObjectState.ISSUED else ObjectState.REMOVED


def _recent(row: GoogleObject, now: datetime) -> list[str]:
    first = to_rfc3339(now - _DAY)
    return [moment for moment in row.notified_at if moment > first]


def _set(session: Session, number: str, **values: Any) -> None:
    session.execute(
        update(GoogleObject)
        .where(GoogleObject.number == number)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _changed(result: Any) -> bool:
    return bool(cast("CursorResult[Any]", result).rowcount)
