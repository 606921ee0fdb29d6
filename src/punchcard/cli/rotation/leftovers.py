"""What still depends on old keys: sealed values, PINs, passes on phones, and time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from punchcard.cli.rotation.sealed_columns import count_behind
from punchcard.db.database import Database
from punchcard.db.outbox import OutboxRow
from punchcard.db.secret_checks import SecretCheck
from punchcard.kit.settings import Settings
from punchcard.loyalty.events import CARD_CHANGED, PROGRAM_CHANGED, SHELF_CHANGED
from punchcard.loyalty.models import StaffPin
from punchcard.wallets.models import AppleDeviceRegistration, ApplePass


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What is not made with the keys in use, by what it is; and until when lent things run."""

    counts: Mapping[str, int]
    lent_until: datetime | None

    def __bool__(self) -> bool:
        """Return whether anything would be lost with the old keys."""
        return any(self.counts.values()) or self.lent_until is not None


def left_of_secret_key(database: Database, settings: Settings, now: datetime) -> Leftovers:
    """Return what would be lost with the old secret keys."""
    behind = count_behind(database, settings.keys)
    with database.read_connection() as connection:
        counts = {
            "sealed values": sum(behind.values()),
            "passes that wait for their update": _waiting(connection),
            "passes on phones that have not fetched theirs": _passes_behind(connection, settings),
        }
        until = _lent_until(connection, settings)
    return Leftovers(counts, until if until is not None and until > now else None)


def left_of_pepper(database: Database, settings: Settings) -> Leftovers:
    """Return what would be lost with the old peppers: PINs nobody has typed since."""
    is_old = _is_other(StaffPin.pepper_id, settings.peppers.current.name)
    query = select(func.count()).select_from(StaffPin).where(StaffPin.retired_at.is_(None), is_old)
    with database.read_connection() as connection:
        counts = {"PINs that nobody has typed since": connection.scalar(query) or 0}
    return Leftovers(counts, None)


def name_what_has_none(connection: Connection, settings: Settings) -> None:
    """Write down for what was made before keys had names that it is of the oldest key."""
    connection.execute(
        update(StaffPin)
        .where(StaffPin.pepper_id.is_(None))
        .values(pepper_id=settings.peppers.keys[-1].name)
    )
    connection.execute(
        update(ApplePass)
        .where(ApplePass.token_key.is_(None))
        .values(token_key=settings.keys.keys[-1].name)
    )


def _is_other(column: InstrumentedAttribute[str | None], name: str) -> ColumnElement[bool]:
    return or_(column.is_(None), column != name)


def _waiting(connection: Connection) -> int:
    topics = (CARD_CHANGED, PROGRAM_CHANGED, SHELF_CHANGED)
    query: Any = select(func.count()).select_from(OutboxRow).where(OutboxRow.topic.in_(topics))
    return connection.scalar(query) or 0


def _passes_behind(connection: Connection, settings: Settings) -> int:
    is_held = exists().where(AppleDeviceRegistration.serial_number == ApplePass.serial_number)
    is_old = _is_other(ApplePass.token_key, settings.keys.current.name)
    query = select(func.count()).select_from(ApplePass).where(is_held, is_old)
    return connection.scalar(query) or 0


def _lent_until(connection: Connection, settings: Settings) -> datetime | None:
    """Return when the last link, shift or late entry ends that may be signed with an old key."""
    changed = connection.scalar(
        select(SecretCheck.created_at).where(SecretCheck.name == "secret_key")
    )
    if changed is None:
        return None
    lives = (
        timedelta(minutes=settings.staff_token_minutes)
        + timedelta(hours=settings.offline_grace_hours),
        timedelta(hours=settings.invitation_hours),
        timedelta(hours=settings.email_verification_hours),
        timedelta(hours=settings.contact_objection_hours),
        timedelta(minutes=settings.password_reset_minutes),
    )
    until: datetime = changed + max(lives)
    return until
