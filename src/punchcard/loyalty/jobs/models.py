"""The tables of how far jobs have come, so that they go on there after a standstill."""

from datetime import date, datetime

from sqlalchemy import Connection, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base, table_of
from punchcard.db.dialects import insert_for
from punchcard.db.types import UtcDateTime
from punchcard.kit.clock import CLOCKS_DIFFER
from punchcard.kit.ids import CardId


class JobMark(Base):
    """The moment up to which a job has done everything."""

    __tablename__ = "job_marks"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    reached_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ExpiryNotice(Base):
    """That a card was told, so many `days` before, of what ends on a day: once, whoever does it."""

    __tablename__ = "expiry_notices"
    __table_args__ = (Index("ix_expiry_notices_expires_on", "expires_on"),)

    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"), primary_key=True)
    expires_on: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


_MARKS = table_of(JobMark)


def reached(connection: Connection, name: str, now: datetime) -> datetime | None:
    """Return up to when a job has done everything; None before it ever ran.

    A mark that lies ahead of `now` was set by a clock that ran ahead, and says nothing, either: the
    job would stand still until then.
    """
    mark = connection.scalar(select(_MARKS.c.reached_at).where(_MARKS.c.name == name))
    return mark if mark is not None and mark <= now + CLOCKS_DIFFER else None


def reach(connection: Connection, name: str, moment: datetime) -> None:
    """Note up to when a job has done everything."""
    insert = insert_for(connection.dialect, JobMark).values(name=name, reached_at=moment)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["name"], set_={"reached_at": moment})
    )
