"""Which passes were handed out, which phones hold them, and what changed since when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import CursorResult, case, delete, func, select, update
from sqlalchemy.orm import Session

from punchcard.db import outbox
from punchcard.db.base import table_of
from punchcard.db.dialects import id_as_text, insert_into
from punchcard.kit.ids import CardId, Ids, ProgramId
from punchcard.loyalty.events import CARD_CHANGED
from punchcard.loyalty.models import LoyaltyCard
from punchcard.wallets.models import AppleDeviceRegistration, ApplePass, AppleUpdateTag
from punchcard.wallets.vocabulary import WalletState

UNKNOWN: Final = bytes(32)
"""The fingerprint of a pass that was not built yet."""

SERIALS_LIMIT: Final = 1000

_ONLY: Final = 1
_NO_SYNC: Final = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Registration:
    """A phone as it registers for a pass."""

    device_library_id: str
    push_token: str
    serial_number: str


BURST_SECONDS: Final = 30
"""How long before a change phones are told it was: each of a burst has a second of its own, and
none is ahead of the clock, which HTTP forbids (RFC 9110, 8.8.2.1)."""


@dataclass(frozen=True, slots=True)
class PushTarget:
    """A phone to wake, and for which pass."""

    push_token: str
    serial_number: str


def keep_pass(session: Session, serial_number: str, card_id: CardId, *, now: datetime) -> None:
    """Remember that a pass is handed out, before it is built.

    A change that is committed after this finds the pass and reaches its phone.
    """
    session.execute(
        insert_into(session, ApplePass)
        .values(
            serial_number=serial_number,
            card_id=card_id,
            update_tag=0,
            pushed_tag=0,
            modified_at=_seconds_of(now),
            fingerprint=UNKNOWN,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["serial_number"])
    )


def passes_of(session: Session, card_ids: Iterable[CardId]) -> Sequence[ApplePass]:
    """Return the passes that were handed out for these cards, also those of replaced numbers."""
    wanted = sorted(set(card_ids))
    return session.scalars(
        select(ApplePass)
        .where(ApplePass.card_id.in_(wanted))
        .order_by(ApplePass.serial_number)
        .execution_options(populate_existing=True)
    ).all()


def record_first_look(session: Session, serial_number: str, fingerprint: bytes) -> None:
    """Remember what a pass looks like when it is built for the first time."""
    session.execute(
        update(ApplePass)
        .where(ApplePass.serial_number == serial_number, ApplePass.fingerprint == UNKNOWN)
        .values(fingerprint=fingerprint),
        execution_options=_NO_SYNC,
    )


def record_token_key(session: Session, serial_number: str, key_name: str) -> None:
    """Remember which of the server's keys the token is made with in the pass that a phone has."""
    session.execute(
        update(ApplePass)
        .where(ApplePass.serial_number == serial_number)
        .values(token_key=key_name),
        execution_options=_NO_SYNC,
    )


def record_changes(
    session: Session,
    looks: Mapping[str, tuple[bytes, bytes]],
    *,
    tag: int,
    now: datetime,
) -> set[str]:
    """Write down that passes look different: by their number, the fingerprint before and now.

    Returns those that someone else has changed meanwhile. Their time of change always advances by
    a second or more: phones are told it in whole seconds.
    """
    seconds = _seconds_of(now)
    changes = [
        {
            "serial_number": row.serial_number,
            "fingerprint": looks[row.serial_number][1],
            "update_tag": tag,
            "modified_at": max(row.modified_at + 1, seconds),
        }
        for row in _locked(session, looks)
        if row.fingerprint == looks[row.serial_number][0]
    ]
    if changes:
        session.execute(update(ApplePass), changes)
    return looks.keys() - {change["serial_number"] for change in changes}


def _seconds_of(now: datetime) -> int:
    """Return the time to tell phones of a change at `now`: early enough for more to follow."""
    return int(now.timestamp()) - BURST_SECONDS


def next_tag(session: Session) -> int:
    """Return the next place in the order of changes; others wait for theirs until the commit."""
    tag = session.scalar(
        insert_into(session, AppleUpdateTag)
        .values(id=_ONLY, value=1)
        .on_conflict_do_update(index_elements=["id"], set_={"value": AppleUpdateTag.value + 1})
        .returning(AppleUpdateTag.value)
    )
    assert tag is not None
    return int(tag)


def register(
    session: Session, wanted: Registration, *, limit: int, now: datetime, ids: Ids
) -> bool | None:
    """Let a phone hear of a pass's changes; True if that is new, None if there is no such pass.

    Whether a new phone holds the pass as it is now is not known if that ever changed: word is left
    to wake it. The token is the device's: all its registrations get the new one. A pass keeps
    `limit` registrations, the newest: a phone may sign up under hundreds of names.
    """
    found = session.get(ApplePass, wanted.serial_number)
    if found is None:
        return None
    tag = next_tag(session)
    mine = (
        AppleDeviceRegistration.device_library_id == wanted.device_library_id,
        AppleDeviceRegistration.serial_number == wanted.serial_number,
    )
    is_new = session.scalar(select(AppleDeviceRegistration.id).where(*mine)) is None
    table = insert_into(session, AppleDeviceRegistration)
    session.execute(
        table.values(
            id=ids.new_id(),
            device_library_id=wanted.device_library_id,
            push_token=wanted.push_token,
            serial_number=wanted.serial_number,
            card_id=found.card_id,
            update_tag=tag,
            bad_token_count=0,
            created_at=now,
            updated_at=now,
        ).on_conflict_do_update(
            index_elements=["device_library_id", "serial_number"],
            set_={"push_token": wanted.push_token, "bad_token_count": 0, "updated_at": now},
        )
    )
    _renew_token(session, wanted, now)
    if is_new:
        _drop_oldest(session, wanted.serial_number, limit)
        _wake_late(session, found, now)
    return is_new


def unregister(session: Session, device_library_id: str, serial_number: str) -> None:
    """Forget that a phone wanted to hear of a pass."""
    session.execute(
        delete(AppleDeviceRegistration).where(
            AppleDeviceRegistration.device_library_id == device_library_id,
            AppleDeviceRegistration.serial_number == serial_number,
        ),
        execution_options=_NO_SYNC,
    )


def updated_since(
    session: Session, device_library_id: str, since: int | None
) -> tuple[list[str], int]:
    """Return the device's passes that changed after the tag `since`, and the newest tag.

    A tag that was never given out counts as none: then all the device's passes are listed. At most
    SERIALS_LIMIT are, the first to change first, with the tag to go on from.
    """
    newest = session.scalar(select(AppleUpdateTag.value)) or 0
    if since is not None and not 0 <= since <= newest:
        since = None
    changed = _larger(ApplePass.update_tag, AppleDeviceRegistration.update_tag)
    query = (
        select(ApplePass.serial_number, changed.label("changed"))
        .join(
            AppleDeviceRegistration,
            AppleDeviceRegistration.serial_number == ApplePass.serial_number,
        )
        .where(AppleDeviceRegistration.device_library_id == device_library_id, changed <= newest)
        .order_by("changed", ApplePass.serial_number)
    )
    if since is not None:
        query = query.where(changed > since)
    rows = session.execute(query.limit(SERIALS_LIMIT + 1)).all()
    if len(rows) > SERIALS_LIMIT:
        # Those of the last tag may be cut in two: they wait for the next question.
        last = rows[-1].changed
        whole = [row for row in rows if row.changed < last]
        if whole:
            return [row.serial_number for row in whole], whole[-1].changed
    return [row.serial_number for row in rows], newest


def push_targets(session: Session, serial_numbers: Iterable[str]) -> list[PushTarget]:
    """Return the phones that hold these passes."""
    rows = session.execute(
        select(AppleDeviceRegistration.push_token, AppleDeviceRegistration.serial_number).where(
            AppleDeviceRegistration.serial_number.in_(sorted(set(serial_numbers)))
        )
    )
    return [PushTarget(*row) for row in rows]


def count_cards(session: Session, program_id: ProgramId) -> int:
    """Return how many cards of a program have a pass."""
    found = session.scalar(
        select(func.count(ApplePass.card_id.distinct()))
        .join(LoyaltyCard, LoyaltyCard.id == ApplePass.card_id)
        .where(LoyaltyCard.program_id == program_id)
    )
    return found or 0


def next_cards(
    session: Session, program_id: ProgramId, *, after: CardId | None, limit: int
) -> Sequence[CardId]:
    """Return the next cards of a program that have a pass, in the order of their ids."""
    query = select(LoyaltyCard.id).where(LoyaltyCard.program_id == program_id)
    with_pass = select(ApplePass.card_id)
    if after is not None:
        query = query.where(LoyaltyCard.id > after)
        # Said twice: else each turn would walk past all the passes of the turns before.
        with_pass = with_pass.where(ApplePass.card_id > after)
    query = query.where(LoyaltyCard.id.in_(with_pass))
    return session.scalars(query.order_by(LoyaltyCard.id).limit(limit)).all()


def record_pushed(session: Session, tags: Mapping[str, int]) -> None:
    """Write down up to which tag the phones of each of these passes were woken."""
    changes = [
        {"serial_number": row.serial_number, "pushed_tag": tags[row.serial_number]}
        for row in _locked(session, tags)
        if row.pushed_tag < tags[row.serial_number]
    ]
    if changes:
        session.execute(update(ApplePass), changes)


def delete_token(session: Session, push_token: str, *, registered_before: datetime) -> int:
    """Drop the registrations of a token that Apple says is gone, unless it came back since."""
    done = session.execute(
        delete(AppleDeviceRegistration).where(
            AppleDeviceRegistration.push_token == push_token,
            AppleDeviceRegistration.updated_at <= registered_before,
        ),
        execution_options=_NO_SYNC,
    )
    return cast("CursorResult[Any]", done).rowcount


def count_bad_token(session: Session, push_token: str, *, limit: int) -> None:
    """Count that Apple called a token bad; at the `limit`th time its registrations are dropped."""
    mine = AppleDeviceRegistration.push_token == push_token
    session.execute(
        update(AppleDeviceRegistration)
        .where(mine)
        .values(bad_token_count=AppleDeviceRegistration.bad_token_count + 1),
        execution_options=_NO_SYNC,
    )
    session.execute(
        delete(AppleDeviceRegistration).where(
            mine, AppleDeviceRegistration.bad_token_count >= limit
        ),
        execution_options=_NO_SYNC,
    )


def record_pushes(session: Session, push_tokens: Iterable[str], *, now: datetime) -> None:
    """Write down that Apple took pushes to these tokens."""
    session.execute(
        update(AppleDeviceRegistration)
        .where(AppleDeviceRegistration.push_token.in_(sorted(set(push_tokens))))
        .values(last_push_at=now, bad_token_count=0),
        execution_options=_NO_SYNC,
    )


def states(session: Session, card_ids: Iterable[CardId]) -> dict[CardId, WalletState]:
    """Return `issued` or `installed` for each of these cards that has a pass."""
    wanted = sorted(set(card_ids))
    issued = session.scalars(select(ApplePass.card_id).where(ApplePass.card_id.in_(wanted)))
    found = dict.fromkeys(issued, WalletState.ISSUED)
    installed = session.scalars(
        select(AppleDeviceRegistration.card_id)
        .where(AppleDeviceRegistration.card_id.in_(wanted))
        .distinct()
    )
    return found | dict.fromkeys(installed, WalletState.INSTALLED)


def enqueue_unpushed(session: Session, *, now: datetime) -> int:
    """Leave word about every pass that changed without its phones being woken; says how many."""
    card_id = id_as_text(session.connection(), table_of(ApplePass).c.card_id)
    unpushed = select(card_id).where(ApplePass.pushed_tag < ApplePass.update_tag)
    return outbox.enqueue_found(session, CARD_CHANGED, unpushed, now)


def _wake_late(session: Session, found: ApplePass, now: datetime) -> None:
    is_changed = (ApplePass.serial_number == found.serial_number, ApplePass.update_tag > 0)
    done = session.execute(
        update(ApplePass).where(*is_changed).values(pushed_tag=ApplePass.update_tag - 1),
        execution_options=_NO_SYNC,
    )
    if cast("CursorResult[Any]", done).rowcount:
        outbox.enqueue(session, CARD_CHANGED, found.card_id, now)


def _renew_token(session: Session, wanted: Registration, now: datetime) -> None:
    session.execute(
        update(AppleDeviceRegistration)
        .where(
            AppleDeviceRegistration.device_library_id == wanted.device_library_id,
            AppleDeviceRegistration.push_token != wanted.push_token,
        )
        .values(push_token=wanted.push_token, bad_token_count=0, updated_at=now),
        execution_options=_NO_SYNC,
    )


def _drop_oldest(session: Session, serial_number: str, limit: int) -> None:
    of_pass = AppleDeviceRegistration.serial_number == serial_number
    proven = func.coalesce(AppleDeviceRegistration.last_push_at, AppleDeviceRegistration.created_at)
    dropped = session.scalars(
        select(AppleDeviceRegistration.id)
        .where(of_pass)
        .order_by(proven.desc(), AppleDeviceRegistration.id.desc())
        .offset(limit)
        .limit(SERIALS_LIMIT)
    ).all()
    if dropped:
        session.execute(
            delete(AppleDeviceRegistration).where(AppleDeviceRegistration.id.in_(dropped)),
            execution_options=_NO_SYNC,
        )


def _locked(session: Session, serial_numbers: Iterable[str]) -> Sequence[Any]:
    """Return what changes of these passes, locked: always in one order, so that no two wait."""
    wanted = sorted(serial_numbers)
    query = select(
        ApplePass.serial_number, ApplePass.fingerprint, ApplePass.modified_at, ApplePass.pushed_tag
    ).where(ApplePass.serial_number.in_(wanted))
    return session.execute(query.order_by(ApplePass.serial_number).with_for_update()).all()


def _larger(one: Any, other: Any) -> Any:
    """Return the larger of two columns: SQLite and PostgreSQL name that function differently."""
    return case((one > other, one), else_=other)
