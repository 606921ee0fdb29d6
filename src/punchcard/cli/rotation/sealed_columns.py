"""Every column that holds something sealed, and sealing it anew under the key in use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Row,
    Select,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from punchcard.accounts.access.factor_models import SecondFactor
from punchcard.accounts.models import FormDraft, IdempotencyRecord, OutgoingMail
from punchcard.connect.archive.archive_service import bound_to
from punchcard.connect.archive.models import VendorArchivePart
from punchcard.connect.claims.models import ReceiptKey
from punchcard.connect.integrations.models import Integration, IntegrationEvent
from punchcard.connect.integrations.secrets import BODY_PURPOSE, SECRET_PURPOSE
from punchcard.connect.models import WebhookEndpoint
from punchcard.db.database import Database
from punchcard.kit.secrets import HEAD_BYTES, Keyring, Sealer
from punchcard.loyalty.models import LoyaltyCard

ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values: its row's key, the seal's purpose, and what a seal is bound to."""

    column: InstrumentedAttribute[bytes] | InstrumentedAttribute[bytes | None]
    key: Sequence[InstrumentedAttribute[Any]]
    purpose: str
    bound_to: Callable[[Row[Any]], str]

    @property
    def name(self) -> str:
        """Return `table.column`."""
        return f"{self.column.class_.__tablename__}.{self.column.key}"

    def key_of(self, row: Row[Any]) -> tuple[Any, ...]:
        """Return by what a row that was read is found again."""
        return tuple(getattr(row, key.key) for key in self.key)

    def behind(self, ring: Keyring) -> ColumnElement[bool]:
        """Return the condition that a value does not say it is of the key in use."""
        head = func.substr(self.column, 1, HEAD_BYTES, type_=LargeBinary)
        return head != literal(ring.current.head, LargeBinary)


SEALED_COLUMNS: Final = (
    SealedColumn(LoyaltyCard.token_sealed, [LoyaltyCard.id], "card token", lambda row: str(row.id)),
    SealedColumn(
        OutgoingMail.content_sealed, [OutgoingMail.id], "outgoing mail", lambda row: str(row.id)
    ),
    SealedColumn(
        IdempotencyRecord.body_sealed,
        [IdempotencyRecord.vendor_id, IdempotencyRecord.key],
        "context",
        lambda row: f"{row.vendor_id} {row.key}",
    ),
    SealedColumn(
        SecondFactor.key_sealed, [SecondFactor.id], "second factor", lambda row: str(row.id)
    ),
    SealedColumn(
        FormDraft.content_sealed,
        [FormDraft.token_hash],
        "form drafts",
        lambda row: row.token_hash.hex(),
    ),
    SealedColumn(
        VendorArchivePart.content_sealed,
        [VendorArchivePart.archive_id, VendorArchivePart.number],
        "archive part",
        lambda row: bound_to(row.archive_id, row.number),
    ),
    SealedColumn(ReceiptKey.secret_sealed, [ReceiptKey.id], "receipt key", lambda row: str(row.id)),
    *(
        SealedColumn(column, [WebhookEndpoint.id], "webhook secret", lambda row: str(row.id))
        for column in (WebhookEndpoint.secret_sealed, WebhookEndpoint.former_secret_sealed)
    ),
    *(
        SealedColumn(column, [Integration.id], SECRET_PURPOSE, lambda row: str(row.id))
        for column in (Integration.secret_sealed, Integration.former_secret_sealed)
    ),
    SealedColumn(
        IntegrationEvent.body_sealed, [IntegrationEvent.id], BODY_PURPOSE, lambda row: str(row.id)
    ),
)
"""All there are: a test holds them against the tables."""


@dataclass(slots=True)
class Resealed:
    """How many values were sealed anew, and how many no key has opened."""

    renewed: int = 0
    lost: int = 0


def count_behind(database: Database, ring: Keyring) -> dict[str, int]:
    """Return how many values of each column are not sealed with the key in use."""
    with database.read_connection() as connection:
        return {
            one.name: connection.scalar(
                select(func.count()).select_from(one.column.class_).where(one.behind(ring))
            )
            or 0
            for one in SEALED_COLUMNS
        }


def seal_anew(database: Database, ring: Keyring, progress: Callable[[int], None]) -> Resealed:
    """Seal every value with the key in use, a few hundred in a transaction.

    Servers that have both keys may go on; what they change meanwhile is left as they made it. May
    be broken off and called again. `progress` is told how many more are done.
    """
    done = Resealed()
    for one in SEALED_COLUMNS:
        sealer = Sealer(ring, one.purpose)
        rows = _next_rows(database, ring, one, None)
        while rows:
            with database.write_connection() as connection:
                for row in rows:
                    _seal_row(connection, one, sealer, row, done)
            progress(len(rows))
            rows = _next_rows(database, ring, one, one.key_of(rows[-1]))
    return done


def _seal_row(
    connection: Connection, one: SealedColumn, sealer: Sealer, row: Row[Any], done: Resealed
) -> None:
    sealed = getattr(row, one.column.key)
    renewed = sealer.renewed(sealed, one.bound_to(row))
    if renewed is None:
        done.lost += 1
        return
    is_it = [key == value for key, value in zip(one.key, one.key_of(row), strict=True)]
    # Whoever changed it meanwhile has sealed it with the key in use.
    change = update(one.column.class_).where(*is_it, one.column == sealed)
    connection.execute(change.values({one.column: renewed}))
    done.renewed += 1


def _next_rows(
    database: Database, ring: Keyring, one: SealedColumn, after: tuple[Any, ...] | None
) -> Sequence[Row[Any]]:
    """Return the rows behind that follow the key `after`: what no key opens is passed over."""
    query: Select[Any] = select(*one.key, one.column).where(one.behind(ring)).order_by(*one.key)
    if after is not None:
        bound = [literal(value, key.type) for key, value in zip(one.key, after, strict=True)]
        query = query.where(tuple_(*one.key) > tuple_(*bound))
    with database.read_connection() as connection:
        return connection.execute(query.limit(ROWS_AT_ONCE)).all()
